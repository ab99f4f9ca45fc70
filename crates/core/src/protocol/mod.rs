//! The Model Context Protocol: its envelope, its model, its revisions.
//!
//! What belongs here: everything that knows how a message looks on the wire. What does not: who
//! answers it (that is [`Endpoint`](crate::Endpoint)). Start at [`model`].

pub mod model;
pub mod uri_template;
