//! What a call costs: CPU time and allocations, beside the floor, in one run.
//!
//! `cargo xtask bench` prints the figures; with `--check` it also holds them to their budgets and fails
//! where one is broken. `--only NAME` runs one case by itself, for a profiler.
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod clock;
mod report;

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use fmcp_bench::{Cases, NAMES};

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
    match args
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [] => report::run(false),
        ["--check"] => report::run(true),
        ["--only", name] => {
            let case = NAMES
                .iter()
                .position(|known| known == name)
                .context("there is no such case")?;
            let cases = Cases::new(true)?;
            (0..100_000).for_each(|_| drop(cases.run(case)));
            Ok(true)
        }
        _ => bail!("usage: fmcp-bench [--check | --only NAME]"),
    }
}
