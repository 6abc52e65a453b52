//! `server/pages/src/auth/{sign_up,setup}.rs`, `crates/services/src/sign_up.rs`

use axum::body::Body;
use chrono::TimeDelta;
use http::Request;
use testing::fixture::account::PASSWORD;
use testing::{Answer, Browser, TestApp, clock};

use super::{execute, set};

const CAROL: [(&str, &str); 6] = [
    ("user[account_attributes][username]", "carol"),
    ("user[account_attributes][display_name]", "Carol C."),
    ("user[email]", "Carol@mail.example"),
    ("user[password]", PASSWORD),
    ("user[password_confirmation]", PASSWORD),
    ("user[agreement]", "1"),
];
const USERS: &str = "SELECT count(*) FROM users";

async fn server() -> (TestApp, clock::Hand) {
    let (clock, hand) = clock::standing();
    let app = TestApp::builder().variable("FERRODON_RATE_LIMITS", "true").clock(clock).start().await;
    set(&app, "registrations_mode", "open").await;
    (app, hand)
}

/// Reads the form for a while and sends it.
async fn sign_up(browser: &mut Browser, hand: &clock::Hand, page: &str, more: &[(&str, &str)]) -> Answer {
    let answer = browser.get(page).await;
    assert_eq!(answer.status, 200, "{}", answer.header("location"));
    hand.forward(TimeDelta::seconds(5));
    browser.submit("/auth", &[&CAROL[..], more].concat()).await
}

async fn insert_invite(app: &TestApp, columns: &str) {
    let sql = format!(
        "INSERT INTO invites (user_id, code, created_at, updated_at, max_uses, uses, expires_at)
         SELECT id, 'letmein1', now(), now(), {columns} FROM users WHERE email = 'alice@mail.example'"
    );
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut *app.conn().await).await.unwrap();
}

#[tokio::test]
async fn who_signs_up_is_signed_in_and_waits_for_the_letter() {
    let (app, hand) = server().await;
    let mut browser = Browser::new(&app);
    let answer = sign_up(&mut browser, &hand, "/auth/sign_up", &[]).await;
    assert!(answer.header("location").ends_with("/auth/setup"), "{} {}", answer.status, answer.text());
    let stored = "SELECT count(*) FROM users u JOIN accounts a ON a.id = u.account_id
        WHERE u.email = 'carol@mail.example' AND u.approved AND u.confirmed_at IS NULL AND u.sign_up_ip = '203.0.113.1'
          AND a.username = 'carol' AND a.display_name = 'Carol C.' AND u.locale = 'en'";
    assert_eq!(app.count(stored).await, 1);
    assert_eq!(app.count("SELECT count(*) FROM ferrodon.job WHERE kind = 'mail_confirmation'").await, 1);
    assert!(browser.get("/").await.header("location").ends_with("/auth/setup"), "there is nothing else to see yet");

    let page = browser.get("/auth/setup").await;
    assert!(page.text().contains("carol@mail.example"), "{}", page.text());
    let answer = browser.submit_as("put", "/auth/setup", &[("user[email]", "other@mail.example")]).await;
    assert_eq!(answer.status, 302, "{}", answer.text());
    assert_eq!(app.count("SELECT count(*) FROM users WHERE email = 'other@mail.example' AND confirmed_at IS NULL").await, 1);
    let wrong = browser.get("/auth/setup").await;
    assert_eq!(wrong.status, 200);
    let wrong = browser.submit_as("put", "/auth/setup", &[("user[email]", "nonsense")]).await;
    assert!(wrong.text().contains("role=\"alert\""), "{} {}", wrong.status, wrong.text());

    execute(&app, "UPDATE users SET confirmed_at = now()").await;
    assert!(browser.get("/auth/setup").await.header("location").ends_with(&format!("{}/", app.domain())));
}

