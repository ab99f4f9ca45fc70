//! Messages over bytes: one a line.

use tokio::io::{AsyncRead, AsyncWrite};

use super::{Connection, straight::Writer};
use crate::duplex::{End, carry};

/// Carries messages between a server and its connection, one a line, until the server has said all, or the
/// connection is [to be closed](super::Calls::closing).
pub async fn lines<R, W>(read: R, write: W, connection: Connection) -> End
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let (calls, write) = (connection.calls(), Writer::new(write));
    calls.go_straight(write.lend());
    carry(read, write, connection, calls.closing()).await
}
