//! Tasks that were begun too often, and put aside.

use std::{fmt, sync::Arc};

use ::redis::{cmd, streams::StreamRangeReply};
use fmcp_core::Result;

use super::TasksInRedis;
use crate::store::redis::Again;

/// A task that was begun too often and never came to its end: whoever runs it dies of it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadTask {
    /// What it goes by. It may be all that protects the task, so it must not show in a log.
    pub id: Arc<str>,
    /// How often it was handed out.
    pub attempts: u32,
}

impl fmt::Debug for DeadTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadTask")
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

impl TasksInRedis {
    /// The last tasks that were put aside, the newest first; some ten thousand are remembered.
    ///
    /// # Errors
    /// When Redis cannot be reached.
    pub async fn dead(&self, limit: usize) -> Result<Vec<DeadTask>> {
        let mut range = cmd("XREVRANGE");
        range.arg(self.places().dead()).arg("+").arg("-");
        range.arg("COUNT").arg(limit);
        let found: StreamRangeReply = self.link().ask(Again::Yes, &range).await?;
        let dead = found.ids.iter().filter_map(|entry| {
            Some(DeadTask {
                id: entry.get::<String>("id")?.into(),
                attempts: entry.get("attempts")?,
            })
        });
        Ok(dead.collect())
    }
}
