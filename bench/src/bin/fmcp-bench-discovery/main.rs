//! `Discovery` in front of many tools: how long it takes to start where upstreams are dead or slow, and what a model
//! has to read.
//!
//! `cargo xtask bench discovery` measures the start; with `--check` it fails where a budget is broken. `cargo xtask
//! bench tokens` has the texts written (`--transcripts FILE`) that `bench/tokens` counts.
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod corpus;
mod start;
mod transcripts;

use std::process::ExitCode;

use anyhow::{Result, bail};

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

#[tokio::main]
async fn run() -> Result<bool> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        [] => start::run(false).await,
        ["--check"] => start::run(true).await,
        ["--transcripts", file] => {
            let sets = transcripts::of(&[5, 20, 100, 1_000, 10_000]).await?;
            std::fs::write(file, serde_json::to_vec(&sets)?)?;
            Ok(true)
        }
        _ => bail!("usage: fmcp-bench-discovery [--check | --transcripts FILE]"),
    }
}
