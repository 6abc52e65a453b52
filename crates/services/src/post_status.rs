//! Writing a status.

use config::Config;
use db::counters::{AccountDelta, StatusDelta, add_to_accounts, add_to_statuses};
use db::statuses::Visibility;
use db::uri::Uris;
use db::users::UserSettings;
use db::{AccountId, StatusId};
use jobs::delivery::FederateStatus;
use jobs::feed::{Distribute, PollExpired};
use jobs::media::CrawlLink;
use sqlx::PgConnection;

use crate::draft::polls::PollDraft;
use crate::draft::quotes::{QuoteState, Quoted};
use crate::draft::{attachments, check_text, hashtags, idempotency, mentions, polls, quotes, stripped};
use crate::error::{Error, Result};
use crate::visibility::is_visible;

/// A status as a client wants it. Absent parts come from the author's preferences.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    pub text: String,
    pub spoiler_text: Option<String>,
    pub visibility: Option<String>,
    pub sensitive: Option<bool>,
    pub language: Option<String>,
    pub in_reply_to_id: Option<StatusId>,
    /// As the client sent them: they stand in the error's text.
    pub media_ids: Vec<String>,
    pub poll: Option<PollDraft>,
    pub quoted_status_id: Option<StatusId>,
    pub quote_approval_policy: Option<String>,
    pub application_id: Option<i64>,
    pub idempotency_key: Option<String>,
    /// The status that Redis remembers for the key; counts when the database remembers none.
    pub remembered: Option<StatusId>,
    /// Only these may be mentioned; anybody else makes it fail.
    pub allowed_mentions: Option<Vec<AccountId>>,
}

/// A status, and whether it was posted just now or an hour ago with the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posted {
    pub id: StatusId,
    pub is_new: bool,
}

pub(crate) struct AuthorRow {
    pub(crate) id: AccountId,
    username: String,
    id_scheme: Option<i32>,
    locked: bool,
    silenced: bool,
    settings: Option<String>,
    locale: Option<String>,
}

/// The status answered; what else is needed to post it is known once all of it was checked.
pub(crate) struct Checked {
    text: String,
    spoiler_text: String,
    visibility: Visibility,
    sensitive: bool,
    language: String,
    parent: Option<ParentRow>,
    pub(crate) media: Vec<i64>,
    poll_options: Vec<String>,
    quoted: Option<Quoted>,
    pub(crate) quote_policy: i32,
    mentioned: Vec<AccountId>,
}

struct ParentRow {
    id: StatusId,
    account_id: AccountId,
    reply: bool,
    in_reply_to_account_id: Option<AccountId>,
    conversation_id: Option<i64>,
}

/// Posts. Everything that follows from it (feeds, notifications, deliveries, previews) is asked of the worker in the same
/// transaction. A draft with an idempotency key that was used within the hour answers the status of that time.
///
/// # Errors
/// The refusals of Mastodon, in its words (recorded: `rest/status_create`, `polls`, `quotes`, `media_statuses`).
pub async fn post_status(conn: &mut PgConnection, config: &Config, author: AccountId, draft: &Draft) -> Result<Posted> {
    if let Some(id) = idempotency::earlier(conn, author, draft.idempotency_key.as_deref(), draft.remembered).await? {
        return Ok(Posted { id, is_new: false });
    }
    let author = author_row(conn, author).await?;
    let checked = check(conn, config, &author, draft).await?;
    let id = insert(conn, config, &author, draft, &checked).await?;
    idempotency::remember(conn, author.id, draft.idempotency_key.as_deref(), id).await?;
    Ok(Posted { id, is_new: true })
}

