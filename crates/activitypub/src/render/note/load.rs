//! The rows behind notes: one statement for each kind of thing.

use chrono::NaiveDateTime;
use db::StatusId;
use serde_json::Value;
use sqlx::PgConnection;

pub(super) struct Rows {
    pub(super) statuses: Vec<StatusRow>,
    pub(super) mentions: Vec<MentionRow>,
    pub(super) tags: Vec<TagRow>,
    pub(super) media: Vec<MediaRow>,
    pub(super) emojis: Vec<EmojiRow>,
    pub(super) polls: Vec<PollRow>,
    pub(super) quotes: Vec<QuoteRow>,
    pub(super) replies: Vec<ReplyRow>,
}

pub(super) struct StatusRow {
    pub(super) id: StatusId,
    pub(super) uri: Option<String>,
    pub(super) url: Option<String>,
    pub(super) text: String,
    pub(super) spoiler_text: String,
    pub(super) created_at: NaiveDateTime,
    pub(super) edited_at: Option<NaiveDateTime>,
    pub(super) visibility: i32,
    pub(super) sensitive: bool,
    pub(super) language: Option<String>,
    pub(super) local: bool,
    pub(super) quote_approval_policy: i32,
    pub(super) ordered_media_attachment_ids: Option<Vec<i64>>,
    pub(super) account_id: i64,
    pub(super) account_uri: Option<String>,
    pub(super) account_domain: Option<String>,
    pub(super) username: String,
    pub(super) id_scheme: Option<i32>,
    pub(super) account_silenced: bool,
    pub(super) account_sensitized: bool,
    pub(super) in_reply_to_id: Option<i64>,
    pub(super) in_reply_to_account_id: Option<i64>,
    pub(super) parent_uri: Option<String>,
    pub(super) parent_username: Option<String>,
    pub(super) parent_id_scheme: Option<i32>,
    pub(super) conversation_id: Option<i64>,
    pub(super) conversation_uri: Option<String>,
    pub(super) conversation_created_at: Option<NaiveDateTime>,
    pub(super) root_account_id: Option<i64>,
    pub(super) root_status_id: Option<i64>,
    pub(super) favourites_count: i64,
    pub(super) reblogs_count: i64,
}

pub(super) struct MentionRow {
    pub(super) status_id: i64,
    pub(super) account_id: i64,
    pub(super) silent: bool,
    pub(super) username: String,
    pub(super) domain: Option<String>,
    pub(super) uri: String,
    pub(super) url: Option<String>,
    pub(super) id_scheme: Option<i32>,
    pub(super) actor_type: Option<String>,
    pub(super) followers_url: String,
    pub(super) follows_author: bool,
}

pub(super) struct TagRow {
    pub(super) status_id: i64,
    pub(super) name: String,
}

pub(super) struct MediaRow {
    pub(super) id: i64,
    pub(super) status_id: Option<i64>,
    pub(super) remote_url: String,
    pub(super) description: Option<String>,
    pub(super) blurhash: Option<String>,
    pub(super) file_file_name: Option<String>,
    pub(super) file_content_type: Option<String>,
    pub(super) file_storage_schema_version: Option<i32>,
    pub(super) file_meta: Option<Value>,
    pub(super) thumbnail_file_name: Option<String>,
    pub(super) thumbnail_content_type: Option<String>,
    pub(super) thumbnail_storage_schema_version: Option<i32>,
}

pub(crate) struct EmojiRow {
    pub(crate) id: i64,
    pub(crate) shortcode: String,
    pub(crate) domain: Option<String>,
    pub(crate) uri: Option<String>,
    pub(crate) image_file_name: Option<String>,
    pub(crate) image_content_type: Option<String>,
    pub(crate) image_storage_schema_version: Option<i32>,
    pub(crate) updated_at: NaiveDateTime,
}

pub(super) struct PollRow {
    pub(super) status_id: i64,
    pub(super) options: Vec<String>,
    pub(super) cached_tallies: Vec<i64>,
    pub(super) multiple: bool,
    pub(super) hide_totals: bool,
    pub(super) expires_at: Option<NaiveDateTime>,
    pub(super) expired: bool,
    pub(super) voters_count: Option<i64>,
}

