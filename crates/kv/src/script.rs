//! Small programs that Redis runs in one piece.

use std::sync::OnceLock;

use redis::{FromRedisValue, Pipeline};

use crate::{Error, Kv};

pub(crate) struct Lua {
    code: &'static str,
    hash: OnceLock<String>,
}

impl Lua {
    pub(crate) const fn new(code: &'static str) -> Self {
        Self { code, hash: OnceLock::new() }
    }

    /// Goes before the calls in every pipeline: Redis forgets scripts when it restarts, and loading one that it knows is as
    /// cheap as asking for it.
    pub(crate) fn load(&self, pipeline: &mut Pipeline) {
        pipeline.cmd("SCRIPT").arg("LOAD").arg(self.code).ignore();
    }

    pub(crate) fn call<'a>(&self, pipeline: &'a mut Pipeline, keys: &[String], arguments: &[String]) -> &'a mut Pipeline {
        let hash = self.hash.get_or_init(|| redis::Script::new(self.code).get_hash().to_owned());
        pipeline.cmd("EVALSHA").arg(hash).arg(keys.len()).arg(keys).arg(arguments)
    }

    /// One call in one round trip.
    pub(crate) async fn run<T: FromRedisValue>(&self, kv: &Kv, keys: &[String], arguments: &[String]) -> Result<T, Error> {
        kv.run(redis::cmd("EVAL").arg(self.code).arg(keys.len()).arg(keys).arg(arguments)).await
    }
}