pub(crate) async fn check(conn: &mut PgConnection, config: &Config, author: &AuthorRow, draft: &Draft) -> Result<Checked> {
    let settings = UserSettings::parse(author.settings.as_deref());
    let mut text = stripped(&draft.text);
    let mut spoiler_text = stripped(draft.spoiler_text.as_deref().unwrap_or_default());
    let warned = !text::format::is_blank(&spoiler_text);
    if text::format::is_blank(&text) && warned && draft.quoted_status_id.is_none() {
        text = std::mem::take(&mut spoiler_text);
    }
    let asked_visibility = visibility(author, draft, &settings)?;
    let parent = match draft.in_reply_to_id {
        Some(id) => Some(parent(conn, author.id, id).await?),
        None => None,
    };
    let quoted = match draft.quoted_status_id {
        Some(id) => Some(quotes::check(conn, author.id, id).await?),
        None => None,
    };
    // Nobody learns of a status for followers from a public quote.
    let narrow = asked_visibility.is_distributable() && quoted.as_ref().is_some_and(|quoted| quoted.is_private);
    let visibility = if narrow { Visibility::Private } else { asked_visibility };
    let media = attachments::check(conn, author.id, None, &draft.media_ids).await?;
    let resolved = mentions::resolve(conn, config, &text).await?;
    check_text(&resolved.text, &spoiler_text, !media.is_empty() || quoted.is_some())?;
    let mentioned = mentions::without_blocking(conn, author.id, &resolved.accounts).await?;
    check_allowed(draft, &mentioned)?;
    if visibility == Visibility::Direct
        && quoted.as_ref().is_some_and(|quoted| quoted.account_id != author.id && !mentioned.contains(&quoted.account_id))
    {
        return Err(Error::unprocessable("Cannot quote a non-mentioned user in a Private Mention post."));
    }
    let poll_options = draft.poll.as_ref().map(PollDraft::clean_options).unwrap_or_default();
    if let Some(poll) = &draft.poll {
        poll.check(&poll_options)?;
    }
    let policy = draft.quote_approval_policy.as_deref().or_else(|| settings.text("default_quote_policy")).unwrap_or("public");
    Ok(Checked {
        quote_policy: quotes::policy(policy, visibility)?,
        text: resolved.text,
        sensitive: draft.sensitive.unwrap_or_else(|| settings.default_sensitive()) || warned,
        spoiler_text,
        visibility,
        language: language(draft, author, &settings, config),
        parent,
        media,
        poll_options,
        quoted,
        mentioned,
    })
}

/// A limited account reaches its followers and whoever looks, not the public timelines.
fn visibility(author: &AuthorRow, draft: &Draft, settings: &UserSettings) -> Result<Visibility> {
    let chosen = draft.visibility.as_deref().filter(|word| !word.is_empty()).or_else(|| settings.text("default_privacy"));
    let visibility = match chosen {
        Some(word) => Visibility::from_name(word).ok_or_else(|| Error::invalid("Visibility is not included in the list"))?,
        None if author.locked => Visibility::Private,
        None => Visibility::Public,
    };
    Ok(if visibility == Visibility::Public && author.silenced { Visibility::Unlisted } else { visibility })
}

fn language(draft: &Draft, author: &AuthorRow, settings: &UserSettings, config: &Config) -> String {
    text::language::first_supported([
        draft.language.as_deref(),
        settings.text("default_language"),
        author.locale.as_deref(),
        Some(&config.federation.default_locale),
    ])
    .unwrap_or("en")
    .to_owned()
}

/// A draft that says whom it may reach fails if it would reach anybody else: a client's guard against surprises.
fn check_allowed(draft: &Draft, mentioned: &[AccountId]) -> Result<()> {
    let Some(allowed) = &draft.allowed_mentions else { return Ok(()) };
    let unexpected: Vec<AccountId> = mentioned.iter().copied().filter(|id| !allowed.contains(id)).collect();
    if unexpected.is_empty() { Ok(()) } else { Err(Error::UnexpectedMentions(unexpected)) }
}

pub(crate) async fn author_row(conn: &mut PgConnection, id: AccountId) -> Result<AuthorRow> {
    let row = sqlx::query_as!(
        AuthorRow,
        r#"
        SELECT a.id, a.username, a.id_scheme, a.locked, a.silenced_at IS NOT NULL AS "silenced!", u.settings, u.locale
        FROM accounts a JOIN users u ON u.account_id = a.id
        WHERE a.id = $1
        "#,
        id
    )
    .fetch_one(conn)
    .await?;
    Ok(row)
}

/// Answers to a boost go to what was boosted.
async fn parent(conn: &mut PgConnection, author: AccountId, id: StatusId) -> Result<ParentRow> {
    let refused = || Error::NotFoundBecause("The post you are trying to reply to does not appear to exist.".into());
    if !is_visible(conn, Some(author), id).await? {
        return Err(refused());
    }
    sqlx::query_as!(
        ParentRow,
        r#"
        SELECT p.id, p.account_id, p.reply, p.in_reply_to_account_id, p.conversation_id
        FROM statuses s JOIN statuses p ON p.id = COALESCE(s.reblog_of_id, s.id)
        WHERE s.id = $1 AND p.deleted_at IS NULL
        "#,
        id
    )
    .fetch_optional(conn)
    .await?
    .ok_or_else(refused)
}

