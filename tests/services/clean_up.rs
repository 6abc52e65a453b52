//! What goes by age. `worker/src/jobs/clean_up.rs`

use jobs::maintenance::{Maintenance, Task};
use serde_json::json;
use testing::{Network, RemoteServer, TestApp};

async fn run(app: &TestApp, sql: &'static [&'static str]) {
    for sql in sql {
        sqlx::query(*sql).execute(&mut *app.conn().await).await.unwrap();
    }
    for task in [Task::CleanUp, Task::DeleteSuspended, Task::CleanUpFiles, Task::CleanUpFeeds, Task::CleanUpStatuses] {
        jobs::enqueue(&mut *app.conn().await, &Maintenance { task }).await.unwrap();
    }
    app.run_jobs().await;
    assert_eq!(app.count("SELECT count(*) FROM ferrodon.dead").await, 0);
}

#[tokio::test]
async fn who_never_confirmed_goes_after_seven_days_and_not_sooner() {
    let app = TestApp::new().await;
    for name in ["alice", "late", "slow"] {
        app.account(name).await;
    }
    run(
        &app,
        &[
            "UPDATE users SET confirmed_at = NULL, confirmation_sent_at = now() - interval '8 days'
             WHERE account_id IN (SELECT id FROM accounts WHERE username = 'late')",
            "UPDATE users SET confirmed_at = NULL, confirmation_sent_at = now() - interval '6 days'
             WHERE account_id IN (SELECT id FROM accounts WHERE username = 'slow')",
        ],
    )
    .await;
    assert_eq!(app.count("SELECT count(*) FROM accounts WHERE username IN ('alice', 'slow')").await, 2);
    assert_eq!(app.count("SELECT count(*) FROM accounts WHERE username = 'late'").await, 0);
    assert_eq!(app.count("SELECT count(*) FROM users").await, 2);
}

#[tokio::test]
async fn a_suspended_account_is_emptied_after_thirty_days_and_not_sooner() {
    let app = TestApp::new().await;
    for name in ["old", "young"] {
        app.account(name).await.posts("hello").await;
    }
    run(
        &app,
        &[
            "UPDATE accounts SET suspended_at = now(), suspension_origin = 0 WHERE username IN ('old', 'young')",
            "INSERT INTO account_deletion_requests (account_id, created_at, updated_at)
             SELECT id, now() - CASE username WHEN 'old' THEN interval '31 days' ELSE interval '29 days' END, now()
             FROM accounts WHERE username IN ('old', 'young')",
        ],
    )
    .await;
    let of_old = "SELECT count(*) FROM statuses s JOIN accounts a ON a.id = s.account_id WHERE a.username = 'old'";
    let of_young = "SELECT count(*) FROM statuses s JOIN accounts a ON a.id = s.account_id WHERE a.username = 'young'";
    assert_eq!((app.count(of_old).await, app.count(of_young).await), (0, 1));
    assert_eq!(app.count("SELECT count(*) FROM account_deletion_requests").await, 1);
}

