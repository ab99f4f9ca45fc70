//! Our client, with a server of somebody else: takes every step that there is, and says of each `ok STEP`,
//! `-- STEP: why it is not taken`, or `FAIL STEP: why`. Ends with 1 if a step failed.
//!
//! ```sh
//! interop-client servers PEER stdio REVISION PROGRAM [ARGUMENT…]
//! interop-client servers PEER http REVISION PROGRAM [ARGUMENT…]    # started with `--http PORT` behind its arguments
//! interop-client servers PEER sse REVISION PROGRAM [ARGUMENT…]     # likewise
//! interop-client upstreams PEER …                                  # the same, with our proxy between the two
//! ```
//!
//! Start at [`run::Run`]; what a peer does otherwise than others stands in [`peer`].

#![allow(clippy::print_stdout, reason = "whoever starts it reads the verdicts")]
#![allow(
    clippy::print_stderr,
    reason = "whoever starts it reads why it did not"
)]

mod browser;
mod heard;
mod peer;
mod process;
mod run;
mod steps;

use std::{process::ExitCode, time::Duration};

use run::Run;
use steps::Outcome;

/// Longer than any step takes that goes well.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    let mut run = match Run::from_args(std::env::args().skip(1)).await {
        Ok(run) => run,
        Err(error) => {
            eprintln!("{error:#}");
            return ExitCode::FAILURE;
        }
    };
    let mut failed = false;
    for name in steps::names(&run) {
        eprintln!("step {name}");
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
                let words: Vec<_> = words.split_whitespace().collect();
                println!("FAIL {name}: {}", words.join(" "));
            }
        }
    }
    ExitCode::from(u8::from(failed))
}
