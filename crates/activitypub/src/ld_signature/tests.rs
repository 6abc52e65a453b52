use serde_json::{Value, json};

use super::{LdError, creator, graph, sign, verify};
use crate::keys::{PrivateKey, PublicKey};

const PRIVATE: &str = include_str!("../keys/recorded_private.pem");
const PUBLIC: &str = include_str!("../keys/recorded_public.pem");

/// A Create with attachments, tags, control characters and lists, signed by another implementation, which was checked against
/// Mastodon 4.6.5 in both directions; and the same document as its canonical text.
fn signed() -> Value {
    serde_json::from_str(include_str!("signed_create.json")).unwrap()
}

fn key() -> PublicKey {
    PublicKey::from_pem(PUBLIC).unwrap()
}

#[test]
fn the_graph_is_canonicalised_as_others_do() {
    let mut document = signed();
    document.as_object_mut().unwrap().shift_remove("signature");
    assert_eq!(graph::canonical(&document).unwrap(), include_str!("signed_create.nq"));
}

#[test]
fn a_signature_of_another_implementation_is_verified() {
    let document = signed();
    assert_eq!(creator(&document), Some("https://a.example/users/zoe#main-key"));
    let mut unsigned = document.clone();
    unsigned.as_object_mut().unwrap().shift_remove("signature");
    assert_eq!(verify(&document, &key()).unwrap(), unsigned);
}

#[test]
fn a_changed_document_does_not_verify() {
    for (path, value) in [
        ("/object/content", json!("<p>other</p>")),
        ("/object/attachment/0/focalPoint/0", json!(1)),
        ("/to", json!([])),
        ("/signature/created", json!("2026-11-25T03:00:01Z")),
        ("/signature/creator", json!("https://a.example/users/yan#main-key")),
        ("/actor", json!("https://a.example/users/yan")),
    ] {
        let mut document = signed();
        *document.pointer_mut(path).unwrap() = value;
        assert_eq!(verify(&document, &key()), Err(LdError::Mismatch), "{path}");
    }
}

#[test]
fn members_that_no_context_defines_are_not_signed() {
    let mut document = signed();
    document["object"]["quoteUri"] = json!("https://evil.example/1");
    document["object"]["movedTo"] = json!("https://evil.example/2");
    let read = verify(&document, &key()).unwrap();
    assert!(read["object"].get("quoteUri").is_none() && read["object"].get("movedTo").is_none());
    assert_eq!(read["object"]["content"], signed()["object"]["content"]);
}

#[test]
fn a_renamed_member_is_not_read() {
    let mut document = signed();
    document["@context"].as_array_mut().unwrap().push(json!({"text": "as:content", "content": "http://evil.example/nothing"}));
    let object = document["object"].as_object_mut().unwrap();
    let text = object.shift_remove("content").unwrap();
    object.insert("text".to_owned(), text);
    let read = verify(&document, &key()).unwrap();
    assert!(read["object"].get("content").is_none() && read["object"].get("text").is_none());
}

#[test]
fn contexts_and_forms_that_could_hide_something_are_refused() {
    let with_context = |context: Value| {
        let mut document = signed();
        document["@context"].as_array_mut().unwrap().push(context);
        verify(&document, &key()).unwrap_err()
    };
    assert_eq!(with_context(json!("https://evil.example/context")), LdError::Context("https://evil.example/context".to_owned()));
    assert_eq!(with_context(json!({"@vocab": "https://evil.example/"})), LdError::Context("@vocab".to_owned()));
    assert_eq!(with_context(json!({"inside": "@graph"})), LdError::Context("inside".to_owned()));
    assert_eq!(with_context(json!({"tag": {"@reverse": "as:tag"}})), LdError::Context("tag".to_owned()));
    assert_eq!(with_context(json!({"Note": {"@id": "as:Note", "@context": {}}})), LdError::Context("Note".to_owned()));
    let mut document = signed();
    document["object"]["@included"] = json!([]);
    assert_eq!(verify(&document, &key()), Err(LdError::Form));
    assert_eq!(verify(&json!({"@context": "https://www.w3.org/ns/activitystreams"}), &key()), Err(LdError::NotSigned));
}

#[test]
fn a_graph_that_is_made_to_be_costly_is_refused() {
    let twins: Vec<Value> = (0..12).map(|_| json!({"type": "Note", "tag": [{"type": "Link"}, {"type": "Link"}]})).collect();
    let document = json!({"@context": "https://www.w3.org/ns/activitystreams", "tag": twins});
    assert_eq!(graph::canonical(&document), Err(LdError::TooLarge));
    let list: Vec<Value> = (0..5000).map(|_| json!("https://a.example/same")).collect();
    let document = json!({"@context": "https://www.w3.org/ns/activitystreams", "orderedItems": list});
    assert_eq!(graph::canonical(&document), Err(LdError::TooLarge));
}

#[test]
fn what_is_signed_here_verifies() {
    let document = json!({"@context": "https://www.w3.org/ns/activitystreams", "id": "https://us.example/1", "type": "Delete", "object": "https://us.example/2"});
    let now = "2026-11-25T03:00:00Z".parse().unwrap();
    let signed = sign(document, "https://us.example/ap/users/1#main-key", &PrivateKey::from_pem(PRIVATE).unwrap(), now).unwrap();
    assert_eq!(signed["@context"], json!(["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"]));
    assert_eq!(signed["signature"]["created"], "2026-11-25T03:00:00Z");
    assert_eq!(verify(&signed, &key()).unwrap()["object"], "https://us.example/2");
}
