//! Tasks in Redis: a stream with a consumer group says which wait and who runs one, a hash what is kept of each.
//!
//! What belongs here: where it lies, and what happens to it in one step (`scripts`). What does not: what a task is,
//! and who runs it. Start at [`TasksInRedis`].
//!
//! - `tasks:work`: a stream of the ids that wait or run; the group `workers` has those that run, and since when.
//! - `tasks:one:ID`: a hash of what is kept; it goes by itself.
//! - `tasks:kept`, `tasks:of:OWNER`: which there are, by when they go.
//! - `tasks:dead`: a stream of those that were handed out too often.
//! - `tasks:changed`: a channel of the ids that change.

mod changes;
mod dead;
mod places;
mod queue;
mod safe;
mod scripts;

pub use dead::DeadTask;
pub use queue::TasksInRedis;
