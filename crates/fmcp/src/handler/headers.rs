//! The headers of the HTTP request.

use std::{ops::Deref, sync::Arc};

use fmcp_core::{Context, FromCall, HandlerError};

/// The headers of the HTTP request that the call came in; none for calls that came another way.
#[derive(Clone, Debug, Default)]
pub struct Headers(pub Arc<http::HeaderMap>);

impl Deref for Headers {
    type Target = http::HeaderMap;

    fn deref(&self) -> &http::HeaderMap {
        &self.0
    }
}

impl FromCall for Headers {
    async fn from_call(context: &Context) -> Result<Self, HandlerError> {
        Ok(Self(context.headers().cloned().unwrap_or_default()))
    }
}
