//! The one sentence that says what happened, in the reader's language.

/// A type of notification and its sentence; `{}` is the name of who did it.
type Titles = &'static [(&'static str, &'static str)];

/// English where the language has no sentence. Types that nobody told us of have an empty title.
pub(super) fn title(locale: &str, kind: &str, name: &str) -> String {
    let own = match locale.split('-').next().unwrap_or_default() {
        "de" => GERMAN,
        "es" => SPANISH,
        "fr" => FRENCH,
        _ => ENGLISH,
    };
    let sentence = |titles: Titles| titles.iter().find(|(known, _)| *known == kind).map(|(_, sentence)| *sentence);
    sentence(own).or_else(|| sentence(ENGLISH)).unwrap_or_default().replacen("{}", name, 1)
}

// The four that tests/conformance/push/golden.json has are as recorded.
const ENGLISH: Titles = &[
    ("mention", "You were mentioned by {}"),
    ("status", "{} has posted"),
    ("reblog", "{} boosted your post"),
    ("follow", "{} is now following you"),
    ("follow_request", "{} wants to follow you"),
    ("favourite", "{} favorited your post"),
    ("poll", "A poll by {} is over"),
    ("update", "{} edited a post"),
    ("severed_relationships", "You lost followers or people you followed"),
    ("moderation_warning", "The moderators sent you a warning"),
    ("annual_report", "Your year in review is ready"),
    ("admin.sign_up", "{} signed up"),
    ("admin.report", "{} sent a report"),
    ("quote", "{} quoted your post"),
    ("quoted_update", "{} edited a post that you quoted"),
    ("added_to_collection", "{} added you to a collection"),
    ("collection_update", "{} changed a collection that you are in"),
];
const GERMAN: Titles = &[
    ("mention", "{} hat dich erwähnt"),
    ("status", "Neuer Beitrag von {}"),
    ("reblog", "{} hat deinen Beitrag geteilt"),
    ("follow", "{} folgt dir jetzt"),
    ("follow_request", "{} möchte dir folgen"),
    ("favourite", "{} hat deinen Beitrag favorisiert"),
    ("poll", "Eine Umfrage von {} ist zu Ende"),
    ("update", "{} hat einen Beitrag bearbeitet"),
    ("severed_relationships", "Du hast Follower oder Gefolgte verloren"),
    ("moderation_warning", "Die Moderation hat dich verwarnt"),
    ("annual_report", "Dein Jahresrückblick ist da"),
    ("admin.sign_up", "{} hat sich registriert"),
    ("admin.report", "{} hat etwas gemeldet"),
    ("quote", "{} hat deinen Beitrag zitiert"),
    ("quoted_update", "{} hat einen Beitrag bearbeitet, den du zitiert hast"),
    ("added_to_collection", "{} hat dich in eine Sammlung aufgenommen"),
    ("collection_update", "{} hat eine Sammlung geändert, in der du bist"),
];
const FRENCH: Titles = &[
    ("mention", "{} vous a mentionné"),
    ("status", "Nouveau message de {}"),
    ("reblog", "{} a partagé votre message"),
    ("follow", "{} vous suit maintenant"),
    ("follow_request", "{} souhaite vous suivre"),
    ("favourite", "{} a mis votre message en favori"),
    ("poll", "Un sondage de {} est terminé"),
    ("update", "{} a modifié un message"),
    ("severed_relationships", "Vous avez perdu des abonnés ou des abonnements"),
    ("moderation_warning", "La modération vous a adressé un avertissement"),
    ("annual_report", "Votre bilan de l’année est prêt"),
    ("admin.sign_up", "{} s’est inscrit"),
    ("admin.report", "{} a envoyé un signalement"),
    ("quote", "{} a cité votre message"),
    ("quoted_update", "{} a modifié un message que vous avez cité"),
    ("added_to_collection", "{} vous a ajouté à une collection"),
    ("collection_update", "{} a modifié une collection dont vous faites partie"),
];
const SPANISH: Titles = &[
    ("mention", "{} te ha mencionado"),
    ("status", "Nueva publicación de {}"),
    ("reblog", "{} ha impulsado tu publicación"),
    ("follow", "{} ahora te sigue"),
    ("follow_request", "{} quiere seguirte"),
    ("favourite", "A {} le gusta tu publicación"),
    ("poll", "Ha terminado una encuesta de {}"),
    ("update", "{} ha editado una publicación"),
    ("severed_relationships", "Has perdido seguidores o cuentas que seguías"),
    ("moderation_warning", "La moderación te ha enviado una advertencia"),
    ("annual_report", "Tu resumen del año está listo"),
    ("admin.sign_up", "{} se ha registrado"),
    ("admin.report", "{} ha enviado una denuncia"),
    ("quote", "{} ha citado tu publicación"),
    ("quoted_update", "{} ha editado una publicación que citaste"),
    ("added_to_collection", "{} te ha añadido a una colección"),
    ("collection_update", "{} ha cambiado una colección en la que estás"),
];

#[cfg(test)]
mod tests {
    use db::notifications::TYPES;

    use super::{ENGLISH, FRENCH, GERMAN, SPANISH, title};

    #[test]
    fn every_type_has_a_title_in_every_language() {
        for titles in [ENGLISH, GERMAN, FRENCH, SPANISH] {
            assert_eq!(titles.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), TYPES);
        }
    }

    #[test]
    fn the_readers_language_is_spoken_or_else_english() {
        assert_eq!(title("en", "follow", "Load 12"), "Load 12 is now following you");
        assert_eq!(title("de", "follow", "Ida"), "Ida folgt dir jetzt");
        assert_eq!(title("fr-CA", "follow", "{}"), "{} vous suit maintenant");
        assert_eq!(title("ja", "reblog", "Load 12"), "Load 12 boosted your post");
        assert_eq!(title("en", "unheard_of", "Ida"), "");
    }
}
