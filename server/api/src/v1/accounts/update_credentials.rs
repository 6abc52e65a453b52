//! Changing one's own profile, and what new posts are like.

use axum::extract::State;
use axum::routing::patch;
use axum::{Json, Router};
use entities::CredentialAccount;
use serde::Deserialize;
use services::error::Validation;
use services::update_account::{self, Field, PictureOf, Placed, PostingDefaults, ProfileChange};
use shared::{ApiResult, App, Auth, Error, Flag, Params};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/accounts/update_credentials", patch(update))
}

pub(in crate::v1) const WRITE: [&str; 2] = ["write", "write:accounts"];

/// What both forms of the profile take.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::v1) struct Changes {
    display_name: Option<String>,
    note: Option<String>,
    fields_attributes: Option<Vec<Field>>,
    avatar_description: Option<String>,
    header_description: Option<String>,
    locked: Flag,
    bot: Flag,
    discoverable: Flag,
    indexable: Flag,
    hide_collections: Flag,
    show_media: Flag,
    show_media_replies: Flag,
    show_featured: Flag,
    attribution_domains: Option<Vec<String>>,
    source: Source,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Source {
    privacy: Option<String>,
    sensitive: Flag,
    language: Option<String>,
    quote_policy: Option<String>,
}

async fn update(State(app): State<App>, auth: Auth, params: Params<Changes>) -> ApiResult<Json<CredentialAccount>> {
    let viewer = auth.require_user(&WRITE)?.account_id;
    let mut change = profile(&params);
    let source = &params.source;
    let names_language = params.raw().get("source").is_some_and(|source| source.get("language").is_some());
    change.defaults = PostingDefaults {
        privacy: source.privacy.clone(),
        sensitive: source.sensitive.given(),
        language: names_language.then(|| source.language.clone()),
        quote_policy: source.quote_policy.clone(),
    };
    apply(&app, viewer, &params, &mut change).await?;
    let mut conn = app.db.acquire().await?;
    Ok(Json(CredentialAccount::load(&mut conn, &app.urls, viewer).await?.ok_or_else(Error::not_found)?))
}

/// Everything but files and what only one of both forms takes.
pub(in crate::v1) fn profile(params: &Params<Changes>) -> ProfileChange {
    ProfileChange {
        display_name: params.display_name.clone(),
        note: params.note.clone(),
        fields: params.fields_attributes.clone(),
        avatar_description: params.avatar_description.clone(),
        header_description: params.header_description.clone(),
        locked: params.locked.given(),
        bot: params.bot.given(),
        discoverable: params.discoverable.given(),
        indexable: params.indexable.given(),
        hide_collections: params.hide_collections.given(),
        attribution_domains: params.attribution_domains.clone(),
        ..ProfileChange::default()
    }
}

/// The parts that only the newer form takes.
pub(in crate::v1) fn with_tabs(params: &Params<Changes>, change: ProfileChange) -> ProfileChange {
    ProfileChange {
        show_media: params.show_media.given(),
        show_media_replies: params.show_media_replies.given(),
        show_featured: params.show_featured.given(),
        ..change
    }
}

/// Stores the files of the request, changes the profile and commits. Files of a change that is refused are taken away.
pub(in crate::v1) async fn apply(
    app: &App,
    account: db::AccountId,
    params: &Params<Changes>,
    change: &mut ProfileChange,
) -> ApiResult<()> {
    change.avatar = place(app, account, params, PictureOf::Avatar, "avatar").await?;
    change.header = match place(app, account, params, PictureOf::Header, "header").await {
        Ok(placed) => placed,
        Err(error) => {
            discard(app, change).await;
            return Err(error);
        }
    };
    let written = write(app, account, change).await;
    if written.is_err() {
        discard(app, change).await;
    }
    written
}

async fn write(app: &App, account: db::AccountId, change: &ProfileChange) -> ApiResult<()> {
    let mut tx = app.db.begin().await?;
    update_account::update_account(&mut tx, account, change).await?;
    tx.commit().await?;
    Ok(())
}

async fn discard(app: &App, change: &ProfileChange) {
    for placed in [&change.avatar, &change.header].into_iter().flatten() {
        placed.discard(&app.store).await;
    }
}

async fn place(
    app: &App,
    account: db::AccountId,
    params: &Params<Changes>,
    of: PictureOf,
    field: &str,
) -> ApiResult<Option<Placed>> {
    let Some(file) = params.take_file(field) else { return Ok(None) };
    let name = file.file_name.as_deref().unwrap_or_default();
    let picture = app.media.picture(of.kind(), file.file.path(), name, false).await.map_err(|error| refusal(error, field))?;
    Ok(Some(update_account::place(&app.store, account, of, &picture).await?))
}

/// The complaints about a file by the columns that they are about.
fn refusal(error: media::Error, field: &str) -> Error {
    let text = match error {
        media::Error::Refused(text) => text,
        media::Error::Processing(cause) => {
            tracing::info!(cause, "a picture could not be worked on");
            String::new()
        }
        media::Error::Io(error) => return error.into(),
    };
    let mut found = Validation { with_details: true, ..Validation::default() };
    let human = if field == "avatar" { "Avatar" } else { "Header" };
    for complaint in text.strip_prefix("Validation failed: ").unwrap_or(&text).split(", ") {
        let rest = complaint.strip_prefix(human).unwrap_or(complaint).trim_start();
        if let Some(rest) = rest.strip_prefix("content type ") {
            found.add(&format!("{field}_content_type"), &format!("{human} content type"), "ERR_INVALID", rest);
        } else if let Some(rest) = rest.strip_prefix("file size ") {
            found.add(&format!("{field}_file_size"), &format!("{human} file size"), "ERR_LESS_THAN", rest);
        } else if rest.contains("less than") {
            found.add(field, human, "ERR_MUST BE LESS THAN 8 MB", rest);
        } else {
            found.add(field, human, "ERR_IS INVALID", if rest.is_empty() { "is invalid" } else { rest });
        }
    }
    found.into()
}
