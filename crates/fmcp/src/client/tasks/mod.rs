//! Tasks, from the client's side: calls that are answered with a promise, and what becomes of them.
//!
//! What belongs here: how a task is begun, waited for, answered and ended, in both forms. What does not: how
//! anything is asked, which is [`ask`](super::ask). Start at [`TaskHandle`].

mod begin;
mod handle;
mod news;
mod wait;

pub use handle::TaskHandle;
pub(super) use news::News;
