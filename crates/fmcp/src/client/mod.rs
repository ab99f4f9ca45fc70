//! The client: one handle for a server, however it is reached.
//!
//! What belongs here: what is asked and how answers are read; who hears of what the server tells
//! meanwhile. What does not: how messages travel. Whatever a client can be connected to becomes an
//! [`Endpoint`](crate::Endpoint) in [`target`]; every request is a [`Call`](crate::Call) to it, made in [`ask`]. Start
//! at [`Client`].

mod answer;
mod answers;
mod ask;
mod bare;
mod builder;
mod cache;
mod callback;
mod catalog;
mod changes;
mod contents;
mod done;
mod error;
mod extension;
mod handle;
mod identity;
mod inbox;
mod infer;
mod listen;
mod lists;
mod many;
mod memory;
mod methods;
mod mirror;
#[cfg(feature = "oauth")]
mod oauth;
#[cfg(not(feature = "oauth"))]
#[path = "no_oauth.rs"]
mod oauth;
mod options;
mod outgoing;
mod output;
mod program;
#[cfg(feature = "web")]
mod remote;
#[cfg(not(feature = "web"))]
#[path = "no_remote.rs"]
mod remote;
mod retry;
mod rounds;
mod session;
mod settings;
#[cfg(feature = "skills")]
mod skills;
#[cfg(unix)]
mod socket;
#[cfg(not(unix))]
#[path = "no_socket.rs"]
mod socket;
mod subscription;
mod target;
mod tasks;
mod timeout;
mod trace;
#[cfg(feature = "web")]
mod web;

pub use answer::CallResult;
pub use answers::{
    Answer, Answering, Consent, Elicitation, Field, Sampler, UrlElicitation, WithTools, with_tools,
};
pub use builder::ClientBuilder;
pub use callback::Heard;
pub use changes::Change;
pub use contents::Contents;
pub use done::ElicitationsComplete;
pub use error::ClientError;
pub use handle::Client;
pub(crate) use identity::Identity;
pub(crate) use lists::Pages;
pub(crate) use many::{News, Opening, Upstream, list_all};
pub use many::{ServerState, ServerStatus};
pub use options::CallOptions;
pub use retry::Retry;
pub use subscription::Subscription;
pub(crate) use target::Approach;
pub use target::{IntoTarget, Target};
pub use tasks::TaskHandle;
pub use timeout::Timeout;
pub use trace::TraceContext;
