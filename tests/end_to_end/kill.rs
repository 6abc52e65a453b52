//! Web and worker are killed (SIGKILL) at ten points of their work each. What was answered with yes is then there, what was not
//! is there as a whole or not at all, everybody whom it concerns hears of it, and nothing is there twice.
//!
//! The points are the statements of the process' life, evenly spread over the work as a first, undisturbed run counts them; the
//! worker also dies of what the other servers see of it: when a delivery is with them and not yet answered.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use testing::process::{self, Process, Role};
use testing::{Arrived, Network, Person, QUIET, RemoteServer, TestApp, TestKey, fixture};

const PROGRAM: &str = "end_to_end::kill::a_program_in_a_process_of_its_own";
const POINTS: usize = 10;

#[tokio::test]
#[ignore = "the process that the other tests start"]
async fn a_program_in_a_process_of_its_own() {
    process::main().await;
}

/// What is done, and who has to hear of it.
#[derive(Clone, Copy)]
struct Workload {
    hosts: usize,
    /// Remote followers at each host, with an inbox each.
    followers: usize,
    /// Whether the post names bob, and one person at each of two hosts.
    mentions: bool,
}

const THREE_MENTIONS: Workload = Workload { hosts: 2, followers: 0, mentions: true };
const FIVE_HUNDRED_INBOXES: Workload = Workload { hosts: 10, followers: 50, mentions: false };

impl Workload {
    fn inboxes(self) -> usize {
        if self.mentions { self.hosts } else { self.hosts * self.followers }
    }
}

struct Stage {
    workload: Workload,
    app: TestApp,
    remote: RemoteServer,
    alice: Person,
    bob: Person,
    params: Value,
    // its certificates are read by every process that starts
    _network: Network,
}

fn host(number: usize) -> String {
    format!("host{number}.example")
}

impl Stage {
    async fn set(workload: Workload) -> Self {
        let hosts: Vec<String> = (0..workload.hosts).map(host).collect();
        let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
        let network = Network::new(&hosts).await;
        let remote = RemoteServer::start_many(&network, &hosts);
        let app = TestApp::builder().variables(network.variables()).start().await;
        let (alice, bob) = (app.account("alice").await, app.account("bob").await);
        let mut conn = app.conn().await;
        fixture::follow::insert_many(&mut conn, &[bob.account.id], alice.account.id).await;
        let mut text = "hello".to_owned();
        for name in hosts {
            let count = i32::try_from(workload.followers.max(1)).unwrap();
            let there = fixture::account::remote_many(&mut conn, name, "fan", count).await;
            fixture::account::without_shared_inbox(&mut conn, &there).await;
            if workload.mentions {
                text.push_str(&format!(" @fan1@{name}"));
            } else {
                fixture::follow::insert_many(&mut conn, &there, alice.account.id).await;
            }
        }
        if workload.mentions {
            text.push_str(" @bob");
        }
        drop(conn);
        Self { workload, app, remote, alice, bob, params: json!({ "status": text }), _network: network }
    }

    async fn post(&self, web: &Process) -> Option<String> {
        let answer = web.post(&self.app, "/api/v1/statuses", self.alice.token(), "the-only-one", &self.params).await?;
        Some(answer.ok()["id"].as_str().unwrap().to_owned())
    }

    /// Web dies at that statement while it answers, starts again, and alice's app asks again.
    async fn with_web_killed(&self, at: usize) {
        let mut web = Process::start(&self.app, PROGRAM, Role::Web, Some(at)).await;
        let answered = self.post(&web).await;
        web.killed().await;
        let stored = self.app.count("SELECT count(*) FROM statuses").await;
        assert!(answered.is_none() || stored == 1, "answered with yes and not there");
        let web = Process::start(&self.app, PROGRAM, Role::Web, None).await;
        let again = self.post(&web).await.expect("web answers when it is let live");
        assert!(answered.is_none_or(|first| first == again), "the same key gives the same status");
        drop(web);
        self.app.work_until(QUIET).await;
        self.judge(0).await;
    }

    /// The worker dies, and another takes its work over.
    async fn with_worker_killed(&self, point: Point) {
        self.alice.posts_with(self.params.clone()).await;
        let at = if let Point::Statement(number) = point { Some(number) } else { None };
        let mut worker = Process::start(&self.app, PROGRAM, Role::Worker, at).await;
        if let Point::Arrival(number) = point {
            let id = worker.id();
            self.remote.on_arrival(move |count| {
                if count == number {
                    process::kill(id);
                }
            });
        }
        worker.killed().await;
        self.app.work_until(QUIET).await;
        self.judge(1).await;
    }