pub(super) struct QuoteRow {
    pub(super) id: i64,
    pub(super) status_id: i64,
    pub(super) approval_uri: Option<String>,
    pub(super) accepted: bool,
    pub(super) quoted_id: Option<StatusId>,
    pub(super) quoted_uri: Option<String>,
    pub(super) quoted_url: Option<String>,
    pub(super) quoted_account_id: Option<i64>,
    pub(super) quoted_username: Option<String>,
    pub(super) quoted_domain: Option<String>,
    pub(super) quoted_id_scheme: Option<i32>,
}

pub(super) struct ReplyRow {
    pub(super) id: StatusId,
    pub(super) in_reply_to_id: Option<i64>,
    pub(super) uri: Option<String>,
    pub(super) account_id: i64,
    pub(super) username: String,
    pub(super) id_scheme: Option<i32>,
}

pub(super) async fn load(conn: &mut PgConnection, ids: &[StatusId]) -> Result<Rows, sqlx::Error> {
    let statuses = statuses(conn, ids).await?;
    let ids: Vec<StatusId> = statuses.iter().map(|status| status.id).collect();
    let polls = polls(conn, &ids).await?;
    let shortcodes: Vec<String> = statuses
        .iter()
        .flat_map(|status| [&status.spoiler_text, &status.text])
        .chain(polls.iter().flat_map(|poll| &poll.options))
        .flat_map(|text| text::emoji::shortcodes(text))
        .map(str::to_owned)
        .collect();
    Ok(Rows {
        mentions: mentions(conn, &ids).await?,
        tags: tags(conn, &ids).await?,
        media: media(conn, &ids).await?,
        emojis: emojis(conn, &shortcodes).await?,
        quotes: quotes(conn, &ids).await?,
        replies: own_replies(conn, &ids).await?,
        polls,
        statuses,
    })
}

async fn statuses(conn: &mut PgConnection, ids: &[StatusId]) -> Result<Vec<StatusRow>, sqlx::Error> {
    sqlx::query_as!(
        StatusRow,
        r#"
        SELECT s.id, s.uri, s.url, s.text, s.spoiler_text, s.created_at, s.edited_at, s.visibility, s.sensitive, s.language,
          (COALESCE(s.local, false) OR s.uri IS NULL) AS "local!", s.quote_approval_policy, s.ordered_media_attachment_ids,
          s.account_id, a.uri AS account_uri, a.domain AS account_domain, a.username, a.id_scheme,
          a.silenced_at IS NOT NULL AS "account_silenced!", a.sensitized_at IS NOT NULL AS "account_sensitized!",
          s.in_reply_to_id, s.in_reply_to_account_id,
          p.uri AS "parent_uri?", pa.username AS "parent_username?", pa.id_scheme AS "parent_id_scheme?",
          s.conversation_id, c.uri AS "conversation_uri?", c.created_at AS "conversation_created_at?",
          c.parent_account_id AS "root_account_id?", c.parent_status_id AS "root_status_id?",
          COALESCE(t.favourites_count, 0) AS "favourites_count!", COALESCE(t.reblogs_count, 0) AS "reblogs_count!"
        FROM statuses s
        JOIN accounts a ON a.id = s.account_id
        LEFT JOIN status_stats t ON t.status_id = s.id
        LEFT JOIN statuses p ON p.id = s.in_reply_to_id AND p.deleted_at IS NULL
        LEFT JOIN accounts pa ON pa.id = p.account_id
        LEFT JOIN conversations c ON c.id = s.conversation_id
        WHERE s.id = ANY($1) AND s.deleted_at IS NULL AND s.reblog_of_id IS NULL
        "#,
        ids
    )
    .fetch_all(conn)
    .await
}

async fn mentions(conn: &mut PgConnection, ids: &[StatusId]) -> Result<Vec<MentionRow>, sqlx::Error> {
    sqlx::query_as!(
        MentionRow,
        r#"
        SELECT m.status_id AS "status_id!", a.id AS account_id, m.silent, a.username, a.domain, a.uri, a.url, a.id_scheme, a.actor_type,
          a.followers_url,
          (EXISTS (SELECT 1 FROM follows f WHERE f.account_id = a.id AND f.target_account_id = s.account_id)
            OR EXISTS (SELECT 1 FROM follow_requests f WHERE f.account_id = a.id AND f.target_account_id = s.account_id))
            AS "follows_author!"
        FROM mentions m
        JOIN accounts a ON a.id = m.account_id
        JOIN statuses s ON s.id = m.status_id
        WHERE m.status_id = ANY($1)
        ORDER BY m.id
        "#,
        ids
    )
    .fetch_all(conn)
    .await
}

