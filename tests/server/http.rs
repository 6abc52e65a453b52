//! `server/shared/src/{layers,params,cors,not_found}.rs`: what is true of every address. Statuses as recorded (`rest/http_layer`)
//! or as Rails and Rack give them.

use axum::body::Body;
use http::{Method, Request};
use testing::{Answer, TestApp};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("content-type", "application/json");

struct Case {
    method: &'static str,
    path: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: Vec<u8>,
    status: u16,
}

fn get(path: &'static str, status: u16) -> Case {
    Case { method: "GET", path, headers: &[], body: Vec::new(), status }
}

fn with(
    method: &'static str,
    path: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: &[u8],
    status: u16,
) -> Case {
    Case { method, path, headers, body: body.to_vec(), status }
}

async fn ask(app: &TestApp, token: Option<&str>, case: &Case) -> Answer {
    let method: Method = case.method.parse().unwrap();
    let mut request = Request::builder().method(method).uri(case.path);
    for (name, value) in case.headers {
        request = request.header(*name, *value);
    }
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    app.send(request.body(Body::from(case.body.clone())).unwrap()).await
}

#[tokio::test]
async fn odd_requests_get_the_status_that_clients_know_and_never_a_500() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    let deep = format!("{}=1", (0..40).map(|_| "[a]").collect::<String>().replacen("[a]", "a", 1));
    let many = "a=1&".repeat(5000);
    let cases = [
        // spelling of the address
        get("/api/v1/instance", 200),
        get("/api/v1/instance/", 200),
        get("//api//v1/instance", 200),
        get("/api/v1/instance.json", 404),
        get("/api/v1/statuses/1.json", 404),
        get("/api/v1/Instance", 404),
        get("/api/v1/nothing", 404),
        get("/api/v3/statuses", 404),
        get("/api", 404),
        get("/@alice", 200),
        get("/@alice.json", 200),
        get("/@alice.rss", 200),
        get("/@alice/", 200),
        get("/@nobody", 404),
        get("/no/such/page", 404),
        // numbers and bytes that are none
        get("/api/v1/statuses/nonsense", 404),
        get("/api/v1/statuses/99999999999999999999999", 404),
        get("/api/v1/statuses/-1", 404),
        get("/api/v1/accounts/%00", 404),
        get("/api/v1/accounts/%ff", 400),
        get("/@%ff", 400),
        get("/tags/%00", 404),
        get("/tags/%ff%fe.rss", 400),
        get("/api/v1/timelines/tag/%E2%82", 400),
        get("/api/v1/accounts/%zz", 404),
        get("/api/v1/timelines/public?limit=%ff", 400),
        get("/api/v1/timelines/public?limit=%00", 400),
        get("/api/v1/timelines/public?limit=nonsense&max_id=nonsense&since_id=[]", 200),
        get("/api/v1/timelines/public?limit[]=1&max_id[a]=2", 200),
        get("/api/v1/timelines/public?limit=99999999999999999999&max_id=99999999999999999999999", 200),
        get("/api/v1/timelines/public?limit=1&limit=2&&=&a", 200),
        get("/api/v1/timelines/public?a[]=1&a[b]=2", 400),
        // methods
        with("HEAD", "/api/v1/instance", &[], b"", 200),
        with("HEAD", "/@alice", &[], b"", 200),
        with("HEAD", "/no/such/page", &[], b"", 404),
        with("OPTIONS", "/api/v1/instance", &[], b"", 404),
        with("PUT", "/api/v1/timelines/public", &[], b"", 404),
        with("DELETE", "/api/v1/accounts/verify_credentials", &[], b"", 404),
        with("POST", "/@alice", &[], b"", 404),
        with("PROPFIND", "/api/v1/instance", &[], b"", 404),
        with("TRACE", "/api/v1/instance", &[], b"", 404),
        with("NONSENSE", "/api/v1/instance", &[], b"", 405),
        // bodies
        with("POST", "/api/v1/statuses", &[JSON], b"{\"status\": ", 400),
        with("POST", "/api/v1/statuses", &[JSON], b"[1,2]", 422),
        with("POST", "/api/v1/statuses", &[JSON], b"null", 422),
        with("POST", "/api/v1/statuses", &[JSON], b"\"text\"", 422),
        with("POST", "/api/v1/statuses", &[JSON], b"", 422),
        with("POST", "/api/v1/statuses", &[JSON], b"{\"status\": {\"a\": [1]}, \"poll\": 7, \"media_ids\": \"x\"}", 422),
        with("POST", "/api/v1/statuses", &[JSON], b"{\"status\": \"a\\u0000b\"}", 400),
        with("POST", "/api/v1/statuses", &[JSON], b"{\"status\": \"\xff\"}", 400),
        with("POST", "/api/v1/statuses", &[FORM], b"status=%ff%fe", 400),
        with("POST", "/api/v1/statuses", &[FORM], b"status=\xff", 400),
        with("POST", "/api/v1/statuses", &[FORM], b"poll[options][]=a&poll[options][1]=b&status=x", 400),
        with("POST", "/api/v1/statuses", &[FORM], deep.as_bytes(), 400),
        with("POST", "/api/v1/statuses", &[FORM], many.as_bytes(), 400),
        with("POST", "/api/v1/statuses", &[("content-type", "text/plain")], b"status=hello", 422),
        with("POST", "/api/v1/statuses", &[("content-type", "multipart/form-data")], b"x", 400),
        with("POST", "/api/v1/statuses", &[("content-type", "multipart/form-data; boundary=x")], b"--y", 400),
        with("POST", "/api/v1/statuses", &[FORM], &vec![b'a'; 3 * 1024 * 1024], 413),
        with("POST", "/api/v1/statuses", &[JSON], &[b"[".repeat(200), b"]".repeat(200)].concat(), 400),
        // what stands for another method does so in forms only
        with("POST", "/api/v1/statuses/1", &[FORM], b"_method=delete", 404),
        with("POST", "/api/v1/statuses/1?_method=delete", &[], b"", 404),
    ];
    for case in &cases {
        let answer = ask(&app, Some(alice.token()), case).await;
        let start: String = String::from_utf8_lossy(&case.body).chars().take(60).collect();
        assert_eq!(answer.status.as_u16(), case.status, "{} {} {start}: {}", case.method, case.path, answer.text());
        if case.method == "HEAD" && answer.status == 200 {
            assert!(answer.body.is_empty(), "{}", case.path);
        }
    }
    assert_eq!(app.count("SELECT count(*) FROM statuses").await, 0);
}

