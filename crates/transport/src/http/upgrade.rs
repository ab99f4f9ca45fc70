//! Where requests become something else.

use fmcp_core::BoxFuture;
use http::{Response, request::Parts};

use super::Body;

/// Answers requests whose connection is to speak another protocol from there on.
///
/// It is asked after `Host` and `Origin` were looked at.
pub trait Upgrade: Send + Sync {
    /// Answers a request. What it takes to have the connection is among the request's extensions.
    fn upgrade(&self, parts: Parts) -> BoxFuture<'static, Response<Body>>;
}
