//! Who sees what of the trends, in which order, and who decides. `server/api/src/v1/trends`, `server/api/src/v1/admin/trends`

use serde_json::{Value, json};
use testing::{Person, TestApp, statements};

async fn execute(app: &TestApp, sql: &'static str) {
    sqlx::raw_sql(sql).execute(&mut *app.conn().await).await.unwrap();
}

async fn moderator(app: &TestApp) -> Person {
    let person = app.account("mod").await;
    execute(
        app,
        "UPDATE users SET role_id = (SELECT id FROM user_roles WHERE name = 'Moderator')
         WHERE account_id IN (SELECT id FROM accounts WHERE username = 'mod')",
    )
    .await;
    person.with_scopes("read admin:read admin:write").await
}

/// Thirty of each kind, of which every third is allowed and every second speaks German.
const TRENDS: &str = "INSERT INTO tags (name, created_at, updated_at)
    SELECT 'tag' || n, now(), now() FROM generate_series(1, 30) n;
  INSERT INTO tag_trends (tag_id, score, rank, allowed)
    SELECT id, 100 - substr(name, 4)::int, 1, substr(name, 4)::int % 3 = 0 FROM tags WHERE name LIKE 'tag%';
  INSERT INTO preview_cards (url, title, description, provider_name, created_at, updated_at)
    SELECT 'https://news.example/' || n, 'News ' || n, 'Text', 'News', now(), now() FROM generate_series(1, 30) n;
  INSERT INTO preview_card_trends (preview_card_id, score, rank, allowed, language)
    SELECT id, 100 - n, 1, n % 3 = 0, CASE n % 2 WHEN 0 THEN 'de' ELSE 'en' END
    FROM preview_cards CROSS JOIN LATERAL (SELECT substr(title, 6)::int AS n) v;
  INSERT INTO statuses (account_id, text, local, visibility, language, uri, created_at, updated_at)
    SELECT a.id, 'Number ' || n, true, 0, CASE n % 2 WHEN 0 THEN 'de' ELSE 'en' END, 'https://x.example/' || n, now(), now()
    FROM accounts a, generate_series(1, 30) n WHERE a.username = 'alice';
  INSERT INTO status_trends (status_id, account_id, score, rank, allowed, language)
    SELECT s.id, s.account_id, 100 - n, 1, n % 3 = 0, s.language
    FROM statuses s CROSS JOIN LATERAL (SELECT substr(s.text, 8)::int AS n) v";

