//! Typed handlers: plain async functions become tools, resources and prompts.
//!
//! What belongs here: what a handler may take and give back beyond what `fmcp_core::handler` knows,
//! because it needs schemas or a runtime. Start at [`Handler`].

mod argument;
mod blocking;
mod depends;
mod erased;
mod function;
mod guard;
mod headers;
mod input;
mod json;
mod part;
mod spent;
mod state;
mod streamed;
mod telling;

pub use argument::Argument;
pub use blocking::blocking;
pub use depends::{Depends, Provide};
pub(crate) use erased::{Erased, Outcome, Settle, Settled, erase};
pub use function::Handler;
pub(crate) use guard::{
    dropped, ends_the_call, for_the_log, hidden, log_source, panic_words, watch,
};
pub use headers::Headers;
pub use input::Input;
pub use json::Json;
pub use part::Part;
pub use state::State;
pub(crate) use streamed::BrokenOff;
pub use streamed::{Streamed, streamed};
pub(crate) use telling::{Telling, rest};
