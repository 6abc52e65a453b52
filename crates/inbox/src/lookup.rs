//! From addresses in documents to rows here. Nobody is asked over the network.

use activitypub::resolve_account::{is_local_uri, local_account};
use config::Federation;
use db::statuses::Visibility;
use db::{AccountId, PgConnection, StatusId};

/// A status that is here.
#[derive(Debug, Clone)]
pub(crate) struct StatusRef {
    pub(crate) id: StatusId,
    pub(crate) account_id: AccountId,
    /// Of the author; `None` if local.
    pub(crate) domain: Option<String>,
    pub(crate) uri: Option<String>,
    pub(crate) visibility: i32,
    pub(crate) reblog_of_id: Option<StatusId>,
    pub(crate) reply: bool,
    pub(crate) in_reply_to_account_id: Option<AccountId>,
    pub(crate) conversation_id: Option<i64>,
}

impl StatusRef {
    pub(crate) fn is_local(&self) -> bool {
        self.domain.is_none()
    }

    pub(crate) fn visibility(&self) -> Visibility {
        Visibility::from_column(self.visibility)
    }
}

macro_rules! select {
    ($rest:literal $(, $arg:expr)*) => {
        sqlx::query_as!(
            StatusRef,
            r#"SELECT s.id, s.account_id, a.domain, s.uri, s.visibility, s.reblog_of_id, s.reply, s.in_reply_to_account_id,
                      s.conversation_id
               FROM statuses s JOIN accounts a ON a.id = s.account_id
               WHERE s.deleted_at IS NULL AND "# + $rest
            $(, $arg)*
        )
    };
}

pub(crate) async fn status_by_id(conn: &mut PgConnection, id: StatusId) -> Result<Option<StatusRef>, sqlx::Error> {
    select!("s.id = $1", id).fetch_optional(conn).await
}

/// The status that a URI names, here or elsewhere.
pub(crate) async fn status(
    conn: &mut PgConnection,
    federation: &Federation,
    uri: &str,
) -> Result<Option<StatusRef>, sqlx::Error> {
    match local_status(federation, uri) {
        Some(Local::Path { owner: Owner::Username(username), id }) => {
            select!("s.id = $1 AND a.domain IS NULL AND lower(a.username) = lower($2)", id, username).fetch_optional(conn).await
        }
        Some(Local::Path { owner: Owner::Id(account), id }) => {
            select!("s.id = $1 AND a.domain IS NULL AND a.id = $2", id, account).fetch_optional(conn).await
        }
        Some(Local::Tag(id)) => select!("s.id = $1 AND a.domain IS NULL", id).fetch_optional(conn).await,
        Some(Local::Other) => Ok(None),
        None => {
            let uri = uri.split('#').next().unwrap_or_default();
            select!("s.uri = $1 AND a.domain IS NOT NULL", uri).fetch_optional(conn).await
        }
    }
}

/// The exact spelling, fragment included, as an author gives it to a status of theirs.
pub(crate) async fn own_status(
    conn: &mut PgConnection,
    account_id: AccountId,
    uri: &str,
) -> Result<Option<StatusRef>, sqlx::Error> {
    select!("s.uri = $1 AND s.account_id = $2", uri, account_id).fetch_optional(conn).await
}

#[derive(Debug, PartialEq, Eq)]
enum Owner<'a> {
    Username(&'a str),
    Id(AccountId),
}

#[derive(Debug, PartialEq, Eq)]
enum Local<'a> {
    Path {
        owner: Owner<'a>,
        id: StatusId,
    },
    Tag(StatusId),
    /// On this server, but no status.
    Other,
}

/// `None`: on another server.
fn local_status<'a>(federation: &Federation, uri: &'a str) -> Option<Local<'a>> {
    if let Some(id) = local_tag(federation, uri, "Status") {
        return Some(Local::Tag(id));
    }
    if !is_local_uri(federation, uri) {
        return None;
    }
    let path = uri.splitn(4, '/').nth(3).unwrap_or_default();
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let found = match parts.as_slice() {
        ["users", username, "statuses", id] | ["users", username, "statuses", id, "activity"] => (Owner::Username(username), id),
        ["ap", "users", account, "statuses", id] | ["ap", "users", account, "statuses", id, "activity"] => {
            match account.parse() {
                Ok(account) => (Owner::Id(account), id),
                Err(_) => return Some(Local::Other),
            }
        }
        [handle, id] => match handle.strip_prefix('@') {
            Some(username) => (Owner::Username(username), id),
            None => return Some(Local::Other),
        },
        _ => return Some(Local::Other),
    };
    Some(found.1.parse().map_or(Local::Other, |id| Local::Path { owner: found.0, id }))
}

