//! What replicas share, with a real Redis: each test starts one of its own.

/// Servers that are one: sessions, subscriptions, states, at whichever replica.
mod replicas;
/// The server of a test: a process in a folder of its own.
mod server;
/// Values by key: the contract, time-outs, connections that break.
mod store;
/// The queue of tasks.
mod tasks;
/// Connections with TLS.
mod tls;
/// Tasks, with real processes that run them, and die.
mod workers;

use server::Server as Kept;
