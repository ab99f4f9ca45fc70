//! Feature flags: what is on for whom, changed and shown while the server runs.
//!
//! What belongs here: the tool and the resource that give a server's flags to clients. The flags themselves
//! and the decision are core's ([`Flags`], [`Flag`]); handlers ask by
//! [`Context::flag`](crate::Context::flag).
//!
//! ```
//! use fmcp::{Context, Server, flags, flags::{Flag, Flags}, tool};
//!
//! /// Look for something.
//! #[tool]
//! async fn search(words: String, ctx: Context) -> String {
//!     if ctx.flag("new-search") { format!("new: {words}") } else { format!("old: {words}") }
//! }
//!
//! let server = Server::new("library")
//!     .flags(Flags::new().flag("new-search", Flag::on().rollout(10.0).allow(["ada"])))
//!     .tool(search::tool())
//!     .resource(flags::resource())
//!     .tool(flags::tool(|ctx| ctx.principal().is_some_and(|who| who.has_scope("flags"))));
//! ```

mod offer;

pub use fmcp_core::{Flag, Flags};
pub use offer::{URI, resource, tool};
