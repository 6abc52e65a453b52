//! Key pairs. Making one takes a tenth of a second, so accounts share a few.

use std::sync::OnceLock;

use activitypub::keys::{NewKey, PrivateKey, PublicKey};

/// In the forms in which Mastodon stores them, and parsed.
pub struct TestKey {
    pub private_pem: String,
    pub public_pem: String,
    pub private: PrivateKey,
    pub public: PublicKey,
}

impl TestKey {
    /// Of all local accounts of a test process.
    pub fn local() -> &'static Self {
        static KEY: OnceLock<TestKey> = OnceLock::new();
        KEY.get_or_init(Self::generate)
    }

    /// Of all remote accounts.
    pub fn remote() -> &'static Self {
        static KEY: OnceLock<TestKey> = OnceLock::new();
        KEY.get_or_init(Self::generate)
    }

    /// One that nobody else has.
    #[must_use]
    pub fn generate() -> Self {
        let NewKey { private_pem, public_pem } = NewKey::generate().unwrap();
        let private = PrivateKey::from_pem(&private_pem).unwrap();
        let public = PublicKey::from_pem(&public_pem).unwrap();
        Self { private_pem, public_pem, private, public }
    }
}
