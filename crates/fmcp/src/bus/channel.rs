//! The seam.

use bytes::Bytes;
use fmcp_core::{BoxFuture, Result};

/// Carries messages between replicas, to all who hear a channel. It keeps nothing: who does not listen does not
/// hear, and who may have missed something is told that.
pub trait Bus: Send + Sync + 'static {
    /// Tells everybody who hears the channel, whoever tells it included.
    fn tell<'a>(&'a self, channel: &'a str, message: Bytes) -> BoxFuture<'a, Result<()>>;

    /// Begins to hear a channel: everything that is told from when this is done.
    fn hear<'a>(&'a self, channel: &'a str) -> BoxFuture<'a, Result<Box<dyn Hearing>>>;
}

/// Hears one channel.
pub trait Hearing: Send {
    /// What is told next; `None` when there is nothing to be heard here any more, and hearing must begin anew.
    fn next(&mut self) -> BoxFuture<'_, Option<Heard>>;
}

/// What comes over a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Heard {
    /// What somebody has told.
    Message(Bytes),
    /// Something was told that is lost.
    Missed,
}
