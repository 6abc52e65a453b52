//! What trends: `worker/src/jobs/refresh_trends`, what is counted for it, and who is asked about it.

use chrono::TimeDelta;
use jobs::maintenance::{Maintenance, Task};
use kv::trend::{self, Candidate, History};
use serde_json::json;
use testing::{TestApp, clock};

async fn execute(app: &TestApp, sql: &'static str) {
    sqlx::raw_sql(sql).execute(&mut *app.conn().await).await.unwrap();
}

async fn refresh(app: &TestApp) {
    jobs::enqueue(&mut *app.conn().await, &Maintenance { task: Task::RefreshTrends }).await.unwrap();
    app.run_jobs().await;
    assert_eq!(app.count("SELECT count(*) FROM ferrodon.dead").await, 0);
}

/// Of that many people, who all say the word today.
async fn crowd_says(app: &TestApp, people: usize, text: &str) {
    for n in 0..people {
        app.account(&format!("crowd{n}")).await.posts(text).await;
    }
    app.run_jobs().await;
}

#[tokio::test]
async fn a_hashtag_of_five_people_trends_and_fades_and_waits_for_a_word() {
    let (clock, hand) = clock::standing();
    let app = TestApp::builder().clock(clock).start().await;
    crowd_says(&app, 4, "#cats and #dogs").await;
    refresh(&app).await;
    assert_eq!(app.count("SELECT count(*) FROM tag_trends").await, 0);
    app.account("fifth").await.posts("#cats").await;
    app.run_jobs().await;
    refresh(&app).await;
    let row = "SELECT count(*) FROM tag_trends t JOIN tags g ON g.id = t.tag_id
               WHERE g.name = 'cats' AND t.score = 16 AND t.rank = 1 AND NOT t.allowed AND t.language = ''";
    assert_eq!(app.count(row).await, 1);
    refresh(&app).await;
    assert_eq!((app.count(row).await, app.count("SELECT count(*) FROM tag_trends").await), (1, 1));

    execute(&app, "UPDATE tags SET trendable = true WHERE name = 'cats'").await;
    hand.forward(TimeDelta::hours(4));
    refresh(&app).await;
    let half = "SELECT count(*) FROM tag_trends WHERE allowed AND score BETWEEN 7.99 AND 8.01";
    assert_eq!(app.count(half).await, 1);
    hand.forward(TimeDelta::hours(13));
    refresh(&app).await;
    assert_eq!(app.count("SELECT count(*) FROM tag_trends").await, 0);
}

#[tokio::test]
async fn forbidden_hashtags_and_limited_people_are_not_counted() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    alice.posts("#bad").await;
    app.run_jobs().await;
    execute(&app, "UPDATE tags SET usable = false").await;
    let limited = app.account("limited").await;
    execute(&app, "UPDATE accounts SET silenced_at = now() WHERE username = 'limited'").await;
    limited.posts("#quiet").await;
    alice.posts_with(json!({ "status": "#hidden", "visibility": "unlisted" })).await;
    app.run_jobs().await;
    let used = trend::candidates(&app.app().kv, Candidate::Tag, app.app().clock.now()).await.unwrap();
    let names = sqlx::query_scalar::<_, String>("SELECT name FROM tags WHERE id = ANY($1)")
        .bind(used)
        .fetch_all(&mut *app.conn().await)
        .await
        .unwrap();
    assert_eq!(names, ["bad"], "counted once, before it was forbidden");
}

#[tokio::test]
async fn a_status_that_many_like_trends_if_its_author_wants_to_be_found() {
    let (clock, hand) = clock::standing();
    let app = TestApp::builder().clock(clock).start().await;
    let (alice, hidden) = (app.account("alice").await, app.account("hidden").await);
    execute(&app, "UPDATE accounts SET discoverable = (username = 'alice')").await;
    let liked = alice.posts("look").await["id"].as_str().unwrap().to_owned();
    let other = hidden.posts("do not look").await["id"].as_str().unwrap().to_owned();
    for n in 0..5 {
        let fan = app.account(&format!("fan{n}")).await;
        fan.post(&format!("/api/v1/statuses/{liked}/favourite"), json!({})).await.ok();
        fan.post(&format!("/api/v1/statuses/{other}/reblog"), json!({})).await.ok();
    }
    app.run_jobs().await;
    refresh(&app).await;
    let trending = "SELECT count(*) FROM status_trends t JOIN accounts a ON a.id = t.account_id
                    WHERE a.username = 'alice' AND t.rank = 1 AND t.language = 'en' AND NOT t.allowed";
    assert_eq!((app.count(trending).await, app.count("SELECT count(*) FROM status_trends").await), (1, 1));

    execute(&app, "UPDATE accounts SET trendable = true WHERE username = 'alice'").await;
    hand.forward(TimeDelta::hours(1));
    refresh(&app).await;
    assert_eq!(app.count("SELECT count(*) FROM status_trends WHERE allowed AND score BETWEEN 7.9 AND 8.1").await, 1);
    execute(&app, "UPDATE accounts SET silenced_at = now() WHERE username = 'alice'").await;
    refresh(&app).await;
    assert_eq!(app.count("SELECT count(*) FROM status_trends").await, 0);
}

