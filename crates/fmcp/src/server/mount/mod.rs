//! Servers within servers: what a mounted server shows, and how calls get to it.
//!
//! What belongs here: the names of a child's components in its parent, the way of a call from one to the
//! other, and changes that are handed up. What does not: how the parent answers, which knows no difference
//! between its own components and those. Start at [`Mount`].

mod config;
mod copy;
mod door;
mod edit;
mod list;
mod view;

pub(super) use door::{Chosen, Door};
pub(super) use edit::Above;
pub(super) use view::{Mount, View, retemplate};
