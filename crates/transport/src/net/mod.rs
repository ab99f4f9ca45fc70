//! Listening, and what stands between a socket and a protocol: TLS, limits, the end.
//!
//! What belongs here: everything about a connection that is the same whatever is said on it. What does
//! not: what a request means, and whether it may be made ([`http`](crate::http)).
//!
//! Start at [`Listener`], which says where peers come from; [`serve`] gives them to an HTTP service, within
//! [`Settings`]. [`tls`] makes a listener secure.

mod listener;
mod stream;

#[cfg(feature = "http")]
mod connection;
#[cfg(feature = "http")]
mod counted;
#[cfg(feature = "http")]
mod door;
#[cfg(feature = "http")]
mod incoming;
#[cfg(feature = "http")]
mod plain;
#[cfg(feature = "http")]
mod pulse;
#[cfg(feature = "http")]
mod serve;
#[cfg(feature = "http")]
mod settings;
#[cfg(feature = "http")]
mod tail;
#[cfg(feature = "http")]
mod tasks;
#[cfg(feature = "tls")]
pub mod tls;
#[cfg(feature = "http")]
mod wire;

#[cfg(feature = "http")]
pub use incoming::Incoming;
pub use listener::{Accepted, Listener};
#[cfg(feature = "http")]
pub use serve::{Summary, serve};
#[cfg(feature = "http")]
pub use settings::{PeerAddress, Settings};
pub use stream::{Duplex, Secure, Secured, Stream};
#[cfg(feature = "http")]
pub(crate) use tail::Lasting;
#[cfg(feature = "ws")]
pub(crate) use tasks::Tasks;
