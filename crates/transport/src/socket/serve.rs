//! Many peers on one listener.

use std::{future::Future, io, sync::Arc, time::Duration};

use fmcp_core::Endpoint;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::JoinSet,
    time::sleep,
};

use crate::{
    drain::Drain,
    duplex::{self, Connection, End, lines},
};

/// How long nobody is accepted after that has failed: mostly there are no descriptors left, and trying
/// again at once would only burn time.
const PAUSE: Duration = Duration::from_millis(50);

/// How many peers there may be, and how much each may do.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// What each peer may do.
    pub each: duplex::Settings,
    /// Peers at once. Further ones are hung up on.
    pub peers: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            each: duplex::Settings::default(),
            peers: 256,
        }
    }
}

/// Where peers come from.
pub trait Accept: Send {
    /// What connects to one peer.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next peer.
    fn accept(&mut self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

/// Serves everybody who comes to `listener`, each apart from the others, until `stop`: then nobody new is
/// let in, and those who are there end in order.
pub async fn serve(
    mut listener: impl Accept,
    endpoint: Arc<dyn Endpoint>,
    settings: Settings,
    stop: impl Future<Output = ()>,
) {
    let (drain, mut peers) = (Drain::new(), JoinSet::new());
    tokio::pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            Some(_) = peers.join_next() => {}
            accepted = listener.accept() => match accepted {
                // Dropping the stream hangs up.
                Ok(_) if peers.len() >= settings.peers => {
                    tracing::debug!(peers = settings.peers, "there are as many peers as may be");
                }
                Ok(stream) => {
                    let connection = Connection::new(Arc::clone(&endpoint), settings.each.clone());
                    peers.spawn(converse(stream, connection, drain.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a peer could not be let in");
                    sleep(PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    drain.begin();
    // Each ends within its own grace.
    while peers.join_next().await.is_some() {}
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    connection: Connection,
    drain: Drain,
) {
    let (read, write) = tokio::io::split(stream);
    match lines(read, write, connection, drain.begun()).await {
        End::Done => {}
        End::Stalled => tracing::warn!("a peer that does not read was hung up on"),
        End::Broken(error) => tracing::debug!(%error, "a peer has gone"),
    }
}
