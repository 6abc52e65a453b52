//! `server/api/src/v1/media.rs`, `v2/media.rs` and what becomes of the files.

use std::path::PathBuf;

use serde_json::{Value, json};
use testing::{Person, TestApp, Upload};

/// One pixel, black.
const PNG: [u8; 67] = [
    137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0, 58, 126, 155, 85, 0, 0,
    0, 10, 73, 68, 65, 84, 120, 218, 99, 96, 0, 0, 0, 2, 0, 1, 229, 39, 222, 252, 0, 0, 0, 0, 73, 69, 78, 68, 174, 66, 96, 130,
];

async fn upload(person: &Person) -> Value {
    let file = Upload { field: "file", name: "dot.png", content_type: "image/png", bytes: &PNG };
    person.upload("/api/v2/media", file, &[("description", "a dot")]).await.ok()
}

fn id(entity: &Value) -> &str {
    entity["id"].as_str().unwrap()
}

/// Everything below the store's root.
fn files(app: &TestApp) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![app.app().config.storage.root.clone()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for entry in entries.map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() { folders.push(entry.path()) } else { found.push(entry.path()) }
        }
    }
    found
}

#[tokio::test]
async fn a_deletion_to_write_anew_leaves_the_media_and_one_for_good_takes_them() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    let media = upload(&alice).await;
    let status = alice.posts_with(json!({ "status": "look", "media_ids": [id(&media)] })).await;
    alice.get(&format!("/api/v1/media/{}", id(&media))).await.expect(404);
    alice.delete(&format!("/api/v1/media/{}", id(&media))).await.expect(422);

    alice.delete(&format!("/api/v1/statuses/{}", id(&status))).await.ok();
    let again = alice.posts_with(json!({ "status": "look again", "media_ids": [id(&media)] })).await;
    app.run_jobs().await;
    assert_eq!(again["media_attachments"][0]["description"], "a dot");
    assert_eq!(files(&app).len(), 2, "the original and its preview");

    alice.delete(&format!("/api/v1/statuses/{}?delete_media=true", id(&again))).await.ok();
    app.run_jobs().await;
    assert_eq!(app.count("SELECT count(*) FROM media_attachments").await, 0);
    assert_eq!(files(&app), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn an_upload_that_is_refused_leaves_nothing_behind() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    let file = Upload { field: "file", name: "dot.png", content_type: "image/png", bytes: &PNG };
    let long = "d".repeat(10_001);
    alice.upload("/api/v1/media", file, &[("description", &long)]).await.expect(422);
    let file = Upload { field: "file", name: "dot.png", content_type: "image/png", bytes: b"no picture" };
    alice.upload("/api/v1/media", file, &[]).await.expect(422);
    assert_eq!(app.count("SELECT count(*) FROM media_attachments").await, 0);
    assert_eq!(files(&app), Vec::<PathBuf>::new());
}
