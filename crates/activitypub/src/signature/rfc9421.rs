//! RFC 9421, only inwards: Mastodon 4.6 verifies such signatures and makes none. Always RSASSA-PKCS1-v1_5 with SHA-256,
//! whatever `alg` says.

use chrono::{DateTime, Utc};
use http::Method;
use percent_encoding::percent_decode_str;
use sfv::{BareItem, Dictionary, FieldType, InnerList, Item, ListEntry, Parser};

use super::{ParsedSignature, SignatureError, SignedRequest, digest, field, time_window};

const UNREADABLE: SignatureError =
    SignatureError::Malformed("Signature-Input could not be parsed. It does not contain a valid RFC8941 dictionary.");

pub(super) fn parse(
    request: &SignedRequest<'_>,
    input: &str,
    signature: &str,
    now: DateTime<Utc>,
) -> Result<ParsedSignature, SignatureError> {
    let (covered, signature) = first_pair(input, signature)?;
    let key_id = text_param(&covered, "keyid");
    let (Some(key_id), Some(created)) = (key_id, integer_param(&covered, "created")) else {
        return Err(SignatureError::Missing("keyid and created"));
    };
    let created = time_window::from_unix(created, now)?;
    let expires = integer_param(&covered, "expires").map(|expires| time_window::from_unix(expires, now)).transpose()?;
    time_window::check(Some(created), expires, now)?;
    let names: Vec<&str> = covered.items.iter().map(component_name).collect::<Result<_, _>>()?;
    check_coverage(request.method, &names)?;
    if names.contains(&"content-digest") {
        digest::check_content_digest(field(request.headers, "content-digest").as_deref(), request.body)?;
    }
    let message = signature_base(request, covered)?;
    Ok(ParsedSignature { key_id, signature, messages: vec![message.into_bytes()] })
}

/// The first label that stands in both headers.
fn first_pair(input: &str, signature: &str) -> Result<(InnerList, Vec<u8>), SignatureError> {
    let inputs: Dictionary = Parser::new(input).parse().map_err(|_| UNREADABLE)?;
    let signatures: Dictionary = Parser::new(signature).parse().map_err(|_| {
        SignatureError::Malformed("Signature could not be parsed. It does not contain a valid RFC8941 dictionary.")
    })?;
    for (label, entry) in inputs {
        let (ListEntry::InnerList(covered), Some(ListEntry::Item(item))) = (entry, signatures.get(label.as_str())) else {
            continue;
        };
        if let Some(bytes) = item.bare_item.as_byte_sequence() {
            return Ok((covered, bytes.to_owned()));
        }
    }
    Err(SignatureError::Parameters)
}

fn text_param(covered: &InnerList, name: &str) -> Option<String> {
    covered.params.get(name)?.as_string().map(|text| text.as_str().to_owned()).filter(|text| !text.is_empty())
}

fn integer_param(covered: &InnerList, name: &str) -> Option<i64> {
    covered.params.get(name)?.as_integer().map(i64::from)
}

fn component_name(item: &Item) -> Result<&str, SignatureError> {
    item.bare_item.as_string().map(|name| name.as_str()).ok_or(SignatureError::Parameters)
}

fn check_coverage(method: &Method, names: &[&str]) -> Result<(), SignatureError> {
    let missing = if !names.contains(&"@method") {
        "the @method derived component to be signed"
    } else if !names.contains(&"@target-uri") {
        "the @target-uri derived component to be signed"
    } else if method == Method::POST && !names.contains(&"content-digest") {
        "the Content-Digest header to be signed when doing a POST request"
    } else {
        return Ok(());
    };
    Err(SignatureError::Coverage(missing))
}

/// RFC 9421 §2.5.
fn signature_base(request: &SignedRequest<'_>, covered: InnerList) -> Result<String, SignatureError> {
    let mut base = String::new();
    let mut seen = Vec::new();
    for item in &covered.items {
        let identifier = item.serialize();
        if seen.contains(&identifier) {
            return Err(SignatureError::Parameters);
        }
        let value = component(request, item)?;
        base.push_str(&format!("{identifier}: {value}\n"));
        seen.push(identifier);
    }
    let list = vec![ListEntry::InnerList(covered)];
    let params = list.serialize().ok_or(SignatureError::Parameters)?;
    base.push_str(&format!("\"@signature-params\": {params}"));
    Ok(base)
}

/// Components with parameters (`sf`, `key`, `bs`, `tr`, `req`) are not made; a signature over one of them is not accepted.
fn component(request: &SignedRequest<'_>, item: &Item) -> Result<String, SignatureError> {
    let name = component_name(item)?;
    if name == "@query-param" {
        return query_param(request, item);
    }
    if !item.params.is_empty() {
        return Err(SignatureError::Parameters);
    }
    let (path, query) = request.target.split_once('?').unwrap_or((request.target, ""));
    Ok(match name {
        "@method" => request.method.as_str().to_owned(),
        "@target-uri" => format!("{}://{}{}", request.scheme, authority(request), request.target),
        "@authority" => authority(request),
        "@scheme" => request.scheme.to_owned(),
        "@request-target" => request.target.to_owned(),
        "@path" if path.is_empty() => "/".to_owned(),
        "@path" => path.to_owned(),
        "@query" => format!("?{query}"),
        "host" => request.host.to_owned(),
        _ if name.starts_with('@') => return Err(SignatureError::Parameters),
        _ => field(request.headers, name).ok_or_else(|| SignatureError::HeaderMissing(name.to_owned()))?,
    })
}

fn authority(request: &SignedRequest<'_>) -> String {
    let default_port = if request.scheme == "https" { ":443" } else { ":80" };
    let host = request.host.to_ascii_lowercase();
    host.strip_suffix(default_port).map_or(host.clone(), str::to_owned)
}

/// The value as it stands in the target; a name that comes twice is ambiguous and refused.
fn query_param(request: &SignedRequest<'_>, item: &Item) -> Result<String, SignatureError> {
    let wanted = match item.params.get("name") {
        Some(BareItem::String(name)) if item.params.len() == 1 => {
            percent_decode_str(name.as_str()).decode_utf8_lossy().into_owned()
        }
        _ => return Err(SignatureError::Parameters),
    };
    let query = request.target.split_once('?').map_or("", |(_, query)| query);
    let mut found = query.split('&').filter_map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (percent_decode_str(name).decode_utf8_lossy() == wanted).then(|| value.to_owned())
    });
    match (found.next(), found.next()) {
        (Some(value), None) => Ok(value),
        _ => Err(SignatureError::Parameters),
    }
}
