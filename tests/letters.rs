//! `worker/src/mail.rs` and `server/pages/src/auth` together: a letter goes to a mail server, and its link leads to a page that works.

use axum::body::Body;
use chrono::TimeDelta;
use http::Request;
use serde_json::{Value, json};
use services::moderate_account::{ActionKind, Moderator, Strike, take_action};
use testing::fixture::account::PASSWORD;
use testing::{Browser, TestApp, clock};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

const NEW_PASSWORD: &str = "another-passphrase-7";

struct Letter {
    from: String,
    to: String,
    text: String,
}

impl Letter {
    /// The address of the link, as a path of the server.
    fn link(&self, path: &str) -> String {
        let text = self.text.replace("=\r\n", "").replace("=3D", "=").replace("&amp;", "&");
        let start = text.find(path).unwrap_or_else(|| panic!("no {path} in {text}"));
        text[start..].split(|c: char| c.is_whitespace() || c == '"' || c == '<').next().unwrap().to_owned()
    }

    fn has(&self, line: &str) -> bool {
        self.text.lines().any(|found| found.trim_end() == line)
    }
}

/// Takes letters on a port of this machine. The first `refusals` recipients hear the answer, the others are welcome.
async fn mail_server(refusals: usize, answer: &'static str) -> (u16, UnboundedReceiver<Letter>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (letters, received) = unbounded_channel();
    tokio::spawn(async move {
        let mut refusals = refusals;
        while let Ok((stream, _)) = listener.accept().await {
            let _closed = talk(stream, &letters, &mut refusals, answer).await;
        }
    });
    (port, received)
}

async fn talk(stream: TcpStream, letters: &UnboundedSender<Letter>, refusals: &mut usize, answer: &str) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 mail.example\r\n").await?;
    let (mut from, mut to) = (String::new(), String::new());
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let reply = if let Some(sender) = line.strip_prefix("MAIL FROM:") {
            sender.trim().clone_into(&mut from);
            "250 ok\r\n"
        } else if line.starts_with("RCPT") && *refusals > 0 {
            *refusals -= 1;
            answer
        } else if let Some(recipient) = line.strip_prefix("RCPT TO:") {
            recipient.trim().clone_into(&mut to);
            "250 ok\r\n"
        } else if line.starts_with("DATA") {
            stream.write_all(b"354 go on\r\n").await?;
            let mut text = String::new();
            while !text.ends_with("\r\n.\r\n") {
                if stream.read_line(&mut text).await? == 0 {
                    return Ok(());
                }
            }
            letters.send(Letter { from: from.clone(), to: to.clone(), text }).unwrap();
            "250 ok\r\n"
        } else if line.starts_with("QUIT") {
            stream.write_all(b"221 bye\r\n").await?;
            return Ok(());
        } else {
            "250 ok\r\n"
        };
        stream.write_all(reply.as_bytes()).await?;
    }
}

async fn app_with(port: u16) -> TestApp {
    builder(port).start().await
}

fn builder(port: u16) -> testing::Builder {
    TestApp::builder()
        .variable("SMTP_DELIVERY_METHOD", "smtp")
        .variable("SMTP_SERVER", "127.0.0.1")
        .variable("SMTP_PORT", &port.to_string())
        .variable("SMTP_FROM_ADDRESS", "Mastodon <notifications@mail.example>")
}

async fn post(app: &TestApp, path: &str, token: Option<&str>, body: Value) -> Value {
    let mut request = Request::post(path).header("content-type", "application/json");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    app.send(request.body(Body::from(body.to_string())).unwrap()).await.ok()
}

/// Carol signs up through an app's interface.
async fn sign_up(app: &TestApp) {
    sqlx::query(
        "INSERT INTO settings (var, value, created_at, updated_at) VALUES ('registrations_mode', E'--- open\n', now(), now())",
    )
    .execute(&mut *app.conn().await)
    .await
    .unwrap();
    let client = json!({ "client_name": "App", "redirect_uris": "https://client.example/cb", "scopes": "read write" });
    let client = post(app, "/api/v1/apps", None, client).await;
    let grant = json!({
        "grant_type": "client_credentials", "client_id": client["client_id"], "client_secret": client["client_secret"],
        "scope": "read write",
    });
    let token = post(app, "/oauth/token", None, grant).await;
    let carol = json!({
        "username": "carol", "email": "carol@mail.example", "password": PASSWORD, "agreement": true, "locale": "en",
    });
    post(app, "/api/v1/accounts", token["access_token"].as_str(), carol).await;
}

const CONFIRMED: &str = "SELECT count(*) FROM users WHERE email = 'carol@mail.example' AND confirmed_at IS NOT NULL";

