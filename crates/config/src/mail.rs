//! Outgoing mail.

use crate::federation::Federation;
use crate::source::{Error, Source};

#[derive(Debug, Clone)]
pub struct Mail {
    pub from: String,
    pub reply_to: Option<String>,
    pub return_path: Option<String>,
    /// What we call ourselves in EHLO and message ids.
    pub domain: String,
    pub method: MailMethod,
}

#[derive(Debug, Clone)]
pub enum MailMethod {
    Smtp(Smtp),
    Sendmail,
    /// One file a mail under `tmp/mails`, as Rails does.
    File,
    /// Mails are dropped: `SMTP_DELIVERY_METHOD=none`.
    None,
}

#[derive(Clone)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    pub login: Option<(String, String)>,
    pub start_tls: StartTls,
    /// TLS from the first byte.
    pub implicit_tls: bool,
    pub verify_certificate: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartTls {
    Auto,
    Always,
    Never,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("login", &self.login.is_some())
            .finish_non_exhaustive()
    }
}

impl Mail {
    pub(crate) fn read(source: &Source, federation: &Federation) -> Result<Self, Error> {
        let method = match source.text("SMTP_DELIVERY_METHOD").as_deref() {
            None | Some("smtp") => MailMethod::Smtp(smtp(source)?),
            Some("sendmail") => MailMethod::Sendmail,
            Some("file") => MailMethod::File,
            Some("none" | "test") => MailMethod::None,
            Some(other) => {
                return Err(Error::invalid("SMTP_DELIVERY_METHOD", format!("{other:?} is not smtp, sendmail, file or none")));
            }
        };
        Ok(Self {
            from: source.text("SMTP_FROM_ADDRESS").unwrap_or_else(|| "notifications@localhost".to_owned()),
            reply_to: source.text("SMTP_REPLY_TO"),
            return_path: source.text("SMTP_RETURN_PATH"),
            domain: source.text("SMTP_DOMAIN").unwrap_or_else(|| federation.local_domain.clone()),
            method,
        })
    }
}

fn smtp(source: &Source) -> Result<Smtp, Error> {
    let method = source.text("SMTP_AUTH_METHOD").unwrap_or_else(|| "plain".to_owned());
    let login = match (source.text("SMTP_LOGIN"), source.text("SMTP_PASSWORD")) {
        _ if method == "none" => None,
        (Some(login), Some(password)) => Some((login, password)),
        _ => None,
    };
    if login.is_some() && !["plain", "login"].contains(&method.as_str()) {
        return Err(Error::invalid("SMTP_AUTH_METHOD", format!("{method:?} is not plain, login or none")));
    }
    let start_tls = match source.text("SMTP_ENABLE_STARTTLS").as_deref() {
        Some("always") => StartTls::Always,
        Some("never") => StartTls::Never,
        Some("auto") => StartTls::Auto,
        None if source.text("SMTP_ENABLE_STARTTLS_AUTO").is_some_and(|value| value == "false") => StartTls::Never,
        None => StartTls::Auto,
        Some(other) => return Err(Error::invalid("SMTP_ENABLE_STARTTLS", format!("{other:?} is not auto, always or never"))),
    };
    Ok(Smtp {
        host: source.text("SMTP_SERVER").unwrap_or_else(|| "localhost".to_owned()),
        port: source.number("SMTP_PORT", 25)?,
        login,
        start_tls,
        implicit_tls: source.flag("SMTP_TLS") || source.flag("SMTP_SSL"),
        verify_certificate: source.text("SMTP_OPENSSL_VERIFY_MODE").is_none_or(|value| value != "none"),
    })
}
