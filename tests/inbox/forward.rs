//! What others signed and we pass on. `crates/inbox/src/forward.rs`

use activitypub::keys::PublicKey;
use activitypub::ld_signature;
use chrono::Utc;
use serde_json::json;
use testing::{Network, RemoteServer, TestApp, TestKey};

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_reply_goes_to_followers_under_the_context_of_all_terms_and_its_signature_still_holds() {
    let network = Network::new(&["here.example", "there.example", "elsewhere.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let (there, elsewhere) = (RemoteServer::start(&network, "there.example"), RemoteServer::start(&network, "elsewhere.example"));
    let alice = app.account("alice").await;
    let (zoe, yan) = (there.actor("zoe"), elsewhere.actor("yan"));
    let uri = alice.get("/api/v1/accounts/verify_credentials").await.ok()["uri"].as_str().unwrap().to_owned();
    yan.deliver(&app, &yan.activity("Follow", json!(uri))).await;
    app.run_jobs().await;
    let status = alice.posts("talk to me").await;
    app.run_jobs().await;
    assert_eq!(elsewhere.take_arrived().len(), 2, "Accept and Create");

    let mut note = zoe.note("<p>a signed reply</p>", &[(uri.clone(), alice.acct())]);
    note["inReplyTo"] = status["uri"].clone();
    note.as_object_mut().unwrap().remove("@context");
    let mut create = zoe.activity("Create", note.clone());
    create["@context"] = json!(["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"]);
    create["to"] = note["to"].clone();
    let key = format!("{}#main-key", zoe.url);
    let signed = ld_signature::sign(create, &key, &TestKey::remote().private, Utc::now()).unwrap();
    let public = PublicKey::from_pem(&TestKey::remote().public_pem).unwrap();
    assert_eq!(zoe.deliver(&app, &signed).await.status, 202);
    app.run_jobs().await;
    assert_eq!(app.count("SELECT count(*) FROM statuses WHERE in_reply_to_id IS NOT NULL").await, 1);

    let arrived = elsewhere.take_arrived();
    assert_eq!(arrived.len(), 1, "{arrived:?}");
    let passed_on = &arrived[0].activity;
    assert_eq!((&passed_on["id"], &passed_on["object"]["tag"]), (&signed["id"], &signed["object"]["tag"]));
    assert_eq!(passed_on["@context"][3]["topic"]["@id"], "https://w3id.org/fep/7aa9#topic");
    ld_signature::verify(passed_on, &public).unwrap();
}