#[tokio::test]
async fn replies_warnings_and_quotes_of_what_may_not_trend_do_not_trend() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    execute(&app, "UPDATE accounts SET discoverable = true").await;
    let first = alice.posts("first").await["id"].as_str().unwrap().to_owned();
    alice.posts_with(json!({ "status": "answer", "in_reply_to_id": first })).await;
    alice.posts_with(json!({ "status": "warned", "spoiler_text": "careful" })).await;
    alice.posts_with(json!({ "status": "quiet", "visibility": "unlisted" })).await;
    alice.posts_with(json!({ "status": "unspoken" })).await;
    alice.posts_with(json!({ "status": "good", "language": "de" })).await;
    execute(
        &app,
        "UPDATE statuses SET language = 'tlh' WHERE text = 'unspoken';
         INSERT INTO status_stats (status_id, favourites_count, reblogs_count, replies_count, created_at, updated_at)
         SELECT id, 9, 0, 0, now(), now() FROM statuses
         ON CONFLICT (status_id) DO UPDATE SET favourites_count = 9;
         INSERT INTO quotes (account_id, status_id, quoted_status_id, quoted_account_id, state, created_at, updated_at)
         SELECT s.account_id, s.id, q.id, q.account_id, 1, now(), now()
         FROM statuses s, statuses q WHERE s.text = 'first' AND q.text = 'warned'",
    )
    .await;
    let ids: Vec<i64> = sqlx::query_scalar("SELECT id FROM statuses").fetch_all(&mut *app.conn().await).await.unwrap();
    trend::add_candidates(&app.app().kv, Candidate::Status, &ids, app.app().clock.now()).await.unwrap();
    refresh(&app).await;
    let good = "SELECT count(*) FROM status_trends t JOIN statuses s ON s.id = t.status_id WHERE s.text = 'good'";
    assert_eq!((app.count(good).await, app.count("SELECT count(*) FROM status_trends").await), (1, 1));
}

const CARDS: &str = "INSERT INTO preview_cards
    (url, title, description, provider_name, language, type, link_type, image_file_name, created_at, updated_at)
  SELECT 'https://' || host || '/article', 'Title', 'Text', 'News', language, 0, 1, 'a.png', now(), now()
  FROM (VALUES ('www.news.example', 'en'), ('other.example', 'en'), ('klingon.example', 'tlh')) AS v (host, language)";

#[tokio::test]
async fn links_follow_their_publisher_until_somebody_decides_about_them() {
    let app = TestApp::new().await;
    execute(&app, CARDS).await;
    execute(
        &app,
        "INSERT INTO preview_card_providers (domain, trendable, reviewed_at, created_at, updated_at)
         VALUES ('news.example', true, now(), now(), now()), ('example', false, now(), now(), now())",
    )
    .await;
    let now = app.app().clock.now();
    let ids: Vec<i64> = sqlx::query_scalar("SELECT id FROM preview_cards").fetch_all(&mut *app.conn().await).await.unwrap();
    for user in 0..6 {
        trend::record(&app.app().kv, History::Link, &ids, &user.to_string(), now).await.unwrap();
    }
    trend::add_candidates(&app.app().kv, Candidate::Link, &ids, now).await.unwrap();
    refresh(&app).await;
    let allowed = "SELECT count(*) FROM preview_card_trends t JOIN preview_cards c ON c.id = t.preview_card_id
                   WHERE t.allowed AND c.url = 'https://www.news.example/article'";
    assert_eq!((app.count(allowed).await, app.count("SELECT count(*) FROM preview_card_trends").await), (1, 2));
    execute(&app, "UPDATE preview_cards SET trendable = (url LIKE '%other%')").await;
    refresh(&app).await;
    assert_eq!(app.count(allowed).await, 0);
    assert_eq!(app.count("SELECT count(*) FROM preview_card_trends WHERE allowed").await, 1);
}

