//! Addresses by which one mailbox is recognised however it is written.

/// `canonical_email_hash`: SHA-256 over the address in small letters, without dots in and anything after `+` of its local part.
pub(crate) fn hash(email: &str) -> String {
    let email = email.to_lowercase();
    let (local, domain) = email.split_once('@').unwrap_or((&email, ""));
    let local = local.replace('.', "");
    let local = local.split('+').next().unwrap_or_default();
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, format!("{local}@{domain}").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::hash;

    #[test]
    fn one_mailbox_has_one_hash() {
        assert_eq!(hash("some.one+list@Example.com"), hash("SOMEONE@example.com"));
        assert_ne!(hash("someone@example.com"), hash("someone@example.org"));
    }
}
