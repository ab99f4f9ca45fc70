//! The official Rust SDK with the tool `add`, in its cheapest mode: stateless, answers as JSON.
//!
//! `fmcp-bench-rmcp 127.0.0.1:8000` serves HTTP, without an address it serves stdio.

use anyhow::Result;
use rmcp::{
    ServiceExt as _,
    handler::server::wrapper::Parameters,
    tool, tool_router,
    transport::{
        StreamableHttpServerConfig, StreamableHttpService, stdio,
        streamable_http_server::session::never::NeverSessionManager,
    },
};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Summands {
    a: i64,
    b: i64,
}

#[derive(Clone)]
struct Bench;

#[tool_router(server_handler)]
impl Bench {
    /// Add two numbers.
    #[tool]
    async fn add(&self, Parameters(Summands { a, b }): Parameters<Summands>) -> String {
        a.wrapping_add(b).to_string()
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let Some(address) = std::env::args().nth(1) else {
        Bench.serve(stdio()).await?.waiting().await?;
        return Ok(());
    };
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true);
    let service = StreamableHttpService::new(
        || Ok(Bench),
        std::sync::Arc::new(NeverSessionManager::default()),
        config,
    );
    let app = axum::Router::new().nest_service("/mcp", service);
    let listener = tokio::net::TcpListener::bind(address).await?;
    axum::serve(listener, app).await?;
    Ok(())
}
