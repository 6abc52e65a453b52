//! Fetching other servers' documents: what is asked for, what is accepted as an answer, and whether it is what it says it is.

use http_client::{Answer, Client, FetchError, Get, HeaderMap, Kind, Refusal, Signer, Url};
use scraper::{Html, Selector};
use serde_json::Value;

use crate::document::value::many;

const ACTIVITY_STREAMS: &str = "https://www.w3.org/ns/activitystreams";
const ACCEPT: &str = "application/activity+json, application/ld+json";
/// For addresses that people paste: they may be pages.
const ACCEPT_PAGE: &str =
    r#"application/ld+json; profile="https://www.w3.org/ns/activitystreams", application/activity+json, text/html;q=0.1"#;

/// The document at `url` and the address that it came from after redirects. Nothing is said yet about whose it is: see
/// [`fetch_resource`].
///
/// # Errors
/// As the client's; [`FetchError::Invalid`] when the answer is no ActivityPub document.
pub async fn fetch_document(client: &Client, signer: Option<&dyn Signer>, url: &str) -> Result<(Value, Url), FetchError> {
    let answer = get(client, signer, url, ACCEPT).await?;
    if !is_activity_content(&answer) {
        return Err(FetchError::Invalid("not an ActivityPub content type"));
    }
    Ok((json(&answer)?, answer.url))
}

/// The document whose id is `uri`. With `id_is_known` it must come from `uri` itself; otherwise `uri` may be another address
/// of it, and the document is asked for once more at its own id, since only that server may speak for it.
///
/// # Errors
/// As [`fetch_document`]; also when the ids do not agree.
pub async fn fetch_resource(
    client: &Client,
    signer: Option<&dyn Signer>,
    uri: &str,
    id_is_known: bool,
) -> Result<Value, FetchError> {
    let (document, _) = fetch_document(client, signer, uri).await?;
    let id = document.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    if id == uri {
        return Ok(document);
    }
    if id_is_known || !is_web_uri(&id) {
        return Err(FetchError::Invalid("the document has another id than its address"));
    }
    let (document, _) = fetch_document(client, signer, &id).await?;
    if document.get("id").and_then(Value::as_str) == Some(id.as_str()) {
        Ok(document)
    } else {
        Err(FetchError::Invalid("the document has another id than its address"))
    }
}

/// What stands behind an address that somebody pasted: the document itself, or the one that a page or a `Link` header names
/// as its alternate, at its own id.
///
/// # Errors
/// As [`fetch_resource`]; also when nothing leads to a document.
pub async fn fetch_pasted(client: &Client, signer: Option<&dyn Signer>, url: &str) -> Result<Value, FetchError> {
    let answer = get(client, signer, url, ACCEPT_PAGE).await?;
    if is_activity_content(&answer) {
        return own_document(client, signer, json(&answer)?, url, true).await;
    }
    let alternate = alternate_of_header(&answer.headers)
        .or_else(|| if answer.media_type() == "text/html" { alternate_of_page(&answer) } else { None })
        .and_then(|href| answer.url.join(&href).ok())
        .ok_or(FetchError::Invalid("no ActivityPub document and no link to one"))?;
    let answer = get(client, signer, alternate.as_str(), ACCEPT_PAGE).await?;
    if !is_activity_content(&answer) {
        return Err(FetchError::Invalid("not an ActivityPub content type"));
    }
    own_document(client, signer, json(&answer)?, alternate.as_str(), false).await
}

/// The document if it stands at its own id, or, with `again`, what stands there.
async fn own_document(
    client: &Client,
    signer: Option<&dyn Signer>,
    document: Value,
    url: &str,
    again: bool,
) -> Result<Value, FetchError> {
    if !has_supported_context(&document) {
        return Err(FetchError::Invalid("no ActivityStreams context"));
    }
    let id = document.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    if id == url {
        return Ok(document);
    }
    if !again || !is_web_uri(&id) {
        return Err(FetchError::Invalid("the document has another id than its address"));
    }
    let answer = get(client, signer, &id, ACCEPT_PAGE).await?;
    let document = json(&answer)?;
    let stands_there = document.get("id").and_then(Value::as_str) == Some(id.as_str());
    if is_activity_content(&answer) && stands_there && has_supported_context(&document) {
        Ok(document)
    } else {
        Err(FetchError::Invalid("the document has another id than its address"))
    }
}

/// Whether `@context` is, or as a list holds, the ActivityStreams address. Nothing else is looked at.
#[must_use]
pub fn has_supported_context(document: &Value) -> bool {
    many(document.get("@context")).iter().any(|context| context.as_str() == Some(ACTIVITY_STREAMS))
}

/// Whether both are web addresses of one host; ports are not compared, as in Mastodon.
#[must_use]
pub fn same_host(one: &str, other: &str) -> bool {
    matches!((host(one), host(other)), (Some(one), Some(other)) if one == other)
}

/// The host of a web address in lower case.
#[must_use]
pub fn host(uri: &str) -> Option<String> {
    let url = Url::parse(uri).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    url.host_str().map(str::to_owned)
}

#[must_use]
pub fn is_web_uri(uri: &str) -> bool {
    host(uri).is_some()
}

