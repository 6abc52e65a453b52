//! The command line, as an administrator uses it: the program itself against a database of its own. `server/src/cli`

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

use std::process::{Command, Stdio};

use testing::{Browser, Person, TestApp, TestDatabase, fixture};

/// What a command left: exit code, standard output, standard error.
struct Ended {
    code: i32,
    out: String,
    err: String,
}

impl Ended {
    fn ok(self) -> String {
        assert_eq!(self.code, 0, "{} {}", self.out, self.err);
        self.out
    }

    /// Fails with exit code 1 and a message that says why.
    fn says(self, why: &str) {
        assert_eq!(self.code, 1, "{} {}", self.out, self.err);
        assert!(self.err.starts_with("ferrodon: ") && self.err.contains(why), "{:?} does not say {why:?}", self.err);
        assert!(self.out.is_empty(), "{}", self.out);
    }

    /// The password that was printed last.
    fn password(self) -> String {
        let out = self.ok();
        let (first, password) = out.trim_end().rsplit_once("New password: ").unwrap();
        assert_eq!(first, "OK\n");
        assert_eq!((password.len(), password.bytes().all(|byte| byte.is_ascii_hexdigit())), (32, true));
        password.to_owned()
    }
}

async fn run_with(environment: Vec<(String, String)>, command: &str) -> Ended {
    let arguments: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
    let run = move || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ferrodon"));
        // No .env.production of whoever runs the tests.
        command.current_dir(std::env::temp_dir()).args(arguments).envs(environment).stdin(Stdio::null());
        let ended = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ended { code: ended.status.code().unwrap(), out: text(ended.stdout), err: text(ended.stderr) }
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

async fn run(app: &TestApp, command: &str) -> Ended {
    run_with(app.environment().to_vec(), command).await
}

async fn signs_in(app: &TestApp, email: &str, password: &str) -> bool {
    let answer = Browser::new(app).sign_in(email, password).await;
    (300..400).contains(&answer.status.as_u16())
}

/// One column of a user, as text.
async fn of_user(app: &TestApp, username: &str, column: &'static str) -> Option<String> {
    let query = format!(
        "SELECT ({column})::text FROM users u JOIN accounts a ON a.id = u.account_id LEFT JOIN user_roles r ON r.id = u.role_id
         WHERE a.username = $1"
    );
    sqlx::query_scalar(sqlx::AssertSqlSafe(query)).bind(username).fetch_one(&mut *app.conn().await).await.unwrap()
}

#[tokio::test]
async fn create_makes_an_account_that_signs_in_with_the_printed_password() {
    let app = TestApp::new().await;
    let password =
        run(&app, "accounts create carol --email Carol@mail.example --confirmed --role Admin --approve").await.password();
    assert!(signs_in(&app, "carol@mail.example", &password).await);
    assert_eq!(of_user(&app, "carol", "u.confirmed_at IS NOT NULL AND u.approved").await.as_deref(), Some("true"));
    assert_eq!(of_user(&app, "carol", "r.name").await.as_deref(), Some("Admin"));
    assert_eq!(app.count("SELECT count(*) FROM ferrodon.job WHERE kind = 'mail_confirmation'").await, 0);

    run(&app, "accounts create dave --email dave@mail.example").await.password();
    assert_eq!(of_user(&app, "dave", "u.confirmed_at").await, None);
    assert_eq!(app.count("SELECT count(*) FROM ferrodon.job WHERE kind = 'mail_confirmation'").await, 1);
}

#[tokio::test]
async fn create_says_what_is_wrong_and_makes_nothing() {
    let app = TestApp::new().await;
    app.account("alice").await;
    run(&app, "accounts create alice --email new@mail.example").await.says("Username has already been taken");
    run(&app, "accounts create erin --email alice@mail.example").await.says("E-mail address has already been taken");
    run(&app, "accounts create er-in --email erin@mail.example").await.says("Username");
    run(&app, "accounts create erin --email nonsense").await.says("E-mail");
    run(&app, "accounts create erin --email erin@mail.example --role Nobody").await.says("there is no role named \"Nobody\"");
    assert_eq!(run(&app, "accounts create erin").await.code, 2);
    assert_eq!(app.count("SELECT count(*) FROM users").await, 1);
}

#[tokio::test]
async fn reattach_takes_over_what_has_no_user_and_with_force_deletes_what_has_one() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    let post = alice.posts("of the old alice").await;
    let id = post["id"].as_str().unwrap().to_owned();
    bob.post(&format!("/api/v1/accounts/{}/follow", alice.id()), serde_json::json!({})).await.ok();
    bob.post(&format!("/api/v1/statuses/{id}/reblog"), serde_json::json!({})).await.ok();
    app.run_jobs().await;
    let command = "accounts create alice --email new@mail.example --confirmed --reattach";
    run(&app, command).await.says("--force");
    run(&app, &command.replace("new@", "bob@")).await.says("--force");
    run(&app, &format!("{} --force", command.replace("new@", "bob@"))).await.says("E-mail address has already been taken");
    assert_eq!(app.count("SELECT count(*) FROM statuses").await, 2, "nothing was deleted for an address that cannot be had");

    let password = run(&app, &format!("{command} --force")).await.password();
    assert!(signs_in(&app, "new@mail.example", &password).await);
    assert!(!signs_in(&app, "alice@mail.example", fixture::account::PASSWORD).await);
    assert_eq!(app.count("SELECT count(*) FROM statuses").await, 0);
    assert_eq!(app.count("SELECT count(*) FROM follows").await, 0);
    assert_eq!(app.count("SELECT count(*) FROM accounts WHERE username = 'alice'").await, 1);
    assert_eq!(app.count("SELECT count(*) FROM users").await, 2);
    assert_eq!(alice.get("/api/v1/accounts/verify_credentials").await.status, 401);
    let me = bob.get("/api/v1/accounts/verify_credentials").await.ok();
    assert_eq!((&me["following_count"], &me["statuses_count"]), (&0.into(), &0.into()));

    // Without a user the row is taken as it is.
    sqlx::query("DELETE FROM users WHERE email = 'new@mail.example'").execute(&mut *app.conn().await).await.unwrap();
    let before = app.count("SELECT id FROM accounts WHERE username = 'alice'").await;
    run(&app, &command.replace("new@", "third@")).await.password();
    assert_eq!(app.count("SELECT id FROM accounts WHERE username = 'alice'").await, before);
    run(&app, "accounts create fresh --email fresh@mail.example --reattach").await.password();
}

