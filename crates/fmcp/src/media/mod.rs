//! Pictures, sound and files, for handlers to give back: from a path or from bytes.
//!
//! What belongs here: making content of bytes. What does not: the content itself, which is the
//! [`model`](crate::model)'s. Start at [`Image`], [`Audio`] or [`File`].
//!
//! ```
//! use fmcp::{Content, File, Image, Server, Tool, ToolError};
//!
//! async fn chart() -> Result<Image, ToolError> {
//!     Ok(Image::read("charts/today.png").await?)
//! }
//!
//! async fn report() -> Vec<Content> {
//!     vec![
//!         "The figures:".into(),
//!         File::from_bytes("a,b\n1,2\n", "figures.csv").into(),
//!         Image::from_bytes(vec![0x89, b'P', b'N', b'G'], "png").into(),
//!     ]
//! }
//!
//! let server = Server::new("charts")
//!     .tool(Tool::new("chart", chart))
//!     .tool(Tool::new("report", report));
//! ```

mod block;
mod file;
mod mime;
mod read;

pub use block::{Audio, Image};
pub use file::File;
