//! Components that are listed, enabled and disabled from outside while the server runs, over HTTP and in calls of MCP.
//!
//! What belongs here: who may switch, what can be asked, and both ways to ask it. What does not: the switching, which is
//! [`Server::enable`](crate::Server::enable) and [`Server::disable`](crate::Server::disable). Start at [`Board`].
//!
//! ```
//! use fmcp::{Server, switches::Board};
//!
//! let server = Server::new("crm").switches(Board::for_scopes(["components:write"]));
//! ```

mod board;
mod desk;
mod guard;
#[cfg(feature = "http")]
mod http;
mod order;
#[cfg(not(feature = "http"))]
mod routeless;

pub use board::Board;
pub(crate) use desk::owns;
pub use guard::Caller;
