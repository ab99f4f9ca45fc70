//! Places that keep values by key: what implements [`Store`](crate::Store).
//!
//! What belongs here: stores, in memory and in Redis (feature `redis`), and what stands around one. What does not:
//! what is kept in them. Start at [`Memory`]. Every store passes the same tests, those of `contract`.
//!
//! ```
//! use fmcp::{Store, store::{Memory, Prefixed}};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
//! let tokens = Prefixed::new(Memory::new(), "tokens");
//! tokens.put("alice", "secret".into(), None).await?;
//! assert_eq!(tokens.get("alice").await?.as_deref(), Some(b"secret".as_slice()));
//! # Ok(()) }
//! ```

#[doc(hidden)]
pub mod contract;
mod encrypted;
mod entries;
mod limited;
mod memory;
mod prefixed;
#[cfg(feature = "redis")]
pub(crate) mod redis;

pub use encrypted::Encrypted;
pub use entries::Bounds;
pub use limited::Limited;
pub use memory::Memory;
pub use prefixed::Prefixed;
#[cfg(feature = "redis")]
pub use redis::Redis;
