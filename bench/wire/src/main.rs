//! What fmcp's servers cost on the wire: every server is a process of its own on one core, and the load
//! comes from this one on another.
//!
//! `cargo xtask bench http`, `stdio`, `streams`, `soak`, `client`, `proxy` or `tasks` prints the figures; with `--check` the
//! runs are shorter, and it fails where a budget is broken. Start at [`http`]; [`subject`] is the server as seen from
//! outside.
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod budget;
mod callers;
mod client;
mod connection;
mod http;
mod machine;
mod message;
mod proxy;
mod rounds;
mod sessions;
mod soak;
mod stdio;
mod streams;
mod subject;
mod tasks;
mod watch;

use std::process::ExitCode;

use anyhow::{Result, bail};

/// What every benchmark is given.
pub(crate) struct Run {
    pub(crate) cores: machine::Cores,
    pub(crate) extent: Extent,
}

/// How long a run is, and whether it fails where a budget is broken.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Extent {
    /// Long runs, for the record.
    Figures,
    /// Short runs that hold the budgets.
    Check,
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("the benchmark could not run: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<bool> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (name, extent) = match args
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [name] => ((*name).to_owned(), Extent::Figures),
        [name, "--check"] => ((*name).to_owned(), Extent::Check),
        _ => bail!("usage: fmcp-bench-wire http|stdio|streams|soak|client|proxy|tasks [--check]"),
    };
    machine::allow_many_descriptors()?;
    // One thread: it is pinned to a core.
    let run = Run {
        cores: machine::Cores::take()?,
        extent,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let budgets = runtime.block_on(async {
        match name.as_str() {
            "http" => http::run(&run).await,
            "stdio" => stdio::run(&run).await,
            "streams" => streams::run(&run).await,
            "soak" => soak::run(&run).await,
            "tasks" => tasks::run(&run).await,
            "client" => callers::run(&run).await,
            "proxy" => proxy::run(&run).await,
            other => bail!("there is no benchmark {other:?}"),
        }
    })?;
    Ok(budget::print(&budgets) || extent == Extent::Figures)
}
