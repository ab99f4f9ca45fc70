//! Links over Streamable HTTP, in every revision.
//!
//! What belongs here: what HTTP says about a call, a session and a stream, seen from the client. What does
//! not: connections and TLS ([`web`](super::web)), and HTTP+SSE, to which [`open`] goes over where a server
//! knows nothing else.
//!
//! Start at [`open`], which finds out what the server speaks; `modern.rs` is the link of the revisions in
//! which every request stands alone, `session/` the one of those before.

mod envelope;
mod era;
mod events;
mod modern;
mod open;
mod redirect;
mod remote;
mod session;
mod settings;
mod stream;
mod unanswered;

pub(super) use era::Eras;
pub use open::open;
pub(super) use remote::Remote;
pub use settings::Settings;
pub(super) use stream::Stream;
pub(super) use unanswered::Failure;
