//! The nouns and the protocol of fmcp, the Model Context Protocol framework: messages, the seams
//! between the parts, and the model of every revision. No I/O, no clock, no task, no runtime.
//!
//! Where to start: a [`Call`] goes to an [`Endpoint`], which answers with a [`Reply`]; [`Middleware`]
//! stands in between. What a server offers are [`Component`]s. How all of it looks on the wire is in
//! [`protocol`].
//!
//! Most people want the crate `fmcp`, which re-exports this one.

mod asking;
mod call;
mod component;
mod context;
mod credentials;
mod endpoint;
mod error;
mod extensions;
mod flags;
pub mod handler;
mod home;
mod json;
mod levels;
mod line;
mod middleware;
mod notice;
mod principal;
pub mod protocol;
mod reply;
mod secret;
mod session;
mod store;
mod tasks;

pub use asking::{
    Ask, Choice, Conversation, Elicited, Left, ModelTool, Question, Questions, Rounds, Sample,
    Sampled, TypedSample,
};
pub use call::{Call, TaskOffer};
pub use component::{Component, ComponentKind, Definition, Key, Provider, Select, Transform};
pub use context::{
    Background, Bell, Buffer, Clock, Context, Counter, Due, LogLevels, Logger, OnStop, Outbox,
    Scope, SessionState, SessionStore, Sight, Sights, Spawn, Spawned, Spawner, Spent, Stage, Timer,
    Timing, Total, Words,
};
pub use credentials::{Credentials, Scheme};
pub use endpoint::{BoxFuture, Endpoint};
pub use error::{Error, Kind, Origin, Result};
pub use extensions::Extensions;
pub use flags::{Flag, Flags};
pub use handler::{
    Extension, FromCall, HandlerError, IntoReply, PromptError, ResourceError, ToolError,
};
pub use home::Home;
pub use json::{Extra, Named, Number, Raw};
pub use levels::{Level, Levels, UserLevel, Values};
pub use line::{Carrier, Line};
pub use middleware::{Layer, Middleware, Next, Stack, Steps};
pub use notice::Notice;
pub use principal::{Authenticator, Principal};
pub use reply::{Reply, Shared};
pub use secret::is_same_secret;
pub use session::Session;
pub use store::Store;
pub use tasks::{
    TaskClaim, TaskEnd, TaskOrder, TaskProgress, TaskQueue, TaskRecord, TaskRoom, TaskState,
};