async fn get(client: &Client, signer: Option<&dyn Signer>, url: &str, accept: &'static str) -> Result<Answer, FetchError> {
    let mut url = Url::parse(url).map_err(|_| Refusal::Malformed)?;
    url.set_fragment(None);
    let answer = client.get(Get::new(&url, Kind::Federation).accept(accept).signed_by(signer)).await?;
    // Others of 2xx come without the document that was asked for.
    if answer.status.as_u16() == 200 { Ok(answer) } else { Err(FetchError::Status(answer.status.as_u16())) }
}

fn json(answer: &Answer) -> Result<Value, FetchError> {
    let document: Value = serde_json::from_slice(&answer.body).map_err(|_| FetchError::Invalid("not JSON"))?;
    if document.is_object() { Ok(document) } else { Err(FetchError::Invalid("not a JSON object")) }
}

fn is_activity_content(answer: &Answer) -> bool {
    is_activity_type(answer.content_type())
}

/// `application/activity+json`, or `application/ld+json` with the profile of ActivityStreams.
fn is_activity_type(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "application/activity+json" => true,
        "application/ld+json" => parts.any(|part| {
            let (name, value) = part.split_once('=').unwrap_or_default();
            name.trim().eq_ignore_ascii_case("profile")
                && value.trim().trim_matches('"').split_whitespace().any(|profile| profile == ACTIVITY_STREAMS)
        }),
        _ => false,
    }
}

fn alternate_of_header(headers: &HeaderMap) -> Option<String> {
    let links: Vec<&str> = headers.get_all("link").iter().filter_map(|value| value.to_str().ok()).collect();
    links.iter().flat_map(|value| value.split(",<").flat_map(|part| part.split(", <"))).find_map(alternate_of_link)
}

fn alternate_of_link(link: &str) -> Option<String> {
    let (href, params) = link.trim().trim_start_matches('<').split_once('>')?;
    let mut relation = false;
    let mut kind = false;
    for param in split_params(params) {
        let (name, value) = param.split_once('=').unwrap_or((param, ""));
        let value = value.trim();
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value).replace("\\\"", "\"");
        match name.trim().to_ascii_lowercase().as_str() {
            "rel" => relation = value.split_whitespace().any(|rel| rel.eq_ignore_ascii_case("alternate")),
            "type" => kind = is_activity_type(&value),
            _ => {}
        }
    }
    (relation && kind).then(|| href.to_owned())
}

/// At semicolons outside of quotes.
fn split_params(text: &str) -> Vec<&str> {
    let mut quoted = false;
    text.split(|c| {
        if c == '"' {
            quoted = !quoted;
        }
        c == ';' && !quoted
    })
    .collect()
}

fn alternate_of_page(answer: &Answer) -> Option<String> {
    let page = Html::parse_document(&String::from_utf8_lossy(&answer.body));
    let links = Selector::parse("link[rel~=alternate][type][href]").ok()?;
    let link = page.select(&links).find(|link| link.attr("type").is_some_and(is_activity_type))?;
    link.attr("href").map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{alternate_of_link, has_supported_context, is_activity_type, same_host};

    #[test]
    fn only_activitypub_types_are_documents() {
        assert!(is_activity_type("application/activity+json; charset=utf-8"));
        assert!(is_activity_type(r#"application/ld+json; profile="https://www.w3.org/ns/activitystreams""#));
        assert!(is_activity_type(
            r#"Application/LD+JSON;charset=utf-8;profile="https://a.example/ https://www.w3.org/ns/activitystreams""#
        ));
        for other in [
            "",
            "application/json",
            "application/ld+json",
            "text/html",
            r#"application/ld+json; profile="https://www.w3.org/ns/json-ld#compacted""#,
        ] {
            assert!(!is_activity_type(other), "{other}");
        }
    }

    #[test]
    fn the_context_must_name_activitystreams() {
        assert!(has_supported_context(&json!({"@context": "https://www.w3.org/ns/activitystreams"})));
        assert!(has_supported_context(&json!({"@context": [{"a": "b"}, "https://www.w3.org/ns/activitystreams"]})));
        assert!(!has_supported_context(&json!({"@context": {"@vocab": "https://www.w3.org/ns/activitystreams"}})));
        assert!(!has_supported_context(&json!({})));
    }

    #[test]
    fn a_link_header_leads_to_the_document() {
        let link = r#"<https://a.example/1>; rel="alternate"; type="application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"""#;
        assert_eq!(alternate_of_link(link).as_deref(), Some("https://a.example/1"));
        assert_eq!(alternate_of_link(r#"</n/2>; type="application/activity+json"; rel=alternate"#).as_deref(), Some("/n/2"));
        assert_eq!(alternate_of_link(r#"<https://a.example/feed>; rel="alternate"; type="application/atom+xml""#), None);
        assert_eq!(alternate_of_link(r#"<https://a.example/1>; rel="canonical"; type="application/activity+json""#), None);
    }

    #[test]
    fn hosts_are_compared_without_case_and_port() {
        assert!(same_host("https://A.example/1", "https://a.example:8443/2"));
        assert!(!same_host("https://a.example/1", "https://b.example/1"));
        assert!(!same_host("bear:?u=https://a.example", "https://a.example/1"));
    }
}
