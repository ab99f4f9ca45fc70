//! A server on WebSocket, with a page that talks to it. It tells what it has to tell without being asked: a note that
//! one client adds appears in the list of all others.
//!
//! ```sh
//! cargo run --example websocket                 # or at another address: -- 127.0.0.1:9000
//! ```
//!
//! Then open <http://localhost:8000/> in two windows, or, with Node 22 or later:
//!
//! ```sh
//! node -e '
//!   const socket = new WebSocket("ws://localhost:8000/ws", "mcp");
//!   const say = (message) => socket.send(JSON.stringify({jsonrpc: "2.0", ...message}));
//!   socket.onmessage = (event) => console.log(event.data);
//!   socket.onopen = () => {
//!     say({id: 1, method: "initialize", params: {protocolVersion: "2025-11-25", capabilities: {},
//!          clientInfo: {name: "me", version: "1"}}});
//!     say({method: "notifications/initialized"});
//!     say({id: 2, method: "tools/call", params: {name: "note", arguments: {name: "milk", text: "buy some"}}});
//!   };'
//! ```
#![allow(missing_docs)]

use fmcp::{
    Http, Resource, Server, ToolError,
    http::{Body, Response},
    tool,
};

/// Keep a note, for everybody to read.
#[tool]
async fn note(name: String, text: String, #[ctx] server: Server) -> Result<String, ToolError> {
    let uri = format!("note://{name}");
    let note = Resource::new(&uri, move || {
        let text = text.clone();
        async move { text }
    });
    // Whoever listens hears that there is one more.
    let added = server.add_resource(note.name(name));
    added.map_err(|error| ToolError::new(error.message().to_owned()))?;
    Ok(format!("kept at {uri}"))
}

const PAGE: &str = r#"<!doctype html>
<title>notes</title>
<form><input name=name placeholder=name required> <input name=text placeholder=text> <button>keep</button></form>
<ul></ul>
<script>
  const socket = new WebSocket(`ws://${location.host}/ws`, "mcp");
  const waiting = new Map();
  const say = (message) => socket.send(JSON.stringify({jsonrpc: "2.0", ...message}));
  const ask = (method, params) => new Promise((resolve) => {
    waiting.set(waiting.size, resolve);
    say({id: waiting.size - 1, method, params});
  });
  const show = async () => {
    const {resources} = await ask("resources/list");
    const items = resources.map(({name}) => Object.assign(document.createElement("li"), {textContent: name}));
    document.querySelector("ul").replaceChildren(...items);
  };
  socket.onmessage = (event) => {
    const message = JSON.parse(event.data);
    if ("id" in message) waiting.get(message.id)?.(message.result);
    else if (message.method === "notifications/resources/list_changed") show();
  };
  socket.onopen = async () => {
    const clientInfo = {name: "page", version: "1"};
    await ask("initialize", {protocolVersion: "2025-11-25", capabilities: {}, clientInfo});
    say({method: "notifications/initialized"});
    show();
  };
  document.querySelector("form").onsubmit = (event) => {
    event.preventDefault();
    const {name, text} = Object.fromEntries(new FormData(event.target));
    ask("tools/call", {name: "note", arguments: {name, text}});
    event.target.reset();
  };
</script>
"#;

async fn page() -> Response {
    let mut page = Response::new(Body::from(PAGE));
    let html = http::HeaderValue::from_static("text/html; charset=utf-8");
    page.headers_mut().insert(http::header::CONTENT_TYPE, html);
    page
}

#[tokio::main]
async fn main() -> fmcp::Result<()> {
    let server = Server::new("notes")
        .version("1.0.0")
        .tool(note::tool())
        .route("/", |_| page());
    let address = std::env::args().nth(1);
    let http = Http::new(address.as_deref().unwrap_or("127.0.0.1:8000"));
    server.run_http(http.websocket("/ws")).await
}
