//! The seam of everything that proves to an upstream who is calling.

use std::sync::Arc;

use http::{request, response};

use crate::{BoxFuture, Result};

/// Proves to an HTTP server who is calling: the other end of an [`Authenticator`](crate::Authenticator).
///
/// A client asks it before it sends a request, after a refusal (401 or 403), and shows it every other
/// response. How often a refused request is sent again is bounded by the client, whatever is said here.
pub trait Credentials: Send + Sync + 'static {
    /// Adds to a request what proves who is calling.
    ///
    /// # Errors
    /// When there is nothing to prove it with, and no way to get it.
    fn sign<'a>(&'a self, request: &'a mut request::Parts) -> BoxFuture<'a, Result<()>>;

    /// Hears that a request was refused. Whether it is worth sending again, signed anew.
    ///
    /// # Errors
    /// When something better than the refusal can be said about what went wrong.
    fn refused<'a>(
        &'a self,
        request: &'a request::Parts,
        response: &'a response::Parts,
    ) -> BoxFuture<'a, Result<bool>> {
        let _ = (request, response);
        Box::pin(std::future::ready(Ok(false)))
    }

    /// Hears that a request was not refused.
    fn answered(&self, request: &request::Parts, response: &response::Parts) {
        let _ = (request, response);
    }

    /// Whether a user is being asked right now. Users take minutes; nobody should hold that against the
    /// server, or end it after the time that a server may take.
    fn is_asking(&self) -> bool {
        false
    }
}

/// A way to prove who is calling: what a client is given before it knows more of a server than its address.
///
/// It can be used for many servers; the credentials of one are never shown to another.
pub trait Scheme: Send + Sync + 'static {
    /// The credentials for the server at an address.
    ///
    /// # Errors
    /// When the settings cannot work, or the address is none.
    fn credentials(&self, server: &str) -> Result<Arc<dyn Credentials>>;
}

impl<S: Scheme + ?Sized> Scheme for Arc<S> {
    fn credentials(&self, server: &str) -> Result<Arc<dyn Credentials>> {
        (**self).credentials(server)
    }
}