#[tokio::test]
async fn modify_changes_what_it_is_told_and_nothing_else() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    assert_eq!(run(&app, "accounts modify alice --role Moderator").await.ok(), "OK\n");
    assert_eq!(of_user(&app, "alice", "r.name").await.as_deref(), Some("Moderator"));
    run(&app, "accounts modify ALICE --remove-role").await.ok();
    assert_eq!(of_user(&app, "alice", "r.name").await, None);
    run(&app, "accounts modify @alice --disable").await.ok();
    assert_eq!(alice.get("/api/v1/accounts/verify_credentials").await.status, 403);
    run(&app, "accounts modify alice --enable").await.ok();
    assert_eq!(alice.get("/api/v1/accounts/verify_credentials").await.status, 200);

    run(&app, "accounts modify alice --email new@mail.example").await.ok();
    assert_eq!(
        of_user(&app, "alice", "u.email || ' ' || u.unconfirmed_email").await.as_deref(),
        Some("alice@mail.example new@mail.example")
    );
    run(&app, "accounts modify alice --confirm").await.ok();
    assert_eq!(of_user(&app, "alice", "u.email").await.as_deref(), Some("new@mail.example"));
    assert!(signs_in(&app, "new@mail.example", fixture::account::PASSWORD).await);

    for statement in ["UPDATE users SET otp_required_for_login = true, otp_secret = 'x'", "UPDATE users SET approved = false"] {
        sqlx::query(statement).execute(&mut *app.conn().await).await.unwrap();
    }
    run(&app, "accounts modify alice --disable-2fa --approve").await.ok();
    assert_eq!(of_user(&app, "alice", "u.approved AND NOT u.otp_required_for_login").await.as_deref(), Some("true"));
}

#[tokio::test]
async fn modify_refuses_what_makes_no_sense() {
    let app = TestApp::new().await;
    app.account("alice").await;
    app.account("bob").await;
    run(&app, "accounts modify nobody --disable").await.says("there is no user named \"nobody\"");
    run(&app, "accounts modify alice --role Nobody").await.says("there is no role named \"Nobody\"");
    run(&app, "accounts modify alice --email bob@mail.example").await.says("has already been taken");
    assert_eq!(run(&app, "accounts modify alice --enable --disable").await.code, 2);
    assert_eq!(run(&app, "accounts modify alice --role Admin --remove-role").await.code, 2);
    assert_eq!(run(&app, "accounts").await.code, 2);
}

