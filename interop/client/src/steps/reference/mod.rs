//! The reference servers: what everybody tries first.

pub(crate) mod everything;
pub(crate) mod filesystem;
pub(crate) mod memory;
