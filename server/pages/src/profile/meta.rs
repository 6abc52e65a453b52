//! An account in the words of a preview.

use entities::Account;

use crate::meta::Meta;

/// Side of the square that avatars are cut to.
const AVATAR: u64 = 400;

pub(super) fn of(account: &Account, site: &str, domain: &str) -> Meta {
    let name = if account.display_name.trim().is_empty() { &account.username } else { &account.display_name };
    let counts =
        format!("{} posts, {} following, {} followers", account.statuses_count, account.following_count, account.followers_count);
    let bio = text::plain::remote(&account.note);
    let description = if bio.trim().is_empty() { counts } else { format!("{counts} · {bio}") };
    let title = format!("{name} (@{}@{domain})", account.username);
    let mut meta = Meta::new("profile", site, &title, &account.url, &description);
    meta.add("profile:username", format!("{}@{domain}", account.username));
    meta.add_picture(&account.avatar, Some((AVATAR, AVATAR)), Some(&account.avatar_description));
    meta.add("twitter:card", "summary");
    meta
}
