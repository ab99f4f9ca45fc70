//! What handlers say to `tracing`, for their clients to read.
//!
//! What belongs here: a layer for `tracing-subscriber`, which the program installs. What does not: what
//! handlers tell on purpose (that is [`Context::logger`](crate::Context::logger)), and the log of the
//! server, which clients never see. Start at [`ClientLayer`].

mod fields;
mod layer;

pub use layer::ClientLayer;
