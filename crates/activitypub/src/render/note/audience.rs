//! Whom a status is addressed to.

use super::load::{MentionRow, StatusRow};
use crate::render::{PUBLIC, Renderer};

impl Renderer {
    /// `to` and `cc`. Statuses of silenced authors only address those who chose to follow them.
    pub(super) fn audience(&self, status: &StatusRow, account_uri: &str, mentions: &[&MentionRow]) -> (Vec<String>, Vec<String>) {
        let mentioned: Vec<String> = mentions
            .iter()
            .filter(|mention| !mention.silent && (!status.account_silenced || mention.follows_author))
            .flat_map(|mention| self.addresses_of(mention))
            .collect();
        audience(status.visibility, format!("{account_uri}/followers"), mentioned)
    }

    /// A group is addressed with its followers, so that it passes the status on to them.
    fn addresses_of(&self, mention: &MentionRow) -> Vec<String> {
        let mut addresses = vec![self.mentioned_uri(mention)];
        if mention.actor_type.as_deref() == Some("Group") {
            let followers = if mention.followers_url.is_empty() { None } else { Some(mention.followers_url.clone()) };
            addresses.extend(followers);
        }
        addresses
    }
}

/// Where a status of this visibility (`statuses.visibility`) goes.
pub(in crate::render) fn audience(visibility: i32, followers: String, mentioned: Vec<String>) -> (Vec<String>, Vec<String>) {
    let with = |first: String| std::iter::once(first).chain(mentioned.iter().cloned()).collect::<Vec<_>>();
    match visibility {
        0 => (vec![PUBLIC.to_owned()], with(followers)),
        1 => (vec![followers], with(PUBLIC.to_owned())),
        2 => (vec![followers], mentioned),
        _ => (mentioned, Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::audience;
    use crate::render::PUBLIC;

    #[test]
    fn each_visibility_has_its_audience() {
        let of = |visibility| audience(visibility, "f".to_owned(), vec!["m".to_owned()]);
        assert_eq!(of(0), (vec![PUBLIC.to_owned()], vec!["f".to_owned(), "m".to_owned()]));
        assert_eq!(of(1), (vec!["f".to_owned()], vec![PUBLIC.to_owned(), "m".to_owned()]));
        assert_eq!(of(2), (vec!["f".to_owned()], vec!["m".to_owned()]));
        assert_eq!(of(3), (vec!["m".to_owned()], vec![]));
    }
}
