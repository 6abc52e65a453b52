//! Finding accounts by what moderators know of them; both forms of the list end here.

use axum::Json;
use axum::extract::State;
use db::{AccountId, Page, PageParams, PgConnection};
use entities::AdminAccount;
use http::Uri;
use ipnetwork::IpNetwork;
use serde::Deserialize;
use shared::{ApiResult, App, Auth, Error, Links, Params, Permission};

pub(crate) const DEFAULT_LIMIT: i64 = 100;
pub(crate) const MAX_LIMIT: i64 = 200;
/// Bits of roles that count as staff: administrators and who manages reports.
const STAFF: i64 = (1 << Permission::Administrator as u8) | (1 << Permission::ManageReports as u8);
const KEPT: [&str; 15] = [
    "limit",
    "local",
    "remote",
    "by_domain",
    "active",
    "pending",
    "disabled",
    "sensitized",
    "silenced",
    "suspended",
    "username",
    "display_name",
    "email",
    "ip",
    "staff",
];

/// What is empty restricts nothing.
#[derive(Debug, Default)]
pub(crate) struct AccountFilter {
    pub(crate) origin: String,
    pub(crate) status: String,
    pub(crate) staff: bool,
    pub(crate) role_ids: Vec<i64>,
    pub(crate) invited_by: Option<i64>,
    pub(crate) texts: Texts,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Texts {
    username: String,
    display_name: String,
    by_domain: String,
    email: String,
    ip: String,
}

/// The first form: a state is named by the presence of its parameter.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct List {
    remote: String,
    active: String,
    pending: String,
    disabled: String,
    silenced: String,
    suspended: String,
    staff: String,
}

pub(super) async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params<List>,
    texts: Params<Texts>,
    page: Params<PageParams>,
) -> ApiResult<(Links, Json<Vec<AdminAccount>>)> {
    let viewer = auth.require_permission(&super::READ, Permission::ManageUsers)?.account_id;
    let states = [
        ("suspended", &params.suspended),
        ("silenced", &params.silenced),
        ("disabled", &params.disabled),
        ("pending", &params.pending),
        ("active", &params.active),
    ];
    let state = states.into_iter().find(|(_, value)| !value.trim().is_empty()).map_or("active", |(name, _)| name);
    let filter = AccountFilter {
        origin: if params.remote.trim().is_empty() { "local" } else { "remote" }.to_owned(),
        status: state.to_owned(),
        staff: !params.staff.trim().is_empty(),
        texts: Texts::clone(&texts),
        ..AccountFilter::default()
    };
    let links = Links::keeping(&app, &uri, params.raw(), &KEPT);
    listed(&app, viewer, &filter, page.page(DEFAULT_LIMIT, MAX_LIMIT), links).await
}

/// One page of the accounts that `filter` leaves, newest first.
pub(crate) async fn listed(
    app: &App,
    viewer: AccountId,
    filter: &AccountFilter,
    page: Page,
    mut links: Links,
) -> ApiResult<(Links, Json<Vec<AdminAccount>>)> {
    if !matches!(filter.origin.as_str(), "" | "local" | "remote") {
        return Err(Error::bad_request(format!("Unknown origin: {}", filter.origin)));
    }
    if !matches!(filter.status.as_str(), "" | "active" | "pending" | "disabled" | "silenced" | "suspended" | "sensitized") {
        return Err(Error::bad_request(format!("Unknown status: {}", filter.status)));
    }
    let mut conn = app.db.acquire().await?;
    let ids = ids(&mut conn, filter, page).await?;
    if let Some(last) = ids.last().filter(|_| i64::try_from(ids.len()) == Ok(page.limit)) {
        links = links.next(last);
    }
    if let Some(first) = ids.first() {
        links = links.prev(first);
    }
    let mut found = AdminAccount::load_map(&mut conn, &app.urls, Some(viewer), &ids).await?;
    Ok((links, Json(ids.iter().filter_map(|id| found.remove(id)).collect())))
}

async fn ids(conn: &mut PgConnection, filter: &AccountFilter, page: Page) -> ApiResult<Vec<AccountId>> {
    let texts = &filter.texts;
    let network = match texts.ip.trim() {
        "" => None,
        // An address that is none was used by nobody.
        text => match text.parse::<IpNetwork>() {
            Ok(network) => Some(network),
            Err(_) => return Ok(Vec::new()),
        },
    };
    let mut ids = sqlx::query_scalar!(
        r#"
        SELECT a.id AS "id!" FROM accounts a LEFT JOIN users u ON u.account_id = a.id
        WHERE a.id < $1 AND a.id > $2 AND a.id <> -99
          AND CASE $3 WHEN 'local' THEN a.domain IS NULL WHEN 'remote' THEN a.domain IS NOT NULL ELSE true END
          AND CASE $4
            WHEN 'active' THEN a.suspended_at IS NULL
            WHEN 'pending' THEN u.id IS NOT NULL AND NOT u.approved
            WHEN 'disabled' THEN u.id IS NOT NULL AND u.disabled AND a.suspended_at IS NULL
            WHEN 'silenced' THEN a.silenced_at IS NOT NULL
            WHEN 'suspended' THEN a.suspended_at IS NOT NULL
            WHEN 'sensitized' THEN a.sensitized_at IS NOT NULL
            ELSE true END
          AND (NOT $5 OR u.role_id IN (SELECT id FROM user_roles WHERE permissions & $6 <> 0))
          AND (cardinality($7::bigint[]) = 0 OR u.role_id = ANY($7))
          AND ($8::bigint IS NULL OR u.invite_id IN (SELECT id FROM invites WHERE user_id = $8))
          AND ($9 = '' OR starts_with(lower(a.username), lower($9)))
          AND ($10 = '' OR starts_with(lower(a.display_name), lower($10)))
          AND ($11 = '' OR a.domain = lower($11))
          AND ($12 = '' OR starts_with(lower(u.email), lower($12)))
          AND ($13::inet IS NULL OR u.id IN (SELECT user_id FROM user_ips WHERE ip <<= $13))
        ORDER BY CASE WHEN $14 THEN a.id ELSE -a.id END
        LIMIT $15
        "#,
        page.below,
        page.above,
        filter.origin,
        filter.status,
        filter.staff,
        STAFF,
        &filter.role_ids,
        filter.invited_by,
        texts.username.trim(),
        texts.display_name.trim(),
        texts.by_domain.trim(),
        texts.email.trim(),
        network,
        page.ascending,
        page.limit
    )
    .fetch_all(conn)
    .await?;
    page.arrange(&mut ids);
    Ok(ids)
}
