//! Keys that Mastodon shares with us: browsers, two-factor secrets and push subscriptions live on only with the same ones.

use std::fmt;

use crate::source::{Error, Source};

#[derive(Clone)]
pub struct Secrets {
    /// `SECRET_KEY_BASE`, as text: Rails derives keys from its characters, not from decoded bytes.
    pub key_base: String,
    /// `None` when the three `ACTIVE_RECORD_ENCRYPTION_*` are not set.
    pub encryption: Option<EncryptionKeys>,
    pub vapid: Option<Vapid>,
}

#[derive(Clone)]
pub struct EncryptionKeys {
    pub primary: String,
    pub deterministic: String,
    pub salt: String,
}

/// P-256, URL-safe base64 with padding, as Mastodon's task writes them.
#[derive(Clone)]
pub struct Vapid {
    pub private: String,
    pub public: String,
}

/// Names without values: a configuration may end in a log.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets")
            .field("encryption", &self.encryption.is_some())
            .field("vapid", &self.vapid.is_some())
            .finish_non_exhaustive()
    }
}

impl Secrets {
    pub(crate) fn read(source: &Source) -> Result<Self, Error> {
        let key_base = source.required("SECRET_KEY_BASE")?;
        if key_base.len() < 30 {
            return Err(Error::invalid("SECRET_KEY_BASE", "it is too short to protect anything; Mastodon makes 128 hex digits"));
        }
        let encryption = match (
            source.text("ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY"),
            source.text("ACTIVE_RECORD_ENCRYPTION_DETERMINISTIC_KEY"),
            source.text("ACTIVE_RECORD_ENCRYPTION_KEY_DERIVATION_SALT"),
        ) {
            (Some(primary), Some(deterministic), Some(salt)) => Some(EncryptionKeys { primary, deterministic, salt }),
            (None, None, None) => None,
            (None, ..) => return Err(Error::Missing("ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY")),
            (_, None, _) => return Err(Error::Missing("ACTIVE_RECORD_ENCRYPTION_DETERMINISTIC_KEY")),
            (_, _, None) => return Err(Error::Missing("ACTIVE_RECORD_ENCRYPTION_KEY_DERIVATION_SALT")),
        };
        let vapid = match (source.text("VAPID_PRIVATE_KEY"), source.text("VAPID_PUBLIC_KEY")) {
            (Some(private), Some(public)) => Some(Vapid { private, public }),
            (None, None) => None,
            (None, Some(_)) => return Err(Error::Missing("VAPID_PRIVATE_KEY")),
            (Some(_), None) => return Err(Error::Missing("VAPID_PUBLIC_KEY")),
        };
        Ok(Self { key_base, encryption, vapid })
    }
}
