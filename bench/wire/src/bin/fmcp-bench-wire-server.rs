//! Our server under test: the tool `add` that is measured, and tools by which a benchmark makes something
//! happen.
//!
//! `fmcp-bench-wire-server 127.0.0.1:8000` serves HTTP as any server does, without an address it serves
//! stdio. After `observed` and an address it serves HTTP, too, tells how many sessions it has, and forgets
//! silent ones soon.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Result;
use fmcp::{
    Http, Server, Tool,
    http::{McpService, Settings, Site},
    net::{self, Listener},
    tool,
};
use fmcp_transport::drain::Drain;
use serde_json::json;

static SERVER: OnceLock<Server> = OnceLock::new();
static SERVICE: OnceLock<McpService> = OnceLock::new();
static GROWN: AtomicU64 = AtomicU64::new(0);

/// Add two numbers.
#[tool]
async fn add(a: i64, b: i64) -> String {
    a.wrapping_add(b).to_string()
}

/// Add one more tool to this server.
#[tool]
async fn grow() -> fmcp::Result<String> {
    let name = format!("grown_{}", GROWN.fetch_add(1, Ordering::Relaxed));
    let schema = json!({"type": "object"});
    let grown = Tool::dynamic(name.clone(), schema, |_: serde_json::Value, _| async {
        "here"
    });
    if let Some(server) = SERVER.get() {
        server.add_tool(grown)?;
    }
    Ok(name)
}

/// Take a second.
#[tool]
async fn wait() -> String {
    tokio::time::sleep(Duration::from_secs(1)).await;
    "waited".to_owned()
}

/// Tell how many tasks there are, and how many sessions.
#[tool]
async fn vitals() -> String {
    let tasks = tokio::runtime::Handle::current()
        .metrics()
        .num_alive_tasks();
    let sessions = SERVICE.get().map_or(0, McpService::sessions);
    format!("{tasks} {sessions}")
}

#[tokio::main]
async fn main() -> Result<()> {
    let server = Server::new("bench")
        .version("1.0.0")
        .tool(add::tool())
        .tool(grow::tool())
        .tool(wait::tool())
        .tool(vitals::tool());
    let _ = SERVER.set(server.clone());
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [] => server.run_stdio().await?,
        [address] => server.run_http(Http::new(*address)).await?,
        [.., address] => observed(server, address).await?,
    }
    Ok(())
}

/// What `run_http` does, with the service at hand.
async fn observed(server: Server, address: &str) -> Result<()> {
    let mut settings = Settings::default();
    settings.session_idle = Duration::from_secs(2);
    let drain = Drain::new();
    let service = McpService::new(Arc::new(server), settings, drain.clone());
    let _ = SERVICE.set(service.clone());
    let site = Site::builder(service, "/mcp").build();
    net::serve(
        Listener::bind(address).await?,
        site,
        net::Settings::default(),
        drain,
    )
    .await;
    Ok(())
}