#[tokio::test]
async fn the_last_of_equal_names_counts_and_the_body_before_the_query() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    let posted = async |path: &'static str, body: &[u8]| -> String {
        let answer = ask(&app, Some(alice.token()), &with("POST", path, &[FORM], body, 200)).await;
        answer.ok()["content"].as_str().unwrap().to_owned()
    };
    assert_eq!(posted("/api/v1/statuses", b"status=a&status=b").await, "<p>b</p>");
    assert_eq!(posted("/api/v1/statuses?status=query", b"").await, "<p>query</p>");
    assert_eq!(posted("/api/v1/statuses?status=query", b"status=body").await, "<p>body</p>");
}

#[tokio::test]
async fn scripts_of_other_sites_may_call_the_api_and_nothing_else() {
    let app = TestApp::new().await;
    const ASK: &[(&str, &str)] = &[
        ("origin", "https://web.example"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,idempotency-key"),
    ];
    for path in ["/api/v1/statuses", "/oauth/token", "/oauth/revoke"] {
        let answer = ask(&app, None, &with("OPTIONS", path, ASK, b"", 200)).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        assert!(answer.header("access-control-allow-methods").contains("POST"), "{path}");
        assert_eq!(answer.header("access-control-allow-headers"), "authorization,idempotency-key", "{path}");
        assert_eq!(answer.header("access-control-allow-credentials"), "", "{path}");
    }
    for path in ["/auth/sign_in", "/oauth/authorize", "/", "/unsubscribe", "/invite/x"] {
        let answer = ask(&app, None, &with("OPTIONS", path, ASK, b"", 404)).await;
        assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (404, ""), "{path}");
    }
    let failed = ask(&app, None, &with("GET", "/api/v1/nothing", &[("origin", "https://web.example")], b"", 404)).await;
    assert_eq!(failed.header("access-control-allow-origin"), "*", "a script may read why it failed");
}

#[tokio::test]
async fn a_form_can_stand_for_another_method() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    let id = alice.post("/api/v1/statuses", serde_json::json!({ "status": "x" })).await.ok()["id"].as_str().unwrap().to_owned();
    let path: &'static str = Box::leak(format!("/api/v1/statuses/{id}").into_boxed_str());
    let json = ask(&app, Some(alice.token()), &with("POST", path, &[JSON], b"{\"_method\": \"delete\"}", 404)).await;
    assert_eq!(json.status, 404, "JSON says what it means");
    let form = ask(&app, Some(alice.token()), &with("POST", path, &[FORM], b"_method=delete", 200)).await;
    assert_eq!(form.ok()["text"], "x");
}

#[tokio::test]
async fn who_asks_the_web_program_for_a_stream_is_sent_to_the_other_one() {
    let app = TestApp::builder().variable("STREAMING_API_BASE_URL", "wss://stream.example:4000").start().await;
    // A proxy leads these addresses to the streaming program; here nothing does.
    let web = server::web::router(app.app().clone());
    for path in ["/api/v1/streaming", "/api/v1/streaming/public?only_media=true"] {
        let request = Request::get(path).header("host", "here.example").header("x-forwarded-proto", "https");
        let answer = tower::ServiceExt::oneshot(web.clone(), request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), 301);
        assert_eq!(answer.headers()["location"], format!("https://stream.example:4000{path}"));
    }
}
