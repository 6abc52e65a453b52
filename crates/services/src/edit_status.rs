//! Changing a status that stands already.

use config::Config;
use db::statuses::Visibility;
use db::{AccountId, MediaAttachmentId, StatusId, TagId};
use jobs::delivery::FederateStatusUpdate;
use jobs::feed::{DistributeEdit, PollExpired};
use jobs::media::CrawlLink;
use sqlx::PgConnection;

use crate::draft::polls::PollDraft;
use crate::draft::{attachments, check_text, hashtags, mentions, polls, quotes, stripped};
use crate::error::{Error, Result};

/// The status as its author wants it from now on. Like Mastodon's, it replaces the whole: what is absent goes.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    pub text: String,
    pub spoiler_text: Option<String>,
    pub sensitive: Option<bool>,
    pub language: Option<String>,
    /// As the client sent them.
    pub media_ids: Vec<String>,
    /// New descriptions and focal points of attached media.
    pub media_attributes: Vec<MediaAttributes>,
    pub poll: Option<PollDraft>,
    pub quote_approval_policy: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub struct MediaAttributes {
    pub id: MediaAttachmentId,
    pub description: Option<String>,
    pub focus: Option<String>,
}

struct StatusRow {
    id: StatusId,
    account_id: AccountId,
    text: String,
    spoiler_text: String,
    sensitive: bool,
    language: Option<String>,
    visibility: i32,
    quote_approval_policy: i32,
    ordered_media_attachment_ids: Option<Vec<MediaAttachmentId>>,
    poll_id: Option<i64>,
    has_quote: bool,
    locale: Option<String>,
    settings: Option<String>,
}

struct PollRow {
    id: i64,
    options: Vec<String>,
    multiple: bool,
    hide_totals: bool,
}

/// Edits a status of `editor`. Without an effective change nothing happens, and no revision is written.
///
/// # Errors
/// [`Error::NotFound`] unless the status is there and the editor's own; otherwise as
/// [`post_status`](crate::post_status::post_status).
pub async fn edit_status(conn: &mut PgConnection, config: &Config, editor: AccountId, id: StatusId, edit: &Edit) -> Result<()> {
    let before = lock(conn, editor, id).await?.ok_or(Error::NotFound)?;
    let mut text = stripped(&edit.text);
    let mut spoiler_text = stripped(edit.spoiler_text.as_deref().unwrap_or_default());
    if text.is_empty() && !spoiler_text.is_empty() && !before.has_quote {
        text = std::mem::take(&mut spoiler_text);
    }
    let media = attachments::check(conn, editor, Some(id), &edit.media_ids).await?;
    let resolved = mentions::resolve(conn, config, &text).await?;
    check_text(&resolved.text, &spoiler_text, !media.is_empty() || before.has_quote)?;
    let sensitive = edit.sensitive.unwrap_or(false) || !text::format::is_blank(&spoiler_text);
    let language = language(edit, &before, config);
    let policy = match edit.quote_approval_policy.as_deref().filter(|word| !word.is_empty()) {
        Some(word) => quotes::policy(word, Visibility::from_column(before.visibility))?,
        None => before.quote_approval_policy,
    };
    begin_history(conn, id).await?;
    let old_media = before.ordered_media_attachment_ids.clone().unwrap_or_default();
    let media_changed = media != old_media;
    let attributes_changed = update_media(conn, &media, &edit.media_attributes).await?;
    let poll_changed = update_poll(conn, config, &before, edit).await?;
    let text_changed = resolved.text != before.text || spoiler_text != before.spoiler_text;
    let changed = text_changed
        || sensitive != before.sensitive
        || Some(&language) != before.language.as_ref()
        || media_changed
        || attributes_changed
        || poll_changed;
    if !changed && policy == before.quote_approval_policy {
        return forget_empty_history(conn, id).await;
    }
    // What is no longer shown stays with the status: earlier wordings had it.
    attachments::attach(conn, id, &media).await?;
    let now = config.clock.now_naive();
    sqlx::query!(
        r#"
        UPDATE statuses
        SET text = $2, spoiler_text = $3, sensitive = $4, language = $5, ordered_media_attachment_ids = $6,
          quote_approval_policy = $7, edited_at = CASE WHEN $8 THEN $9 ELSE edited_at END, updated_at = $9
        WHERE id = $1
        "#,
        id,
        resolved.text,
        spoiler_text,
        sensitive,
        language,
        &media,
        policy,
        changed,
        now
    )
    .execute(&mut *conn)
    .await?;
    let mentioned = mentions::without_blocking(conn, editor, &resolved.accounts).await?;
    mentions::store(conn, id, &mentioned).await?;
    retag(conn, &before, &resolved.text, now).await?;
    if changed {
        snapshot(conn, id, editor).await?;
    } else {
        forget_empty_history(conn, id).await?;
    }
    if resolved.text != before.text {
        sqlx::query!("DELETE FROM preview_cards_statuses WHERE status_id = $1", id).execute(&mut *conn).await?;
        jobs::enqueue(conn, &CrawlLink { status_id: id }).await?;
    }
    jobs::enqueue(conn, &DistributeEdit { status_id: id, skip_notifications: !changed }).await?;
    jobs::enqueue(conn, &FederateStatusUpdate { status_id: id }).await?;
    Ok(())
}

