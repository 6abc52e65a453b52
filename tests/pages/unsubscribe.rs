//! `server/pages/src/unsubscribe.rs`, `crates/services/src/unsubscribe.rs`

use axum::body::Body;
use http::Request;
use services::unsubscribe::{Recipient, token};
use testing::{Answer, TestApp};

use super::execute;

async fn click(app: &TestApp, path: &str) -> Answer {
    let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    app.send(request.body(Body::from("List-Unsubscribe=One-Click")).unwrap()).await
}

fn link(app: &TestApp, recipient: Recipient, kind: &str) -> String {
    format!("/unsubscribe?token={}&type={kind}", token(&app.app().config.secrets, recipient, app.app().clock.now()))
}

#[tokio::test]
async fn one_click_ends_letters_of_one_kind_and_looking_ends_none() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    execute(&app, r#"UPDATE users SET settings = '{"notification_emails.follow":true,"theme":"x"}'"#).await;
    let path = link(&app, Recipient::User(alice.account.user_id), "mention");
    let ended = r#"SELECT count(*) FROM users WHERE settings::jsonb @>
        '{"notification_emails.mention":false,"notification_emails.follow":true,"theme":"x"}'"#;
    assert_eq!(app.get(&path).await.status, 200);
    assert_eq!(app.count(ended).await, 0, "programs that look at letters open links");
    for _ in 0..2 {
        assert_eq!(click(&app, &path).await.status, 200);
        assert_eq!(app.count(ended).await, 1);
    }
}

#[tokio::test]
async fn a_link_that_is_not_ours_ends_nothing() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    let own = link(&app, Recipient::User(alice.account.user_id), "mention");
    let forged = own.replace("token=", "token=x");
    let nobody = link(&app, Recipient::User(1_000_000), "mention");
    let unknown = link(&app, Recipient::User(alice.account.user_id), "nonsense");
    for path in [forged.as_str(), &nobody, &unknown, "/unsubscribe", "/unsubscribe?token=--&type=mention"] {
        assert_eq!(app.get(path).await.status, 404, "{path}");
        assert_eq!(click(&app, path).await.status, 404, "{path}");
    }
    assert_eq!(app.count("SELECT count(*) FROM users WHERE settings IS NOT NULL").await, 0);
}

#[tokio::test]
async fn a_reader_without_an_account_is_forgotten() {
    let app = TestApp::new().await;
    app.account("alice").await;
    execute(
        &app,
        "INSERT INTO email_subscriptions (id, account_id, email, locale, created_at, updated_at)
         SELECT 7, id, 'reader@mail.example', 'en', now(), now() FROM accounts WHERE username = 'alice'",
    )
    .await;
    let path = link(&app, Recipient::EmailSubscription(7), "");
    assert_eq!(click(&app, &path).await.status, 200);
    assert_eq!(app.count("SELECT count(*) FROM email_subscriptions").await, 0);
    assert_eq!(click(&app, &path).await.status, 404);
}