#[tokio::test]
async fn the_rules_come_first() {
    let (app, hand) = server().await;
    execute(&app, "INSERT INTO rules (text, hint, priority, created_at, updated_at) VALUES ('Be <kind>', '', 0, now(), now())")
        .await;
    let mut browser = Browser::new(&app);
    let page = browser.get("/auth/sign_up?accept=").await;
    assert!(page.text().contains("Be &#60;kind&#62;") || page.text().contains("Be &lt;kind&gt;"), "{}", page.text());
    let text = page.text();
    let accept = text.split("name=\"accept\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let led = browser.submit("/auth/acceptance", &[("accept", &accept)]).await;
    let form = led.header("location").strip_prefix("https://here.example").unwrap().to_owned();
    let answer = sign_up(&mut browser, &hand, &form, &[]).await;
    assert!(answer.header("location").ends_with("/auth/setup"), "{} {}", answer.status, answer.text());
    assert!(Browser::new(&app).get(&form).await.text().contains("Be "), "another browser has accepted nothing");
}

#[tokio::test]
async fn programs_and_mistakes_make_no_account() {
    let (app, hand) = server().await;
    for (field, value) in [
        ("user[website]", "https://spam.example"),
        ("user[confirm_password]", "x"),
        ("user[password_confirmation]", "something else"),
        ("user[password]", "short"),
        ("user[account_attributes][username]", "no good"),
        ("user[account_attributes][display_name]", "a name that is longer than the forty characters there are"),
        ("user[email]", "nonsense"),
        ("user[agreement]", "0"),
    ] {
        let answer = sign_up(&mut Browser::new(&app), &hand, "/auth/sign_up", &[(field, value)]).await;
        assert_eq!(answer.status, 422, "{field}");
        assert!(answer.text().contains("role=\"alert\"") && !answer.text().contains(PASSWORD), "{field}: {}", answer.text());
    }
    let mut hasty = Browser::new(&app);
    hasty.get("/auth/sign_up").await;
    assert_eq!(hasty.submit("/auth", &CAROL).await.status, 422, "nobody is that fast");
    let forged = Request::post("/auth").header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(app.send(forged.body(Body::from("user[email]=a@b.example")).unwrap()).await.status, 422);
    assert_eq!(app.count(USERS).await, 0);
}

#[tokio::test]
async fn a_minimum_age_is_asked_for_and_only_that_it_was_reached_is_kept() {
    let (app, hand) = server().await;
    set(&app, "min_age", "16").await;
    let today = app.app().clock.now();
    let born = |years: i32| (today - TimeDelta::days(i64::from(years) * 366)).format("%Y-%m-%d").to_string();
    let mut browser = Browser::new(&app);
    assert!(browser.get("/auth/sign_up").await.text().contains("at least 16"));
    for date in ["", "nonsense", &born(10)] {
        let answer = sign_up(&mut Browser::new(&app), &hand, "/auth/sign_up", &[("user[date_of_birth]", date)]).await;
        assert_eq!(answer.status, 422, "{date}");
    }
    let answer = sign_up(&mut browser, &hand, "/auth/sign_up", &[("user[date_of_birth]", &born(20))]).await;
    assert_eq!(answer.status, 302, "{}", answer.text());
    assert_eq!(app.count("SELECT count(*) FROM users WHERE age_verified_at IS NOT NULL").await, 1);
}

#[tokio::test]
async fn where_staff_lets_people_in_a_reason_is_asked_for() {
    let (app, hand) = server().await;
    execute(&app, "UPDATE settings SET value = E'--- approved\\n' WHERE var = 'registrations_mode'").await;
    set(&app, "require_invite_text", "true").await;
    let refused = sign_up(&mut Browser::new(&app), &hand, "/auth/sign_up", &[]).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    let reason = [("user[invite_request_attributes][text]", "friends are here")];
    let answer = sign_up(&mut Browser::new(&app), &hand, "/auth/sign_up", &reason).await;
    assert_eq!(answer.status, 302, "{}", answer.text());
    let waits = "SELECT count(*) FROM users u JOIN user_invite_requests r ON r.user_id = u.id
        WHERE NOT u.approved AND r.text = 'friends are here'";
    assert_eq!(app.count(waits).await, 1);
}

#[tokio::test]
async fn a_closed_server_opens_to_an_invitation_as_often_as_it_says() {
    let (app, hand) = server().await;
    app.account("alice").await;
    execute(&app, "UPDATE settings SET value = E'--- none\\n' WHERE var = 'registrations_mode'").await;
    app.app().forget_settings();
    let mut visitor = Browser::new(&app);
    for path in ["/auth/sign_up", "/invite/unknown1"] {
        assert!(visitor.get(path).await.header("location").ends_with(&format!("{}/", app.domain())), "{path}");
    }
    assert!(visitor.get("/").await.text().contains("role=\"alert\""));
    insert_invite(&app, "1, 0, NULL").await;
    let described = app.send(Request::get("/invite/letmein1").header("accept", "application/json").body(Body::empty()).unwrap());
    let described = described.await.ok();
    assert_eq!(described["instance_api_url"], "https://here.example/api/v2/instance");
    let answer = sign_up(&mut Browser::new(&app), &hand, "/invite/letmein1", &[]).await;
    assert!(answer.header("location").ends_with("/auth/setup"), "{} {}", answer.status, answer.text());
    assert_eq!(app.count("SELECT count(*) FROM users WHERE invite_id IS NOT NULL").await, 1);
    assert_eq!(app.count("SELECT uses::bigint FROM invites").await, 1);
    assert_eq!(visitor.get("/invite/letmein1").await.status, 302, "it is used up");
    let used = app.send(Request::get("/invite/letmein1").header("accept", "application/json").body(Body::empty()).unwrap()).await;
    assert_eq!(used.status, 401, "{}", used.text());
}

#[tokio::test]
async fn two_people_who_come_with_the_last_use_do_not_both_get_in() {
    let (app, hand) = server().await;
    app.account("alice").await;
    insert_invite(&app, "1, 0, NULL").await;
    execute(&app, "UPDATE settings SET value = E'--- none\\n' WHERE var = 'registrations_mode'").await;
    app.app().forget_settings();
    let (mut one, mut two) = (Browser::new(&app), Browser::new(&app));
    one.get("/invite/letmein1").await;
    two.get("/invite/letmein1").await;
    hand.forward(TimeDelta::seconds(5));
    let other = [("user[account_attributes][username]", "dave"), ("user[email]", "dave@mail.example")];
    let dave = [&CAROL[..], &other[..]].concat();
    let (one, two) = tokio::join!(one.submit("/auth", &CAROL), two.submit("/auth", &dave));
    let in_now = [&one, &two].iter().filter(|answer| answer.header("location").ends_with("/auth/setup")).count();
    assert_eq!(in_now, 1, "{} {}", one.header("location"), two.header("location"));
    assert_eq!((app.count(USERS).await, app.count("SELECT uses::bigint FROM invites").await), (2, 1));
}

#[tokio::test]
async fn nobody_signs_up_from_a_blocked_address_not_even_invited() {
    let (app, _hand) = server().await;
    app.account("alice").await;
    insert_invite(&app, "NULL, 0, NULL").await;
    execute(&app, "INSERT INTO ip_blocks (ip, severity, created_at, updated_at) VALUES ('203.0.113.0/24', 5500, now(), now())")
        .await;
    for path in ["/auth/sign_up", "/invite/letmein1"] {
        assert_eq!(Browser::new(&app).get(path).await.status, 302, "{path}");
    }
}

#[tokio::test]
async fn the_letter_of_a_sign_up_is_not_sent_without_end() {
    let (app, hand) = server().await;
    let mut browser = Browser::new(&app);
    sign_up(&mut browser, &hand, "/auth/sign_up", &[]).await;
    for number in 1..=6 {
        browser.get("/auth/setup").await;
        let answer = browser.submit_as("put", "/auth/setup", &[]).await;
        assert_eq!(answer.status, if number <= 5 { 302 } else { 429 }, "{number}");
    }
}

#[tokio::test]
async fn the_server_says_what_it_is_without_cookies() {
    let (app, _hand) = server().await;
    execute(
        &app,
        "INSERT INTO terms_of_services (text, published_at, effective_date, created_at, updated_at)
         VALUES ('Of **%{domain}**', now(), '2026-01-01', now(), now())",
    )
    .await;
    for path in ["/", "/about", "/privacy-policy", "/terms-of-service", "/terms-of-service/2026-01-01"] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(
            answer.header("cache-control"),
            "max-age=15, public, stale-while-revalidate=30, stale-if-error=86400",
            "{path}"
        );
        assert_eq!(answer.header("set-cookie"), "", "{path}");
    }
    assert!(app.get("/terms-of-service").await.text().contains("Of <strong>here.example</strong>"));
    assert_eq!(app.get("/terms-of-service/2020-01-01").await.status, 404);
    assert_eq!(app.get("/terms-of-service/nonsense").await.status, 404);
}
