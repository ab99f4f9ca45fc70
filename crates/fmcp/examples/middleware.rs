//! Middleware: one that sees every call, hooks for calls of one kind, and one of a single tool.
//!
//! ```sh
//! cargo run -p fmcp --example middleware
//! ```
#![allow(missing_docs)]

use std::{
    error::Error as StdError,
    io::Write,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use fmcp::{
    Call, Client, Error, Kind, Middleware, Next, Reply, Result, Server, hooks,
    middleware::{Hooks, ToolCall},
    tool,
};
use serde_json::json;

/// Writes down what was asked and whether it was answered.
#[derive(Clone, Default)]
struct Audit(Arc<Mutex<Vec<String>>>);

impl Middleware for Audit {
    async fn handle(&self, call: Call, next: Next<'_>) -> Result<Reply> {
        let what = format!("{} {}", call.method(), call.name().unwrap_or_default());
        let reply = next.run(call).await;
        let outcome = if reply.is_ok() { "answered" } else { "refused" };
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push(format!("{}: {outcome}", what.trim_end()));
        reply
    }
}

/// Lets so many tools run, and no more.
struct Quota(AtomicU32);

impl Hooks for Quota {
    async fn on_call_tool(&self, call: ToolCall, next: Next<'_>) -> Result<Reply> {
        let left = |left: u32| left.checked_sub(1);
        let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
        if self.0.fetch_update(set, fetch, left).is_err() {
            let words = format!("the quota is used up, {} was not run", call.tool());
            return Err(Error::new(Kind::Overloaded, words));
        }
        next.run(call).await
    }
}

/// Adds to what a tool gives back.
struct Signed;

impl Middleware for Signed {
    async fn handle(&self, call: Call, next: Next<'_>) -> Result<Reply> {
        let mut result = next.run(call).await?.into_tool()?;
        result.content.push("signed".into());
        Ok(result.into())
    }
}

#[tool]
fn plain() -> &'static str {
    "plain"
}

#[tool(layer = Signed)]
fn signed() -> &'static str {
    "important"
}

pub(crate) async fn run(out: &mut dyn Write) -> std::result::Result<(), Box<dyn StdError>> {
    let audit = Audit::default();
    let server = Server::new("desk")
        .tool(plain::tool())
        .tool(signed::tool())
        .layer(audit.clone()) // outermost: added first
        .layer(hooks(Quota(AtomicU32::new(2))));
    let client = Client::connect(&server).await?;

    for name in ["plain", "signed", "plain"] {
        match client.call(name, json!({})).await {
            Ok(result) => writeln!(out, "{name}: {:?}", result.text())?,
            Err(error) => writeln!(out, "{name}: {error}")?,
        }
    }
    for line in audit
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .iter()
    {
        writeln!(out, "audit: {line}")?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::result::Result<(), Box<dyn StdError>> {
    run(&mut std::io::stdout()).await
}
