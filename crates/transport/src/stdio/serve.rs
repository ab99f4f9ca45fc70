//! One peer on the standard streams.

use std::{future::Future, io, os::fd::OwnedFd, sync::Arc};

use fmcp_core::{Carrier, Endpoint};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::oneshot,
    time::timeout,
};

use super::{polled, takeover::Takeover, threaded};
use crate::duplex::{Connection, End, Settings, lines};

/// Serves the one peer on standard input and output, until it has said all or `stop` says that it is
/// enough.
///
/// Both streams are taken over as long as it runs: what handlers print goes to standard error, and what
/// they (or processes that they start) read is empty. So nobody but the peer and this stands between them.
///
/// # Errors
/// When the streams cannot be used, or are in use by another server of this process.
pub async fn serve(
    endpoint: Arc<dyn Endpoint>,
    mut settings: Settings,
    stop: impl Future<Output = ()>,
) -> io::Result<End> {
    let taken = Takeover::new()?;
    settings.carrier = Carrier::Stdio;
    let patience = settings.write_timeout;
    let read = input(taken.stdin())?;
    let (write, written) = output(taken.stdout())?;
    let end = lines(read, write, Connection::new(endpoint, settings), stop).await;
    if let (Some(written), End::Done) = (written, &end) {
        // The thread has the last answers still. If it does not get rid of them, nobody reads.
        if timeout(patience, written).await.is_err() {
            return Ok(End::Stalled);
        }
    }
    Ok(end)
}

fn input(stdin: &OwnedFd) -> io::Result<Box<dyn AsyncRead + Send + Unpin>> {
    Ok(match polled::Reader::new(stdin)? {
        Some(polled) => Box::new(polled),
        None => Box::new(threaded::reader(stdin.try_clone()?)?),
    })
}

/// Where to write, and who says when all of it is written, if that is not known at once.
type Output = (
    Box<dyn AsyncWrite + Send + Unpin>,
    Option<oneshot::Receiver<()>>,
);

fn output(stdout: &OwnedFd) -> io::Result<Output> {
    Ok(match polled::Writer::new(stdout)? {
        Some(polled) => (Box::new(polled), None),
        None => {
            let (writer, written) = threaded::writer(stdout.try_clone()?)?;
            (Box::new(writer), Some(written))
        }
    })
}
