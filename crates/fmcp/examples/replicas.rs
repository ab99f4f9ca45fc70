//! Two replicas of one server: what one changes, a client of the other hears of.
//!
//! ```sh
//! cargo run -p fmcp --features redis --example replicas
//! REDIS_URL=redis://127.0.0.1 cargo run -p fmcp --features redis --example replicas
//! ```
//!
//! With an address they share that Redis, as two processes would; without, the memory of this one.
#![allow(missing_docs)]

use std::{
    error::Error,
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use fmcp::{
    Change, Client, Resource, Server, State,
    bus::{self, Shared},
    store::{self, Redis},
    tool,
};
use serde_json::json;

/// What is in stock. A real server has it in a database, which all replicas ask.
type Stock = Arc<AtomicU32>;

/// Sell some of it.
#[tool]
async fn sell(count: u32, #[ctx] State(stock): State<Stock>, #[ctx] server: Server) -> u32 {
    let left = stock.fetch_sub(count, Ordering::Relaxed) - count;
    // Whoever follows it hears of it, at this replica and at the others.
    server.notify_updated("data://stock");
    left
}

fn replica(stock: &Stock, shared: &Shared) -> Server {
    let shown = Arc::clone(stock);
    let read = move || {
        let left = shown.load(Ordering::Relaxed);
        async move { left.to_string() }
    };
    Server::new("shop")
        .state(Arc::clone(stock))
        .resource(Resource::new("data://stock", read))
        .tool(sell::tool())
        .shared(shared.clone())
}

async fn place() -> fmcp::Result<Shared> {
    Ok(match std::env::var("REDIS_URL") {
        Ok(url) => Redis::connect(url).await?.prefix("example").into(),
        Err(_) => Shared::new(store::Memory::new(), bus::Memory::new()),
    })
}

pub(crate) async fn run(out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let (stock, shared) = (Stock::new(7.into()), place().await?);
    let (one, other) = (replica(&stock, &shared), replica(&stock, &shared));

    let reader = Client::connect(&one).await?;
    let buyer = Client::connect(&other).await?;
    let mut changes = reader.subscribe("data://stock").await?;

    let left: u32 = buyer.call("sell", json!({"count": 2})).await?.parse()?;
    writeln!(out, "sold at one replica: {left} are left")?;
    let change = tokio::time::timeout(Duration::from_secs(5), changes.next()).await?;
    if let Some(Change::Resource(uri)) = change {
        let now = reader.read(&uri).await?;
        writeln!(
            out,
            "heard at the other: {uri} is {}",
            now.text().unwrap_or_default()
        )?;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    run(&mut std::io::stdout().lock()).await
}
