//! Jobs that take their time.

use std::time::Duration;

use fmcp::{Context, Server, tool};

/// Work in steps, and tell after each how far it is.
#[tool(read_only)]
async fn work(
    #[arg(default = 20, range(1..=1000))] steps: u64,
    /// How long one step takes
    #[arg(default = 150, range(1..=10_000))]
    pause_ms: u64,
    ctx: Context,
) -> String {
    for step in 1..=steps {
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        ctx.progress(step, steps, format!("step {step} of {steps}"))
            .await;
    }
    ctx.info("all steps are done").await;
    format!("{steps} steps are done")
}

pub(super) fn server() -> Server {
    Server::new("jobs").tool(work::tool())
}