fn names(answer: &Value, key: &str) -> Vec<String> {
    answer.as_array().unwrap().iter().map(|entry| entry[key].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_page_is_cut_by_offset_and_says_where_the_next_is() {
    let app = TestApp::new().await;
    app.account("alice").await;
    execute(&app, TRENDS).await;
    let first = app.get("/api/v1/trends/tags?limit=4").await;
    assert_eq!(names(&first.ok(), "name"), ["tag3", "tag6", "tag9", "tag12"]);
    assert_eq!(first.header("link"), "<https://here.example/api/v1/trends/tags?limit=4&offset=4>; rel=\"next\"");
    assert!(first.header("cache-control").contains("public"), "{}", first.header("cache-control"));
    // The old address leads into the new one.
    let last = app.get("/api/v1/trends?limit=4&offset=8").await;
    assert_eq!(names(&last.ok(), "name"), ["tag27", "tag30"]);
    assert_eq!(last.header("link"), "<https://here.example/api/v1/trends/tags?limit=4&offset=4>; rel=\"prev\"");
    assert_eq!(app.get("/api/v1/trends/tags?offset=-3&limit=100").await.ok().as_array().unwrap().len(), 10);
    assert_eq!(app.get("/api/v1/trends/tags?offset=x").await.ok().as_array().unwrap().len(), 10);
}

#[tokio::test]
async fn the_readers_languages_come_first() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    execute(&app, TRENDS).await;
    let german = app.get("/api/v1/trends/links?lang=de&limit=6").await;
    let titles = ["News 6", "News 12", "News 18", "News 24", "News 30", "News 3"];
    assert_eq!(names(&german.ok(), "title"), titles);
    assert!(german.header("vary").contains("Accept-Language"));
    let statuses = app.get("/api/v1/trends/statuses?limit=2").await;
    assert!(statuses.text().contains("Number 3<") && statuses.text().contains("Number 9<"), "{}", statuses.text());
    execute(&app, "UPDATE users SET chosen_languages = '{de}'").await;
    let chosen = bob.get("/api/v1/trends/statuses?limit=1").await;
    assert!(chosen.text().contains("Number 6<"), "{}", chosen.text());
    alice.post(&format!("/api/v1/accounts/{}/block", bob.id()), json!({})).await.ok();
    assert_eq!(bob.get("/api/v1/trends/statuses").await.ok(), json!([]));
}

#[tokio::test]
async fn off_is_off_but_for_those_who_decide() {
    let app = TestApp::new().await;
    let moderator = moderator(&app).await;
    let alice = app.account("alice").await;
    execute(&app, TRENDS).await;
    execute(&app, "INSERT INTO settings (var, value, created_at, updated_at) VALUES ('trends', '--- false', now(), now())").await;
    for kind in ["tags", "links", "statuses"] {
        assert_eq!(app.get(&format!("/api/v1/trends/{kind}")).await.ok(), json!([]));
        let admin = format!("/api/v1/admin/trends/{kind}?limit=5");
        assert_eq!(app.get(&admin).await.ok(), json!([]));
        alice.get(&admin).await.expect(403);
        assert_eq!(alice.with_scopes("admin:read").await.get(&admin).await.ok(), json!([]), "no role, so no more than others");
        let all = moderator.get(&admin).await.ok();
        assert_eq!(all.as_array().unwrap().len(), 5);
        assert_eq!(all[0]["requires_review"], true, "{}", all[0]);
    }
}

#[tokio::test]
async fn a_decision_needs_scope_and_role_and_may_be_taken_again() {
    let app = TestApp::new().await;
    let moderator = moderator(&app).await;
    let alice = app.account("alice").await;
    execute(&app, TRENDS).await;
    execute(&app, "INSERT INTO preview_card_providers (domain, created_at, updated_at) VALUES ('news.example', now(), now())")
        .await;
    for (kind, table) in
        [("tags", "tags"), ("links", "preview_cards"), ("statuses", "statuses"), ("links/publishers", "preview_card_providers")]
    {
        let id: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT min(id) FROM {table}")))
            .fetch_one(&mut *app.conn().await)
            .await
            .unwrap();
        let path = format!("/api/v1/admin/trends/{kind}/{id}");
        alice.post(&format!("{path}/approve"), json!({})).await.expect(403);
        alice.with_scopes("admin:write").await.post(&format!("{path}/approve"), json!({})).await.expect(403);
        moderator.with_scopes("admin:read").await.post(&format!("{path}/approve"), json!({})).await.expect(403);
        for verb in ["approve", "approve", "reject"] {
            let answer = moderator.post(&format!("{path}/{verb}"), json!({})).await.ok();
            assert_eq!(answer["requires_review"], false, "{answer}");
            let word: bool = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT trendable FROM {table} WHERE id = {id}")))
                .fetch_one(&mut *app.conn().await)
                .await
                .unwrap();
            assert_eq!(word, verb == "approve");
        }
        moderator.post(&format!("/api/v1/admin/trends/{kind}/999999999/approve"), json!({})).await.expect(404);
    }
    let private = alice.posts_with(json!({ "status": "for friends", "visibility": "private" })).await;
    let path = format!("/api/v1/admin/trends/statuses/{}/approve", private["id"].as_str().unwrap());
    moderator.post(&path, json!({})).await.expect(404);
}

#[tokio::test]
async fn a_hashtag_keeps_its_name_whatever_is_said_of_it() {
    let app = TestApp::new().await;
    let moderator = moderator(&app).await;
    let alice = app.account("alice").await;
    execute(&app, TRENDS).await;
    let all = moderator.get("/api/v1/admin/tags?limit=2").await;
    assert_eq!(names(&all.ok(), "name"), ["tag30", "tag29"]);
    assert!(all.header("link").contains("max_id="), "{}", all.header("link"));
    let id = all.ok()[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/admin/tags/{id}");
    alice.get(&path).await.expect(403);
    let words = json!({ "display_name": "Tag30", "usable": false, "listable": false, "trendable": true });
    let changed = moderator.put(&path, words).await.ok();
    let word = |name: &str| changed[name].clone();
    assert_eq!(
        (word("name"), word("usable"), word("listable"), word("trendable"), word("requires_review")),
        (json!("Tag30"), json!(false), json!(false), json!(true), json!(false))
    );
    let refused = moderator.put(&path, json!({ "display_name": "other" })).await.expect(422);
    assert_eq!(refused["error"], "Validation failed: Display name does not match the previous name");
    let kept = moderator.get(&path).await.ok();
    assert_eq!((&kept["name"], &kept["usable"]), (&json!("Tag30"), &json!(false)));
    moderator.get("/api/v1/admin/tags/999999999").await.expect(404);
    app.get("/api/v1/admin/tags/999999999").await.expect(404);
    app.get(&path).await.expect(403);
    let above = moderator.get(&format!("/api/v1/admin/tags?min_id={id}")).await.ok();
    assert_eq!(above, json!([]));
}

#[tokio::test]
async fn a_page_costs_the_same_statements_however_long_it_is() {
    let app = TestApp::new().await;
    let moderator = moderator(&app).await;
    app.account("alice").await;
    execute(&app, TRENDS).await;
    for kind in
        ["trends/tags", "trends/links", "trends/statuses", "admin/trends/tags", "admin/trends/links", "admin/trends/statuses"]
    {
        let path = |limit: usize| format!("/api/v1/{kind}?limit={limit}");
        moderator.get(&path(1)).await.ok();
        let (one, few) = statements::of(moderator.get(&path(1))).await;
        let (ten, many) = statements::of(moderator.get(&path(10))).await;
        assert_eq!((one.ok().as_array().unwrap().len(), ten.ok().as_array().unwrap().len()), (1, 10), "{kind}");
        assert_eq!(few.len(), many.len(), "{kind}: {few:#?}\n{many:#?}");
    }
}
