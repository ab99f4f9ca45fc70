//! `cargo xtask`: one entry for test, tidy, bench, conformance, interop and schema.
//!
//! Start at [`mod@test`] for what CI runs, at [`tidy`] for the rules that no compiler checks.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command for the terminal"
)]

mod conformance;
mod interop;
mod run;
mod test;
mod tidy;

use std::{path::Path, process::ExitCode};

use anyhow::{Result, bail};

const HELP: &str = "\
cargo xtask <command>

  test [--quick]   everything that CI checks; --quick: format, clippy, tidy and the tests only
  tidy             the house rules: budgets, module docs, names, paths in Markdown, manifests
  bench [args]     the benchmarks; --check fails where a figure breaks its budget
  conformance [revision…] [--only text]
                   the official conformance suite against our server; `--only`: scenarios by name
  interop [word…]  the official SDKs as clients of our server; words choose: `interop python http`
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
        ["bench", rest @ ..] => {
            run::Cargo::new(&test::BENCH_BUILD).run(root())?;
            run::Cargo::new(&test::BENCH).args(rest).run(root())
        }
        ["conformance", rest @ ..] => conformance::run(root(), rest),
        ["interop", words @ ..] => interop::run(root(), words),
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
