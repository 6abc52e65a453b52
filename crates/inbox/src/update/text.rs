//! Text of an edited post, and what it refers to.

use activitypub::document::Note;
use chrono::NaiveDateTime;
use db::PgConnection;
use jobs::account::ResolveMention;
use services::draft::{hashtags, mentions};

use super::StatusRow;
use crate::create::{self, insert::hashtag_names};
use crate::error::Result;

/// Whether readers see another text; markup that is never shown does not count.
pub(super) fn reads_otherwise(before: &str, after: &str) -> bool {
    before != after && text::sanitize::remote_html(before) != text::sanitize::remote_html(after)
}

/// Hashtags and mentions. Who is no longer named keeps access to what they were told.
pub(super) async fn update_references(
    conn: &mut PgConnection,
    row: &StatusRow,
    note: Note<'_>,
    prepared: &create::Prepared,
    now: NaiveDateTime,
) -> Result<()> {
    let tags = hashtags::find_or_create(conn, &hashtag_names(note)).await?;
    let (added, removed) = hashtags::store(conn, row.id, &tags).await?;
    if row.visibility().is_distributable() {
        hashtags::count_featured(conn, row.account_id, &added, now).await?;
        hashtags::uncount_featured(conn, row.account_id, &removed, row.id).await?;
    }
    mentions::store(conn, row.id, &prepared.mentions.accounts).await?;
    let unresolved: Vec<ResolveMention> =
        prepared.mentions.unresolved.iter().map(|uri| ResolveMention { status_id: row.id, uri: uri.clone() }).collect();
    jobs::enqueue_many(conn, &unresolved).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::reads_otherwise;

    #[test]
    fn markup_that_is_not_shown_makes_no_edit() {
        assert!(!reads_otherwise("<p>a</p>", "<p onclick=\"x()\">a</p>"));
        assert!(reads_otherwise("<p>a</p>", "<p>b</p>"));
    }
}
