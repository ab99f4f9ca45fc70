//! The integration tests of `fmcp`: what users of the crate see, one file per area.

#![allow(missing_docs, clippy::unwrap_used)]
// Handlers own their arguments, and a test wants to see the unit that one gives back.
#![allow(clippy::needless_pass_by_value, clippy::semicolon_if_nothing_returned)]

/// MCP Apps: pages of servers, as hosts read them.
mod apps;
/// What handlers ask, on every revision: the user, the language model, the roots; and the state in between.
mod asking;
/// Who is calling, found out by a function.
#[cfg(all(unix, feature = "web", feature = "ws"))]
mod callers;
/// A server on a real transport, and where clients find it.
#[cfg(all(unix, feature = "web", feature = "ws"))]
mod carried;
/// A client in memory: typed answers, errors, lists, callbacks, revisions, time and cancellation.
mod client;
/// Links over HTTP to real servers: eras, calls, sessions, streams.
#[cfg(feature = "web")]
mod client_http;
/// Links to our own server, as a real process.
#[cfg(unix)]
mod client_stdio;
/// Servers within servers: mounted, imported, in front of others.
mod compose;
/// The examples that serve, as processes, asked what their first lines say.
#[cfg(feature = "http")]
mod example_programs;
/// The examples run, and print what their readers are promised.
mod examples;
/// Streamable HTTP over real sockets: every header, status, session and stream, and those who mean harm.
#[cfg(feature = "http")]
mod http;
/// Applications of somebody else's behind our HTTP server, and around our endpoint.
#[cfg(feature = "http")]
mod http_fallback;
/// What the macros make of a function, as users see it.
mod macros;
/// Every interaction, in every revision, on real transports.
#[cfg(all(unix, feature = "web", feature = "ws"))]
mod matrix;
/// Pictures, sound and files as content.
mod media;
/// Hooks, layers, their order and what they may do.
mod middleware;
/// HTTP by hand, for what is tested over real sockets.
#[cfg(feature = "http")]
mod raw_http;
/// What replicas share in a real Redis.
#[cfg(all(unix, feature = "redis"))]
mod redis;
/// The server, bullet by bullet of what it promises.
mod server;
/// What handlers keep from one call of a session to the next.
mod session_state;
/// What a server knows of its sessions: the list, the hooks, pings, and the end.
#[cfg(all(unix, feature = "web", feature = "ws"))]
mod sessions;
/// Skills: folders that are served, and clients that believe nothing.
#[cfg(feature = "skills")]
mod skills;
/// HTTP+SSE, the transport of revision 2024-11-05.
#[cfg(feature = "http")]
mod sse_2024;
/// A server on its standard streams, as a real process.
#[cfg(unix)]
mod stdio;
/// Every store against the contract.
mod store;
/// Components that are switched on and off from outside: over HTTP, and in calls on every transport.
#[cfg(all(unix, feature = "web", feature = "ws"))]
mod switches;
/// Tasks: promises, results, questions, ends; in both forms, and what our client makes of them.
mod tasks;
/// What authors of servers test with: a client that remembers, a wire, assertions.
mod testing;
/// What the compiler says to those who misuse the macros and the typed handlers.
mod ui;
