//! What happens for somebody who was let in. `crates/services/src/greet.rs`

use jobs::account::BootstrapTimeline;
use testing::TestApp;

#[tokio::test]
async fn the_staff_hears_of_a_newcomer_once_and_who_invited_is_followed() {
    let app = TestApp::new().await;
    let (chief, host, newcomer) = (app.account("chief").await, app.account("host").await, app.account("newcomer").await);
    sqlx::query("UPDATE users SET role_id = (SELECT id FROM user_roles WHERE name = 'Admin') WHERE account_id = $1")
        .bind(chief.account.id)
        .execute(&mut *app.conn().await)
        .await
        .unwrap();
    sqlx::query(
        "WITH invited AS (INSERT INTO invites (user_id, code, autofollow, created_at, updated_at)
            VALUES ($1, 'come', true, now(), now()) RETURNING id)
         UPDATE users SET invite_id = invited.id FROM invited WHERE account_id = $2",
    )
    .bind(host.account.user_id)
    .bind(newcomer.account.id)
    .execute(&mut *app.conn().await)
    .await
    .unwrap();
    for _ in 0..2 {
        jobs::enqueue(&mut *app.conn().await, &BootstrapTimeline { account_id: newcomer.account.id }).await.unwrap();
        app.run_jobs().await;
    }
    assert_eq!(app.count("SELECT count(*) FROM ferrodon.dead").await, 0);
    let told = chief.with_scopes("read").await.get("/api/v1/notifications").await.ok();
    assert_eq!(told.as_array().map(Vec::len), Some(1), "{told}");
    assert_eq!((&told[0]["type"], &told[0]["account"]["username"]), (&"admin.sign_up".into(), &"newcomer".into()));
    let followers = host.get("/api/v1/accounts/verify_credentials").await.ok()["followers_count"].clone();
    assert_eq!(followers, 1);
}
