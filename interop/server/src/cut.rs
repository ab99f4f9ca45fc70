//! A proxy whose connections break when the server says a certain word: what clients that can resume must
//! live with. It counts, so that a step can tell that its connection broke indeed and was resumed.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
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
pub const MARK: &str = "cut the wire";

/// How much is read at once.
const CHUNK: usize = 16 * 1024;

/// What a client says that resumes a stream, in small letters.
const RESUMPTION: &str = "last-event-id:";

/// How a client begins to end a session, in small letters.
const END: &str = "delete /";

/// How long the rest of what was said before the break may take to come. A client must have seen an event
/// whole to know after which one to resume.
const REST: Duration = Duration::from_millis(50);

/// What has happened on the wire.
#[derive(Debug, Default)]
pub struct Wire {
    /// How many connections were cut.
    pub cuts: AtomicU32,
    /// How many streams clients came back to.
    pub resumptions: AtomicU32,
    /// How many sessions clients ended.
    pub ended: AtomicU32,
}

/// Passes connections on to `upstream`, for ever.
///
/// # Errors
/// When no connection can be taken any more.
pub async fn serve(listener: TcpListener, upstream: SocketAddr, wire: Arc<Wire>) -> io::Result<()> {
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
    // There are servers that begin with what was said last: whoever has come back is not cut again.
    let has_come_back = AtomicBool::new(false);
    tokio::select! {
        outcome = to_the_server(from_client, to_server, &wire, &has_come_back) => outcome,
        outcome = to_the_client(from_server, to_client, &wire, &has_come_back) => outcome,
    }
}

async fn to_the_server(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    wire: &Wire,
    has_come_back: &AtomicBool,
) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    let (mut resumes, mut ends) = (Seen::default(), Seen::default());
    loop {
        let n = from.read(&mut chunk).await?;
        if n == 0 {
            return Ok(());
        }
        let said = chunk[..n].to_ascii_lowercase();
        if resumes.has(&said, RESUMPTION) {
            wire.resumptions.fetch_add(1, Ordering::Relaxed);
            has_come_back.store(true, Ordering::Relaxed);
        }
        if ends.has(&said, END) {
            wire.ended.fetch_add(1, Ordering::Relaxed);
        }
        to.write_all(&chunk[..n]).await?;
    }
}

async fn to_the_client(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    wire: &Wire,
    has_come_back: &AtomicBool,
) -> io::Result<()> {
    let (mut chunk, mut seen) = (vec![0; CHUNK], Seen::default());
    loop {
        let n = from.read(&mut chunk).await?;
        to.write_all(&chunk[..n]).await?;
        if n == 0 {
            return Ok(());
        }
        if seen.has(&chunk[..n], MARK) && !has_come_back.load(Ordering::Relaxed) {
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
