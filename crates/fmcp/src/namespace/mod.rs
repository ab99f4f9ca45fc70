//! Names of many servers' components in one list.
//!
//! What belongs here: what is called how outside and inside, and where that stands in answers. What does not:
//! whose component it is. Start at [`Namespace`].

mod names;
pub(crate) mod rename;

pub(crate) use names::Namespace;
