//! What is set, and who has set it: flags come before the environment, before the file, before defaults.
//!
//! What belongs here: settings of the program. What does not: what one call is about, which is typed. Start
//! at [`known::KNOWN`], the list of all; [`layers::resolve`] decides.

mod file;
mod found;
mod known;
mod layers;
mod schema;

pub(crate) use file::File;
pub(crate) use found::Settings;
pub(crate) use known::{KNOWN, duration};
pub(crate) use layers::{Resolved, Source};
pub(crate) use schema::schema;
