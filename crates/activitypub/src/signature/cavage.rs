//! draft-cavage-http-signatures. The package only joins the lines that are signed: it takes the first `=` and every comma for
//! structure, adds times that come from outside without bounds, and reads the system's clock. So parameters, times and
//! coverage are judged here, and it gets a header of its own making with names that are known to be plain.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use http::{HeaderName, Method};
use http_signature_normalization::Config;

use super::{ParsedSignature, SignatureError, SignedRequest, digest, field, time_window};

const REQUEST_TARGET: &str = "(request-target)";
const CREATED: &str = "(created)";
const EXPIRES: &str = "(expires)";

/// Times are judged before; the package must not judge them again by another clock.
const NEVER: Duration = Duration::from_secs(200 * 365 * 86_400);

pub(super) fn parse(request: &SignedRequest<'_>, header: &str, now: DateTime<Utc>) -> Result<ParsedSignature, SignatureError> {
    let params = parameters(header)?;
    let get = |name: &str| params.get(name).map(String::as_str).filter(|value| !value.trim().is_empty());
    let (Some(key_id), Some(signature)) = (get("keyId"), get("signature")) else {
        return Err(SignatureError::Missing("keyId and signature"));
    };
    let algorithm = get("algorithm").unwrap_or("hs2019");
    let hs2019 = match algorithm {
        "hs2019" => true,
        "rsa-sha256" => false,
        _ => return Err(SignatureError::Algorithm),
    };
    check_times(request, hs2019, get("created"), get("expires"), now)?;
    let names = get("headers").unwrap_or(if hs2019 { CREATED } else { "date" }).to_ascii_lowercase();
    let names: Vec<&str> = names.split_whitespace().collect();
    check_coverage(request.method, &names)?;
    if names.contains(&"digest") {
        digest::check_digest(field(request.headers, "digest").as_deref(), request.body)?;
    }
    let mut values = BTreeMap::new();
    for name in &names {
        if let Some(value) = value(request, name, hs2019, get("created"), get("expires"))? {
            values.insert((*name).to_owned(), value);
        }
    }
    let path = request.target.split('?').next().unwrap_or_default();
    let mut targets = vec![request.target];
    if path != request.target && names.contains(&REQUEST_TARGET) {
        targets.push(path);
    }
    let messages = targets
        .into_iter()
        .map(|target| signing_string(request.method, target, &names, values.clone()).map(String::into_bytes))
        .collect::<Result<_, _>>()?;
    let signature = STANDARD.decode(signature.trim()).map_err(|_| SignatureError::Parameters)?;
    Ok(ParsedSignature { key_id: key_id.to_owned(), signature, messages })
}

fn check_times(
    request: &SignedRequest<'_>,
    hs2019: bool,
    created: Option<&str>,
    expires: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), SignatureError> {
    let unix = |text: &str| time_window::from_unix(text.parse().map_err(|_| SignatureError::TimeWindow)?, now);
    let created = match (created.filter(|_| hs2019), field(request.headers, "date")) {
        (Some(created), _) => Some(unix(created)?),
        (None, Some(date)) => Some(time_window::from_http_date(&date, now)?),
        (None, None) => None,
    };
    let expires = expires.filter(|_| hs2019).map(unix).transpose()?;
    time_window::check(created, expires, now)
}

fn check_coverage(method: &Method, names: &[&str]) -> Result<(), SignatureError> {
    let has = |name| names.contains(&name);
    let missing = if !has("date") && !has(CREATED) {
        "the Date header or (created) pseudo-header to be signed"
    } else if !has(REQUEST_TARGET) && !has("digest") {
        "the Digest header or (request-target) pseudo-header to be signed"
    } else if method == Method::GET && !has("host") {
        "the Host header to be signed when doing a GET request"
    } else if method == Method::POST && !has("digest") {
        "the Digest header to be signed when doing a POST request"
    } else {
        return Ok(());
    };
    Err(SignatureError::Coverage(missing))
}

/// `None` for `(request-target)`, which the package writes itself. A header that is signed must be there once in the list and
/// be sent: an absent one would otherwise count as empty, and anything could be added to the request.
fn value(
    request: &SignedRequest<'_>,
    name: &str,
    hs2019: bool,
    created: Option<&str>,
    expires: Option<&str>,
) -> Result<Option<String>, SignatureError> {
    let pseudo = |name: &'static str, argument: Option<&str>| {
        if !hs2019 {
            return Err(SignatureError::PseudoHeader(name));
        }
        argument.map(|text| Some(text.to_owned())).ok_or(SignatureError::PseudoHeaderArgument(name))
    };
    match name {
        REQUEST_TARGET => Ok(None),
        CREATED => pseudo("created", created),
        EXPIRES => pseudo("expires", expires),
        "host" => Ok(Some(request.host.to_owned())),
        "signature" | "authorization" => Err(SignatureError::Parameters),
        _ => {
            let known = HeaderName::from_bytes(name.as_bytes()).map_err(|_| SignatureError::Parameters)?;
            field(request.headers, known.as_str()).map(Some).ok_or_else(|| SignatureError::HeaderMissing(name.to_owned()))
        }
    }
}

/// The lines in the order of `names`; the package leaves out what `values` lacks, so it must be complete.
pub(super) fn signing_string(
    method: &Method,
    target: &str,
    names: &[&str],
    mut values: BTreeMap<String, String>,
) -> Result<String, SignatureError> {
    let list = names.join(" ");
    values.insert("signature".to_owned(), format!("keyId=\"k\",headers=\"{list}\",signature=\"s\""));
    let unverified = Config::new()
        .set_expiration(NEVER)
        .begin_verify(method.as_str(), target, values)
        .map_err(|_| SignatureError::Parameters)?;
    let text = unverified.signing_string();
    // A name listed twice would have been written once.
    if text.split('\n').count() == names.len() { Ok(text.to_owned()) } else { Err(SignatureError::Parameters) }
}

/// `name="value"` or `name=token`, separated by commas; a name twice is an error.
fn parameters(header: &str) -> Result<BTreeMap<String, String>, SignatureError> {
    let header = header.trim_start();
    let mut rest = header.strip_prefix("Signature ").unwrap_or(header).trim_start();
    let mut found = BTreeMap::new();
    loop {
        let (name, after) = rest.split_once('=').ok_or(SignatureError::Parameters)?;
        let (value, after) = parameter_value(after.trim_start())?;
        let name = name.trim_end();
        if !is_token(name) || found.insert(name.to_owned(), value).is_some() {
            return Err(SignatureError::Parameters);
        }
        let after = after.trim_start();
        if after.is_empty() {
            return Ok(found);
        }
        rest = after.strip_prefix(',').ok_or(SignatureError::Parameters)?.trim_start();
    }
}

fn parameter_value(text: &str) -> Result<(String, &str), SignatureError> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        let (token, rest) = text.split_at_checked(end).ok_or(SignatureError::Parameters)?;
        return if is_token(token) { Ok((token.to_owned(), rest)) } else { Err(SignatureError::Parameters) };
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((position, c)) = chars.next() {
        match c {
            '"' => return Ok((value, quoted.get(position + 1..).unwrap_or_default())),
            '\\' => value.push(chars.next().ok_or(SignatureError::Parameters)?.1),
            _ => value.push(c),
        }
    }
    Err(SignatureError::Parameters)
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+.^_`|~-".contains(&b))
}
