//! The subcommands, one file each. Siblings look alike: what is typed, then `run`.
//!
//! What belongs here: what one subcommand does, in the order in which it does it. What does not: what several
//! of them share.

mod call;
mod complete;
mod completions;
mod config;
mod doctor;
mod inspect;
mod list;
mod ping;
mod prompt;
mod read;
mod version;
mod watch;

pub(crate) use call::Call;
pub(crate) use complete::Complete;
pub(crate) use completions::Completions;
pub(crate) use config::Config;
pub(crate) use doctor::Doctor;
pub(crate) use inspect::Inspect;
pub(crate) use list::List;
pub(crate) use ping::Ping;
pub(crate) use prompt::Prompt;
pub(crate) use read::Read;
pub(crate) use version::Version;
pub(crate) use watch::Watch;
