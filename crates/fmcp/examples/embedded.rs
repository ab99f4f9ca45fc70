//! A server inside an axum application, beside the application's own pages, with state that both share.
//!
//! ```sh
//! cargo run --example embedded                  # or at another address: -- 127.0.0.1:9000
//! curl localhost:8000/                          # the application
//! curl localhost:8000/visits/kitchen
//! curl localhost:8000/mcp -H 'Content-Type: application/json' \
//!   -H 'Accept: application/json, text/event-stream' \
//!   -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/call' -H 'Mcp-Name: visits' \
//!   -d '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"visits","arguments":{"room":"kitchen"},
//!        "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",
//!                 "io.modelcontextprotocol/clientCapabilities":{}}}}'
//! ```
#![allow(missing_docs, clippy::print_stdout)]

use std::{
    collections::BTreeMap,
    error::Error,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{Router, extract, routing::get};
use fmcp::{Server, State, tool};
use tokio::{net::TcpListener, signal::ctrl_c};

/// Who has been where: of the application as much as of its tools.
#[derive(Clone, Default)]
struct Rooms(Arc<Mutex<BTreeMap<String, u64>>>);

/// How many rooms are remembered.
const MOST: usize = 1000;

impl Rooms {
    fn visit(&self, room: String) -> u64 {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if rooms.len() >= MOST && !rooms.contains_key(&room) {
            return 0;
        }
        let visits = rooms.entry(room).or_default();
        *visits += 1;
        *visits
    }

    fn visits(&self, room: &str) -> u64 {
        let rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.get(room).copied().unwrap_or_default()
    }
}

/// How often a room has been visited.
#[tool(read_only)]
async fn visits(room: String, #[ctx] rooms: State<Rooms>) -> u64 {
    rooms.visits(&room)
}

/// What axum serves by itself.
fn pages(rooms: Rooms) -> Router {
    let visit = async |extract::Path(room): extract::Path<String>,
                       extract::State(rooms): extract::State<Rooms>| {
        format!("visit {} of {room}\n", rooms.visit(room.clone()))
    };
    Router::new()
        .route("/", get(async || "Welcome! Try /visits/kitchen.\n"))
        .route("/visits/{room}", get(visit))
        .with_state(rooms)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let rooms = Rooms::default();
    let server = Server::new("embedded")
        .version("1.0.0")
        .state(rooms.clone())
        .tool(visits::tool());

    // It starts with its first call; to start it now, say `server.start().await?`.
    let mcp = server.clone().into_http_service();
    let app = pages(rooms).nest_service("/mcp", mcp.clone());

    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:8000")).await?;
    println!("listening at http://{}/", listener.local_addr()?);
    let enough = async move {
        // An error says that nobody can press Ctrl-C here.
        let _ = ctrl_c().await;
        // axum waits for what is open: without this, for streams that never end by themselves, too.
        mcp.drain();
    };
    axum::serve(listener, app)
        .with_graceful_shutdown(enough)
        .await?;
    server.stop().await;
    Ok(())
}
