//! A server: what it offers, who may look, and the one path that every call takes through it.
//!
//! What belongs here: building, changing while it runs, and answering. What does not: how a call gets
//! here (transports do that). Start at [`Server`]; [`dispatch`] is the only place that knows the methods.

mod build;
mod config;
mod dispatch;
mod edit;
mod endpoint;
mod failure;
mod itself;
mod lifespan;
mod listen;
mod lists;
mod registry;
mod select;
mod snapshot;

pub use build::Server;
pub use config::OnDuplicate;
pub use select::{Select, keyed, tags};
