//! A server: what it offers, who may look, and the one path that every call takes through it.
//!
//! What belongs here: building, changing while it runs, answering, and [`run`]ning on a transport. What
//! does not: how a call gets here (transports do that). Start at [`Server`]; [`dispatch`] is the only place that knows the methods.

mod behind;
mod build;
mod config;
mod demand;
mod dispatch;
mod edit;
mod endpoint;
mod extension;
mod failure;
mod follow;
#[cfg(feature = "http")]
mod http;
mod itself;
mod lifespan;
mod listen;
mod lists;
mod mount;
mod news;
mod offered;
mod options;
mod registry;
mod relay;
mod run;
mod seen;
mod select;
mod sessions;
mod settle;
mod snapshot;
mod switchable;
mod tasks;
mod versions;
mod weak;
mod workers;

pub use build::Server;
pub use config::OnDuplicate;
pub(crate) use demand::FollowedUris;
#[cfg(feature = "http")]
pub use http::{Http, HttpServer};
pub use options::Stdio;
#[cfg(unix)]
pub use options::Unix;
pub use select::{keyed, kinds, named, tags};
pub use sessions::{LiveSession, Pings};
pub(crate) use switchable::Switchable;
pub(crate) use weak::WeakServer;
