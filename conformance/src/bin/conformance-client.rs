//! The client of the conformance suite, which starts it once for each scenario.
//!
//! ```sh
//! MCP_CONFORMANCE_SCENARIO=tools_call conformance-client http://localhost:3000/mcp
//! ```

use std::time::Duration;

use anyhow::{Context as _, Result};
use fmcp_conformance::client::{Scenario, run};

/// The suite waits for half a minute.
const PATIENCE: Duration = Duration::from_secs(25);

#[tokio::main]
async fn main() -> Result<()> {
    let url = std::env::args()
        .nth(1)
        .context("usage: conformance-client URL")?;
    let scenario = Scenario::from_env(url)?;
    tokio::time::timeout(PATIENCE, run(&scenario))
        .await
        .with_context(|| format!("the scenario took longer than {PATIENCE:?}"))?
}
