//! A server in front of another, however that one is reached.
//!
//! What belongs here: what an upstream has, kept in step; calls on their way to it and questions on their way
//! back; what becomes of an upstream that is down. What does not: how it is reached, which is the client's; how
//! calls get here, which is the server's. Start at [`Proxy`], then at [`gate`], which every call goes through.

mod back;
mod blame;
mod builder;
mod desk;
mod dress;
mod farewell;
mod gate;
mod keep;
mod lanes;
mod listing;
mod parked;
mod rounds;
mod tasks;

pub(crate) use builder::Standing;
pub use builder::{Proxy, ProxyBuilder, Sessions};
