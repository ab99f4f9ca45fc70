//! Where tokens are kept on disk.

mod entry;
mod file;
#[cfg(feature = "keyring")]
mod keyring;
mod private;

pub use file::FileStore;
#[cfg(feature = "keyring")]
pub use keyring::KeyringStore;
