//! The Model Context Protocol: its envelope, its model, its revisions.
//!
//! What belongs here: everything that knows how a message looks on the wire. What does not: who
//! answers it (that is [`Endpoint`](crate::Endpoint)). Start at [`model`] for the types, at
//! [`jsonrpc::read`] for the bytes, at [`Exchange`] for how the two meet.

mod answer;
mod exchange;
pub mod header_value;
mod identity;
pub mod jsonrpc;
mod limits;
mod method;
pub mod model;
mod params;
pub mod revision;
mod scan;
mod span;
pub mod uri_template;

pub use answer::{Answered, answer_call};
pub use exchange::Exchange;
pub use identity::Identity;
pub use limits::Limits;
pub use method::{Method, Topic};
pub use params::Params;
pub(crate) use params::shorten;
pub use revision::{Era, Revision};