#[tokio::test]
async fn a_boost_speaks_for_the_link_and_for_the_status() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    let id = alice.posts("news").await["id"].as_str().unwrap().to_owned();
    execute(&app, CARDS).await;
    execute(
        &app,
        "INSERT INTO preview_cards_statuses (preview_card_id, status_id, url)
         SELECT c.id, s.id, c.url FROM statuses s, preview_cards c WHERE c.language = 'en' ORDER BY c.id LIMIT 1",
    )
    .await;
    bob.post(&format!("/api/v1/statuses/{id}/reblog"), json!({})).await.ok();
    app.run_jobs().await;
    let now = app.app().clock.now();
    let links = trend::candidates(&app.app().kv, Candidate::Link, now).await.unwrap();
    assert_eq!(links.len(), 1);
    assert_eq!(trend::distinct_accounts(&app.app().kv, History::Link, links[0], &[now.date_naive()]).await.unwrap(), 1);
    let statuses = trend::candidates(&app.app().kv, Candidate::Status, now).await.unwrap();
    assert_eq!(statuses, [id.parse::<i64>().unwrap()]);
}

#[tokio::test]
async fn without_redis_trends_stay_as_they_are() {
    let app = TestApp::new().await;
    execute(
        &app,
        "INSERT INTO tags (name, created_at, updated_at) VALUES ('cats', now(), now());
         INSERT INTO tag_trends (tag_id, score, rank, allowed) SELECT id, 9, 1, true FROM tags",
    )
    .await;
    app.kill_redis();
    refresh(&app).await;
    assert_eq!(app.count("SELECT count(*) FROM tag_trends WHERE score = 9").await, 1);
}

const UP_FOR_REVIEW: &str = "INSERT INTO tags (name, created_at, updated_at)
    VALUES ('first', now(), now()), ('second', now(), now()), ('third', now(), now()), ('below', now(), now()),
           ('above', now(), now());
  INSERT INTO tag_trends (tag_id, score, rank, allowed)
    SELECT id, CASE name WHEN 'above' THEN 99 WHEN 'first' THEN 9 WHEN 'second' THEN 8 WHEN 'third' THEN 7 ELSE 2 END,
      CASE name WHEN 'above' THEN 1 WHEN 'first' THEN 2 WHEN 'second' THEN 3 WHEN 'third' THEN 4 ELSE 5 END,
      name NOT IN ('above', 'below')
    FROM tags;
  INSERT INTO preview_card_trends (preview_card_id, score, rank, language)
    SELECT id, 5, 1, language FROM preview_cards WHERE url LIKE '%news%'";

#[tokio::test]
async fn staff_is_asked_once_about_what_would_be_among_the_first() {
    let app = TestApp::builder().variable("SMTP_DELIVERY_METHOD", "none").start().await;
    for name in ["owner", "deaf", "member"] {
        app.account(name).await;
    }
    execute(
        &app,
        "UPDATE users SET role_id = (SELECT id FROM user_roles WHERE name = 'Admin')
         WHERE account_id IN (SELECT id FROM accounts WHERE username IN ('owner', 'deaf'));
         UPDATE users SET settings = '{\"notification_emails.trends\":false}'
         WHERE account_id IN (SELECT id FROM accounts WHERE username = 'deaf')",
    )
    .await;
    execute(&app, CARDS).await;
    execute(&app, UP_FOR_REVIEW).await;
    jobs::enqueue(&mut *app.conn().await, &Maintenance { task: Task::RequestTrendReviews }).await.unwrap();
    assert_eq!(app.run_jobs().await, 2, "the question, and a letter to the one who wants it");
    jobs::enqueue(&mut *app.conn().await, &Maintenance { task: Task::RequestTrendReviews }).await.unwrap();
    assert_eq!(app.run_jobs().await, 1, "no second letter");
    assert_eq!(app.count("SELECT count(*) FROM tags WHERE requested_review_at IS NOT NULL AND name = 'above'").await, 1);
    assert_eq!(app.count("SELECT count(*) FROM tags WHERE requested_review_at IS NOT NULL").await, 1);
    let publishers = "SELECT count(*) FROM preview_card_providers WHERE domain = 'www.news.example'
                      AND requested_review_at IS NOT NULL AND reviewed_at IS NULL";
    assert_eq!(app.count(publishers).await, 1);
    assert_eq!(app.count("SELECT count(*) FROM ferrodon.dead").await, 0);
}

#[tokio::test]
async fn nobody_is_asked_where_everything_may_trend_or_nothing() {
    let app = TestApp::new().await;
    execute(&app, UP_FOR_REVIEW).await;
    for setting in ["trends', '--- false", "trendable_by_default', '--- true"] {
        let sql = format!(
            "DELETE FROM settings; INSERT INTO settings (var, value, created_at, updated_at) VALUES ('{setting}', now(), now())"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut *app.conn().await).await.unwrap();
        jobs::enqueue(&mut *app.conn().await, &Maintenance { task: Task::RequestTrendReviews }).await.unwrap();
        app.run_jobs().await;
        assert_eq!(app.count("SELECT count(*) FROM tags WHERE requested_review_at IS NOT NULL").await, 0);
    }
}
