//! Which application is asking: HTTP Basic, or `client_id` and `client_secret` among the parameters.

use aws_lc_rs::constant_time;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use db::PgConnection;
use db::oauth_applications::{self, ApplicationRow};
use http::{HeaderMap, header};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// `None` without such an application, or with a wrong secret.
pub(super) async fn authenticate(
    conn: &mut PgConnection,
    headers: &HeaderMap,
    params: &Map<String, Value>,
) -> Result<Option<ApplicationRow>, sqlx::Error> {
    let text = |name: &str| params.get(name).and_then(Value::as_str).map(str::to_owned);
    let from_params = || Some((text("client_id")?, text("client_secret")?));
    let Some((id, secret)) = from_header(headers).or_else(from_params) else {
        return Ok(None);
    };
    let application = oauth_applications::find_by_uid(conn, &id).await?;
    Ok(application.filter(|known| constant_time::verify_slices_are_equal(known.secret.as_bytes(), secret.as_bytes()).is_ok()))
}

fn from_header(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let plain = |part: &str| {
        percent_decode_str(part).decode_utf8().ok().filter(|text| !text.contains('\0')).map(|text| text.into_owned())
    };
    Some((plain(id)?, plain(secret)?))
}