async fn new_password(command: &str) {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    let password = run(&app, command).await.password();
    assert!(signs_in(&app, "alice@mail.example", &password).await);
    assert!(!signs_in(&app, "alice@mail.example", fixture::account::PASSWORD).await);
    assert_eq!(alice.get("/api/v1/accounts/verify_credentials").await.status, 401, "signed out everywhere");
}

#[tokio::test]
async fn a_new_password_signs_out_everywhere() {
    new_password("accounts modify alice --reset-password").await;
    new_password("accounts reset-password alice").await;
    let app = TestApp::new().await;
    run(&app, "accounts reset-password nobody").await.says("there is no user named \"nobody\"");
}

async fn posts_of(app: &TestApp, person: &Person) -> i64 {
    let _ = person;
    app.count("SELECT count(*) FROM statuses").await
}

#[tokio::test]
async fn delete_empties_the_account_keeps_the_name_and_frees_the_address() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    for person in [&alice, &bob] {
        person.posts("hello").await;
    }
    app.run_jobs().await;
    let said = run(&app, "accounts delete alice --dry-run").await.ok();
    assert_eq!(said, "alice@here.example with 1 statuses\nNothing was deleted (--dry-run)\n");
    app.run_jobs().await;
    assert_eq!(posts_of(&app, &alice).await, 2);

    run(&app, "accounts delete alice").await.ok();
    app.run_jobs().await;
    assert_eq!(posts_of(&app, &alice).await, 1);
    assert_eq!(app.count("SELECT count(*) FROM accounts WHERE username = 'alice' AND suspended_at IS NOT NULL").await, 1);
    assert_eq!(app.count("SELECT count(*) FROM users WHERE email = 'alice@mail.example'").await, 0);
    run(&app, "accounts delete --email BOB@mail.example").await.ok();
    app.run_jobs().await;
    assert_eq!(app.count("SELECT count(*) FROM users").await, 0);

    run(&app, "accounts delete nobody").await.says("there is no such user");
    run(&app, "accounts delete --email nobody@mail.example").await.says("there is no such user");
    run(&app, "accounts delete").await.says("give either");
    run(&app, "accounts delete alice --email alice@mail.example").await.says("give either");
}

#[tokio::test]
async fn approve_lets_in_one_the_first_or_all() {
    let app = TestApp::new().await;
    for name in ["one", "two", "three", "four", "five"] {
        app.account(name).await;
    }
    sqlx::query("UPDATE users SET approved = false").execute(&mut *app.conn().await).await.unwrap();
    let waiting = async || app.count("SELECT count(*) FROM users WHERE NOT approved").await;
    run(&app, "accounts approve five").await.ok();
    assert_eq!(waiting().await, 4);
    run(&app, "accounts approve five").await.says("five is approved already");
    run(&app, "accounts approve --number 2").await.ok();
    assert_eq!(waiting().await, 2);
    assert_eq!(of_user(&app, "four", "u.approved").await.as_deref(), Some("false"));
    run(&app, "accounts approve --all").await.ok();
    assert_eq!(waiting().await, 0);
    run(&app, "accounts approve nobody").await.says("there is no user named \"nobody\"");
    assert_eq!(run(&app, "accounts approve").await.code, 2);
    assert_eq!(run(&app, "accounts approve one --all").await.code, 2);
}

#[tokio::test]
async fn the_database_is_made_checked_and_refused() {
    let app = TestApp::new().await;
    let empty = TestDatabase::empty().await;
    let mut environment = app.environment().to_vec();
    environment.retain(|(name, _)| name != "DATABASE_URL");
    environment.push(("DATABASE_URL".to_owned(), empty.url()));
    let run = async |command: &str| run_with(environment.clone(), command).await;
    assert_eq!(run("db check").await.code, 1);
    run("accounts create alice --email alice@mail.example").await.says("");
    assert_eq!(run("db setup").await.ok(), "The database was empty; its tables were created.\n");
    assert!(run("db setup").await.ok().contains("up to date"));
    assert_eq!(run("db check").await.ok(), "The database is as it should be.\n");
    run("accounts create alice --email alice@mail.example").await.password();

    let mut conn = empty.connect().await;
    sqlx::query("DELETE FROM schema_migrations WHERE version = (SELECT max(version) FROM schema_migrations)")
        .execute(&mut conn)
        .await
        .unwrap();
    assert_eq!(run("db check").await.code, 1);
    assert_eq!(run("accounts modify alice --disable").await.code, 1);
    assert_eq!(run("db").await.code, 2);
}
