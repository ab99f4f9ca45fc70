//! The command as a user types it: a process, its output, its exit code.
//!
//! - `door`: how a command is run, without and with a terminal
//! - `uses`: list, call, read, prompt, complete, inspect, ping, watch
//! - `wrong`: what is refused, in which words, with which exit code
//! - `interactive`: questions, bars and Ctrl-C, on a terminal
//! - `login`: signing in and out, on a terminal
//! - `settings`: flags, variables, files
//! - `demo`: what a new user sees first
//! - `clients`: install and discover
//! - `load`, `new`, `run`: bench; new projects; servers that are run
//! - `itself`: help, version, completions, doctor, and how fast it starts

#![allow(clippy::unwrap_used, missing_docs)]

mod clients;
mod demo;
mod door;
#[cfg(target_os = "linux")]
mod interactive;
mod itself;
mod load;
#[cfg(target_os = "linux")]
mod login;
mod new;
mod run;
mod settings;
mod uses;
mod wrong;
