//! The list of applications that act for the person, each with a way to take that back.

use askama::Template;
use axum::extract::State;
use db::oauth_access_tokens;
use db::oauth_applications::{self, AuthorizedRow};
use http::{HeaderMap, StatusCode};
use shared::{ApiResult, App, Auth, ById, Params, Session};

use super::rights;
use crate::auth::kill_streams;
use crate::frame::{Frame, PageResult, redirect, render};

const PATH: &str = "/oauth/authorized_applications";

#[derive(Template)]
#[template(path = "oauth/authorized_applications.html")]
struct Page {
    frame: Frame,
    applications: Vec<Application>,
}

struct Application {
    name: String,
    website: Option<String>,
    used: String,
    rights: Vec<String>,
    action: String,
    /// `None` for the server's own application, whose tokens end with their sessions.
    token: Option<String>,
}

pub(super) async fn list(State(app): State<App>, auth: Auth, mut session: Session) -> PageResult {
    let Some(user) = auth.user() else {
        session.set_return_to(PATH);
        return redirect(&app, session, "/auth/sign_in");
    };
    let rows = oauth_applications::authorized(&mut *app.db.acquire().await?, user.id).await?;
    let applications = rows.into_iter().map(|row| shown(&mut session, row)).collect::<ApiResult<_>>()?;
    let frame = Frame::new(&app, &mut session, Some(user), "Apps that may act for you").await?;
    render(&app, session, StatusCode::OK, &Page { frame, applications })
}

fn shown(session: &mut Session, row: AuthorizedRow) -> ApiResult<Application> {
    let action = format!("{PATH}/{}", row.id);
    let day = |time: chrono::NaiveDateTime| time.format("%Y-%m-%d").to_string();
    let used = row.last_used_at.map_or_else(|| "never used".to_owned(), |last| format!("last used {}", day(last)));
    Ok(Application {
        used: format!("Allowed {}, {used}", day(row.authorized_at)),
        rights: rights::in_words(&row.scopes),
        token: if row.superapp { None } else { Some(session.form_token_for(&action, "delete")?) },
        website: row.website.filter(|website| !website.is_empty()),
        name: row.name,
        action,
    })
}

pub(super) async fn delete(
    State(app): State<App>,
    auth: Auth,
    headers: HeaderMap,
    mut session: Session,
    params: Params<ById>,
) -> PageResult {
    session.check_form(&app, &headers, params.raw_params(), "delete")?;
    let Some(user) = auth.user() else {
        return redirect(&app, session, "/auth/sign_in");
    };
    let mut tx = app.db.begin().await?;
    let application = oauth_applications::find(&mut tx, params.id).await?;
    if application.is_some_and(|application| !application.superapp) {
        let tokens = oauth_access_tokens::of_application(&mut tx, params.id, user.id).await?;
        oauth_access_tokens::revoke(&mut tx, &tokens, app.clock.now_naive()).await?;
        tx.commit().await?;
        kill_streams(&app, &tokens).await;
        session.notice("The app can no longer act for you.");
    }
    redirect(&app, session, PATH)
}
