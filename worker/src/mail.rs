//! Letters: how they look and how they leave. What stands in them is said by the jobs that send them.

mod letter;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use config::{Mail, MailMethod, Smtp, StartTls};
use lettre::address::Envelope;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSendmailTransport, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use tokio::fs;

pub(crate) use letter::{Letter, Page};

use crate::registry::JobError;

/// Where `SMTP_DELIVERY_METHOD=file` puts letters, below the working directory.
const FOLDER: &str = "tmp/mails";

/// Sends letters the way that the operator chose.
pub(crate) struct Mailer {
    settings: Mail,
    transport: Transport,
}

enum Transport {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Sendmail(AsyncSendmailTransport<Tokio1Executor>),
    Folder(PathBuf),
    Nowhere,
}

impl Mailer {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// The server's name cannot be used for TLS.
    pub(crate) fn new(settings: Mail) -> anyhow::Result<Self> {
        let transport = match &settings.method {
            MailMethod::Smtp(smtp) => Transport::Smtp(connect(smtp, &settings.domain)?),
            MailMethod::Sendmail => Transport::Sendmail(AsyncSendmailTransport::new()),
            MailMethod::File => Transport::Folder(PathBuf::from(FOLDER)),
            MailMethod::None => Transport::Nowhere,
        };
        Ok(Self { settings, transport })
    }

    /// Sends a letter. A letter with the same `key` has the same Message-ID, so that a repeat after a crash is seen as one.
    ///
    /// # Errors
    /// The server does not answer, or not now; or it refuses the letter for good.
    pub(crate) async fn send(&self, letter: &Letter) -> Result<(), JobError> {
        self.send_with(letter, &[]).await
    }

    /// The same with more lines in its head.
    ///
    /// # Errors
    /// As [`Mailer::send`].
    pub(crate) async fn send_with(&self, letter: &Letter, lines: &[(&'static str, String)]) -> Result<(), JobError> {
        let message = self.write(letter, lines)?;
        match &self.transport {
            Transport::Smtp(smtp) => drop(smtp.send(message).await.map_err(refused)?),
            Transport::Sendmail(sendmail) => sendmail.send(message).await.context("handing a letter to sendmail")?,
            Transport::Folder(folder) => keep(folder, &letter.key, &message.formatted()).await?,
            Transport::Nowhere => {}
        }
        Ok(())
    }

    fn write(&self, letter: &Letter, lines: &[(&'static str, String)]) -> anyhow::Result<Message> {
        let from: Mailbox = self.settings.from.parse().context("SMTP_FROM_ADDRESS")?;
        let to: Address = letter.to.parse().context("the address of the letter")?;
        let sender = match &self.settings.return_path {
            Some(path) => path.parse().context("SMTP_RETURN_PATH")?,
            None => from.email.clone(),
        };
        let mut message = Message::builder()
            .from(from)
            .to(Mailbox::new(None, to.clone()))
            .subject(&letter.subject)
            .message_id(Some(format!("<{}@{}>", letter.key, self.settings.domain)))
            .envelope(Envelope::new(Some(sender), vec![to])?);
        if let Some(reply_to) = &self.settings.reply_to {
            message = message.reply_to(reply_to.parse().context("SMTP_REPLY_TO")?);
        }
        for (name, value) in [("Auto-Submitted", "auto-generated"), ("Precedence", "list"), ("X-Auto-Response-Suppress", "All")] {
            message = message.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned()));
        }
        for (name, value) in lines {
            // No line of another's making can begin here.
            let value = value.chars().filter(|c| !c.is_control()).collect();
            message = message.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(name), value));
        }
        let body = MultiPart::alternative_plain_html(letter.page.text()?, letter.page.html()?);
        Ok(message.multipart(body)?)
    }
}

/// RFC 5321: after a reply of 5yz the same request must not be repeated. Those about signing in (RFC 4954) are about our settings,
/// which the operator can mend before the letter is given up.
fn refused(error: lettre::transport::smtp::Error) -> JobError {
    let code: Option<u16> = error.status().map(Into::into);
    let for_good = error.is_permanent() && !matches!(code, Some(530 | 534 | 535 | 538));
    let error = anyhow::Error::new(error).context("sending a letter");
    if for_good { JobError::Refused(error) } else { JobError::Retry(error) }
}