/// `tag:our.example,2020-01-01:objectId=1:objectType=Status`, Mastodon's addresses of long ago.
pub(crate) fn local_tag(federation: &Federation, uri: &str, kind: &str) -> Option<i64> {
    let (domain, rest) = uri.strip_prefix("tag:")?.split_once(',')?;
    let (rest, found) = rest.rsplit_once(":objectType=")?;
    let (_, id) = rest.rsplit_once(":objectId=")?;
    if found == kind && federation.is_local(domain) { id.parse().ok() } else { None }
}

/// A local account, as far as others' activities towards it are judged by it.
#[derive(Debug, Clone)]
pub(crate) struct LocalAccount {
    pub(crate) id: AccountId,
    pub(crate) username: String,
    pub(crate) id_scheme: Option<i32>,
    pub(crate) locked: bool,
    pub(crate) moved: bool,
    pub(crate) suspended: bool,
}

impl LocalAccount {
    pub(crate) fn uri(&self, uris: &db::uri::Uris) -> String {
        uris.account(self.id, &self.username, self.id_scheme)
    }
}

pub(crate) async fn local(
    conn: &mut PgConnection,
    federation: &Federation,
    uri: &str,
) -> Result<Option<LocalAccount>, sqlx::Error> {
    match local_account(conn, federation, uri).await? {
        Some(id) => local_by_id(conn, id).await,
        None => Ok(None),
    }
}

pub(crate) async fn local_by_id(conn: &mut PgConnection, id: AccountId) -> Result<Option<LocalAccount>, sqlx::Error> {
    sqlx::query_as!(
        LocalAccount,
        r#"
        SELECT id, username, id_scheme, locked, moved_to_account_id IS NOT NULL AS "moved!",
          suspended_at IS NOT NULL AS "suspended!"
        FROM accounts WHERE id = $1 AND domain IS NULL
        "#,
        id
    )
    .fetch_optional(conn)
    .await
}

/// The accounts, local or not, that some of these URIs name; others are left out.
pub(crate) async fn accounts(
    conn: &mut PgConnection,
    federation: &Federation,
    uris: &[&str],
) -> Result<Vec<AccountId>, sqlx::Error> {
    let (ours, theirs): (Vec<&str>, Vec<&str>) = uris.iter().partition(|uri| is_local_uri(federation, uri));
    let mut found = Vec::new();
    for uri in ours {
        found.extend(local_account(conn, federation, uri).await?);
    }
    let theirs: Vec<String> = theirs.iter().map(|uri| (*uri).to_owned()).collect();
    if !theirs.is_empty() {
        found.extend(
            sqlx::query_scalar!("SELECT id FROM accounts WHERE uri = ANY($1) AND domain IS NOT NULL", &theirs)
                .fetch_all(conn)
                .await?,
        );
    }
    found.retain(|id| *id != db::uri::INSTANCE_ACTOR);
    Ok(found)
}

/// Whether any local account follows it.
pub(crate) async fn is_followed_here(conn: &mut PgConnection, account_id: AccountId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM follows f JOIN accounts a ON a.id = f.account_id
                          WHERE f.target_account_id = $1 AND a.domain IS NULL) AS "followed!""#,
        account_id
    )
    .fetch_one(conn)
    .await
}

#[cfg(test)]
mod tests {
    use super::{Local, Owner, local_status};

    #[test]
    fn local_statuses_are_read_from_every_form_of_their_address() {
        let federation = crate::tests::config().federation;
        let read = |uri| local_status(&federation, uri);
        let by_name = Some(Local::Path { owner: Owner::Username("bob"), id: 5 });
        assert_eq!(read("https://our.example/users/bob/statuses/5"), by_name);
        assert_eq!(read("https://our.example/users/bob/statuses/5/activity"), by_name);
        assert_eq!(read("https://our.example/@bob/5"), by_name);
        assert_eq!(read("https://our.example/ap/users/7/statuses/5"), Some(Local::Path { owner: Owner::Id(7), id: 5 }));
        assert_eq!(read("tag:our.example,2020-01-01:objectId=5:objectType=Status"), Some(Local::Tag(5)));
        assert_eq!(read("https://our.example/users/bob"), Some(Local::Other));
        assert_eq!(read("https://other.example/users/bob/statuses/5"), None);
    }
}
