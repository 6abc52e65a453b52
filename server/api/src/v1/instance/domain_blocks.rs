//! Servers that are limited or blocked here, where the administrator shows them.

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use db::settings::Audience;
use serde::Serialize;
use shared::{ApiResult, App, Auth, cache};

use super::hidden;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/instance/domain_blocks", get(list))
}

#[derive(Debug, Serialize)]
struct DomainBlock {
    domain: String,
    digest: String,
    severity: &'static str,
    comment: Option<String>,
}

async fn list(State(app): State<App>, auth: Auth) -> ApiResult<Response> {
    let settings = app.settings().await?;
    let may = |audience: Audience| match audience {
        Audience::All => true,
        Audience::Users => auth.user().is_some_and(|user| user.functional()),
        Audience::Disabled => false,
    };
    if !may(settings.show_domain_blocks) {
        return Ok(hidden());
    }
    let with_comment = may(settings.show_domain_blocks_rationale);
    let rows = sqlx::query!(
        "SELECT domain, severity, public_comment, obfuscate FROM domain_blocks WHERE severity IN (0, 1)
         ORDER BY severity, domain"
    )
    .fetch_all(&mut *app.db.acquire().await?)
    .await?;
    let blocks: Vec<DomainBlock> = rows
        .into_iter()
        .map(|row| DomainBlock {
            digest: hex::encode(digest(&SHA256, row.domain.as_bytes())),
            domain: if row.obfuscate { obfuscated(&row.domain) } else { row.domain },
            severity: if row.severity == Some(1) { "suspend" } else { "silence" },
            comment: row.public_comment.filter(|_| with_comment),
        })
        .collect();
    let same_for_all = settings.show_domain_blocks == Audience::All && settings.show_domain_blocks_rationale != Audience::Users;
    if same_for_all {
        return Ok((cache::for_everyone(&app), Json(blocks)).into_response());
    }
    Ok(Json(blocks).into_response())
}

/// The first and last quarter stay readable, and the dots.
fn obfuscated(domain: &str) -> String {
    let length = domain.chars().count();
    let visible = length / 4;
    let hidden = |at: usize, c: char| at > visible && at + visible < length && c != '.';
    domain.chars().enumerate().map(|(at, c)| if hidden(at, c) { '*' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::obfuscated;

    #[test]
    fn an_obfuscated_domain_keeps_its_ends_and_dots() {
        assert_eq!(obfuscated("spam.example.com"), "spam.*******.com".to_owned());
    }
}
