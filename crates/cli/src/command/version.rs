//! `fmcp version`: which version this is, and what it speaks.

use clap::Args;
use fmcp::Revision;
use serde_json::json;

use crate::{app::App, outcome::Exit};

/// Shows the version, and the protocol revisions that are spoken
#[derive(Debug, Args)]
pub(crate) struct Version {}

impl Version {
    pub(crate) fn run(self, app: &App) -> anyhow::Result<Exit> {
        let revisions = Revision::ALL.map(Revision::as_str);
        let version = env!("CARGO_PKG_VERSION");
        let (system, machine) = (std::env::consts::OS, std::env::consts::ARCH);
        match app.out.is_json() {
            true => app.out.json(&json!({
                "version": version,
                "protocolVersions": revisions,
                "platform": format!("{machine}-{system}"),
            }))?,
            false => app.out.print(&format!(
                "fmcp      {version}\nprotocol  {}\nplatform  {machine}-{system}",
                revisions.join(", ")
            ))?,
        }
        Ok(Exit::Done)
    }
}
