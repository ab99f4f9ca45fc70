//! What a handler may ask of the call that it answers.
//!
//! Start at [`Context`].

mod ask_client;
mod ask_home;
mod changes;
mod current;
mod handle;
mod report;
mod session_state;
mod stream;

pub use changes::Bell;
pub use current::Scope;
pub use handle::Context;
pub use report::{Logger, Total, Words};
pub use session_state::{SessionState, SessionStore};
