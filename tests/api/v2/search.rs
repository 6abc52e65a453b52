//! What people look for on other servers. `server/api/src/v2/search.rs`, `server/api/src/meet.rs`

use serde_json::json;
use testing::{Network, RemoteServer, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn a_handle_that_leads_to_another_one_finds_its_account() {
    let network = Network::new(&["here.example", "social.example", "old.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let social = RemoteServer::start_many(&network, &["social.example", "old.example"]);
    let (alice, _) = (app.account("alice").await, social.actor("zoe"));

    for _ in 0..2 {
        let found = alice.get("/api/v2/search?q=@zoe@old.example&resolve=true").await.ok();
        assert_eq!(found["accounts"][0]["acct"], "zoe@social.example");
    }
    let found = alice.get("/api/v1/accounts/search?q=zoe@old.example&resolve=true").await.ok();
    assert_eq!(found[0]["acct"], "zoe@social.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_be_asked_is_no_empty_result() {
    let network = Network::new(&["here.example", "there.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let there = RemoteServer::start(&network, "there.example");
    let (alice, zoe) = (app.account("alice").await, there.actor("zoe"));
    let around = format!("{}/again", zoe.url);
    there.redirect(&zoe.url, &around);
    there.redirect(&around, &zoe.url);

    let answer = alice.get("/api/v2/search?q=@zoe@there.example&resolve=true").await;
    assert_eq!(answer.expect(503), json!({ "error": "Remote data could not be fetched" }));
    let nobody = alice.get("/api/v2/search?q=@nobody@there.example&resolve=true").await.ok();
    assert_eq!(nobody["accounts"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_something_private_is_refused() {
    let network = Network::new(&["here.example", "there.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let there = RemoteServer::start(&network, "there.example");
    let (alice, zoe) = (app.account("alice").await, there.actor("zoe"));
    let mut note = zoe.note("for followers", &[]);
    note["to"] = json!([format!("{}/followers", zoe.url)]);
    note["cc"] = json!([]);
    there.publish(note.clone());

    let path = format!("/api/v2/search?q={}&resolve=true", note["id"].as_str().unwrap());
    assert_eq!(alice.get(&path).await.expect(403), json!({ "error": "This action is not allowed" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_finds_only_what_is_asked_for() {
    let network = Network::new(&["here.example", "there.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let there = RemoteServer::start(&network, "there.example");
    let (alice, zoe) = (app.account("alice").await, there.actor("zoe"));

    let path = format!("/api/v2/search?q={}&resolve=true", zoe.url);
    assert_eq!(alice.get(&path).await.ok()["accounts"].as_array().unwrap().len(), 1);
    for other in ["&type=statuses", "&type=accounts&offset=1"] {
        assert_eq!(alice.get(&format!("{path}{other}")).await.ok()["accounts"], json!([]), "{other}");
    }
}

fn names(found: &serde_json::Value) -> Vec<&str> {
    found["hashtags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect()
}

async fn insert_tags(app: &TestApp) {
    sqlx::raw_sql(
        "INSERT INTO tags (name, display_name, listable, reviewed_at, created_at, updated_at) VALUES
           ('cats', 'Cats', NULL, NULL, now(), now()), ('catsofhere', NULL, true, now(), now(), now()),
           ('cat_s', NULL, NULL, now(), now(), now()), ('catshidden', NULL, false, now(), now(), now()),
           ('ecole', 'École', NULL, NULL, now(), now()), ('dogs', NULL, NULL, now(), now(), now())",
    )
    .execute(&mut *app.conn().await)
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn hashtags_are_found_by_how_they_begin_and_the_shortest_stands_first() {
    let app = TestApp::new().await;
    insert_tags(&app).await;
    let alice = app.account("alice").await;
    let found = |query: &str| {
        let path = format!("/api/v2/search?type=hashtags&q={query}");
        let alice = &alice;
        async move { alice.get(&path).await }
    };

    assert_eq!(names(&found("%23CATS").await.ok()), ["Cats", "catsofhere"]);
    assert_eq!(names(&found("cat_").await.ok()), ["cat_s"], "the line means itself");
    assert_eq!(names(&found("%C3%A9co").await.ok()), ["École"]);
    assert_eq!(
        names(&found("cats&exclude_unreviewed=true").await.ok()),
        ["Cats", "catsofhere"],
        "this one, and what was looked at"
    );
    assert_eq!(names(&found("ca&exclude_unreviewed=true").await.ok()), ["cat_s", "catsofhere"]);
    assert_eq!(names(&found("cats&limit=1&offset=1").await.ok()), ["catsofhere"]);
    assert!(names(&found("catshidden").await.ok()).is_empty());
    let all = alice.get("/api/v2/search?q=cats&offset=1").await.ok();
    assert_eq!(names(&all), ["Cats", "catsofhere"], "without a type there is one page");
}

#[tokio::test(flavor = "multi_thread")]
async fn visitors_search_as_far_as_it_costs_little() {
    let app = TestApp::new().await;
    insert_tags(&app).await;
    let alice = app.account("alice").await;
    alice.patch("/api/v1/accounts/update_credentials", json!({ "display_name": "Al Ice" })).await.ok();

    let found = app.get("/api/v2/search?q=ali").await.ok();
    assert_eq!(found["accounts"][0]["acct"], "alice");
    assert_eq!(app.get("/api/v2/search?q=al").await.ok()["accounts"], json!([]), "three letters at least");
    assert_eq!(app.get("/api/v2/search?q=ali&following=true").await.ok()["accounts"][0]["acct"], "alice");
    let tag = &app.get("/api/v2/search?q=dogs").await.ok()["hashtags"][0];
    assert_eq!((tag["name"].as_str(), tag.get("following")), (Some("dogs"), None));
    assert_eq!(app.get("/api/v2/search?q=ali&limit=0").await.ok()["accounts"], json!([]));
    app.get("/api/v2/search?q=ali&offset=").await.ok();
    app.get("/api/v2/search?q=ali&offset=0").await.expect(401);
    app.get("/api/v2/search?q=ali&offset=-1").await.expect(401);
    app.get("/api/v2/search?q=%20&resolve=1").await.expect(400);
    alice.get("/api/v2/search?q=ali&offset=-1").await.expect(400);
    alice.with_scopes("write").await.get("/api/v2/search?q=ali").await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_of_this_server_lead_to_people_and_posts_but_not_to_what_is_private() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    let post = alice.posts("hello").await;
    let private = alice.posts_with(json!({ "status": "not for all", "visibility": "private" })).await;
    let find = |url: &str| {
        let path = format!("/api/v2/search?resolve=true&q={url}");
        let bob = &bob;
        async move { bob.get(&path).await.ok() }
    };

    let base = post["url"].as_str().unwrap().split("/@").next().unwrap().to_owned();
    for page in [
        format!("{base}/@alice"),
        format!("{base}/@Alice/"),
        format!("{base}/@alice@{}", app.domain()),
        format!("{base}/users/alice"),
    ] {
        assert_eq!(find(&page).await["accounts"][0]["acct"], "alice", "{page}");
    }
    for page in [post["url"].as_str().unwrap(), post["uri"].as_str().unwrap()] {
        assert_eq!(find(page).await["statuses"][0]["id"], post["id"], "{page}");
    }
    assert_eq!(find(private["url"].as_str().unwrap()).await["statuses"], json!([]));
    assert_eq!(
        find(&format!("{base}/@nobody")).await,
        json!({ "accounts": [], "statuses": [], "hashtags": [], "collections": [] })
    );
    let unresolved = bob.get(&format!("/api/v2/search?q={}", post["url"].as_str().unwrap())).await.ok();
    assert_eq!(unresolved["statuses"], json!([]), "an address is a text unless it is to be resolved");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hashtag_is_counted_when_it_is_posted_and_only_once() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    alice.posts("about #mushrooms").await;
    for _ in 0..2 {
        let found = alice.get("/api/v2/search?q=mushrooms").await.ok();
        assert_eq!(found["hashtags"][0]["history"][0]["uses"], "1");
        app.run_jobs().await;
    }
}
