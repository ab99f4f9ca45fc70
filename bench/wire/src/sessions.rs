//! What a legacy session costs that nobody uses.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Result, ensure};
use futures_util::future::try_join_all;
use tokio::time::sleep;

use crate::{
    Extent, Run,
    client::initialize,
    connection::Connection,
    subject::{FMCP, Subject},
};

const CONNECTIONS: usize = 32;

/// Opens very many sessions; gives the resident bytes that each takes.
pub(crate) async fn bytes_of_one(run: &Run) -> Result<f64> {
    let count = match run.extent {
        Extent::Figures => 100_000,
        Extent::Check => 40_000,
    };
    let (server, address) = Subject::on_http(&run.cores, FMCP).await?;
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(Connection::open(address).await?);
    }
    // What the server needs for itself and for these connections is there before anything is compared.
    open(&mut connections, address, 2_000).await?;
    let before = server.resident()?;
    open(&mut connections, address, count).await?;
    sleep(Duration::from_millis(500)).await;
    let after = server.resident()?;
    Ok(after.saturating_sub(before) as f64 / count as f64)
}

async fn open(connections: &mut [Connection], address: SocketAddr, count: usize) -> Result<()> {
    let each = count / connections.len();
    try_join_all(connections.iter_mut().map(async |connection| {
        for _ in 0..each {
            let session = initialize(connection, address).await?;
            ensure!(session.is_some(), "no session");
        }
        Ok(())
    }))
    .await?;
    Ok(())
}
