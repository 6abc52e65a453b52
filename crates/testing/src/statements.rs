//! Counts SQL statements, and shows warnings of the code under test where the test's output is kept.

use std::cell::RefCell;
use std::fmt::{Debug, Write as _};
use std::sync::Once;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber, span};

pub(crate) const TARGET: &str = "sqlx::query";

tokio::task_local! {
    static SEEN: RefCell<Vec<String>>;
}

/// The first words of every statement that `work` sends, in order; `BEGIN` and `COMMIT` are among them. What it leaves to other
/// tasks is theirs.
pub async fn of<T>(work: impl Future<Output = T>) -> (T, Vec<String>) {
    listen();
    let counted = async {
        let outcome = work.await;
        (outcome, SEEN.with(RefCell::take))
    };
    SEEN.scope(RefCell::default(), counted).await
}

/// Puts the listener in place; every [`TestApp`](crate::TestApp) does.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Another subscriber means that somebody looks at the logs by hand.
        let _ = tracing::subscriber::set_global_default(Listener);
    });
}

pub(crate) fn summary(event: &Event<'_>) -> String {
    let mut summary = Summary::default();
    event.record(&mut summary);
    summary.0
}

struct Listener;

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == TARGET || *metadata.level() <= Level::WARN
    }

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        if metadata.target() == TARGET {
            // Outside of `of` nobody counts.
            let _ = SEEN.try_with(|seen| seen.borrow_mut().push(summary(event)));
        } else {
            let mut line = Line(format!("{} {}:", metadata.level(), metadata.target()));
            event.record(&mut line);
            eprintln!("{}", line.0);
        }
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[derive(Default)]
struct Summary(String);

impl Visit for Summary {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "summary" {
            value.clone_into(&mut self.0);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "summary" {
            self.0 = format!("{value:?}");
        }
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}
