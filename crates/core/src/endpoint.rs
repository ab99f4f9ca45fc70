//! The seam that everything which answers calls stands behind.

use std::{future::Future, pin::Pin, sync::Arc};

use crate::{Call, Line, Notice, Reply, Result, protocol::Identity};

/// A future behind a pointer: what a seam returns.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Answers a [`Call`] with a [`Reply`]; hears a [`Notice`].
///
/// A server is one, a proxy is one, a single tool is one. Dropping the future cancels the call.
pub trait Endpoint: Send + Sync + 'static {
    /// Answers `call`.
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>>;

    /// Hears a notification of the peer. Most endpoints do not care.
    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        drop(notice);
        Box::pin(std::future::ready(()))
    }

    /// Hears that a client has opened a session. What is given back hears the notices of that session in
    /// this endpoint's place; that it is dropped says that the session is over. Most endpoints do not care.
    fn connect(&self, line: Arc<dyn Line>) -> Option<Arc<dyn Endpoint>> {
        drop(line);
        None
    }

    /// Who this is, for the peer to read. The outermost endpoint speaks for all behind it.
    fn identity(&self) -> Option<Arc<Identity>> {
        None
    }
}

impl<E: Endpoint + ?Sized> Endpoint for Arc<E> {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        (**self).call(call)
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        (**self).notify(notice)
    }

    fn connect(&self, line: Arc<dyn Line>) -> Option<Arc<dyn Endpoint>> {
        (**self).connect(line)
    }

    fn identity(&self) -> Option<Arc<Identity>> {
        (**self).identity()
    }
}
