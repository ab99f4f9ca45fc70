//! MCP Apps (`io.modelcontextprotocol/ui`): pages that hosts show beside the results of tools.
//!
//! What belongs here: what servers say of their pages and of the tools that have one, and how hosts read it. What
//! does not: showing pages, and what pages and hosts say to each other; that is the host's. Start at `link.rs`.
//!
//! ```
//! use fmcp::{Client, Resource, Server, Tool, apps::{Audience, View}};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
//! let page = "<!DOCTYPE html><title>Weather</title>";
//! let server = Server::new("weather")
//!     .resource(Resource::page("ui://weather/now", page).view(&View::new().prefers_border(true)))
//!     .tool(Tool::new("weather", || async { "sunny" }).page("ui://weather/now"))
//!     // For the page alone: models do not see it.
//!     .tool(Tool::new("refresh", || async { "still sunny" }).visible_to([Audience::App]));
//!
//! let host = Client::builder(&server).apps().connect().await?;
//! let tools = host.list_tools().await?;
//! let page = host.page_of(&tools[0]).await?.expect("this tool has a page");
//! assert!(page.html.contains("Weather"));
//! assert_eq!(page.view.prefers_border, Some(true));
//! # Ok(()) }
//! ```

mod host;
mod link;
mod offer;
mod view;

pub use host::{Page, can_show};
pub(crate) use link::rename;
pub use link::{Audience, IDENTIFIER, Link, MIME_TYPE};
pub use view::{Csp, Permissions, View};