async fn tags(conn: &mut PgConnection, ids: &[StatusId]) -> Result<Vec<TagRow>, sqlx::Error> {
    sqlx::query_as!(
        TagRow,
        r#"
        SELECT st.status_id, t.name
        FROM statuses_tags st
        JOIN tags t ON t.id = st.tag_id
        WHERE st.status_id = ANY($1)
        ORDER BY t.id
        "#,
        ids
    )
    .fetch_all(conn)
    .await
}

async fn media(conn: &mut PgConnection, ids: &[StatusId]) -> Result<Vec<MediaRow>, sqlx::Error> {
    sqlx::query_as!(
        MediaRow,
        r#"
        SELECT id, status_id, remote_url, description, blurhash, file_file_name, file_content_type, file_storage_schema_version,
          file_meta, thumbnail_file_name, thumbnail_content_type, thumbnail_storage_schema_version
        FROM media_attachments
        WHERE status_id = ANY($1)
        ORDER BY id
        "#,
        ids
    )
    .fetch_all(conn)
    .await
}

/// Of all domains; which one counts depends on the author.
pub(in crate::render) async fn emojis(conn: &mut PgConnection, shortcodes: &[String]) -> Result<Vec<EmojiRow>, sqlx::Error> {
    if shortcodes.is_empty() {
        return Ok(Vec::new());
    }
    sqlx::query_as!(
        EmojiRow,
        r#"
        SELECT id, shortcode, domain, uri, image_file_name, image_content_type, image_storage_schema_version, updated_at
        FROM custom_emojis
        WHERE shortcode = ANY($1) AND NOT disabled
        ORDER BY id
        "#,
        shortcodes
    )
    .fetch_all(conn)
    .await
}

async fn polls(conn: &mut PgConnection, ids: &[StatusId]) -> Result<Vec<PollRow>, sqlx::Error> {
    sqlx::query_as!(
        PollRow,
        r#"
        SELECT p.status_id, p.options, p.cached_tallies, p.multiple, p.hide_totals, p.expires_at,
          COALESCE(p.expires_at <= now() AT TIME ZONE 'utc', false) AS "expired!", p.voters_count
        FROM polls p
        JOIN statuses s ON s.poll_id = p.id
        WHERE s.id = ANY($1)
        "#,
        ids
    )
    .fetch_all(conn)
    .await
}

async fn quotes(conn: &mut PgConnection, ids: &[StatusId]) -> Result<Vec<QuoteRow>, sqlx::Error> {
    sqlx::query_as!(
        QuoteRow,
        r#"
        SELECT q.id AS "id!", q.status_id AS "status_id!", q.approval_uri, q.state = 1 AS "accepted!", s.id AS "quoted_id?", s.uri AS "quoted_uri?",
          s.url AS "quoted_url?", a.id AS "quoted_account_id?", a.username AS "quoted_username?", a.domain AS "quoted_domain?",
          a.id_scheme AS "quoted_id_scheme?"
        FROM quotes q
        LEFT JOIN statuses s ON s.id = q.quoted_status_id AND s.deleted_at IS NULL
        LEFT JOIN accounts a ON a.id = q.quoted_account_id
        WHERE q.status_id = ANY($1)
        "#,
        ids
    )
    .fetch_all(conn)
    .await
}

/// Replies of an author to their own status that everybody may see, oldest first.
async fn own_replies(conn: &mut PgConnection, ids: &[StatusId]) -> Result<Vec<ReplyRow>, sqlx::Error> {
    sqlx::query_as!(
        ReplyRow,
        r#"
        SELECT r.id, r.in_reply_to_id, r.uri, r.account_id, a.username, a.id_scheme
        FROM unnest($1::bigint[]) AS asked (id)
        JOIN statuses s ON s.id = asked.id
        JOIN accounts a ON a.id = s.account_id
        JOIN LATERAL (
          SELECT * FROM statuses
          WHERE in_reply_to_id = s.id AND account_id = s.account_id AND visibility IN (0, 1) AND deleted_at IS NULL
          ORDER BY id
          LIMIT 5
        ) r ON true
        ORDER BY r.id
        "#,
        ids
    )
    .fetch_all(conn)
    .await
}
