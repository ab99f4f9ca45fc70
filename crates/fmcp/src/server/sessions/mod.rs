//! The sessions of a server: those that are open in this process, what happens in them, and their end.
//!
//! What belongs here: what a server knows of its sessions beside the calls in them. What does not: how
//! sessions are kept (transports do that, and tell the server through
//! [`Endpoint::connect`](fmcp_core::Endpoint::connect)). Start at [`LiveSession`].

mod attendant;
mod hooks;
mod life;
mod live;
mod pings;
mod server;
mod sight;
mod table;

pub(super) use attendant::attend;
pub(super) use hooks::SessionHooks;
pub use live::LiveSession;
pub(super) use live::rules;
pub use pings::Pings;
pub(super) use sight::{Rules, lists};
pub(super) use table::Sessions;
