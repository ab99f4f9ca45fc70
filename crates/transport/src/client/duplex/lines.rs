//! Messages over bytes: one a line.

use tokio::io::{AsyncRead, AsyncWrite};

use super::Connection;
use crate::duplex::{End, carry};

/// Carries messages between a server and its connection, one a line, until the server has said all, or the
/// connection is [to be closed](super::Calls::closing).
pub async fn lines<R, W>(read: R, write: W, connection: Connection) -> End
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let calls = connection.calls();
    carry(read, write, connection, calls.closing()).await
}
