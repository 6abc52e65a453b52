//! Avatar and header of a local account: their files, and what the row says of them.

use db::AccountId;
use jobs::delivery::FederateAccountUpdate;
use jobs::media::DeleteFiles;
use media::paths::{self, Attachment};
use media::{Picture, PictureKind, Store, random_file_name};
use sqlx::PgConnection;

use super::FEDERATE_AFTER;
use crate::error::Result;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureOf {
    Avatar,
    Header,
}

impl PictureOf {
    #[must_use]
    pub fn kind(self) -> PictureKind {
        match self {
            Self::Avatar => PictureKind::Avatar,
            Self::Header => PictureKind::Header,
        }
    }

    fn attachment(self) -> Attachment {
        match self {
            Self::Avatar => Attachment::Avatar,
            Self::Header => Attachment::Header,
        }
    }
}

/// A picture whose files lie in the store and that no row names yet.
#[derive(Debug)]
pub struct Placed {
    of: PictureOf,
    account: AccountId,
    file_name: String,
    content_type: &'static str,
    size: i32,
}

/// Stores all files of a picture.
///
/// # Errors
/// The store fails; what was stored by then is removed.
pub async fn place(store: &Store, account: AccountId, of: PictureOf, picture: &Picture) -> std::io::Result<Placed> {
    let original = &picture.original;
    let placed = Placed {
        of,
        account,
        file_name: random_file_name(original.extension),
        content_type: original.content_type,
        size: i32::try_from(original.size).unwrap_or(i32::MAX),
    };
    let files = std::iter::once(("original", original)).chain(picture.styles.iter().map(|(style, file)| (*style, file)));
    for (style, file) in files {
        let path = paths::attachment(of.attachment(), account, style, &placed.file_name, false);
        if let Err(error) = store.put(&path, file.path()).await {
            placed.discard(store).await;
            return Err(error);
        }
    }
    Ok(placed)
}

impl Placed {
    /// Takes the files away again: the row could not be written.
    pub async fn discard(&self, store: &Store) {
        if let Err(error) = store.delete_all(self.of.attachment(), self.account, &self.file_name, false).await {
            tracing::warn!(%error, account_id = self.account, "the files of a picture stay behind");
        }
    }
}

/// The stored picture takes the place of the one before it, whose files go.
pub(super) async fn set(conn: &mut PgConnection, account: AccountId, placed: &Placed) -> Result<()> {
    forget_files(conn, account, placed.of).await?;
    let (name, content_type, size) = (&placed.file_name, placed.content_type, placed.size);
    match placed.of {
        PictureOf::Avatar => {
            sqlx::query!(
                r#"
                UPDATE accounts SET avatar_file_name = $2, avatar_content_type = $3, avatar_file_size = $4,
                  avatar_storage_schema_version = 1, avatar_updated_at = now() AT TIME ZONE 'utc' WHERE id = $1
                "#,
                account,
                name,
                content_type,
                size
            )
            .execute(conn)
            .await?;
        }
        PictureOf::Header => {
            sqlx::query!(
                r#"
                UPDATE accounts SET header_file_name = $2, header_content_type = $3, header_file_size = $4,
                  header_storage_schema_version = 1, header_updated_at = now() AT TIME ZONE 'utc' WHERE id = $1
                "#,
                account,
                name,
                content_type,
                size
            )
            .execute(conn)
            .await?;
        }
    }
    Ok(())
}

/// The account has no such picture any more. Its description stays, as Mastodon leaves it.
///
/// # Errors
/// The database fails.
pub async fn remove_picture(conn: &mut PgConnection, account: AccountId, of: PictureOf) -> Result<()> {
    forget_files(conn, account, of).await?;
    match of {
        PictureOf::Avatar => {
            sqlx::query!(
                r#"
                UPDATE accounts SET avatar_file_name = NULL, avatar_content_type = NULL, avatar_file_size = NULL,
                  avatar_updated_at = NULL, updated_at = now() AT TIME ZONE 'utc' WHERE id = $1
                "#,
                account
            )
            .execute(&mut *conn)
            .await?;
        }
        PictureOf::Header => {
            sqlx::query!(
                r#"
                UPDATE accounts SET header_file_name = NULL, header_content_type = NULL, header_file_size = NULL,
                  header_updated_at = NULL, updated_at = now() AT TIME ZONE 'utc' WHERE id = $1
                "#,
                account
            )
            .execute(&mut *conn)
            .await?;
        }
    }
    jobs::enqueue_in(conn, &FederateAccountUpdate { account_id: account }, FEDERATE_AFTER).await?;
    Ok(())
}

/// Has the worker delete the files that the row names now.
async fn forget_files(conn: &mut PgConnection, account: AccountId, of: PictureOf) -> Result<()> {
    let row = sqlx::query!("SELECT avatar_file_name, header_file_name FROM accounts WHERE id = $1 FOR UPDATE", account)
        .fetch_optional(&mut *conn)
        .await?;
    let name = row.and_then(|row| match of {
        PictureOf::Avatar => row.avatar_file_name,
        PictureOf::Header => row.header_file_name,
    });
    let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(()) };
    let kind = of.attachment();
    let keys = kind.styles().iter().map(|style| paths::attachment(kind, account, style, &name, false)).collect();
    jobs::enqueue(conn, &DeleteFiles { keys }).await?;
    Ok(())
}
