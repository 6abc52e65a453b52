//! Which language an answer speaks, and the few texts of the API that speak more than one.

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, header};
use text::locale::AVAILABLE;

use crate::app::App;
use crate::auth::Auth;
use crate::params::RawParams;

/// A language that Mastodon's interface is translated into: `en`, `de`, `pt-BR`. Extractor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locale(pub String);

impl Locale {
    /// The parameter `lang`, else the person's own choice, else what the browser asks for, else the server's default.
    pub(crate) fn choose(app: &App, params: &RawParams, auth: &Auth, headers: &HeaderMap) -> Self {
        let settings = &app.config.federation;
        let asked = params.text("lang").and_then(|text| available(&text));
        let own = || auth.user().and_then(|user| user.locale.as_deref()).and_then(available);
        let browser = || if settings.force_default_locale { None } else { accepted(headers) };
        let default = || available(&settings.default_locale).unwrap_or("en");
        Self(asked.or_else(own).or_else(browser).unwrap_or_else(default).to_owned())
    }

    /// The name of a language as it is stored, if the interface is translated into it.
    #[must_use]
    pub fn known(name: &str) -> Option<&'static str> {
        available(name)
    }

    /// The language without its region.
    #[must_use]
    pub fn language(&self) -> &str {
        self.0.split('-').next().unwrap_or("en")
    }
}

fn available(name: &str) -> Option<&'static str> {
    AVAILABLE.iter().find(|known| known.eq_ignore_ascii_case(name)).copied()
}

/// The best known language of `Accept-Language`: exactly, or any region of it.
fn accepted(headers: &HeaderMap) -> Option<&'static str> {
    let text = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut wishes: Vec<(u32, &str)> = text
        .split(',')
        .take(16)
        .filter_map(|part| {
            let (name, quality) =
                part.split_once(";q=").map_or((part, 1.0), |(name, q)| (name, q.trim().parse::<f32>().unwrap_or(0.0)));
            let thousandths = (1..=1000_u16).rev().find(|step| f32::from(*step) / 1000.0 <= quality + 0.0005)?;
            Some((u32::from(thousandths), name.trim()))
        })
        .collect();
    wishes.sort_by_key(|(quality, _)| std::cmp::Reverse(*quality));
    wishes.iter().find_map(|(_, name)| {
        let language = name.split('-').next().unwrap_or_default();
        available(name).or_else(|| available(language)).or_else(|| {
            AVAILABLE.iter().find(|known| known.split('-').next().is_some_and(|own| own.eq_ignore_ascii_case(language))).copied()
        })
    })
}

/// The error text in another language, where Mastodon's wording is recorded; English otherwise.
pub(crate) fn translate(locale: &Locale, text: &str) -> Option<String> {
    let table = match locale.language() {
        "de" => GERMAN,
        "fr" => FRENCH,
        _ => return None,
    };
    if let Some((_, translated)) = table.iter().find(|(english, _)| *english == text) {
        return Some((*translated).to_owned());
    }
    let (prefix, rest) = text.split_once(": ")?;
    let prefix = table.iter().find(|(english, _)| english.strip_suffix(':') == Some(prefix))?.1;
    let rest = table.iter().find(|(english, _)| *english == rest)?.1;
    Some(format!("{prefix} {rest}"))
}

// From golden/rest/golden/http_layer.json.
const GERMAN: &[(&str, &str)] = &[
    ("The access token is invalid", "Der Zugriffstoken ist ungültig"),
    ("Validation failed:", "Gültigkeitsprüfung ist fehlgeschlagen:"),
    ("Text can't be blank", "Text muss ausgefüllt werden"),
];
const FRENCH: &[(&str, &str)] =
    &[("Validation failed:", "La validation a échoué :"), ("Text can't be blank", "Text doit être rempli(e)")];

impl FromRequestParts<App> for Locale {
    type Rejection = crate::Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, crate::Error> {
        let auth = Auth::from_request_parts(parts, app).await?;
        let params = parts.extensions.get::<RawParams>().cloned().unwrap_or_default();
        Ok(Self::choose(app, &params, &auth, &parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, header};

    use super::{Locale, accepted, translate};

    #[test]
    fn the_browsers_best_known_language_is_taken() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("tlh, fr-BE;q=0.8, de;q=0.9"));
        assert_eq!(accepted(&headers), Some("de"));
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("zh;q=0.5, *;q=0.1"));
        assert_eq!(accepted(&headers), Some("zh-CN"));
    }

    #[test]
    fn recorded_errors_are_translated() {
        let text = translate(&Locale("fr".to_owned()), "Validation failed: Text can't be blank");
        assert_eq!(text.as_deref(), Some("La validation a échoué : Text doit être rempli(e)"));
        assert_eq!(translate(&Locale("en".to_owned()), "Record not found"), None);
    }
}
