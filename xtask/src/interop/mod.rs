//! `cargo xtask interop`: the official SDKs as clients of our server.
//!
//! Each SDK, over each transport, in each revision, takes the same [`step`]s with a server of its own. Start at
//! [`run`]; what an SDK is stands in [`sdk`], what is put on the machine first in [`install`].

mod all;
mod install;
mod sdk;
mod session;
mod step;

pub(crate) use all::run;
