//! Rules about whole servers and what they do to the accounts there. `crates/services/src/moderate_domain`

use futures_util::future::join_all;
use jobs::domain::ApplyDomainBlock;
use serde_json::{Value, json};
use testing::fixture::{account, follow};
use testing::{Network, Person, RemoteServer, TestApp};

use super::{staff, with_permissions};

const BLOCKS: &str = "/api/v1/admin/domain_blocks";

async fn block(by: &Person, domain: &str, rest: &Value) -> Value {
    let mut params = json!({ "domain": domain });
    params.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    by.post(BLOCKS, params).await.ok()
}

async fn unblock(by: &Person, block: &Value) {
    by.delete(&format!("{BLOCKS}/{}", block["id"].as_str().unwrap())).await.ok();
}

/// Two accounts of the server itself, one below it, and one of a server that only ends alike.
async fn neighbours(app: &TestApp) {
    let mut conn = app.conn().await;
    account::remote_many(&mut conn, "bad.example", "zoe", 2).await;
    account::remote_many(&mut conn, "sub.bad.example", "sue", 1).await;
    account::remote_many(&mut conn, "notbad.example", "ned", 1).await;
}

async fn marked(app: &TestApp) -> (i64, i64) {
    (
        app.count("SELECT count(*) FROM accounts WHERE silenced_at IS NOT NULL").await,
        app.count("SELECT count(*) FROM accounts WHERE suspended_at IS NOT NULL").await,
    )
}

async fn run(app: &TestApp) {
    app.run_jobs().await;
    assert_eq!(app.count("SELECT count(*) FROM ferrodon.dead").await, 0);
}

#[tokio::test]
async fn a_limit_means_the_server_and_all_below_it_and_ends_with_the_rule() {
    let app = TestApp::new().await;
    let chief = staff(&app, "chief", "Admin").await;
    neighbours(&app).await;
    sqlx::query("UPDATE accounts SET silenced_at = now() - interval '1 day' WHERE username = 'zoe2'")
        .execute(&mut *app.conn().await)
        .await
        .unwrap();
    let rule = block(&chief, "bad.example", &json!({ "severity": "silence" })).await;
    run(&app).await;
    assert_eq!(marked(&app).await, (3, 0));
    assert_eq!(app.count("SELECT count(*) FROM accounts WHERE silenced_at IS NOT NULL AND domain = 'notbad.example'").await, 0);
    unblock(&chief, &rule).await;
    // Whom a moderator limited by name stays limited.
    assert_eq!(marked(&app).await, (1, 0));
    assert_eq!(app.count("SELECT count(*) FROM accounts WHERE silenced_at IS NOT NULL AND username = 'zoe2'").await, 1);
}

#[tokio::test]
async fn a_rule_that_becomes_milder_or_harsher_acts_as_it_says_now() {
    let app = TestApp::new().await;
    let chief = staff(&app, "chief", "Admin").await;
    neighbours(&app).await;
    let rule = block(&chief, "bad.example", &json!({ "severity": "silence" })).await;
    run(&app).await;
    let path = format!("{BLOCKS}/{}", rule["id"].as_str().unwrap());
    chief.put(&path, json!({ "severity": "suspend" })).await.ok();
    run(&app).await;
    assert_eq!(marked(&app).await, (0, 3));
    let origins = "SELECT count(*) FROM accounts WHERE suspended_at IS NOT NULL AND suspension_origin = 0";
    assert_eq!(app.count(origins).await, 3);
    chief.put(&path, json!({ "severity": "noop" })).await.ok();
    run(&app).await;
    assert_eq!(marked(&app).await, (0, 0));
    let before = app.count("SELECT count(*) FROM admin_action_logs").await;
    chief.put(&path, json!({ "severity": "nonsense" })).await.expect(422);
    assert_eq!(app.count("SELECT count(*) FROM admin_action_logs").await, before);
}

