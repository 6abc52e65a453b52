//! Boosts as activities, and the activity of any status.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use db::StatusId;
use serde_json::Value;
use sqlx::PgConnection;

use super::activity::{self, Announce};
use super::note::audience;
use super::{Rendered, Renderer, Terms};

struct ReblogRow {
    id: StatusId,
    uri: Option<String>,
    visibility: i32,
    created_at: NaiveDateTime,
    account_id: i64,
    username: String,
    id_scheme: Option<i32>,
    original_id: StatusId,
    original_uri: Option<String>,
    original_visibility: i32,
    author_id: i64,
    author_username: String,
    author_domain: Option<String>,
    author_uri: String,
    author_scheme: Option<i32>,
}

/// What a status is sent as.
#[derive(Debug, Clone)]
pub enum StatusActivity {
    Create(Box<super::note::Note>),
    Announce(Box<Announce>),
}

impl StatusActivity {
    #[must_use]
    pub fn render(&self) -> Rendered {
        match self {
            Self::Create(note) => activity::create(note),
            Self::Announce(announce) => announce.render(),
        }
    }
}

impl Renderer {
    /// The `Create` or `Announce` of each status, in the order asked; what does not exist is left out.
    /// The number of statements does not depend on the number of ids.
    ///
    /// # Errors
    /// The database fails.
    pub async fn activities(&self, conn: &mut PgConnection, ids: &[StatusId]) -> Result<Vec<StatusActivity>, sqlx::Error> {
        let reblogs = reblog_rows(conn, ids, false).await?;
        let inlined = reblogs.iter().filter(|row| row.shows_own_private()).map(|row| row.original_id);
        let wanted: Vec<StatusId> = ids.iter().copied().chain(inlined).collect();
        let notes: HashMap<StatusId, _> = self.notes(conn, &wanted).await?.into_iter().map(|note| (note.id, note)).collect();
        let reblogs: HashMap<StatusId, ReblogRow> = reblogs.into_iter().map(|row| (row.id, row)).collect();
        Ok(ids
            .iter()
            .filter_map(|id| {
                if let Some(row) = reblogs.get(id) {
                    let (object, terms) = match notes.get(&row.original_id).filter(|_| row.shows_own_private()) {
                        Some(note) => (note.body.clone(), note.terms),
                        None => (Value::from(self.original_uri(row)), Terms::NONE),
                    };
                    return Some(StatusActivity::Announce(Box::new(self.announce_of(row, object, terms))));
                }
                notes.get(id).cloned().map(|note| StatusActivity::Create(Box::new(note)))
            })
            .collect())
    }

    /// A boost that is being removed, for the `Undo` of it: its row may already be marked as deleted.
    ///
    /// # Errors
    /// The database fails.
    pub async fn removed_announce(&self, conn: &mut PgConnection, id: StatusId) -> Result<Option<Announce>, sqlx::Error> {
        let Some(row) = reblog_rows(conn, &[id], true).await?.pop() else { return Ok(None) };
        let note = if row.shows_own_private() { self.note(conn, row.original_id).await? } else { None };
        let (object, terms) = match note {
            Some(note) => (note.body, note.terms),
            None => (Value::from(self.original_uri(&row)), Terms::NONE),
        };
        Ok(Some(self.announce_of(&row, object, terms)))
    }

    fn announce_of(&self, row: &ReblogRow, object: Value, terms: Terms) -> Announce {
        let account_uri = self.uris.account(row.account_id, &row.username, row.id_scheme);
        let (to, base_cc) = audience(row.visibility, format!("{account_uri}/followers"), Vec::new());
        let cc = std::iter::once(self.author_uri(row)).chain(base_cc).collect();
        let uri = match &row.uri {
            Some(uri) => uri.strip_suffix("/activity").unwrap_or(uri).to_owned(),
            None => self.uris.status(&account_uri, row.id),
        };
        Announce { uri, account_uri, published: row.created_at, to, cc, object, terms }
    }

    fn author_uri(&self, row: &ReblogRow) -> String {
        match row.author_domain {
            Some(_) => row.author_uri.clone(),
            None => self.uris.account(row.author_id, &row.author_username, row.author_scheme),
        }
    }

    fn original_uri(&self, row: &ReblogRow) -> String {
        row.original_uri.clone().unwrap_or_else(|| self.uris.status(&self.author_uri(row), row.original_id))
    }
}

impl ReblogRow {
    /// Followers cannot fetch a private status from its URI, so its author's own boost carries it.
    fn shows_own_private(&self) -> bool {
        self.account_id == self.author_id && !matches!(self.original_visibility, 0 | 1)
    }
}

async fn reblog_rows(conn: &mut PgConnection, ids: &[StatusId], with_removed: bool) -> Result<Vec<ReblogRow>, sqlx::Error> {
    sqlx::query_as!(
        ReblogRow,
        r#"
        SELECT s.id, s.uri, s.visibility, s.created_at, s.account_id, a.username, a.id_scheme,
          o.id AS original_id, o.uri AS original_uri, o.visibility AS original_visibility,
          oa.id AS author_id, oa.username AS author_username, oa.domain AS author_domain, oa.uri AS author_uri,
          oa.id_scheme AS author_scheme
        FROM statuses s
        JOIN accounts a ON a.id = s.account_id
        JOIN statuses o ON o.id = s.reblog_of_id
        JOIN accounts oa ON oa.id = o.account_id
        WHERE s.id = ANY($1) AND ($2 OR s.deleted_at IS NULL)
        "#,
        ids,
        with_removed
    )
    .fetch_all(conn)
    .await
}
