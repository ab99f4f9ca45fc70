//! What every carrier becomes.

use std::sync::Arc;

use fmcp_core::{
    BoxFuture, Endpoint,
    protocol::{Revision, model::DiscoverResult},
};

/// A way to a server that is open, and opens itself again where it can.
///
/// Its calls are answered with [`Reply::Raw`](fmcp_core::Reply::Raw) where they have gone over a wire, or
/// with the error that the server gave. What belongs to a call (its progress, its stream of changes) goes
/// to the call's own peer; everything else to the peer that the link was opened with. Dropping a call's
/// future tells the server that nobody waits any more.
pub trait Link: Endpoint {
    /// The revision that both sides agreed on. It stays the same for the life of the link.
    fn revision(&self) -> Revision;

    /// What the server said about itself when the link was opened.
    fn about(&self) -> Arc<DiscoverResult>;

    /// Whether a call's own headers ([`Call::with_headers`](fmcp_core::Call::with_headers)) go with it, so
    /// that arguments which a tool wants repeated there must be.
    fn carries_headers(&self) -> bool {
        false
    }

    /// Closes it in order: calls that wait fail, the server is told where that is possible, and what
    /// this side has started is gone when the future is done.
    fn close(&self) -> BoxFuture<'_, ()>;
}
