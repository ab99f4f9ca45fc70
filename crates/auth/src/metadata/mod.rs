//! What servers say about themselves, and where they say it.
//!
//! What belongs here: where metadata stands, in which order, and which of it may be believed; all without
//! asking anybody. Who asks is [`discovery`](crate::discovery).

mod authorization_server;
mod resource;

pub(crate) use authorization_server::{
    ServerMetadata, default_endpoints, places as server_places, root_place,
};
pub(crate) use resource::{ResourceMetadata, places as resource_places};
