//! FastMCP for Rust: servers and clients of the Model Context Protocol, on every revision at once.
//!
//! A server is a set of functions and words about them:
//!
//! ```
//! use fmcp::{Client, Server, tool};
//!
//! /// Add two numbers.
//! #[tool]
//! async fn add(
//!     /// First addend
//!     a: i64,
//!     /// Second addend
//!     #[arg(default = 1)] b: i64,
//! ) -> i64 {
//!     a + b
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
//! let server = Server::new("calculator").tool(add::tool());
//!
//! let client = Client::connect(&server).await?;
//! let sum: i64 = client.call("add", serde_json::json!({"a": 41})).await?.parse()?;
//! assert_eq!(sum, 42);
//! # Ok(()) }
//! ```
//!
//! Where to go on: [`Server`] and what it takes ([`Tool`], [`Resource`], [`Prompt`]); what handlers take
//! ([`Context`], [`Input`], [`State`], [`Depends`]) and give back ([`Json`], [`Content`], [`Streamed`], [`ToolError`]);
//! [`Middleware`] and [`Hooks`]; [`Client`] and [`testing`].

mod approval;
pub mod apps;
pub mod assert;
#[cfg(doctest)]
pub mod book;
pub mod bus;
mod client;
mod component;
pub mod config;
mod discovery;
mod extended;
pub mod flags;
mod handler;
mod media;
pub mod middleware;
mod mirrored;
mod namespace;
mod proxy;
mod rounds;
#[cfg(any(feature = "openai", feature = "anthropic"))]
pub mod sampling;
pub mod schema;
mod server;
#[cfg(feature = "skills")]
pub mod skills;
pub mod store;
pub mod switches;
mod tasks;
pub mod testing;
#[cfg(feature = "trace")]
pub mod trace;
pub mod transform;

pub use approval::{Approvals, Held};
pub use client::{
    Answer, Answering, CallOptions, CallResult, Change, Client, ClientBuilder, ClientError,
    Consent, Contents, Elicitation, ElicitationsComplete, Field, Heard, IntoTarget, Retry, Sampler,
    ServerState, ServerStatus, Subscription, Target, TaskHandle, Timeout, TraceContext,
    UrlElicitation, WithTools, with_tools,
};
pub use component::{Completer, Completions, Prompt, Resource, Tool, Whole};
pub use discovery::Discovery;
#[cfg(feature = "oauth")]
pub use fmcp_auth as auth;
pub use fmcp_core as core;
pub use fmcp_core::{
    Ask, Authenticator, BoxFuture, Buffer, Call, Carrier, Choice, Component, ComponentKind,
    Context, Conversation, Counter, Credentials, Definition, Elicited, Endpoint, Error, Extension,
    Extensions, Extra, FromCall, HandlerError, IntoReply, Key, Kind, Layer, Level, Line, LogLevels,
    Logger, Middleware, ModelTool, Next, Notice, OnStop, Principal, PromptError, Provider,
    Question, Questions, Raw, Reply, ResourceError, Result, Sample, Sampled, Scheme, Select,
    Session, SessionState, Spawned, Stack, Stage, Store, TaskClaim, TaskEnd, TaskOrder,
    TaskProgress, TaskQueue, TaskRecord, TaskRoom, TaskState, Timer, Timing, ToolError, Transform,
    TypedSample, UserLevel, Values,
    protocol::{
        self, Exchange, Identity, Limits, Method, Revision, Topic, model,
        model::{
            CacheScope, CallToolResult, Content, Icon, LogLevel, PromptMessage, ResourceContents,
            Role,
        },
    },
};
#[cfg(feature = "macros")]
pub use fmcp_macros::{prompt, resource, server, tool};
#[cfg(feature = "web")]
pub use fmcp_transport::client::web;
pub use fmcp_transport::notice::Rates;
#[cfg(feature = "ws")]
pub use fmcp_transport::ws;
#[cfg(feature = "http")]
pub use fmcp_transport::{http, net};
pub use futures_util::Stream;
pub use handler::{
    Argument, Depends, Handler, Headers, Input, Json, Part, Provide, State, Streamed, blocking,
    streamed,
};
pub use media::{Audio, File, Image};
pub use middleware::{Hooks, hooks};
pub use proxy::{Proxy, ProxyBuilder, Sessions};
pub use rounds::StateKey;
pub use schemars;
pub use serde;
pub use serde_json;
#[cfg(unix)]
pub use server::Unix;
#[cfg(feature = "http")]
pub use server::{Http, HttpServer};
pub use server::{LiveSession, OnDuplicate, Pings, Server, Stdio, keyed, kinds, named, tags};
#[cfg(feature = "redis")]
pub use tasks::{DeadTask, TasksInRedis};
pub use tasks::{TaskMode, Tasks, TasksInMemory};
pub use tokio_util::sync::CancellationToken;
pub use transform::{Reshape, ResponseLimit, Versions, Visibility};
