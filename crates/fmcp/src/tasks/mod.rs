//! Tasks: calls that are answered at once, with the promise of an answer, and done later.
//!
//! What belongs here: which tools run so, who runs them, who may see what has come of them, and the queue in memory.
//! What does not: what stands in a record, and the seam to other queues, which are
//! [`fmcp_core::TaskQueue`] and its neighbours. Start at [`Ledger`], which is between calls and queue; at
//! [`Crew`], which runs what is in the queue.

mod crew;
mod job;
mod lease;
mod ledger;
mod memory;
mod mode;
mod peer;
#[cfg(feature = "redis")]
mod redis;
mod settings;

pub(crate) use crew::Crew;
pub(crate) use ledger::{Found, Ledger, lacks_extension, now};
pub use memory::TasksInMemory;
pub use mode::TaskMode;
pub(crate) use mode::{Support, offer};
#[cfg(feature = "redis")]
pub use redis::{DeadTask, TasksInRedis};
pub use settings::Tasks;
