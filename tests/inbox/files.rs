//! A post is told of with its files, and not much later than they come. `crates/inbox/src/create/insert.rs`,
//! `worker/src/jobs/download_media.rs`

use serde_json::{Value, json};
use testing::{Network, RemoteServer, TestApp};

const DOMAIN: &str = "there.example";
const PICTURE: &[u8] = include_bytes!("../conformance/media/files/rgb.png");

/// One file is being fetched: the post is told of later, unless it comes sooner.
#[tokio::test]
async fn only_a_post_with_files_waits() {
    let network = Network::new(&[DOMAIN]).await;
    let zoe = RemoteServer::start(&network, DOMAIN).actor("zoe");
    let app = TestApp::builder().variables(network.variables()).start().await;
    app.account("alice").await;
    let url = format!("https://{}/users/alice", app.domain());
    for (attachment, waiting) in
        [(json!([]), 0), (json!([{ "type": "Document", "mediaType": "image/png", "url": "https://there.example/a" }]), 1)]
    {
        let mut note = zoe.note("look", &[(url.clone(), format!("alice@{}", app.domain()))]);
        note["attachment"] = attachment;
        assert_eq!(zoe.deliver(&app, &zoe.activity("Create", note)).await.status, 202);
        let arrived = app.count("SELECT max(id) FROM ferrodon.inbox").await;
        let parts = app.app();
        let taken_in = inbox::Inbox {
            config: &parts.config,
            db: &parts.db,
            kv: &parts.kv,
            http: &parts.http,
            resolver: &parts.resolver,
            renderer: &parts.renderer,
        };
        inbox::process(&taken_in, arrived).await.unwrap();
        let later = "SELECT count(*) FROM ferrodon.job WHERE kind = 'distribute' AND run_at > now() + interval '5 seconds'";
        assert_eq!(app.count(later).await, waiting);
    }
}

/// What the mentioned person is told when a post with `files` has come and everything that is due was done; the files that are
/// called `gone` are not to be had.
async fn told(files: &[(&str, &str)]) -> Value {
    let network = Network::new(&[DOMAIN]).await;
    let remote = RemoteServer::start(&network, DOMAIN);
    let zoe = remote.actor("zoe");
    let app = TestApp::builder().variables(network.variables()).start().await;
    let alice = app.account("alice").await;
    let url = format!("https://{}/users/alice", app.domain());
    let mut note = zoe.note("look", &[(url, format!("alice@{}", app.domain()))]);
    let mut attachment = Vec::new();
    for (number, (name, content_type)) in files.iter().enumerate() {
        let url = format!("https://{DOMAIN}/{number}/{name}");
        if *name != "gone" {
            remote.publish_file(&url, "image/png", PICTURE);
        }
        attachment.push(json!({ "type": "Document", "mediaType": content_type, "url": url }));
    }
    note["attachment"] = Value::Array(attachment);
    assert_eq!(zoe.deliver(&app, &zoe.activity("Create", note)).await.status, 202);
    app.run_jobs().await;
    let told = alice.get("/api/v1/notifications").await.ok();
    assert_eq!(told.as_array().map(Vec::len), Some(1), "{told}");
    told[0]["status"]["media_attachments"].clone()
}

#[tokio::test]
async fn a_post_waits_for_all_its_files_and_for_nothing_else() {
    let media = told(&[("a.png", "image/png"), ("b.png", "image/png"), ("book.pdf", "application/pdf")]).await;
    let kinds: Vec<_> = media.as_array().unwrap().iter().map(|file| &file["type"]).collect();
    assert_eq!(kinds, ["image", "image", "unknown"]);
}

#[tokio::test]
async fn a_post_does_not_wait_for_a_file_that_is_not_to_be_had() {
    let media = told(&[("a.png", "image/png"), ("gone", "image/png")]).await;
    assert_eq!(media.as_array().map(Vec::len), Some(2), "{media}");
}