#[tokio::test]
async fn a_suspension_takes_ties_and_posts_and_tells_people_whom_they_lost_once() {
    let app = TestApp::new().await;
    let chief = staff(&app, "chief", "Admin").await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    neighbours(&app).await;
    {
        let mut conn = app.conn().await;
        let theirs: Vec<i64> = sqlx::query_scalar("SELECT id FROM accounts WHERE domain LIKE '%bad.example' ORDER BY id")
            .fetch_all(&mut *conn)
            .await
            .unwrap();
        follow::insert_many(&mut conn, &theirs, alice.account.id).await;
        follow::insert_many(&mut conn, &[alice.account.id, bob.account.id], theirs[0]).await;
        sqlx::query(
            "INSERT INTO statuses (account_id, text, uri, created_at, updated_at) VALUES ($1, 'x', 'https://bad.example/1', now(), now())",
        )
        .bind(theirs[0])
        .execute(&mut *conn)
        .await
        .unwrap();
    }
    block(&chief, "bad.example", &json!({ "severity": "suspend" })).await;
    run(&app).await;
    // Runs again after a crash, or twice at a time: nothing is told or counted twice.
    for _ in 0..2 {
        let again = "SELECT id, created_at FROM domain_blocks";
        let (domain_block_id, since): (i64, chrono::NaiveDateTime) =
            sqlx::query_as(again).fetch_one(&mut *app.conn().await).await.unwrap();
        jobs::enqueue(&mut *app.conn().await, &ApplyDomainBlock { domain_block_id, since }).await.unwrap();
        run(&app).await;
    }
    // What is left is the follow from the server that only ends alike.
    assert_eq!(app.count("SELECT count(*) FROM follows").await, 1);
    assert_eq!(app.count("SELECT count(*) FROM statuses").await, 0);
    assert_eq!(
        app.count("SELECT count(*) FROM relationship_severance_events WHERE type = 0 AND target_name = 'bad.example'").await,
        1
    );
    assert_eq!(app.count("SELECT count(*) FROM severed_relationships").await, 5);
    let told = alice.get("/api/v1/notifications?types[]=severed_relationships").await.ok();
    assert_eq!(told.as_array().map(Vec::len), Some(1), "{told}");
    let event = &told[0]["event"];
    assert_eq!((&event["type"], &event["target_name"]), (&json!("domain_block"), &json!("bad.example")));
    assert_eq!((&event["followers_count"], &event["following_count"]), (&json!(3), &json!(1)));
    let counts = alice.get("/api/v1/accounts/verify_credentials").await.ok();
    assert_eq!((&counts["followers_count"], &counts["following_count"]), (&json!(1), &json!(0)));
    assert_eq!(app.count("SELECT count(*) FROM accounts WHERE domain = 'bad.example' AND suspended_at IS NOT NULL").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_suspended_server_is_told_that_ties_end() {
    let network = Network::new(&["here.example", "there.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let there = RemoteServer::start(&network, "there.example");
    let chief = staff(&app, "chief", "Admin").await;
    let (alice, zoe) = (app.account("alice").await, there.actor("zoe"));
    alice.follows(&there, &zoe, json!({})).await;
    let _ = there.take_arrived();
    block(&chief, "there.example", &json!({ "severity": "suspend" })).await;
    run(&app).await;
    let arrived: Vec<Value> = there.take_arrived().into_iter().map(|arrived| arrived.activity).collect();
    assert_eq!(arrived.len(), 1, "{arrived:?}");
    assert_eq!((&arrived[0]["type"], &arrived[0]["object"]["type"]), (&json!("Undo"), &json!("Follow")));
    // And nothing comes from there any more.
    zoe.deliver(&app, &zoe.activity("Follow", json!(format!("https://here.example/users/{}", alice.username)))).await.expect(403);
}

#[tokio::test]
async fn accounts_keep_what_is_theirs_if_the_rule_is_gone_before_it_acts() {
    let app = TestApp::new().await;
    let chief = staff(&app, "chief", "Admin").await;
    let alice = app.account("alice").await;
    neighbours(&app).await;
    {
        let mut conn = app.conn().await;
        let theirs: Vec<i64> =
            sqlx::query_scalar("SELECT id FROM accounts WHERE domain = 'bad.example'").fetch_all(&mut *conn).await.unwrap();
        follow::insert_many(&mut conn, &theirs, alice.account.id).await;
    }
    let rule = block(&chief, "bad.example", &json!({ "severity": "suspend" })).await;
    unblock(&chief, &rule).await;
    run(&app).await;
    assert_eq!(marked(&app).await, (0, 0));
    assert_eq!(app.count("SELECT count(*) FROM follows").await, 2);
}

#[tokio::test]
async fn files_of_a_server_go_when_its_media_are_rejected() {
    let app = TestApp::new().await;
    let chief = staff(&app, "chief", "Admin").await;
    neighbours(&app).await;
    for sql in [
        "UPDATE accounts SET avatar_file_name = 'a.png', header_file_name = 'h.png', avatar_remote_url = 'https://bad.example/a.png'
         WHERE domain IS NOT NULL",
        "INSERT INTO media_attachments (account_id, remote_url, file_file_name, thumbnail_file_name, type, created_at, updated_at)
         SELECT id, 'https://bad.example/m.png', 'm.png', 't.png', 0, now(), now() FROM accounts, generate_series(1, 250)
         WHERE domain IS NOT NULL",
        "INSERT INTO custom_emojis (shortcode, domain, image_file_name, created_at, updated_at)
         SELECT 'wave', domain, 'e.png', now(), now() FROM accounts WHERE domain IS NOT NULL GROUP BY domain",
    ] {
        sqlx::query(sql).execute(&mut *app.conn().await).await.unwrap();
    }
    block(&chief, "bad.example", &json!({ "severity": "noop", "reject_media": true })).await;
    run(&app).await;
    assert_eq!(app.count("SELECT count(*) FROM media_attachments WHERE file_file_name IS NOT NULL").await, 250);
    assert_eq!(app.count("SELECT count(*) FROM media_attachments WHERE remote_url <> ''").await, 1_000);
    assert_eq!(app.count("SELECT count(*) FROM accounts WHERE avatar_file_name IS NOT NULL").await, 1);
    assert_eq!(app.count("SELECT count(*) FROM accounts WHERE avatar_remote_url IS NOT NULL").await, 4);
    assert_eq!(app.count("SELECT count(*) FROM custom_emojis").await, 1);
    assert_eq!(marked(&app).await, (0, 0));
}

#[tokio::test]
async fn one_server_has_one_rule_however_many_ask_for_it() {
    let app = TestApp::new().await;
    let chief = staff(&app, "chief", "Admin").await;
    let asked = (0..4).map(|_| chief.post(BLOCKS, json!({ "domain": "Bad.example", "severity": "silence" })));
    let mut answers: Vec<u16> = join_all(asked).await.iter().map(|answer| answer.status.as_u16()).collect();
    answers.sort_unstable();
    assert_eq!(answers, [200, 422, 422, 422]);
    assert_eq!(app.count("SELECT count(*) FROM domain_blocks").await, 1);
    assert_eq!(app.count("SELECT count(*) FROM admin_action_logs WHERE target_type = 'DomainBlock'").await, 1);
    // What lies below may be treated worse, not the same way by name.
    chief.post(BLOCKS, json!({ "domain": "sub.bad.example", "severity": "noop" })).await.expect(422);
    block(&chief, "sub.bad.example", &json!({ "severity": "suspend" })).await;
}

#[tokio::test]
async fn rules_are_listed_page_by_page_for_those_who_manage_federation() {
    let app = TestApp::new().await;
    let chief = with_permissions(&app, "chief", 5, &[5]).await;
    let moderator = with_permissions(&app, "other", 5, &[4, 7, 10]).await;
    for n in 1..=3 {
        block(&chief, &format!("bad{n}.example"), &json!({})).await;
    }
    let page = chief.get(&format!("{BLOCKS}?limit=2")).await;
    let domains = |page: &Value| -> Vec<String> {
        page.as_array().unwrap().iter().map(|rule| rule["domain"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(domains(&page.ok()), ["bad3.example", "bad2.example"]);
    let second = page.ok()[1]["id"].as_str().unwrap().to_owned();
    assert!(page.header("link").contains(&format!("?limit=2&max_id={second}>; rel=\"next\"")), "{}", page.header("link"));
    let next = chief.get(&format!("{BLOCKS}?limit=2&max_id={second}")).await;
    assert_eq!(domains(&next.ok()), ["bad1.example"]);
    assert!(!next.header("link").contains("rel=\"next\""));
    let above = chief.get(&format!("{BLOCKS}?min_id={second}")).await.ok();
    assert_eq!(domains(&above), ["bad3.example"]);

    let one = format!("{BLOCKS}/{second}");
    for path in [BLOCKS, &one] {
        assert_eq!(moderator.get(path).await.expect(403)["error"], "This action is not allowed");
        app.get(path).await.expect(403);
        chief.with_scopes("read write admin:write").await.get(path).await.expect(403);
        chief.with_scopes("admin:read:domain_blocks").await.get(path).await.ok();
    }
    moderator.delete(&one).await.expect(403);
    moderator.put(&one, json!({ "severity": "suspend" })).await.expect(403);
    chief.with_scopes("admin:read").await.delete(&one).await.expect(403);
    // Whether there is such a rule is said before who may see it.
    app.get(&format!("{BLOCKS}/999999")).await.expect(404);
    assert_eq!(app.count("SELECT count(*) FROM domain_blocks WHERE severity = 0").await, 3);
}

#[tokio::test]
async fn a_server_that_is_no_longer_allowed_is_forgotten_where_only_allowed_ones_are() {
    let app = TestApp::builder().variable("LIMITED_FEDERATION_MODE", "true").start().await;
    let chief = staff(&app, "chief", "Admin").await;
    let alice = app.account("alice").await;
    neighbours(&app).await;
    let allow = |domain: &'static str| chief.post("/api/v1/admin/domain_allows", json!({ "domain": domain }));
    let first = allow("bad.example").await.ok();
    assert_eq!(allow("BAD.example").await.ok()["id"], first["id"]);
    {
        let mut conn = app.conn().await;
        let theirs: Vec<i64> =
            sqlx::query_scalar("SELECT id FROM accounts WHERE domain = 'bad.example'").fetch_all(&mut *conn).await.unwrap();
        follow::insert_many(&mut conn, &theirs, alice.account.id).await;
    }
    run(&app).await;
    let path = format!("/api/v1/admin/domain_allows/{}", first["id"].as_str().unwrap());
    chief.delete(&path).await.ok();
    run(&app).await;
    assert_eq!(app.count("SELECT count(*) FROM accounts WHERE domain = 'bad.example'").await, 0);
    assert_eq!(app.count("SELECT count(*) FROM accounts WHERE domain = 'sub.bad.example'").await, 1);
    assert_eq!(app.count("SELECT count(*) FROM follows").await, 0);
    assert_eq!(app.count("SELECT count(*) FROM severed_relationships").await, 0);
    let counts = alice.get("/api/v1/accounts/verify_credentials").await.ok();
    assert_eq!(counts["followers_count"], 0);
}

#[tokio::test]
async fn an_allowed_server_stays_when_all_are_allowed() {
    let app = TestApp::new().await;
    let chief = staff(&app, "chief", "Admin").await;
    neighbours(&app).await;
    let allowed = chief.post("/api/v1/admin/domain_allows", json!({ "domain": "bad.example" })).await.ok();
    chief.delete(&format!("/api/v1/admin/domain_allows/{}", allowed["id"].as_str().unwrap())).await.ok();
    run(&app).await;
    assert_eq!(app.count("SELECT count(*) FROM accounts WHERE domain = 'bad.example' AND suspended_at IS NULL").await, 2);
}

#[tokio::test]
async fn servers_are_listed_once_somebody_names_them() {
    let app = TestApp::new().await;
    let chief = staff(&app, "chief", "Admin").await;
    chief.post("/api/v1/admin/domain_allows", json!({ "domain": "good.example" })).await.ok();
    let rule = block(&chief, "bad.example", &json!({})).await;
    run(&app).await;
    assert_eq!(chief.get("/api/v1/instance/peers").await.ok(), json!(["good.example"]));
    // The list knows it still, and nothing holds it back any more.
    unblock(&chief, &rule).await;
    assert_eq!(chief.get("/api/v1/instance/peers").await.ok(), json!(["bad.example", "good.example"]));
}
