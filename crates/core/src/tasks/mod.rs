//! Tasks: what is kept of calls that are done later, and the seam to whoever keeps it.
//!
//! What belongs here: what stands in a record, which changes of it are allowed, and [`TaskQueue`]. What does
//! not: who runs tasks, and who may see them, which is the framework's business. A record is bytes, so that it
//! can be kept anywhere, sealed, and run by another process that has the same tools.
//!
//! Start at [`TaskQueue`].

mod order;
mod queue;
mod state;
mod timestamp;

pub use order::TaskOrder;
pub use queue::{TaskClaim, TaskEnd, TaskQueue, TaskRecord, TaskRoom};
pub use state::{TaskProgress, TaskState};
