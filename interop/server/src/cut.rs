//! A proxy whose connections break when the server says a certain word: what clients that can resume must
//! live with.

use std::{io, net::SocketAddr, time::Duration};

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

/// How long the rest of what was said before the break may take to come. A client must have seen an event
/// whole to know after which one to resume.
const REST: Duration = Duration::from_millis(50);

/// Passes connections on to `upstream`, for ever.
pub(crate) async fn serve(listener: TcpListener, upstream: SocketAddr) -> io::Result<()> {
    let mut connections = JoinSet::new();
    loop {
        let (client, _) = listener.accept().await?;
        connections.spawn(pass(client, upstream));
        while connections.try_join_next().is_some() {}
    }
}

/// Passes bytes both ways until one side ends or the word is said.
async fn pass(client: TcpStream, upstream: SocketAddr) -> io::Result<()> {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = TcpStream::connect(upstream).await?.into_split();
    tokio::select! {
        outcome = forward(from_client, to_server) => outcome,
        outcome = forward_until_cut(from_server, to_client) => outcome,
    }
}

async fn forward(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> io::Result<()> {
    tokio::io::copy(&mut from, &mut to).await.map(drop)
}

async fn forward_until_cut(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> io::Result<()> {
    let mut seen = Vec::new();
    let mut chunk = vec![0; 16 * 1024];
    loop {
        let n = from.read(&mut chunk).await?;
        to.write_all(&chunk[..n]).await?;
        seen.extend_from_slice(&chunk[..n]);
        if n == 0 {
            return Ok(());
        }
        if memmem::find(&seen, MARK.as_bytes()).is_some() {
            let rest = tokio::time::timeout(REST, from.read(&mut chunk)).await;
            if let Ok(Ok(n)) = rest {
                to.write_all(&chunk[..n]).await?;
            }
            return to.shutdown().await;
        }
        // The word may come in two pieces.
        let keep = seen.len().min(MARK.len());
        seen.drain(..seen.len() - keep);
    }
}