#[tokio::test]
async fn who_signs_up_gets_a_letter_whose_link_confirms_and_leads_back_to_the_app() {
    let (port, mut letters) = mail_server(0, "").await;
    let app = app_with(port).await;
    sign_up(&app).await;
    app.run_jobs().await;
    let letter = letters.try_recv().unwrap();
    assert_eq!((letter.from.as_str(), letter.to.as_str()), ("<notifications@mail.example>", "<carol@mail.example>"));
    for line in [
        "To: carol@mail.example",
        "Auto-Submitted: auto-generated",
        "Precedence: list",
        "X-Auto-Response-Suppress: All",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Type: text/html; charset=utf-8",
    ] {
        assert!(letter.has(line), "{line} in {}", letter.text);
    }
    assert!(letter.text.contains("From: Mastodon <notifications@mail.example>"), "{}", letter.text);

    let link = letter.link("/auth/confirmation?");
    assert_eq!(app.count(CONFIRMED).await, 0);
    let answer = app.get(&link).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (302, "https://client.example/cb"));
    assert_eq!(app.count(CONFIRMED).await, 1);
    assert_eq!(app.count("SELECT count(*) FROM ferrodon.job WHERE kind = 'mail_welcome'").await, 1);
    let again = app.get(&link).await;
    assert!(again.header("location").ends_with("/auth/sign_in"), "a second visit does no harm: {}", again.status);
    let signed_in = Browser::new(&app).sign_in("carol@mail.example", PASSWORD).await;
    assert!(signed_in.header("location").ends_with(&format!("{}/", app.domain())), "{}", signed_in.header("location"));
}

#[tokio::test]
async fn a_link_that_is_too_old_confirms_nothing_and_another_can_be_asked_for() {
    let (port, mut letters) = mail_server(0, "").await;
    let app = app_with(port).await;
    sign_up(&app).await;
    app.run_jobs().await;
    let link = letters.try_recv().unwrap().link("/auth/confirmation?");
    sqlx::query("UPDATE users SET confirmation_sent_at = now() - interval '50 hours'")
        .execute(&mut *app.conn().await)
        .await
        .unwrap();
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get(&link).await.status, 200);
    assert_eq!(app.count(CONFIRMED).await, 0);

    let answer = browser.submit("/auth/confirmation", &[("user[email]", " Carol@mail.example")]).await;
    assert!(answer.header("location").ends_with("/auth/sign_in"));
    app.run_jobs().await;
    let fresh = letters.try_recv().unwrap().link("/auth/confirmation?");
    assert_ne!(fresh, link);
    app.get(&fresh).await;
    assert_eq!(app.count(CONFIRMED).await, 1);
}

#[tokio::test]
async fn a_changed_address_counts_when_its_letter_is_answered() {
    let (port, mut letters) = mail_server(0, "").await;
    let app = app_with(port).await;
    let alice = app.account("alice").await;
    let mut tx = app.app().db.begin().await.unwrap();
    services::modify_user::change_email(&mut tx, &app.app().config, alice.account.user_id, "new@mail.example", true)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    app.run_jobs().await;
    let mut sent = [letters.try_recv().unwrap(), letters.try_recv().unwrap()];
    sent.sort_by(|one, other| one.to.cmp(&other.to));
    let [warning, letter] = sent;
    assert_eq!(warning.to, "<alice@mail.example>", "the old address hears of it, in case it was somebody else");
    let whole = warning.text.replace("=\r\n", "");
    assert!(whole.contains("new@mail.example"), "{whole}");
    assert_eq!(letter.to, "<new@mail.example>");
    let answer = app.get(&letter.link("/auth/confirmation?")).await;
    assert!(answer.header("location").ends_with("/auth/sign_in"), "{}", answer.status);
    let changed = "SELECT count(*) FROM users WHERE email = 'new@mail.example' AND unconfirmed_email IS NULL";
    assert_eq!(app.count(changed).await, 1);
}

