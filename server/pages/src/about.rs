//! What the server says about itself: description, rules, privacy policy, terms. The same for everybody.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::NaiveDate;
use db::settings::RegistrationsMode;
use entities::Rule;
use http::StatusCode;
use shared::{ApiResult, App, PrivacyPolicy, TermsOfService};

use crate::assets;
use crate::meta::Meta;
use crate::profile::{missing, public_page};

pub(crate) const CACHE: &str = "max-age=15, public, stale-while-revalidate=30, stale-if-error=86400";

#[derive(Template)]
#[template(path = "about.html")]
struct About {
    title: String,
    site: String,
    style: String,
    noindex: bool,
    meta: Meta,
    domain: String,
    description: String,
    extended: String,
    rules: Vec<Rule>,
    email: String,
    contact: String,
    open: bool,
    has_terms: bool,
}

#[derive(Template)]
#[template(path = "document.html")]
struct Document {
    title: String,
    site: String,
    style: String,
    noindex: bool,
    /// HTML of ours, made from Markdown.
    text: String,
    note: Option<String>,
}

pub(super) async fn show(State(app): State<App>) -> ApiResult<Response> {
    let settings = app.settings().await?;
    let mut conn = app.db.acquire().await?;
    let rules = Rule::load_all(&mut conn).await?;
    let has_terms = TermsOfService::current(&mut conn, &app).await?.is_some();
    drop(conn);
    let address = format!("{}/about", app.urls.base());
    let page = About {
        title: "About".to_owned(),
        meta: Meta::new("website", &settings.site_title, &settings.site_title, &address, &settings.site_short_description),
        site: settings.site_title.clone(),
        style: assets::style(),
        noindex: false,
        domain: app.urls.local_domain().to_owned(),
        description: settings.site_short_description.clone(),
        extended: text::markdown::to_html(&settings.site_extended_description),
        rules,
        email: settings.site_contact_email.clone(),
        contact: settings.site_contact_username.trim_start_matches('@').to_owned(),
        open: settings.registrations_mode != RegistrationsMode::None && !app.config.federation.single_user_mode,
        has_terms,
    };
    public_page(&page, "", CACHE)
}

pub(super) async fn privacy_policy(State(app): State<App>) -> ApiResult<Response> {
    let policy = PrivacyPolicy::load(&mut *app.db.acquire().await?, &app).await?;
    let changed = policy.updated_at.and_then(|time| time.get(..10).map(|day| format!("Last changed {day}.")));
    document(&app, "Privacy policy", policy.html, changed).await
}

pub(super) async fn terms(State(app): State<App>) -> ApiResult<Response> {
    let terms = TermsOfService::current(&mut *app.db.acquire().await?, &app).await?;
    show_terms(&app, terms).await
}

pub(super) async fn terms_of_day(State(app): State<App>, Path(date): Path<String>) -> ApiResult<Response> {
    let Ok(day) = date.parse::<NaiveDate>() else { return Ok(missing(StatusCode::NOT_FOUND)) };
    let terms = TermsOfService::of_day(&mut *app.db.acquire().await?, &app, day).await?;
    show_terms(&app, terms).await
}

async fn show_terms(app: &App, terms: Option<TermsOfService>) -> ApiResult<Response> {
    let Some(terms) = terms else { return Ok(missing(StatusCode::NOT_FOUND)) };
    let note = terms.effective_date.map(|since| match terms.succeeded_by {
        Some(until) => format!("In force from {since} to {until}."),
        None => format!("In force from {since}."),
    });
    document(app, "Terms of service", terms.html, note).await
}

async fn document(app: &App, title: &str, text: String, note: Option<String>) -> ApiResult<Response> {
    let site = app.settings().await?.site_title.clone();
    let page = Document { title: title.to_owned(), site, style: assets::style(), noindex: false, text, note };
    public_page(&page, "", CACHE)
}
