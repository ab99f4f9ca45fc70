//! `cargo xtask`: one entry for test, tidy, bench, conformance, interop and schema.
//!
//! Start at [`mod@test`] for what CI runs, at [`tidy`] for the rules that no compiler checks.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command for the terminal"
)]

mod bench;
mod conformance;
mod interop;
mod redis;
mod run;
mod test;
mod tidy;

use std::{path::Path, process::ExitCode};

use anyhow::{Result, bail};

const HELP: &str = "\
cargo xtask <command>

  test [--quick]   everything that CI checks; --quick: format, clippy, tidy and the tests only
  tidy             the house rules: budgets, module docs, names, paths in Markdown, manifests
  bench [name] [--check]
                   the benchmarks; --check fails where a figure breaks its budget. Without a name:
                   a call in process, from bytes to bytes. By name, over the wire:
                   http     tools/call over HTTP, beside plain axum and the official SDK
                   stdio    tools/call over stdio, beside the official SDK
                   streams  10,000 open streams: memory, time until all are told, calls beside them
                   client   tools/call as its client pays for it, beside the official SDK's client
                   proxy    tools/call through our proxy, beside a bare reverse proxy and other people's
                   discovery  the start in front of 50 upstreams, ten of them dead or silent
                   tokens   what a model reads with tools listed and with tools discovered
                   tasks    10,000 tasks through Redis, a worker killed: none lost; beside a bare consumer
                   soak     saturation while clients come, go and are killed: nothing is left of them
  conformance [server|client] [revision…] [--only text]
                   the official conformance suite against our server and client; `--only`: scenarios by name
  interop [word…]  everybody's clients with our server, our client with everybody's servers; words choose:
                   `interop servers python http`
  redis            gets a redis-server for the tests, where none is installed; `test` does so by itself
  schema           the schema files that are generated from the code
  help             this text";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[&str]) -> Result<()> {
    match args {
        ["test"] => test::run(root(), test::Extent::Full),
        ["test", "--quick"] => test::run(root(), test::Extent::Quick),
        ["tidy"] => tidy::run(root()),
        ["bench", rest @ ..] => bench::run(root(), rest),
        ["conformance", rest @ ..] => conformance::run(root(), rest),
        ["interop", words @ ..] => interop::run(root(), words),
        ["redis"] => redis::ensure_server(root()),
        ["schema"] => {
            println!("generated schema files: none");
            Ok(())
        }
        [] | ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(())
        }
        other => bail!("unknown: cargo xtask {}\n\n{HELP}", other.join(" ")),
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."))
}