#[tokio::test]
async fn who_forgot_a_password_chooses_another_once() {
    let (port, mut letters) = mail_server(0, "").await;
    let app = app_with(port).await;
    let alice = app.account("alice").await;
    let mut browser = Browser::new(&app);
    browser.get("/auth/password/new").await;
    browser.submit("/auth/password", &[("user[email]", "alice@mail.example")]).await;
    app.run_jobs().await;
    let link = letters.try_recv().unwrap().link("/auth/password/edit?");

    let both = |password: &'static str| [("user[password]", password), ("user[password_confirmation]", password)];
    assert_eq!(browser.get(&link).await.status, 200);
    let short = browser.submit_as("put", "/auth/password", &both("short")).await;
    assert_eq!(short.status, 200);
    assert!(short.text().contains("eight characters"));
    let differs = [("user[password]", NEW_PASSWORD), ("user[password_confirmation]", PASSWORD)];
    assert_eq!(browser.submit_as("put", "/auth/password", &differs).await.status, 200);
    let done = browser.submit_as("put", "/auth/password", &both(NEW_PASSWORD)).await;
    assert!(done.header("location").ends_with("/auth/sign_in"), "{}", done.status);

    assert_eq!(alice.get("/api/v1/accounts/verify_credentials").await.status, 401, "what the old password opened is closed");
    assert_eq!(Browser::new(&app).sign_in("alice@mail.example", PASSWORD).await.status, 200);
    assert_eq!(Browser::new(&app).sign_in("alice@mail.example", NEW_PASSWORD).await.status, 302);
    let used = app.get(&link).await;
    assert!(used.header("location").ends_with("/auth/password/new"), "{}", used.status);
    app.run_jobs().await;
    let told = letters.try_recv().unwrap();
    assert_eq!(told.to, "<alice@mail.example>");
    assert!(told.has("Subject: Your password for here.example was changed"), "{}", told.text);
    assert!(letters.try_recv().is_err());
}

#[tokio::test]
async fn a_link_for_a_password_works_for_six_hours() {
    let (port, mut letters) = mail_server(0, "").await;
    let (clock, hand) = clock::standing();
    let app = builder(port).clock(clock).start().await;
    app.account("alice").await;
    let mut browser = Browser::new(&app);
    browser.get("/auth/password/new").await;
    browser.submit("/auth/password", &[("user[email]", "alice@mail.example")]).await;
    app.run_jobs().await;
    let link = letters.try_recv().unwrap().link("/auth/password/edit?");
    assert_eq!(app.get(&link).await.status, 200);
    hand.forward(TimeDelta::hours(7));
    assert_eq!(app.get(&link).await.status, 302);
}

#[tokio::test]
async fn nobody_learns_who_has_an_account_by_asking_for_letters() {
    let app = TestApp::new().await;
    app.account("alice").await;
    for (page, action) in [("/auth/password/new", "/auth/password"), ("/auth/confirmation/new", "/auth/confirmation")] {
        let mut told = Vec::new();
        for email in ["alice@mail.example", "nobody@mail.example", ""] {
            let mut browser = Browser::new(&app);
            browser.get(page).await;
            let answer = browser.submit(action, &[("user[email]", email)]).await;
            let sign_in = browser.get("/auth/sign_in").await.text();
            let notice = sign_in.split("role=\"status\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
            told.push((answer.status, answer.header("location").to_owned(), notice));
        }
        assert!(told.iter().all(|each| each == &told[0]), "{told:?}");
    }
}

#[tokio::test]
async fn a_form_of_another_site_asks_for_nothing() {
    let app = TestApp::new().await;
    app.account("alice").await;
    for path in ["/auth/password", "/auth/confirmation"] {
        let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        let answer = app.send(request.body(Body::from("user[email]=alice@mail.example")).unwrap()).await;
        assert_eq!(answer.status, 422, "{path}");
    }
    assert_eq!(app.count("SELECT count(*) FROM ferrodon.job").await, 0);
}

#[tokio::test]
async fn a_letter_that_cannot_be_delivered_now_is_tried_again() {
    let (port, mut letters) = mail_server(1, "451 later\r\n").await;
    let app = app_with(port).await;
    sign_up(&app).await;
    app.run_jobs().await;
    assert!(letters.try_recv().is_err());
    let waiting =
        "SELECT count(*) FROM ferrodon.job WHERE kind = 'mail_confirmation' AND attempt = 1 AND last_error LIKE '%451%'";
    assert_eq!(app.count(waiting).await, 1);
    sqlx::query("UPDATE ferrodon.job SET run_at = now()").execute(&mut *app.conn().await).await.unwrap();
    app.run_jobs().await;
    assert_eq!(letters.try_recv().unwrap().to, "<carol@mail.example>");
}

#[tokio::test]
async fn a_letter_that_is_refused_for_good_is_not_sent_again_but_kept_for_the_operator() {
    let (port, mut letters) = mail_server(1, "550 no such person here\r\n").await;
    let app = app_with(port).await;
    sign_up(&app).await;
    app.run_jobs().await;
    assert!(letters.try_recv().is_err());
    let kind = "SELECT count(*) FROM ferrodon.job WHERE kind = 'mail_confirmation'";
    assert_eq!(app.count(kind).await, 0);
    let kept =
        "SELECT count(*) FROM ferrodon.dead WHERE kind = 'mail_confirmation' AND reason = 'refused' AND last_error LIKE '%550%'";
    assert_eq!(app.count(kept).await, 1);
}

#[tokio::test]
async fn a_refusal_to_let_us_in_can_be_mended_and_the_letter_waits_for_that() {
    let (port, mut letters) = mail_server(1, "530 sign in first\r\n").await;
    let app = app_with(port).await;
    sign_up(&app).await;
    app.run_jobs().await;
    assert!(letters.try_recv().is_err());
    assert_eq!(app.count("SELECT count(*) FROM ferrodon.job WHERE kind = 'mail_confirmation' AND attempt = 1").await, 1);
}

#[tokio::test]
async fn who_is_moderated_reads_why() {
    let (port, mut letters) = mail_server(0, "").await;
    let app = app_with(port).await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    let moderator = Moderator { account: bob.account.id, position: 10 };
    let mut tx = app.app().db.begin().await.unwrap();
    for (kind, notify) in [(ActionKind::Silence, true), (ActionKind::None, false)] {
        let strike = Strike { kind, report: None, preset: None, text: "Too loud at night.", notify };
        take_action(&mut tx, moderator, alice.account.id, &strike).await.unwrap();
    }
    tx.commit().await.unwrap();
    app.run_jobs().await;
    let letter = letters.try_recv().unwrap();
    assert_eq!(letter.to, "<alice@mail.example>");
    assert!(letter.has("Subject: Your account @alice is limited"), "{}", letter.text);
    assert!(letter.text.contains("Too loud at night."), "{}", letter.text);
    assert!(letters.try_recv().is_err(), "a moderator may choose not to tell");
}

#[tokio::test]
async fn a_letter_waits_while_there_is_no_mail_server() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let app = app_with(port).await;
    sign_up(&app).await;
    app.run_jobs().await;
    assert_eq!(app.count("SELECT count(*) FROM ferrodon.job WHERE kind = 'mail_confirmation' AND attempt = 1").await, 1);
}