    async fn judge(&self, worker_deaths: usize) {
        let count = async |query| self.app.count(query).await;
        assert_eq!(count("SELECT count(*) FROM statuses").await, 1);
        assert_eq!(count("SELECT statuses_count FROM account_stats WHERE statuses_count > 0").await, 1);
        assert_eq!(count("SELECT count(*) FROM ferrodon.dead").await, 0);
        assert_eq!(count("SELECT count(*) FROM ferrodon.delivery_failure").await, 0);
        let home = self.bob.get("/api/v1/timelines/home").await.ok();
        assert_eq!(home.as_array().unwrap().len(), 1, "once on the timeline of a follower");
        let expected = if self.workload.mentions { 3 } else { 0 };
        assert_eq!(count("SELECT count(*) FROM mentions").await, expected);
        let notified = i64::from(self.workload.mentions);
        assert_eq!(count("SELECT count(*) FROM notifications WHERE type = 'mention'").await, notified);
        self.judge_deliveries(worker_deaths);
    }

    /// Each inbox got it at least once, signed; twice only what was on its way when the worker died.
    fn judge_deliveries(&self, worker_deaths: usize) {
        let mut by_inbox: BTreeMap<String, usize> = BTreeMap::new();
        for Arrived { inbox, activity, .. } in self.remote.arrived() {
            assert_eq!(activity["type"], "Create");
            *by_inbox.entry(inbox).or_default() += 1;
        }
        let key = &TestKey::local().public;
        assert!(self.remote.arrived().iter().all(|arrived| arrived.is_signed_with(key)));
        assert_eq!(by_inbox.len(), self.workload.inboxes());
        let often: Vec<_> = by_inbox.iter().filter(|(_, times)| **times > 1 + worker_deaths).collect();
        assert!(often.is_empty(), "{often:?}");
    }
}

#[derive(Debug, Clone, Copy)]
enum Point {
    /// After this statement of its life.
    Statement(usize),
    /// When this delivery is with the other server and not yet answered.
    Arrival(usize),
}

/// That many numbers after `first` up to `last`, evenly spread.
fn spread(first: usize, last: usize, points: usize) -> Vec<usize> {
    (1..=points).map(|point| first + ((last - first) * point).div_ceil(points)).collect()
}

/// How many statements web has answered before and after it posts.
async fn statements_of_web(workload: Workload) -> (usize, usize) {
    let stage = Stage::set(workload).await;
    let web = Process::start(&stage.app, PROGRAM, Role::Web, None).await;
    let before = web.statements().len();
    stage.post(&web).await.unwrap();
    (before, web.statements().len())
}

/// The same of the worker, until all is quiet.
async fn statements_of_worker(workload: Workload) -> (usize, usize) {
    let stage = Stage::set(workload).await;
    stage.alice.posts_with(stage.params.clone()).await;
    let worker = Process::start(&stage.app, PROGRAM, Role::Worker, None).await;
    stage.app.wait_until(QUIET).await;
    let statements = worker.statements();
    let first = statements.iter().position(|statement| statement.contains("ferrodon.job")).unwrap_or_default();
    stage.judge(0).await;
    (first, statements.len())
}

async fn kill_web(workload: Workload) {
    let (before, after) = statements_of_web(workload).await;
    for at in spread(before, after, POINTS) {
        eprintln!("web is killed after statement {at} of {before} to {after}");
        Stage::set(workload).await.with_web_killed(at).await;
    }
}

async fn kill_worker(workload: Workload, arrivals: &[usize]) {
    let (first, last) = statements_of_worker(workload).await;
    let statements = spread(first, last, POINTS - arrivals.len()).into_iter().map(Point::Statement);
    for point in statements.chain(arrivals.iter().map(|number| Point::Arrival(*number))) {
        eprintln!("the worker is killed at {point:?}, of statements {first} to {last}");
        Stage::set(workload).await.with_worker_killed(point).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn web_may_die_while_a_post_with_three_mentions_is_taken() {
    kill_web(THREE_MENTIONS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn web_may_die_while_a_post_to_five_hundred_inboxes_is_taken() {
    kill_web(FIVE_HUNDRED_INBOXES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_may_die_while_a_post_with_three_mentions_goes_out() {
    kill_worker(THREE_MENTIONS, &[1, 2]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_may_die_while_a_post_to_five_hundred_inboxes_goes_out() {
    kill_worker(FIVE_HUNDRED_INBOXES, &[1, 100, 250, 499]).await;
}
