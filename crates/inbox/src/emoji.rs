//! Custom emoji that a document uses: fetched where they are new or have changed.

use activitypub::document::{Note, Tag};
use chrono::NaiveDateTime;
use db::PgConnection;
use jobs::media::DownloadEmoji;

use crate::error::Result;

pub(crate) async fn fetch(conn: &mut PgConnection, note: Note<'_>, domain: &str) -> Result<()> {
    let mut wanted: Vec<(DownloadEmoji, Option<NaiveDateTime>)> = Vec::new();
    for tag in note.tags() {
        let Tag::Emoji { shortcode, uri, image_url, updated } = tag else { continue };
        let job = DownloadEmoji {
            domain: domain.to_owned(),
            shortcode: shortcode.to_owned(),
            uri: uri.map(str::to_owned),
            url: image_url.to_owned(),
        };
        wanted.push((job, updated));
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let shortcodes: Vec<String> = wanted.iter().map(|(job, _)| job.shortcode.clone()).collect();
    let known = sqlx::query!(
        "SELECT shortcode, image_remote_url, updated_at FROM custom_emojis WHERE domain = $1 AND shortcode = ANY($2)",
        domain,
        &shortcodes
    )
    .fetch_all(&mut *conn)
    .await?;
    wanted.retain(|(job, updated)| match known.iter().find(|row| row.shortcode == job.shortcode) {
        None => true,
        Some(row) => {
            row.image_remote_url.as_deref() != Some(job.url.as_str()) || updated.is_some_and(|updated| updated >= row.updated_at)
        }
    });
    let jobs: Vec<DownloadEmoji> = wanted.into_iter().map(|(job, _)| job).collect();
    jobs::enqueue_many(conn, &jobs).await?;
    Ok(())
}
