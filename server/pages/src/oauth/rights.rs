//! Scopes in plain words.

use shared::oauth;

/// One sentence for each right, the broad ones first. What a broad scope already says is not said again.
pub(super) fn in_words(scopes: &str) -> Vec<String> {
    let scopes = oauth::split(scopes);
    scopes.iter().filter(|scope| !is_covered(scope, &scopes)).map(|scope| words(scope)).collect()
}

fn is_covered(scope: &str, all: &[&str]) -> bool {
    scope.rsplit_once(':').is_some_and(|(broad, _)| all.contains(&broad))
}

fn words(scope: &str) -> String {
    let text = match scope {
        "read" => "read everything of your account",
        "write" => "post, and change everything of your account",
        "follow" => "follow, mute and block for you",
        "push" => "receive your notifications",
        "profile" => "read your name, picture and profile address",
        "admin:read" => "read everything that your role as a moderator shows you",
        "admin:write" => "moderate this server as you can",
        _ => return detailed(scope),
    };
    text.to_owned()
}

fn detailed(scope: &str) -> String {
    let (verb, thing) = scope.rsplit_once(':').unwrap_or(("use", scope));
    let thing = match thing {
        "accounts" => "accounts",
        "blocks" => "your blocks",
        "bookmarks" => "your bookmarks",
        "collections" => "your collections",
        "conversations" => "your conversations",
        "favourites" => "your favourites",
        "filters" => "your filters",
        "follows" => "your follows",
        "lists" => "your lists",
        "media" => "your media files",
        "mutes" => "your mutes",
        "notifications" => "your notifications",
        "reports" => "reports",
        "search" => "search results",
        "statuses" => "posts",
        "domain_allows" => "allowed servers",
        "domain_blocks" => "blocked servers",
        "ip_blocks" => "blocked addresses",
        "email_domain_blocks" => "blocked e-mail providers",
        "canonical_email_blocks" => "blocked e-mail addresses",
        other => other,
    };
    match verb {
        "read" => format!("read {thing}"),
        "write" => format!("change {thing}"),
        "admin:read" => format!("read {thing} as a moderator"),
        "admin:write" => format!("change {thing} as a moderator"),
        other => format!("{other} {thing}"),
    }
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn a_broad_right_hides_its_parts() {
        assert_eq!(in_words("read read:lists write:media"), ["read everything of your account", "change your media files"]);
    }
}