#[tokio::test]
async fn dead_tokens_and_old_addresses_go_and_what_is_in_use_stays() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    run(
        &app,
        &[
            "UPDATE oauth_access_tokens SET revoked_at = now() - interval '1 hour'
             WHERE resource_owner_id IN (SELECT u.id FROM users u JOIN accounts a ON a.id = u.account_id WHERE a.username = 'bob')",
            "UPDATE users SET sign_up_ip = '192.0.2.1', created_at = now() - interval '2 years'
             WHERE account_id IN (SELECT id FROM accounts WHERE username = 'bob')",
            "UPDATE users SET sign_up_ip = '192.0.2.2' WHERE account_id IN (SELECT id FROM accounts WHERE username = 'alice')",
        ],
    )
    .await;
    assert_eq!(alice.get("/api/v1/accounts/verify_credentials").await.status, 200);
    assert_eq!(bob.get("/api/v1/accounts/verify_credentials").await.status, 401);
    assert_eq!(app.count("SELECT count(*) FROM oauth_access_tokens WHERE revoked_at IS NOT NULL").await, 0);
    assert_eq!(app.count("SELECT count(*) FROM users WHERE sign_up_ip IS NOT NULL").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_takes_long_is_begun_once() {
    let network = Network::new(&["here.example", "there.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let there = RemoteServer::start(&network, "there.example");
    let (old, zoe) = (app.account("old").await, there.actor("zoe"));
    zoe.deliver(&app, &zoe.activity("Follow", json!(format!("https://here.example/users/{}", old.username)))).await;
    app.run_jobs().await;
    let _ = there.take_arrived();
    // The timetable comes round again before the second part of the deletion runs.
    for sql in [
        "UPDATE accounts SET suspended_at = now(), suspension_origin = 0 WHERE username = 'old'",
        "INSERT INTO account_deletion_requests (account_id, created_at, updated_at)
         SELECT id, now() - interval '31 days', now() FROM accounts WHERE username = 'old'",
        "INSERT INTO ferrodon.job (lane, kind, args, max_attempts, run_at)
         SELECT 'pull', 'delete_account', json_build_object('account_id', id, 'reserve_username', true, 'skip_activitypub', false)::text,
           1, now() FROM accounts WHERE username = 'old'",
    ] {
        sqlx::query(sql).execute(&mut *app.conn().await).await.unwrap();
    }
    run(&app, &[]).await;
    let deletes = there.take_arrived().into_iter().filter(|arrived| arrived.activity["type"] == "Delete").count();
    assert_eq!(deletes, 1);
}

const PICTURE: &[u8] = include_bytes!("../conformance/media/files/rgb.png");

/// Somebody on another server posts with a picture, which is fetched. The id of the post.
async fn post_with_picture(app: &TestApp, there: &RemoteServer, alice: &testing::Person) -> String {
    let zoe = there.actor("zoe");
    let url = format!("https://{}/a.png", there.domain());
    there.publish_file(&url, "image/png", PICTURE);
    let mut note = zoe.note("look", &[(format!("https://{}/users/alice", app.domain()), alice.acct())]);
    note["attachment"] = json!([{ "type": "Document", "mediaType": "image/png", "url": url }]);
    zoe.deliver(app, &zoe.activity("Create", note)).await;
    app.run_jobs().await;
    let told = alice.get("/api/v1/notifications").await.ok();
    told[0]["status"]["id"].as_str().unwrap().to_owned()
}

async fn set(app: &TestApp, name: &str, days: i64) {
    sqlx::query("INSERT INTO settings (var, value, created_at, updated_at) VALUES ($1, $2, now(), now())")
        .bind(name)
        .bind(format!("--- {days}\n"))
        .execute(&mut *app.conn().await)
        .await
        .unwrap();
}

fn files_below(folder: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { files_below(&path) } else { 1 }).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cached_file_goes_after_its_time_and_is_fetched_again_when_somebody_looks() {
    let network = Network::new(&["here.example", "there.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let there = RemoteServer::start(&network, "there.example");
    let alice = app.account("alice").await;
    let post = post_with_picture(&app, &there, &alice).await;
    let cache = app.app().config.storage.root.join("cache/media_attachments");
    assert_eq!(files_below(&cache), 2, "original and preview");
    run(&app, &["UPDATE media_attachments SET created_at = now() - interval '30 days', updated_at = now() - interval '30 days'"])
        .await;
    assert_eq!(files_below(&cache), 2, "without a setting everything is kept");

    set(&app, "media_cache_retention_period", 14).await;
    run(&app, &["UPDATE media_attachments SET updated_at = now() - interval '13 days'"]).await;
    assert_eq!(files_below(&cache), 2, "it was fetched again thirteen days ago");
    run(&app, &["UPDATE media_attachments SET updated_at = now() - interval '15 days'"]).await;
    assert_eq!(files_below(&cache), 0);
    let path = format!("/api/v1/statuses/{post}");
    let media = alice.get(&path).await.ok()["media_attachments"][0].clone();
    let proxy = media["url"].as_str().unwrap().strip_prefix("https://here.example").unwrap().to_owned();
    assert_eq!(proxy, format!("/media_proxy/{}/original", media["id"].as_str().unwrap()));
    assert!(media["blurhash"].is_string() && media["meta"]["original"]["width"].is_i64(), "{media}");

    // Two look at once; one fetch serves both.
    let asked = there.asked().len();
    let look = async {
        let small = proxy.replace("original", "small");
        tokio::join!(app.get(&proxy), alice.get(&small))
    };
    let work = app.work_until("SELECT bool_and(file_file_name IS NOT NULL) FROM media_attachments");
    let ((one, other), ()) = tokio::join!(look, work);
    assert_eq!((one.status.as_u16(), other.status.as_u16()), (302, 302));
    assert!(one.header("location").contains("/cache/media_attachments/files/"), "{}", one.header("location"));
    assert!(other.header("location").contains("/small/"));
    assert_eq!(there.asked().iter().skip(asked).filter(|url| url.ends_with("/a.png")).count(), 1);
    assert_eq!(files_below(&cache), 2);
    assert!(!alice.get(&path).await.ok()["media_attachments"][0]["url"].as_str().unwrap().contains("media_proxy"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_had_or_may_not_be_seen_is_not_found() {
    let network = Network::new(&["here.example", "there.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let there = RemoteServer::start(&network, "there.example");
    let alice = app.account("alice").await;
    post_with_picture(&app, &there, &alice).await;
    sqlx::query("UPDATE media_attachments SET file_file_name = NULL, remote_url = 'https://there.example/gone.png'")
        .execute(&mut *app.conn().await)
        .await
        .unwrap();
    let id = app.count("SELECT id FROM media_attachments").await;
    let path = format!("/media_proxy/{id}/original");
    let (answer, ()) = tokio::join!(
        app.get(&path),
        app.work_until(
            "SELECT NOT EXISTS (SELECT FROM ferrodon.job WHERE kind = 'download_media') AND EXISTS (SELECT FROM ferrodon.worker)"
        )
    );
    assert!([404, 503].contains(&answer.status.as_u16()), "{}", answer.status);
    assert_eq!(app.get("/media_proxy/1/original").await.status, 404);
    assert_eq!(app.get("/media_proxy/x").await.status, 404);
    sqlx::query("UPDATE statuses SET visibility = 2").execute(&mut *app.conn().await).await.unwrap();
    assert_eq!(app.get(&path).await.status, 404);
}

#[tokio::test]
async fn uploads_that_nobody_posted_go_after_a_day_with_their_files() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    let file = || testing::Upload { field: "file", name: "a.png", content_type: "image/png", bytes: PICTURE };
    let posted = alice.upload("/api/v2/media", file(), &[]).await.ok()["id"].clone();
    alice.posts_with(json!({ "status": "look", "media_ids": [posted] })).await;
    alice.upload("/api/v2/media", file(), &[]).await.ok();
    alice.upload("/api/v2/media", file(), &[]).await.ok();
    let root = app.app().config.storage.root.join("media_attachments");
    assert_eq!(files_below(&root), 6);
    run(
        &app,
        &["UPDATE media_attachments SET created_at = now() - interval '2 days', updated_at = now() - interval '2 days'
           WHERE id <> (SELECT max(id) FROM media_attachments)"],
    )
    .await;
    assert_eq!(app.count("SELECT count(*) FROM media_attachments").await, 2);
    assert_eq!(files_below(&root), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_posts_of_other_servers_go_and_those_of_ours_stay() {
    let network = Network::new(&["here.example", "there.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let there = RemoteServer::start(&network, "there.example");
    let alice = app.account("alice").await;
    let post = post_with_picture(&app, &there, &alice).await;
    alice.post(&format!("/api/v1/statuses/{post}/reblog"), json!({})).await.ok();
    alice.posts("mine").await;
    app.run_jobs().await;
    let count = async || alice.get("/api/v1/accounts/verify_credentials").await.ok()["statuses_count"].as_i64();
    assert_eq!(count().await, Some(2));
    set(&app, "content_cache_retention_period", 30).await;
    run(&app, &[]).await;
    assert_eq!(app.count("SELECT count(*) FROM statuses").await, 3);
    // The clean-up goes by ids, which tell the time.
    run(
        &app,
        &[
            "UPDATE statuses SET in_reply_to_id = NULL",
            "INSERT INTO statuses (id, account_id, text, uri, visibility, local, created_at, updated_at)
             SELECT timestamp_id('statuses') - (31::bigint * 86400000 << 16), id, 'old', 'https://there.example/old', 0, false, now(), now()
             FROM accounts WHERE domain IS NOT NULL",
            "INSERT INTO statuses (account_id, text, uri, visibility, local, reblog_of_id, created_at, updated_at)
             SELECT a.id, '', 'https://here.example/boost', 0, true, s.id, now(), now()
             FROM accounts a, statuses s WHERE a.username = 'alice' AND s.text = 'old'",
            "UPDATE account_stats SET statuses_count = 3 WHERE account_id = (SELECT id FROM accounts WHERE username = 'alice')",
        ],
    )
    .await;
    assert_eq!(app.count("SELECT count(*) FROM statuses WHERE text = 'old' OR uri = 'https://here.example/boost'").await, 0);
    assert_eq!(app.count("SELECT count(*) FROM statuses").await, 3);
    assert_eq!(count().await, Some(2), "the boost was counted off");
}

#[tokio::test]
async fn archives_imports_and_deleted_posts_go_in_their_time() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    alice.posts("kept for moderators").await;
    alice.posts("deleted lately").await;
    run(
        &app,
        &[
            "INSERT INTO backups (user_id, dump_file_name, created_at, updated_at)
             SELECT id, 'a.zip', now() - d * interval '1 day', now() FROM users, generate_series(6, 8, 2) d",
            "INSERT INTO bulk_imports (type, state, account_id, created_at, updated_at, original_filename, likely_mismatched)
             SELECT 0, s, a.id, now() - d, now(), '', false FROM accounts a,
               (VALUES (0, interval '11 minutes'), (0, interval '1 minute'), (3, interval '6 days'), (3, interval '8 days')) v (s, d)
             WHERE a.username = 'alice'",
            "UPDATE statuses SET deleted_at = now() - CASE text WHEN 'deleted lately' THEN interval '29 days' ELSE interval '31 days' END",
        ],
    )
    .await;
    assert_eq!(app.count("SELECT count(*) FROM backups").await, 1);
    assert_eq!(app.count("SELECT count(*) FROM bulk_imports").await, 2);
    assert_eq!(app.count("SELECT count(*) FROM statuses WHERE text = 'deleted lately'").await, 1);
    assert_eq!(app.count("SELECT count(*) FROM statuses").await, 1);
}

#[tokio::test]
async fn who_was_away_for_long_has_no_feed_until_they_come_back() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    for person in [&alice, &bob] {
        person.posts("mine").await;
    }
    app.run_jobs().await;
    let length = async |person: &testing::Person| {
        kv::feed::extent(&app.app().kv, kv::feed::FeedKey::Home(person.account.id)).await.unwrap().length
    };
    assert_eq!((length(&alice).await, length(&bob).await), (1, 1));
    run(
        &app,
        &["UPDATE users SET current_sign_in_at = now() - interval '8 days'
           WHERE account_id = (SELECT id FROM accounts WHERE username = 'bob')"],
    )
    .await;
    assert_eq!((length(&alice).await, length(&bob).await), (1, 0));
}

/// Alice posts, and all of it is old; what her policy protects is still there after a round.
async fn left_by(policy: &str, marked: &[&str]) -> Vec<String> {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    for text in ["plain", "faved", "kept", "pinned"] {
        let id = alice.posts(text).await["id"].as_str().unwrap().to_owned();
        let verb = match text {
            "faved" => "favourite",
            "kept" => "bookmark",
            "pinned" => "pin",
            _ => continue,
        };
        alice.post(&format!("/api/v1/statuses/{id}/{verb}"), json!({})).await.ok();
    }
    alice.posts_with(json!({ "status": "direct", "visibility": "direct" })).await;
    app.run_jobs().await;
    sqlx::query(sqlx::AssertSqlSafe(format!(
        "INSERT INTO account_statuses_cleanup_policies (account_id, min_status_age, created_at, updated_at{})
         SELECT id, -60, now(), now(){} FROM accounts WHERE username = 'alice'",
        marked.iter().map(|column| format!(", {column}")).collect::<String>(),
        policy
    )))
    .execute(&mut *app.conn().await)
    .await
    .unwrap();
    run(&app, &[]).await;
    run(&app, &[]).await;
    sqlx::query_scalar("SELECT text FROM statuses WHERE deleted_at IS NULL ORDER BY id")
        .fetch_all(&mut *app.conn().await)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_policy_deletes_what_it_does_not_protect() {
    assert_eq!(left_by("", &[]).await, ["faved", "kept", "pinned", "direct"]);
    assert_eq!(left_by(", false, false", &["keep_self_fav", "keep_direct"]).await, ["kept", "pinned"]);
    assert_eq!(left_by(", false, 1", &["keep_self_fav", "min_favs"]).await, ["faved", "kept", "pinned", "direct"]);
    assert_eq!(left_by(", false", &["enabled"]).await.len(), 5);
}

#[tokio::test]
async fn a_round_takes_five_posts_of_a_person_and_the_next_goes_on() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    for number in 0..7 {
        alice.posts(&format!("post {number}")).await;
    }
    app.run_jobs().await;
    sqlx::query(
        "INSERT INTO account_statuses_cleanup_policies (account_id, min_status_age, created_at, updated_at)
         SELECT id, -60, now(), now() FROM accounts WHERE username = 'alice'",
    )
    .execute(&mut *app.conn().await)
    .await
    .unwrap();
    // A favourite saves the second one until it is taken back, long after the round went past it.
    let saved = app.count("SELECT id FROM statuses WHERE text = 'post 1'").await;
    alice.post(&format!("/api/v1/statuses/{saved}/favourite"), json!({})).await.ok();
    run(&app, &[]).await;
    run(&app, &[]).await;
    assert_eq!(app.count("SELECT count(*) FROM statuses WHERE deleted_at IS NULL").await, 1);
    assert_eq!(app.count("SELECT statuses_count FROM account_stats").await, 1);
    alice.post(&format!("/api/v1/statuses/{saved}/unfavourite"), json!({})).await.ok();
    run(&app, &[]).await;
    assert_eq!(app.count("SELECT count(*) FROM statuses").await, 0);
}
