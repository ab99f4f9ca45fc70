//! Streamable HTTP: one endpoint that serves requests of every revision, side by side.
//!
//! What belongs here: what HTTP says about a call (headers, statuses, streams, sessions). What does not:
//! sockets and their limits ([`net`](crate::net)), and what a call means. Start at [`McpService`]; sessions
//! and everything else that only legacy revisions have stand in `legacy/`,
//! the transport before this one in `sse_2024/`.

pub(crate) mod accept;
pub(crate) mod answer;
mod backlog;
mod bodies;
mod body;
mod cors;
mod event_stream;
mod fallback;
pub(crate) mod fields;
pub(crate) mod gate;
pub(crate) mod gather;
pub(crate) mod guard;
mod health;
mod legacy;
mod modern;
mod patience;
mod post;
mod read;
mod route;
mod running;
pub(crate) mod service;
mod settings;
mod site;
mod sse;
mod sse_2024;
mod upgrade;

pub use body::{Body, BoxError};
pub use cors::Cors;
pub use fallback::Fallback;
pub use health::{Check, Health};
pub use legacy::SessionKey;
pub use route::{IntoResponse, PathParams, Request, Response, Route, Routes, ndjson, sse};
pub use service::McpService;
pub use settings::Settings;
pub use site::{Site, SiteBuilder};
pub use sse_2024::Sse2024;
pub use upgrade::Upgrade;
