//! `server/pages/src/medium.rs`

use serde_json::json;
use testing::TestApp;

use super::execute;

#[tokio::test]
async fn a_short_address_leads_to_the_file_of_a_post_that_the_viewer_may_see() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    let id = alice.post("/api/v1/statuses", json!({ "status": "with a film" })).await.ok()["id"].as_str().unwrap().to_owned();
    sqlx::query(
        "INSERT INTO media_attachments (account_id, status_id, type, file_file_name, file_content_type, file_file_size, shortcode,
           processing, created_at, updated_at)
         VALUES ($1, $2, 2, 'a.mp4', 'video/mp4', 7, 'abcdefghijklmnopqrs', 2, now(), now()),
                ($1, $2, 0, 'b.png', 'image/png', 7, NULL, 2, now(), now()),
                ($1, NULL, 2, 'c.mp4', 'video/mp4', 7, 'loosexxxxxxxxxxxxxx', 2, now(), now())",
    )
    .bind(alice.account.id)
    .bind(id.parse::<i64>().unwrap())
    .execute(&mut *app.conn().await)
    .await
    .unwrap();
    let picture: i64 =
        sqlx::query_scalar("SELECT id FROM media_attachments WHERE type = 0").fetch_one(&mut *app.conn().await).await.unwrap();

    let led = app.get("/media/abcdefghijklmnopqrs").await;
    assert_eq!(led.status, 302);
    assert!(led.header("location").ends_with("/original/a.mp4"), "{}", led.header("location"));
    let player = app.get("/media/abcdefghijklmnopqrs/player").await;
    assert_eq!(player.status, 200);
    assert!(player.text().contains("<video"), "{}", player.text());
    assert!(!player.header("content-security-policy").contains("frame-ancestors"));
    assert_eq!(app.get(&format!("/media/{picture}")).await.status, 302);
    assert_eq!(app.get(&format!("/media/{picture}/player")).await.status, 404, "a picture needs no player");
    for path in ["/media/loosexxxxxxxxxxxxxx", "/media/0", "/media/nonsense", "/media/%00"] {
        assert_eq!(app.get(path).await.status, 404, "{path}");
    }
    execute(&app, "UPDATE statuses SET visibility = 2").await;
    assert_eq!(app.get("/media/abcdefghijklmnopqrs").await.status, 404);
    let mut browser = testing::Browser::new(&app);
    browser.sign_in("alice@mail.example", testing::fixture::account::PASSWORD).await;
    assert_eq!(browser.get("/media/abcdefghijklmnopqrs").await.status, 302, "its author may see it");
}
