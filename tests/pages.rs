//! `server/pages`: what people with a browser, feed readers and mail programs get.

mod feed;
mod medium;
mod sign_up;
mod unsubscribe;

use testing::TestApp;

/// What an administrator would set, before the first request.
async fn set(app: &TestApp, name: &str, yaml: &str) {
    sqlx::query("INSERT INTO settings (var, value, created_at, updated_at) VALUES ($1, $2, now(), now())")
        .bind(name)
        .bind(format!("--- {yaml}\n"))
        .execute(&mut *app.conn().await)
        .await
        .unwrap();
    app.app().forget_settings();
}

async fn execute(app: &TestApp, statement: &'static str) {
    sqlx::query(statement).execute(&mut *app.conn().await).await.unwrap();
}