async fn lock(conn: &mut PgConnection, editor: AccountId, id: StatusId) -> Result<Option<StatusRow>> {
    let row = sqlx::query_as!(
        StatusRow,
        r#"
        SELECT s.id, s.account_id, s.text, s.spoiler_text, s.sensitive, s.language, s.visibility, s.quote_approval_policy,
          s.ordered_media_attachment_ids, s.poll_id,
          EXISTS (SELECT 1 FROM quotes q WHERE q.status_id = s.id) AS "has_quote!", u.locale, u.settings
        FROM statuses s
        JOIN users u ON u.account_id = s.account_id
        WHERE s.id = $1 AND s.account_id = $2 AND s.deleted_at IS NULL AND s.reblog_of_id IS NULL
        FOR UPDATE OF s
        "#,
        id,
        editor
    )
    .fetch_optional(conn)
    .await?;
    Ok(row)
}

fn language(edit: &Edit, before: &StatusRow, config: &Config) -> String {
    let settings = db::users::UserSettings::parse(before.settings.as_deref());
    text::language::first_supported([
        edit.language.as_deref(),
        before.language.as_deref(),
        settings.text("default_language"),
        before.locale.as_deref(),
        Some(&config.federation.default_locale),
    ])
    .unwrap_or("en")
    .to_owned()
}