#[tokio::test]
async fn address_and_password_are_changed_only_with_the_present_password() {
    let app = TestApp::new().await;
    app.account("alice").await;
    let mut browser = Browser::new(&app);
    assert!(browser.get("/auth/edit").await.header("location").ends_with("/auth/sign_in"));
    browser.sign_in("alice@mail.example", PASSWORD).await;
    browser.get("/auth/edit").await;
    let change = |present: &'static str| {
        [
            ("user[email]", "new@mail.example"),
            ("user[password]", NEW_PASSWORD),
            ("user[password_confirmation]", NEW_PASSWORD),
            ("user[current_password]", present),
        ]
    };
    let refused = browser.submit_as("put", "/auth", &change("wrong")).await;
    assert!(refused.text().contains("Nothing was changed"), "{}", refused.text());
    assert_eq!(app.count("SELECT count(*) FROM users WHERE unconfirmed_email IS NOT NULL").await, 0);
    let saved = browser.submit_as("put", "/auth", &change(PASSWORD)).await;
    assert_eq!(saved.status, 302, "{}", saved.text());
    let waits = "SELECT count(*) FROM users WHERE email = 'alice@mail.example' AND unconfirmed_email = 'new@mail.example'";
    assert_eq!(app.count(waits).await, 1, "the new address counts when it is confirmed");
    assert_eq!(browser.get("/auth/edit").await.status, 200, "this browser stays signed in");
    assert_eq!(Browser::new(&app).sign_in("alice@mail.example", PASSWORD).await.status, 200);
    assert_eq!(Browser::new(&app).sign_in("alice@mail.example", NEW_PASSWORD).await.status, 302);
}

#[tokio::test]
async fn a_person_signs_another_browser_out_but_nobody_elses() {
    let app = TestApp::new().await;
    app.account("alice").await;
    app.account("bob").await;
    let (mut here, mut there, mut bobs) = (Browser::new(&app), Browser::new(&app), Browser::new(&app));
    there.sign_in("alice@mail.example", PASSWORD).await;
    let other = app.count("SELECT max(id) FROM session_activations").await;
    bobs.sign_in("bob@mail.example", PASSWORD).await;
    here.sign_in("alice@mail.example", PASSWORD).await;

    let page = here.get("/auth/edit").await.text();
    assert_eq!(page.matches("action=\"/settings/sessions/").count(), 1, "{page}");
    let answer = here.submit_as("delete", &format!("/settings/sessions/{other}"), &[]).await;
    assert!(answer.header("location").ends_with("/auth/edit"), "{}", answer.status);
    assert_eq!(there.get("/auth/edit").await.status, 302);
    assert_eq!((here.get("/auth/edit").await.status.as_u16(), bobs.get("/auth/edit").await.status.as_u16()), (200, 200));
    assert_eq!(app.count("SELECT count(*) FROM session_activations").await, 2);
}

