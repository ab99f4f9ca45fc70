//! What stands around calls: middleware that comes with fmcp, and [`Hooks`] for middleware of one's own
//! that cares for some calls only.
//!
//! What belongs here: what looks at calls on their way, changes, refuses or repeats them. What does not:
//! the seam itself ([`Middleware`](crate::Middleware), in core) and what answers calls. Start at
//! [`Hooks`].
//!
//! ```
//! use fmcp::{Next, Reply, Result, Server, middleware::{Hooks, ToolCall, hooks}};
//!
//! struct Shout;
//!
//! impl Hooks for Shout {
//!     async fn on_call_tool(&self, call: ToolCall, next: Next<'_>) -> Result<Reply> {
//!         let mut result = next.run(call).await?.into_tool()?;
//!         result.content.push("!".into());
//!         Ok(result.into())
//!     }
//! }
//!
//! let server = Server::new("loud").layer(hooks(Shout));
//! ```

mod hooks;
mod views;

pub use hooks::{Hooks, hooks};
pub use views::{PromptGet, ResourceRead, ToolCall};
