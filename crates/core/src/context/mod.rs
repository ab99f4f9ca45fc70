//! What a handler may ask of the call that it answers.
//!
//! Start at [`Context`]. What it tells its caller: [`Logger`], [`Timer`], [`Stage`]; what waits to be told
//! is in an [`Outbox`].

mod ask_client;
mod ask_home;
mod changes;
mod clock;
mod current;
mod flag;
mod handle;
mod log_levels;
mod logger;
mod lookup;
mod outbox;
mod report;
mod session_state;
mod sight;
mod spawn;
mod stage;
mod stream;
mod task;
mod timer;

pub use changes::Bell;
pub use clock::Clock;
pub use current::Scope;
pub use handle::Context;
pub use log_levels::LogLevels;
pub use logger::{Buffer, Logger};
pub use outbox::{Due, Outbox};
pub use report::{Total, Words};
pub use session_state::{SessionState, SessionStore};
pub use sight::{Sight, Sights};
pub use spawn::{Background, OnStop, Spawn, Spawned, Spawner};
pub use stage::{Counter, Stage};
pub use timer::{Spent, Timer, Timing};
