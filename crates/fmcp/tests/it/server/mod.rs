//! The server, bullet by bullet of what it promises.

use fmcp::{CallOptions, CallResult, Server, testing};
use serde_json::Value;

/// Wrong types, unknown and missing arguments, broken rules: every fault in one answer.
mod arguments;
/// What handlers leave running: bounded, with the context of its call, ended with the server.
mod background;
/// Values that complete what somebody types.
mod completion;
/// What may be said about a component, their names, and what happens to duplicates.
mod components;
/// What a handler may ask of its call.
mod context;
/// What callers read when handlers fail or panic, and what they never read.
mod errors;
/// Feature flags: for whom they are on, who changes them, what is behind them.
mod flags;
/// Arguments that HTTP clients repeat in headers.
mod headers;
/// Callers and handlers that do what they should not.
mod hostile;
/// Values of calls, users and the server: which are found, by whom, and for how long.
mod levels;
/// Start and stop hooks: once, in order, whatever fails.
mod lifespan;
/// Order, pages, cursors, cache hints.
mod lists;
/// Changes while the server runs.
mod live;
/// What the log has and clients do not.
mod log;
/// Who is sent log messages: calls that ask for a level, and sessions from theirs on.
mod logging;
/// The attributes in front of the real crate.
mod macros;
/// What becomes of mirrored headers and of streamed parts on HTTP.
#[cfg(feature = "http")]
mod over_http;
/// A WebSocket beside the endpoint.
#[cfg(feature = "ws")]
mod over_websocket;
/// Resources and templates, and the values that are refused.
mod resources;
/// What handlers may give back, and what it looks like on the wire.
mod results;
/// One script, five revisions.
mod revisions;
/// The application's own state, and what is computed per call.
mod state;
/// Tools that give back a stream, and handlers that send parts of their result ahead.
mod streaming;
/// Resources that somebody follows: who hears of their changes, and who does not.
mod subscriptions;
/// What handlers tell: loggers that gather, categories, timers, stages.
mod told;
/// What handlers say to `tracing`: who reads it, and who does not.
#[cfg(feature = "trace")]
mod tracing_to_clients;

/// What a tool gave, whether it failed or not.
async fn run(server: &Server, tool: &str, arguments: Value) -> CallResult {
    let client = testing::connect(server).await;
    client
        .call_raw(tool, arguments, CallOptions::new())
        .await
        .unwrap_or_else(|error| panic!("{error}"))
}

/// The words of a tool that failed.
#[track_caller]
fn words(result: &CallResult) -> String {
    assert!(result.is_error(), "expected a failure: {result:?}");
    result.text().into_owned()
}

/// The words of a server that cannot be built.
fn refusal(server: &Server) -> String {
    match server.check() {
        Ok(()) => panic!("the server should be refused"),
        Err(error) => error.message().to_owned(),
    }
}
