//! A proxy whose connections break when the server says a certain word: what clients that can resume must
//! live with. It counts, so that a step can tell that its connection broke indeed and was resumed.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use memchr::memmem;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinSet,
};

/// The word.
pub(crate) const MARK: &str = "cut the wire";

/// How much is read at once.
const CHUNK: usize = 16 * 1024;

/// What a client says that resumes a stream, in small letters.
const RESUMPTION: &str = "last-event-id:";

/// How long the rest of what was said before the break may take to come. A client must have seen an event
/// whole to know after which one to resume.
const REST: Duration = Duration::from_millis(50);

/// What has happened on the wire.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    /// How many connections were cut.
    pub(crate) cuts: AtomicU32,
    /// How many streams clients came back to.
    pub(crate) resumptions: AtomicU32,
}

/// Passes connections on to `upstream`, for ever.
pub(crate) async fn serve(
    listener: TcpListener,
    upstream: SocketAddr,
    wire: Arc<Wire>,
) -> io::Result<()> {
    let mut connections = JoinSet::new();
    loop {
        let (client, _) = listener.accept().await?;
        connections.spawn(pass(client, upstream, Arc::clone(&wire)));
        while connections.try_join_next().is_some() {}
    }
}

/// Passes bytes both ways until one side ends or the word is said.
async fn pass(client: TcpStream, upstream: SocketAddr, wire: Arc<Wire>) -> io::Result<()> {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = TcpStream::connect(upstream).await?.into_split();
    tokio::select! {
        outcome = to_the_server(from_client, to_server, &wire) => outcome,
        outcome = to_the_client(from_server, to_client, &wire) => outcome,
    }
}

async fn to_the_server(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    wire: &Wire,
) -> io::Result<()> {
    let (mut chunk, mut seen) = (vec![0; CHUNK], Seen::default());
    loop {
        let n = from.read(&mut chunk).await?;
        if n == 0 {
            return Ok(());
        }
        if seen.has(&chunk[..n].to_ascii_lowercase(), RESUMPTION) {
            wire.resumptions.fetch_add(1, Ordering::Relaxed);
        }
        to.write_all(&chunk[..n]).await?;
    }
}

async fn to_the_client(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    wire: &Wire,
) -> io::Result<()> {
    let (mut chunk, mut seen) = (vec![0; CHUNK], Seen::default());
    loop {
        let n = from.read(&mut chunk).await?;
        to.write_all(&chunk[..n]).await?;
        if n == 0 {
            return Ok(());
        }
        if seen.has(&chunk[..n], MARK) {
            wire.cuts.fetch_add(1, Ordering::Relaxed);
            if let Ok(Ok(n)) = tokio::time::timeout(REST, from.read(&mut chunk)).await {
                to.write_all(&chunk[..n]).await?;
            }
            return to.shutdown().await;
        }
    }
}

/// The end of what has passed, for a word may come in two pieces.
#[derive(Default)]
struct Seen(Vec<u8>);

impl Seen {
    fn has(&mut self, chunk: &[u8], word: &str) -> bool {
        self.0.extend_from_slice(chunk);
        let found = memmem::find(&self.0, word.as_bytes());
        let passed = found.map_or(self.0.len().saturating_sub(word.len() - 1), |at| {
            at + word.len()
        });
        self.0.drain(..passed);
        found.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_seen_once_also_in_two_pieces() {
        let mut seen = Seen::default();
        assert!(!seen.has(b"they cut the", MARK));
        assert!(seen.has(b" wire, then", MARK));
        assert!(!seen.has(b" nothing", MARK));
    }
}
