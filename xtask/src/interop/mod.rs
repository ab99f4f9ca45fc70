//! `cargo xtask interop`: everybody else's clients with our server, and our client with everybody else's servers,
//! directly and through our proxy.
//!
//! Each of them, over each transport, in each revision, takes the same [`step`]s with a server of its own. Start at
//! [`run`]; who there is stands in [`sdk`] and [`peer`], what is put on the machine first in [`install`].

mod all;
mod combination;
mod install;
mod peer;
mod sdk;
mod session;
mod step;

pub(crate) use all::run;
pub(crate) use install::python_for as python;
