//! Places that keep values by key: what implements [`Store`](crate::Store).
//!
//! What belongs here: stores that need nothing but this crate. What does not: what is kept in them. Start
//! at [`Memory`]. Every store passes the same tests, those of `contract`.
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
mod entries;
mod memory;
mod prefixed;

pub use entries::Bounds;
pub use memory::Memory;
pub use prefixed::Prefixed;