/// The first edit writes down how the status was posted.
pub async fn begin_history(conn: &mut PgConnection, id: StatusId) -> Result<()> {
    sqlx::query!(
        r#"
        INSERT INTO status_edits (status_id, account_id, text, spoiler_text, sensitive, ordered_media_attachment_ids,
          media_descriptions, poll_options, quote_id, created_at, updated_at)
        SELECT s.id, s.account_id, s.text, s.spoiler_text, s.sensitive, COALESCE(s.ordered_media_attachment_ids, '{}'),
          ARRAY(SELECT COALESCE(m.description, '') FROM unnest(s.ordered_media_attachment_ids) WITH ORDINALITY AS o (id, at)
            JOIN media_attachments m ON m.id = o.id ORDER BY o.at),
          (SELECT p.options FROM polls p WHERE p.id = s.poll_id), (SELECT q.id FROM quotes q WHERE q.status_id = s.id),
          s.created_at, now() AT TIME ZONE 'utc'
        FROM statuses s
        WHERE s.id = $1 AND NOT EXISTS (SELECT 1 FROM status_edits e WHERE e.status_id = s.id)
        "#,
        id
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A first revision without a second one says nothing.
pub async fn forget_empty_history(conn: &mut PgConnection, id: StatusId) -> Result<()> {
    sqlx::query!(
        r#"
        DELETE FROM status_edits
        WHERE status_id = $1 AND (SELECT count(*) FROM status_edits WHERE status_id = $1) = 1
          AND (SELECT edited_at FROM statuses WHERE id = $1) IS NULL
        "#,
        id
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn snapshot(conn: &mut PgConnection, id: StatusId, editor: AccountId) -> Result<()> {
    sqlx::query!(
        r#"
        INSERT INTO status_edits (status_id, account_id, text, spoiler_text, sensitive, ordered_media_attachment_ids,
          media_descriptions, poll_options, quote_id, created_at, updated_at)
        SELECT s.id, $2, s.text, s.spoiler_text, s.sensitive, COALESCE(s.ordered_media_attachment_ids, '{}'),
          ARRAY(SELECT COALESCE(m.description, '') FROM unnest(s.ordered_media_attachment_ids) WITH ORDINALITY AS o (id, at)
            JOIN media_attachments m ON m.id = o.id ORDER BY o.at),
          (SELECT p.options FROM polls p WHERE p.id = s.poll_id), (SELECT q.id FROM quotes q WHERE q.status_id = s.id),
          s.edited_at, now() AT TIME ZONE 'utc'
        FROM statuses s
        WHERE s.id = $1
        "#,
        id,
        editor
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// True if a description or a focal point is another now.
async fn update_media(conn: &mut PgConnection, attached: &[MediaAttachmentId], attributes: &[MediaAttributes]) -> Result<bool> {
    let mut changed = false;
    for new in attributes.iter().filter(|new| attached.contains(&new.id)) {
        changed |= crate::upload_media::update(conn, new.id, new.description.as_deref(), new.focus.as_deref()).await?;
    }
    Ok(changed)
}

async fn update_poll(conn: &mut PgConnection, config: &Config, before: &StatusRow, edit: &Edit) -> Result<bool> {
    let known = match before.poll_id {
        Some(id) => {
            sqlx::query_as!(PollRow, "SELECT id, options, multiple, hide_totals FROM polls WHERE id = $1 FOR UPDATE", id)
                .fetch_optional(&mut *conn)
                .await?
        }
        None => None,
    };
    let Some(draft) = &edit.poll else {
        if let Some(known) = known {
            sqlx::query!("UPDATE statuses SET poll_id = NULL WHERE id = $1", before.id).execute(&mut *conn).await?;
            sqlx::query!("DELETE FROM polls WHERE id = $1", known.id).execute(&mut *conn).await?;
            return Ok(true);
        }
        return Ok(false);
    };
    let options = draft.clean_options();
    draft.check(&options)?;
    let now = config.clock.now_naive();
    let Some(known) = known else {
        let poll_id = polls::create(conn, before.account_id, before.id, draft, &options, now).await?;
        ask_for_end(conn, poll_id, draft).await?;
        return Ok(true);
    };
    let asks_anew = options != known.options || draft.multiple != known.multiple;
    if asks_anew {
        sqlx::query!("DELETE FROM poll_votes WHERE poll_id = $1", known.id).execute(&mut *conn).await?;
    }
    sqlx::query!(
        r#"
        UPDATE polls SET options = $2, multiple = $3, hide_totals = $4, expires_at = $5, updated_at = now() AT TIME ZONE 'utc',
          lock_version = lock_version + 1,
          cached_tallies = CASE WHEN $6 THEN array_fill(0::bigint, ARRAY[cardinality($2::varchar[])]) ELSE cached_tallies END,
          votes_count = CASE WHEN $6 THEN 0 ELSE votes_count END,
          voters_count = CASE WHEN $6 THEN 0 ELSE voters_count END
        WHERE id = $1
        "#,
        known.id,
        &options,
        draft.multiple,
        draft.hide_totals,
        draft.expires_at(now),
        asks_anew
    )
    .execute(&mut *conn)
    .await?;
    ask_for_end(conn, known.id, draft).await?;
    Ok(asks_anew || draft.hide_totals != known.hide_totals)
}

async fn ask_for_end(conn: &mut PgConnection, poll_id: i64, draft: &PollDraft) -> Result<()> {
    if let Some(seconds) = draft.expires_in.and_then(|seconds| u64::try_from(seconds).ok()) {
        jobs::enqueue_in(conn, &PollExpired { poll_id }, std::time::Duration::from_secs(seconds)).await?;
    }
    Ok(())
}

async fn retag(conn: &mut PgConnection, before: &StatusRow, text: &str, now: chrono::NaiveDateTime) -> Result<()> {
    let names: Vec<String> = text::hashtag::extract(text).into_iter().map(str::to_owned).collect();
    let tags = hashtags::find_or_create(conn, &names).await?;
    hashtags::require_usable(conn, &tags).await?;
    let (added, removed): (Vec<TagId>, Vec<TagId>) = hashtags::store(conn, before.id, &tags).await?;
    if Visibility::from_column(before.visibility).is_distributable() {
        hashtags::count_featured(conn, before.account_id, &added, now).await?;
        hashtags::uncount_featured(conn, before.account_id, &removed, before.id).await?;
    }
    Ok(())
}
