use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use chrono::{DateTime, TimeDelta, Utc};
use config::Clock;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use http_client::{Signer, Url};

use super::{ParsedSignature, RequestSigner, SignatureError, SignedRequest, digest_header};
use crate::keys::{PrivateKey, PublicKey};

const PRIVATE: &str = include_str!("../keys/recorded_private.pem");
const PUBLIC: &str = include_str!("../keys/recorded_public.pem");
const BODY: &[u8] = br#"{"type":"Follow"}"#;

fn now() -> DateTime<Utc> {
    "2026-11-25T03:00:00Z".parse().unwrap()
}

fn date(time: DateTime<Utc>) -> String {
    super::time_window::http_date(time)
}

fn key() -> PublicKey {
    PublicKey::from_pem(PUBLIC).unwrap()
}

/// A POST to the inbox as another server makes it; each test changes what it is about.
struct Sent {
    headers: HeaderMap,
    target: &'static str,
    body: &'static [u8],
}

impl Sent {
    fn new(headers: &[(&'static str, &str)]) -> Self {
        let headers = headers.iter().map(|(k, v)| (HeaderName::from_static(k), HeaderValue::from_str(v).unwrap())).collect();
        Self { headers, target: "/inbox", body: BODY }
    }

    fn cavage(params: &str, names: &str, lines: &[(&'static str, &str)]) -> Self {
        let text: Vec<String> = lines.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let signature = sign(&text.join("\n"));
        let headers = if names.is_empty() { String::new() } else { format!(r#",headers="{names}""#) };
        let header = format!(r#"keyId="https://remote.example/users/zoe#main-key"{params}{headers},signature="{signature}""#);
        let plain: Vec<_> = lines.iter().filter(|(name, _)| !name.starts_with('(') && *name != "host").copied().collect();
        let mut sent = Self::new(&plain);
        sent.headers.insert("signature", header.parse().unwrap());
        sent
    }

    fn rfc9421(components: &str, params: &str, lines: &str, extra: &[(&'static str, &str)]) -> Self {
        let input = format!("({components}){params}");
        let signature = sign(&format!("{lines}\n\"@signature-params\": {input}"));
        let mut sent = Self::new(extra);
        sent.headers.insert("signature-input", format!("sig1={input}").parse().unwrap());
        sent.headers.insert("signature", format!("sig1=:{signature}:").parse().unwrap());
        sent
    }

    fn judge(&self, now: DateTime<Utc>) -> Result<bool, SignatureError> {
        let request = SignedRequest {
            method: &Method::POST,
            scheme: "https",
            host: "local.example",
            target: self.target,
            headers: &self.headers,
            body: self.body,
        };
        Ok(ParsedSignature::from_request(&request, now)?.verifies(&key()))
    }
}

fn sign(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(PrivateKey::from_pem(PRIVATE).unwrap().sign(text.as_bytes()).unwrap())
}

fn usual(time: DateTime<Utc>) -> Sent {
    Sent::cavage(
        r#",algorithm="rsa-sha256""#,
        "(request-target) host date digest",
        &[
            ("(request-target)", "post /inbox"),
            ("host", "local.example"),
            ("date", &date(time)),
            ("digest", &digest_header(BODY)),
        ],
    )
}

#[test]
fn the_usual_signature_is_accepted_and_holds_for_an_hour_and_five_minutes() {
    assert_eq!(usual(now()).judge(now()), Ok(true));
    assert_eq!(usual(now()).judge(now() + TimeDelta::minutes(64)), Ok(true));
    assert_eq!(usual(now()).judge(now() + TimeDelta::minutes(66)), Err(SignatureError::TimeWindow));
    assert_eq!(usual(now() + TimeDelta::minutes(59)).judge(now()), Ok(true));
    assert_eq!(usual(now() + TimeDelta::minutes(61)).judge(now()), Err(SignatureError::TimeWindow));
}

#[test]
fn without_a_signature_the_request_is_not_signed() {
    let error = Sent::new(&[]).judge(now()).unwrap_err();
    assert_eq!((error.to_string().as_str(), error.http_status().as_u16()), ("Request not signed", 401));
}

#[test]
fn what_is_signed_cannot_be_changed() {
    let mut sent = usual(now());
    sent.target = "/users/alice/inbox";
    assert_eq!(sent.judge(now()), Ok(false));
    let mut sent = usual(now());
    sent.body = b"{}";
    assert!(
        matches!(sent.judge(now()), Err(SignatureError::Digest(text)) if text.starts_with("Invalid Digest value. Computed SHA-256 digest: "))
    );
    let mut sent = usual(now());
    sent.headers.append("digest", "SHA-256=AAAA".parse().unwrap());
    assert_eq!(sent.judge(now()), Ok(false));
    let mut sent = usual(now());
    sent.headers.remove("date");
    assert_eq!(sent.judge(now()), Err(SignatureError::HeaderMissing("date".to_owned())));
}

#[test]
fn a_signature_over_too_little_is_refused() {
    let judge = |names: &str, lines: &[(&'static str, &str)]| {
        let mut sent = Sent::cavage(r#",algorithm="rsa-sha256""#, names, lines);
        sent.headers.entry("date").or_insert(date(now()).parse().unwrap());
        sent.judge(now()).unwrap_err().to_string()
    };
    let (day, digest) = (date(now()), digest_header(BODY));
    assert_eq!(
        judge("(request-target) digest", &[("(request-target)", "post /inbox"), ("digest", &digest)]),
        "Mastodon requires the Date header or (created) pseudo-header to be signed"
    );
    assert_eq!(
        judge("host date", &[("host", "local.example"), ("date", &day)]),
        "Mastodon requires the Digest header or (request-target) pseudo-header to be signed"
    );
    assert_eq!(
        judge("(request-target) date", &[("(request-target)", "post /inbox"), ("date", &day)]),
        "Mastodon requires the Digest header to be signed when doing a POST request"
    );
}

#[test]
fn hs2019_takes_its_time_from_created() {
    let created = now().timestamp().to_string();
    let lines = [("(request-target)", "post /inbox"), ("(created)", created.as_str()), ("digest", &digest_header(BODY))];
    let sent = |params: &str| Sent::cavage(params, "(request-target) (created) digest", &lines);
    assert_eq!(sent(&format!(r#",algorithm="hs2019",created={created}"#)).judge(now()), Ok(true));
    assert_eq!(sent(&format!(r#",created="{created}""#)).judge(now()), Ok(true));
    assert_eq!(sent("").judge(now()), Err(SignatureError::PseudoHeaderArgument("created")));
    assert_eq!(
        sent(&format!(r#",algorithm="rsa-sha256",created={created}"#)).judge(now()),
        Err(SignatureError::PseudoHeader("created"))
    );
    for odd in ["18446744073709551615", "-9223372036854775808", "99999999999", "soon", "1e9"] {
        assert_eq!(sent(&format!(r#",algorithm="hs2019",created={odd}"#)).judge(now()), Err(SignatureError::TimeWindow), "{odd}");
    }
    let expired = now().timestamp() - 3601;
    assert_eq!(sent(&format!(r#",created={created},expires={expired}"#)).judge(now()), Err(SignatureError::TimeWindow));
}

#[test]
fn a_query_may_be_left_out_of_the_target() {
    let mut sent = usual(now());
    sent.target = "/inbox?a=b";
    assert_eq!(sent.judge(now()), Ok(true));
}

#[test]
fn odd_parameters_are_refused_or_read_as_they_are() {
    let parse = |header: &str| {
        let mut sent = usual(now());
        sent.headers.insert("signature", header.parse().unwrap());
        let request = SignedRequest {
            method: &Method::POST,
            scheme: "https",
            host: "local.example",
            target: "/inbox",
            headers: &sent.headers,
            body: BODY,
        };
        ParsedSignature::from_request(&request, now()).map(|parsed| parsed.key_id().to_owned())
    };
    let rest = r#"algorithm="rsa-sha256",headers="date digest",signature="AAAA""#;
    assert_eq!(parse(&format!(r#"Signature keyId="https://a/k?x=1,2" , {rest}"#)), Ok("https://a/k?x=1,2".to_owned()));
    assert_eq!(parse(&format!(r#"keyId="a",keyId="b",{rest}"#)), Err(SignatureError::Parameters));
    assert_eq!(parse(&format!(r#"keyId="a,{rest}"#)), Err(SignatureError::Parameters));
    assert_eq!(parse("keyId"), Err(SignatureError::Parameters));
    assert_eq!(parse(rest), Err(SignatureError::Missing("keyId and signature")));
    assert_eq!(parse(&format!(r#"keyId="a",{}"#, rest.replace("rsa-sha256", "rsa-sha512"))), Err(SignatureError::Algorithm));
    assert_eq!(
        parse(&format!(r#"keyId="a",{}"#, rest.replace("date digest", "date date digest"))),
        Err(SignatureError::Parameters)
    );
    assert_eq!(
        parse(&format!(r#"keyId="a",{}"#, rest.replace("date digest", "date digest authorization"))),
        Err(SignatureError::Parameters)
    );
}

#[test]
fn a_digest_must_be_the_sha_256_of_the_body() {
    let judge = |digest: &str| {
        let lines = [("(request-target)", "post /inbox"), ("date", &*date(now())), ("digest", digest)];
        Sent::cavage(r#",algorithm="rsa-sha256""#, "(request-target) date digest", &lines).judge(now()).map_err(|e| e.to_string())
    };
    let good = digest_header(BODY);
    assert_eq!(judge(&format!("sha-512=AAAA,{}", good.replace("SHA", "sha"))), Ok(true));
    assert_eq!(
        judge("SHA-512=AAAA,md5=x").unwrap_err(),
        "Mastodon only supports SHA-256 in Digest header. Offered algorithms: sha-512, md5"
    );
    assert_eq!(
        judge("SHA-256=garbage!").unwrap_err(),
        "Invalid Digest value. The provided Digest value is not a valid base64 string. Given digest: garbage!"
    );
    assert_eq!(
        judge("SHA-256=AAAA").unwrap_err(),
        "Invalid Digest value. The provided Digest value is not a SHA-256 digest. Given digest: AAAA"
    );
}

const LINES: &str = "\"@method\": POST\n\"@target-uri\": https://local.example/inbox\n\"content-digest\": ";
/// SHA-256 of `BODY`, as `Content-Digest` has it.
fn content_digest() -> String {
    format!("sha-256=:{}:", digest_header(BODY).trim_start_matches("SHA-256="))
}

fn modern(params: &str) -> Sent {
    let digest = content_digest();
    Sent::rfc9421(
        r#""@method" "@target-uri" "content-digest""#,
        params,
        &format!("{LINES}{digest}"),
        &[("content-digest", &digest)],
    )
}

#[test]
fn rfc_9421_signatures_are_accepted() {
    let created = now().timestamp();
    let params = format!(r#";created={created};keyid="https://remote.example/users/zoe#main-key""#);
    assert_eq!(modern(&params).judge(now()), Ok(true));
    assert_eq!(modern(&format!(r#"{params};alg="rsa-pss-sha512";nonce="x""#)).judge(now()), Ok(true));
    assert_eq!(modern(&params).judge(now() + TimeDelta::minutes(66)), Err(SignatureError::TimeWindow));
    assert_eq!(modern(&format!("{params};expires={}", created - 3601)).judge(now()), Err(SignatureError::TimeWindow));
    let mut sent = modern(&params);
    sent.target = "/users/alice/inbox";
    assert_eq!(sent.judge(now()), Ok(false));
    let mut sent = modern(&params);
    sent.body = b"{}";
    assert!(matches!(sent.judge(now()), Err(SignatureError::Digest(_))));
}

#[test]
fn rfc_9421_signatures_that_lack_something_are_refused() {
    let created = now().timestamp();
    assert_eq!(modern(&format!(";created={created}")).judge(now()), Err(SignatureError::Missing("keyid and created")));
    assert_eq!(modern(r#";keyid="k""#).judge(now()), Err(SignatureError::Missing("keyid and created")));
    let params = format!(r#";created={created};keyid="k""#);
    let judge = |components: &str| Sent::rfc9421(components, &params, "", &[]).judge(now()).unwrap_err();
    assert_eq!(
        judge(r#""@method" "@target-uri""#).to_string(),
        "Mastodon requires the Content-Digest header to be signed when doing a POST request"
    );
    assert_eq!(judge(r#""@method""#).to_string(), "Mastodon requires the @target-uri derived component to be signed");
    assert_eq!(judge(r#""@target-uri""#).to_string(), "Mastodon requires the @method derived component to be signed");
    let mut sent = modern(&params);
    sent.headers.insert("content-digest", "sha-256=nonsense(".parse().unwrap());
    assert_eq!(sent.judge(now()).unwrap_err().http_status().as_u16(), 400);
}

#[test]
fn what_we_send_has_mastodons_form_and_verifies() {
    let clock = Clock::Fixed(Arc::new(AtomicI64::new(now().timestamp_micros())));
    let signer =
        RequestSigner::new("https://us.example/actor#main-key".to_owned(), PrivateKey::from_pem(PRIVATE).unwrap(), clock);
    let url: Url = "https://local.example/inbox".parse().unwrap();
    let mut headers = HeaderMap::from_iter([(http::header::CONTENT_TYPE, HeaderValue::from_static("application/activity+json"))]);
    signer.sign(&Method::POST, &url, Some(BODY), &mut headers).unwrap();
    let signature = headers["signature"].to_str().unwrap();
    assert!(signature.starts_with(
        r#"keyId="https://us.example/actor#main-key",algorithm="rsa-sha256",headers="host date digest content-type (request-target)",signature=""#
    ));
    assert_eq!(headers["date"], "Wed, 25 Nov 2026 03:00:00 GMT");
    let sent = Sent { headers, target: "/inbox", body: BODY };
    assert_eq!(sent.judge(now()), Ok(true));
}