async fn ask<J: jobs::Job + Sync>(app: &TestApp, job: &J) {
    let mut tx = app.app().db.begin().await.unwrap();
    jobs::enqueue(&mut tx, job).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_new_member_is_welcomed_and_the_staff_hears_of_who_waits() {
    let (port, mut letters) = mail_server(0, "").await;
    let app = app_with(port).await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    ask(&app, &jobs::mail::MailWelcome { user_id: alice.account.user_id }).await;
    app.run_jobs().await;
    assert_eq!(letters.try_recv().unwrap().to, "<alice@mail.example>");

    let staff = "WITH role AS (INSERT INTO user_roles (name, position, permissions, created_at, updated_at)
                   VALUES ('Staff', 5, 1 << 10, now(), now()) RETURNING id)
                 UPDATE users SET role_id = (SELECT id FROM role) WHERE email = 'alice@mail.example'";
    sqlx::query(staff).execute(&mut *app.conn().await).await.unwrap();
    sqlx::query("UPDATE users SET approved = FALSE WHERE email = 'bob@mail.example'")
        .execute(&mut *app.conn().await)
        .await
        .unwrap();
    ask(&app, &jobs::mail::MailPendingAccount { user_id: bob.account.user_id }).await;
    app.run_jobs().await;
    let letter = letters.try_recv().unwrap();
    assert_eq!(letter.to, "<alice@mail.example>");
    assert!(letter.text.contains("Subject: bob asks for an account on "), "{}", letter.text);
    assert!(letters.try_recv().is_err(), "only the staff hears of it");
}

#[tokio::test]
async fn a_name_that_is_not_ascii_is_encoded_in_the_letters_head() {
    let (port, mut letters) = mail_server(0, "").await;
    let app = app_with(port).await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    sqlx::query("UPDATE accounts SET display_name = 'Bjørn' WHERE username = 'bob'")
        .execute(&mut *app.conn().await)
        .await
        .unwrap();
    post(&app, &format!("/api/v1/accounts/{}/follow", alice.id()), Some(bob.token()), json!({})).await;
    app.run_jobs().await;
    while letters.try_recv().is_ok() {}
    let notification_id = app.count("SELECT max(id) FROM notifications WHERE type = 'follow'").await;
    ask(&app, &jobs::mail::MailNotification { notification_id }).await;
    app.run_jobs().await;
    let letter = letters.try_recv().unwrap();
    assert_eq!(letter.to, "<alice@mail.example>");
    let head = letter.text.split("\r\n\r\n").next().unwrap();
    assert!(head.is_ascii() && head.contains("Subject: =?utf-8?b?"), "{head}");
}

#[tokio::test]
async fn letters_about_mentions_say_their_thread_and_are_ended_by_one_click() {
    let (port, mut letters) = mail_server(0, "").await;
    let app = app_with(port).await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    post(&app, "/api/v1/statuses", Some(bob.token()), json!({ "status": "@alice hello" })).await;
    app.run_jobs().await;
    while letters.try_recv().is_ok() {}
    let notification_id = app.count("SELECT max(id) FROM notifications WHERE type = 'mention'").await;
    ask(&app, &jobs::mail::MailNotification { notification_id }).await;
    app.run_jobs().await;
    let letter = letters.try_recv().unwrap();
    let head = letter.text.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ");
    let link = letter.link("/unsubscribe?").trim_end_matches('>').to_owned();
    for line in [
        format!("List-ID: <mention.alice.{}>", app.domain()),
        format!("List-Unsubscribe: <https://{}{link}>", app.domain()),
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click".to_owned(),
    ] {
        assert!(head.lines().any(|found| found == line), "{line} in {head}");
    }
    let conversation = app.count("SELECT conversation_id FROM statuses").await;
    assert!(head.contains(&format!("In-Reply-To: <conversation-{conversation}.")), "{head}");

    let request = Request::post(&link).header("content-type", "application/x-www-form-urlencoded");
    let answer = app.send(request.body(Body::from("List-Unsubscribe=One-Click")).unwrap()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let ended = r#"SELECT count(*) FROM users WHERE settings::jsonb @> '{"notification_emails.mention":false}'"#;
    assert_eq!(app.count(ended).await, 1);
    assert_eq!(alice.get("/api/v1/accounts/verify_credentials").await.status, 200);
}