fn connect(smtp: &Smtp, own_name: &str) -> anyhow::Result<AsyncSmtpTransport<Tokio1Executor>> {
    let parameters = || {
        TlsParameters::builder(smtp.host.clone())
            .dangerous_accept_invalid_certs(!smtp.verify_certificate)
            .build()
            .context("SMTP_SERVER cannot be used for TLS")
    };
    let tls = match (smtp.implicit_tls, smtp.start_tls) {
        (true, _) => Tls::Wrapper(parameters()?),
        (false, StartTls::Auto) => Tls::Opportunistic(parameters()?),
        (false, StartTls::Always) => Tls::Required(parameters()?),
        (false, StartTls::Never) => Tls::None,
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&smtp.host)
        .port(smtp.port)
        .tls(tls)
        .hello_name(lettre::transport::smtp::extension::ClientId::Domain(own_name.to_owned()));
    if let Some((login, password)) = &smtp.login {
        builder = builder
            .credentials(Credentials::new(login.clone(), password.clone()))
            .authentication(vec![Mechanism::Plain, Mechanism::Login]);
    }
    Ok(builder.build())
}

/// One file a letter; a repeat replaces it.
async fn keep(folder: &Path, key: &str, message: &[u8]) -> anyhow::Result<()> {
    fs::create_dir_all(folder).await?;
    fs::write(folder.join(format!("{key}.eml")), message).await.context("writing a letter to tmp/mails")
}

#[cfg(test)]
mod tests {
    use config::{Mail, MailMethod};

    use super::{Letter, Mailer, Page};

    fn mailer() -> Mailer {
        let settings = Mail {
            from: "Server <notifications@example.com>".to_owned(),
            reply_to: None,
            return_path: Some("bounces@example.com".to_owned()),
            domain: "example.com".to_owned(),
            method: MailMethod::None,
        };
        Mailer::new(settings).unwrap()
    }

    fn letter(key: &str) -> Letter {
        let page = Page {
            site: "Example".to_owned(),
            greeting: "Hello <alice>!".to_owned(),
            paragraphs: vec!["Line one.".to_owned()],
            link: Some(("Open".to_owned(), "https://example.com/a?b=1&c=2".to_owned())),
            quote: None,
            footer: vec!["Why you got this.".to_owned()],
        };
        Letter { to: "alice@example.org".to_owned(), subject: "Ümläut".to_owned(), key: key.to_owned(), page }
    }

    #[test]
    fn a_repeated_letter_has_the_same_message_id() {
        let written = |key: &str| String::from_utf8(mailer().write(&letter(key), &[]).unwrap().formatted()).unwrap();
        let id = |text: &str| text.lines().find(|line| line.starts_with("Message-ID:")).unwrap().to_owned();
        assert_eq!(id(&written("confirmation-1-a")), "Message-ID: <confirmation-1-a@example.com>");
        assert_eq!(id(&written("confirmation-1-a")), id(&written("confirmation-1-a")));
        assert_ne!(id(&written("confirmation-1-a")), id(&written("confirmation-1-b")));
    }

    #[test]
    fn bounces_go_to_the_return_path() {
        let message = mailer().write(&letter("a"), &[]).unwrap();
        assert_eq!(message.envelope().from().unwrap().to_string(), "bounces@example.com");
        assert!(String::from_utf8(message.formatted()).unwrap().contains("Auto-Submitted: auto-generated"));
    }

    #[test]
    fn names_cannot_put_markup_into_a_letter() {
        let page = letter("a").page;
        assert!(page.text().unwrap().contains("Hello <alice>!"));
        let html = page.html().unwrap();
        assert!(!html.contains("<alice>"), "{html}");
        assert!(html.contains("&alice&#62;") || html.contains("&#60;alice&#62;") || html.contains("&lt;alice&gt;"), "{html}");
    }
}
