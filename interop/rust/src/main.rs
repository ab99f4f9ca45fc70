//! A client made with the official Rust SDK: takes every step that there is with a server, and says of each
//! `ok STEP`, `-- STEP: why it is not taken`, or `FAIL STEP: why`. Exits with 1 if a step failed.
//!
//! ```sh
//! cargo run -- stdio REVISION PROGRAM
//! cargo run -- http REVISION URL CUTTING_URL
//! ```

#![expect(
    deprecated,
    reason = "the SDK deprecates what the newest revision does, which is tested all the same"
)]

mod handler;
mod run;
mod steps;

use std::{process::ExitCode, time::Duration};

use run::Run;
use steps::Outcome;

/// Longer than any step takes that goes well.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut run = match Run::from_args(std::env::args().skip(1)) {
        Ok(run) => run,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let mut failed = false;
    for name in steps::NAMES {
        let outcome = match tokio::time::timeout(PATIENCE, steps::take(name, &mut run)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(anyhow::anyhow!("nothing within {PATIENCE:?}")),
        };
        match outcome {
            Ok(Outcome::Taken) => println!("ok {name}"),
            Ok(Outcome::Absent(why)) => println!("-- {name}: {why}"),
            Err(error) => {
                failed = true;
                let words = format!("{error:#}");
                println!(
                    "FAIL {name}: {}",
                    words.split_whitespace().collect::<Vec<_>>().join(" ")
                );
            }
        }
    }
    ExitCode::from(u8::from(failed))
}
