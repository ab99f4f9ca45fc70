//! What an author needs to test a server in a few lines.
//!
//! [`connect`] gives a client in memory that remembers what it was told; [`call`] is for a single call;
//! [`Wire`] talks JSON, for tests of what stands on the wire; the functions that begin with `expect`
//! say in plain words what came instead. What does not belong here: test servers and fixtures.
//!
//! ```
//! use fmcp::{Context, Server, Tool, testing};
//! use serde_json::json;
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
//! let server = Server::new("kitchen").tool(Tool::dynamic(
//!     "bake",
//!     json!({"type": "object", "properties": {"loaves": {"type": "integer"}}}),
//!     |args: serde_json::Value, ctx: Context| async move {
//!         ctx.info("the oven is hot").await;
//!         ctx.progress(1, 1, "done").await;
//!         format!("{} loaves", args["loaves"])
//!     },
//! ));
//!
//! let client = testing::connect(&server).await;
//! let result = client.call("bake", json!({"loaves": 2})).await;
//! assert_eq!(testing::expect_text(&result), "2 loaves");
//! assert_eq!(client.logs()[0].data.as_str(), "\"the oven is hot\"");
//! assert_eq!(client.progress()[0].message.as_deref(), Some("done"));
//!
//! let result = client.call("bake", json!({"loaves": "many"})).await;
//! assert!(testing::expect_tool_error(&result).contains("loaves"));
//!
//! let wire = testing::Wire::new(&server);
//! let answer = wire.send(testing::modern("tools/list", json!({}))).await;
//! assert_eq!(testing::expect_result(&answer)["tools"][0]["name"], "bake");
//! # Ok(()) }
//! ```

mod client;
mod expect;
mod record;
mod wire;

pub use client::{TestClient, call, connect, connect_at};
pub use expect::{expect_result, expect_rpc_error, expect_text, expect_tool_error};
pub use wire::{Wire, legacy, modern};
