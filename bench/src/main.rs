//! What a call costs: CPU time and allocations, beside the floor, in one run.
//!
//! `cargo xtask bench` prints the figures; with `--check` it also holds them to their budgets and fails
//! where one is broken. `--only NAME` runs one case by itself, for a profiler.
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod clock;
mod floor;
mod measure;
mod report;
mod server;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let only = args
        .iter()
        .position(|arg| arg == "--only")
        .and_then(|at| args.get(at + 1));
    match report::run(
        args.iter().any(|arg| arg == "--check"),
        only.map(String::as_str),
    ) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("the benchmark could not run: {error:#}");
            ExitCode::FAILURE
        }
    }
}
