//! Where tokens are kept on disk.

mod entry;
mod file;
mod private;

pub use file::FileStore;
