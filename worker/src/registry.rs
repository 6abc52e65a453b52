//! From the name of a kind of job to the function that does it.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use jobs::{Execute, Job, Outcome, Taken};
use tokio::time::timeout;

use crate::context::Context;

/// Why a handler stopped. `?` on any error means: try again later.
#[derive(Debug)]
pub enum JobError {
    Retry(anyhow::Error),
    /// It will never succeed, and somebody should see why: it is kept in `ferrodon.dead`.
    Refused(anyhow::Error),
    /// What the job is about is gone, or nothing is left to do; the reason is for the log.
    Discard(&'static str),
}

impl<E: Into<anyhow::Error>> From<E> for JobError {
    fn from(error: E) -> Self {
        Self::Retry(error.into())
    }
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<(), JobError>> + Send + 'a>>;
type Run = Arc<dyn for<'a> Fn(&'a Context, &str) -> Running<'a> + Send + Sync>;

/// `async fn(&Context, J) -> Result<(), JobError>`, said in a way that lets the future borrow the context.
pub(crate) trait Handler<'a, J>: Send + Sync {
    type Future: Future<Output = Result<(), JobError>> + Send + 'a;

    fn call(&self, context: &'a Context, job: J) -> Self::Future;
}

impl<'a, J, F, R> Handler<'a, J> for F
where
    F: Fn(&'a Context, J) -> R + Send + Sync,
    R: Future<Output = Result<(), JobError>> + Send + 'a,
{
    type Future = R;

    fn call(&self, context: &'a Context, job: J) -> R {
        self(context, job)
    }
}

/// All handlers of the program.
#[derive(Clone, Default)]
pub(crate) struct Registry {
    handlers: HashMap<&'static str, Run>,
}

impl Registry {
    /// `registry.add::<Sweep, _>(sweep::run)`.
    pub(crate) fn add<J, H>(&mut self, handler: H)
    where
        J: Job,
        H: for<'a> Handler<'a, J> + 'static,
    {
        let handler = Arc::new(handler);
        let run: Run = Arc::new(move |context, args| match serde_json::from_str::<J>(args) {
            Ok(job) => {
                let running = handler.call(context, job);
                Box::pin(async move {
                    let ended = timeout(J::TIMEOUT, running).await;
                    ended.unwrap_or_else(|_| Err(JobError::Retry(anyhow::anyhow!("took longer than {:?}", J::TIMEOUT))))
                })
            }
            Err(error) => Box::pin(async move { Err(JobError::Retry(anyhow::Error::new(error).context("reading the job"))) }),
        });
        let before = self.handlers.insert(J::KIND, run);
        debug_assert!(before.is_none(), "two handlers for {}", J::KIND);
    }
}

#[cfg(test)]
impl Registry {
    pub(crate) fn knows(&self, kind: &str) -> bool {
        self.handlers.contains_key(kind)
    }
}

/// The registry with what its handlers need.
pub(crate) struct Executor {
    pub(crate) context: Context,
    pub(crate) registry: Registry,
}

impl Execute for Executor {
    async fn execute(&self, job: &Taken) -> Outcome {
        let Some(run) = self.registry.handlers.get(job.kind.as_str()) else { return Outcome::Unknown };
        match run(&self.context, &job.args).await {
            Ok(()) => Outcome::Done,
            Err(JobError::Discard(reason)) => Outcome::Discarded(reason),
            Err(JobError::Refused(error)) => Outcome::Refused(format!("{error:#}")),
            Err(JobError::Retry(error)) => Outcome::Failed(format!("{error:#}")),
        }
    }
}
