//! Who may quote a status or feature an account: the bitmaps of interaction policies in words.

use serde::Serialize;

const UNSUPPORTED: i32 = 1;
const PUBLIC: i32 = 2;
const FOLLOWERS: i32 = 4;
const FOLLOWING: i32 = 8;

/// `quote_approval` and `feature_approval`.
#[derive(Debug, Clone, Serialize)]
pub struct Approval {
    /// Who need not ask.
    pub automatic: Vec<&'static str>,
    /// Who may ask.
    pub manual: Vec<&'static str>,
    /// What applies to the viewer: `automatic`, `manual`, `missing`, `unknown` or `denied`.
    pub current_user: &'static str,
}

/// How the viewer stands to the owner of the policy.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Standing {
    pub(crate) is_owner: bool,
    pub(crate) follows_owner: bool,
    pub(crate) followed_by_owner: bool,
}

/// `accounts.feature_approval_policy` and `statuses.quote_approval_policy`: automatic above, manual below.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Policy(pub(crate) i32);

impl Policy {
    fn automatic(self) -> i32 {
        self.0 >> 16 & 0xffff
    }

    fn manual(self) -> i32 {
        self.0 & 0xffff
    }

    pub(crate) fn to_entity(self, current_user: &'static str) -> Approval {
        Approval { automatic: names(self.automatic()), manual: names(self.manual()), current_user }
    }

    /// The word for a viewer; the first that fits of automatic, manual, unknown, denied.
    pub(crate) fn applied_to(self, standing: Standing) -> &'static str {
        let allows = |flags: i32| {
            flags & PUBLIC != 0
                || (flags & FOLLOWERS != 0 && standing.follows_owner)
                || (flags & FOLLOWING != 0 && standing.followed_by_owner)
        };
        if standing.is_owner || allows(self.automatic()) {
            "automatic"
        } else if allows(self.manual()) {
            "manual"
        } else if (self.automatic() | self.manual()) & UNSUPPORTED != 0 {
            "unknown"
        } else {
            "denied"
        }
    }
}

/// What `locked` and `discoverable` of a local account amount to.
pub(crate) fn local_feature_policy(discoverable: bool, locked: bool) -> Policy {
    Policy(match (discoverable, locked) {
        (false, _) => 0,
        (true, true) => FOLLOWERS << 16,
        (true, false) => PUBLIC << 16,
    })
}

fn names(flags: i32) -> Vec<&'static str> {
    [(UNSUPPORTED, "unsupported_policy"), (PUBLIC, "public"), (FOLLOWERS, "followers"), (FOLLOWING, "following")]
        .into_iter()
        .filter(|(flag, _)| flags & flag != 0)
        .map(|(_, name)| name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Policy, Standing, local_feature_policy};

    const STRANGER: Standing = Standing { is_owner: false, follows_owner: false, followed_by_owner: false };

    #[test]
    fn what_needs_no_asking_comes_before_what_does() {
        let followers_else_ask = Policy(4 << 16 | 2);
        assert_eq!(followers_else_ask.applied_to(STRANGER), "manual");
        assert_eq!(followers_else_ask.applied_to(Standing { follows_owner: true, ..STRANGER }), "automatic");
        assert_eq!(Policy(0).applied_to(Standing { is_owner: true, ..STRANGER }), "automatic");
    }

    #[test]
    fn a_policy_in_words_that_are_not_understood_is_unknown() {
        assert_eq!(Policy(1 << 16).applied_to(STRANGER), "unknown");
        assert_eq!(Policy(0).applied_to(STRANGER), "denied");
    }

    // As recorded of accounts that can be found, locked and not.
    #[test]
    fn local_accounts_can_be_featured_as_far_as_they_can_be_found() {
        let words = |discoverable, locked| local_feature_policy(discoverable, locked).to_entity("denied").automatic;
        assert_eq!(words(true, false), ["public"]);
        assert_eq!(words(true, true), ["followers"]);
        assert!(words(false, false).is_empty());
    }
}
