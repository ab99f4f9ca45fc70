//! Requests to HTTP servers: connections that are kept, TLS, proxies, and where a request may go.
//!
//! What belongs here: everything about a request that is the same whatever is asked. What does not: MCP,
//! and who is calling. Nothing here follows a redirect: where a server points to is for the caller to judge.
//!
//! Start at [`Web`].
//!
//! ```no_run
//! # use std::time::Duration;
//! # use bytes::Bytes;
//! # use fmcp_transport::client::web::{Settings, Web};
//! # async fn look() -> fmcp_core::Result<()> {
//! let web = Web::new(Settings::default())?;
//! let request = http::Request::get("https://example.com/robots.txt").body(Bytes::new());
//! let page = web.fetch(request.expect("it is a request"), 64 * 1024, Duration::from_secs(10)).await?;
//! assert_eq!(page.status(), 200);
//! # Ok(())
//! # }
//! ```

mod connect;
mod dial;
mod fault;
mod proxy;
mod reach;
mod requests;
mod settings;
mod tls;
mod wire;

pub(super) use fault::server;
pub use hyper::body::Incoming;
pub use proxy::Proxy;
pub use reach::Reach;
pub use requests::Web;
#[cfg(feature = "ws")]
pub(super) use requests::take_userinfo;
pub(super) use requests::whole;
pub use settings::Settings;
