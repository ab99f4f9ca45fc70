//! The subcommands, one file each. Siblings look alike: what is typed, then `run`.
//!
//! What belongs here: what one subcommand does, in the order in which it does it. What does not: what several
//! of them share.

mod bench;
mod call;
mod complete;
mod completions;
mod config;
mod demo;
mod dev;
mod discover;
mod doctor;
mod inspect;
mod install;
mod list;
mod login;
mod new;
mod ping;
mod prompt;
mod read;
mod run;
mod version;
mod watch;

pub(crate) use bench::Bench;
pub(crate) use call::Call;
pub(crate) use complete::Complete;
pub(crate) use completions::Completions;
pub(crate) use config::Config;
pub(crate) use demo::Demo;
pub(crate) use dev::Dev;
pub(crate) use discover::Discover;
pub(crate) use doctor::Doctor;
pub(crate) use inspect::Inspect;
pub(crate) use install::Install;
pub(crate) use list::List;
pub(crate) use login::{Login, Logout};
pub(crate) use new::New;
pub(crate) use ping::Ping;
pub(crate) use prompt::Prompt;
pub(crate) use read::Read;
pub(crate) use run::Run;
pub(crate) use version::Version;
pub(crate) use watch::Watch;
