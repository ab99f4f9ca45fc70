//! Clients that hold a stream open and wait to be told something.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context as _, Result};
use futures_util::future::{try_join, try_join_all};
use tokio::time::{Instant, sleep, timeout};

use crate::{
    client::{Client, initialize},
    connection::Connection,
    message::{self, Era, Head},
};

const HEARD_WITHIN: Duration = Duration::from_secs(30);

/// Open streams, one on each connection.
pub(crate) struct Watchers {
    streams: Vec<Connection>,
}

impl Watchers {
    /// Opens so many: `subscriptions/listen` for modern clients, a session and its GET stream for legacy
    /// ones.
    pub(crate) async fn open(address: SocketAddr, era: Era, count: u64) -> Result<Self> {
        let mut streams = Vec::new();
        for id in 1..=count {
            let stream = match era {
                Era::Modern => listen(address, id).await,
                Era::Legacy => get(address).await,
            };
            streams.push(stream.with_context(|| format!("opening stream {id}"))?);
        }
        Ok(Self { streams })
    }

    /// Lets `author` change its server's list of tools; how long it takes until all have been told.
    pub(crate) async fn told_of_a_change(&mut self, author: &mut Client) -> Result<Duration> {
        let all = try_join_all(self.streams.iter_mut().map(async |stream| {
            stream.until(b"notifications/tools/list_changed").await?;
            stream.until(b"\n\n").await?;
            stream.rest();
            anyhow::Ok(())
        }));
        let change = async {
            // By then all of them wait.
            sleep(Duration::from_millis(500)).await;
            let start = Instant::now();
            author.ask("grow").await?;
            Ok(start)
        };
        let (_, start) = timeout(HEARD_WITHIN, try_join(all, change))
            .await
            .context("not everybody was told of the change")??;
        Ok(start.elapsed())
    }
}

async fn listen(address: SocketAddr, id: u64) -> Result<Connection> {
    let mut connection = Connection::open(address).await?;
    let head = Head::post(address, Era::Modern, None).of("subscriptions/listen", None);
    let request = head.with(&message::listen(id));
    connection.send(request.as_bytes()).await?;
    connection.begin_stream().await?;
    connection
        .until(b"notifications/subscriptions/acknowledged")
        .await?;
    connection.until(b"\n\n").await?;
    connection.rest();
    Ok(connection)
}

async fn get(address: SocketAddr) -> Result<Connection> {
    let mut connection = Connection::open(address).await?;
    let session = initialize(&mut connection, address).await?;
    let session = session.context("no session")?;
    let get = Head::bare("GET", address, &session);
    connection.send(get.as_bytes()).await?;
    connection.begin_stream().await?;
    connection.rest();
    Ok(connection)
}