async fn insert(
    conn: &mut PgConnection,
    config: &Config,
    author: &AuthorRow,
    draft: &Draft,
    checked: &Checked,
) -> Result<StatusId> {
    let now = config.clock.now_naive();
    let parent = checked.parent.as_ref();
    let in_reply_to_account = parent.map(|parent| match parent.in_reply_to_account_id {
        // A thread of one's own goes on answering whom it began to answer.
        Some(earlier) if parent.account_id == author.id && parent.reply => earlier,
        _ => parent.account_id,
    });
    let row = sqlx::query!(
        r#"
        INSERT INTO statuses (account_id, text, spoiler_text, visibility, sensitive, language, in_reply_to_id,
          in_reply_to_account_id, reply, conversation_id, application_id, ordered_media_attachment_ids, quote_approval_policy,
          local, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, true, $14, $14)
        RETURNING id
        "#,
        author.id,
        checked.text,
        checked.spoiler_text,
        checked.visibility.column(),
        checked.sensitive,
        checked.language,
        parent.map(|parent| parent.id),
        in_reply_to_account,
        parent.is_some(),
        parent.and_then(|parent| parent.conversation_id),
        draft.application_id,
        checked.media.as_slice(),
        checked.quote_policy,
        now
    )
    .fetch_one(&mut *conn)
    .await?;
    let id = row.id;
    let uris = Uris::new(&config.federation.base_url());
    let author_uri = uris.account(author.id, &author.username, author.id_scheme);
    let uri = uris.status(&author_uri, id);
    sqlx::query!("UPDATE statuses SET uri = $1 WHERE id = $2", uri, id).execute(&mut *conn).await?;
    if parent.and_then(|parent| parent.conversation_id).is_none() {
        begin_conversation(conn, id, author.id).await?;
    }
    attachments::attach(conn, id, &checked.media).await?;
    if let Some(poll) = &draft.poll {
        let poll_id = polls::create(conn, author.id, id, poll, &checked.poll_options, now).await?;
        if let Some(seconds) = poll.expires_in.and_then(|seconds| u64::try_from(seconds).ok()) {
            jobs::enqueue_in(conn, &PollExpired { poll_id }, std::time::Duration::from_secs(seconds)).await?;
        }
    }
    if let Some(quoted) = &checked.quoted {
        quotes::store(conn, author.id, &author_uri, id, quoted).await?;
    }
    mentions::store(conn, id, &checked.mentioned).await?;
    let tags = hashtags::find_or_create(conn, &hashtag_names(&checked.text)).await?;
    hashtags::require_usable(conn, &tags).await?;
    hashtags::store(conn, id, &tags).await?;
    if checked.visibility.is_distributable() {
        hashtags::count_featured(conn, author.id, &tags, now).await?;
    }
    ask_worker(conn, id).await?;
    count(conn, author.id, checked, now).await?;
    Ok(id)
}

fn hashtag_names(text: &str) -> Vec<String> {
    text::hashtag::extract(text).into_iter().map(str::to_owned).collect()
}

/// A conversation is named after the status that began it.
pub(crate) async fn begin_conversation(conn: &mut PgConnection, id: StatusId, author: AccountId) -> Result<()> {
    sqlx::query!(
        r#"
        WITH begun AS (
          INSERT INTO conversations (parent_status_id, parent_account_id, created_at, updated_at)
          VALUES ($1, $2, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
          RETURNING id
        )
        UPDATE statuses SET conversation_id = begun.id FROM begun WHERE statuses.id = $1
        "#,
        id,
        author
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn ask_worker(conn: &mut PgConnection, id: StatusId) -> Result<()> {
    jobs::enqueue(conn, &Distribute { status_id: id, skip_notifications: false }).await?;
    jobs::enqueue(conn, &FederateStatus { status_id: id }).await?;
    jobs::enqueue(conn, &CrawlLink { status_id: id }).await?;
    Ok(())
}

/// Direct statuses count nowhere, replies only where everybody sees them.
async fn count(conn: &mut PgConnection, author: AccountId, checked: &Checked, now: chrono::NaiveDateTime) -> Result<()> {
    if checked.visibility != Visibility::Direct {
        let delta = AccountDelta { account_id: author, statuses: 1, last_status_at: Some(now), ..AccountDelta::default() };
        add_to_accounts(conn, &[delta]).await?;
    }
    let mut deltas = Vec::new();
    if let Some(parent) = checked.parent.as_ref().filter(|_| checked.visibility.is_distributable()) {
        deltas.push(StatusDelta { status_id: parent.id, replies: 1, ..StatusDelta::default() });
    }
    if let Some(quoted) = checked.quoted.as_ref().filter(|quoted| quoted.state == QuoteState::Accepted) {
        deltas.push(StatusDelta { status_id: quoted.status_id, quotes: 1, ..StatusDelta::default() });
    }
    deltas.sort_by_key(|delta| delta.status_id);
    add_to_statuses(conn, &deltas).await?;
    Ok(())
}
