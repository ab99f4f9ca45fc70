//! All steps by name.

use anyhow::{Result, bail};

use super::{asks, calls, live, offers, wire};
use crate::run::Run;

pub(crate) const NAMES: [&str; 23] = [
    "open",
    "negotiate",
    "tools",
    "resources",
    "templates",
    "prompts",
    "call",
    "refusals",
    "read",
    "prompt",
    "complete",
    "progress",
    "log",
    "cancel",
    "subscribe",
    "changed",
    "hang_up",
    "resume",
    "sampling",
    "elicitation",
    "roots",
    "ping",
    "close",
];

pub(super) const DAILY: &str = "notes://daily";

/// What became of a step that did not fail.
pub(crate) enum Outcome {
    Taken,
    /// There is no such step here, for this reason.
    Absent(&'static str),
}

pub(crate) async fn take(name: &str, run: &mut Run) -> Result<Outcome> {
    match name {
        "open" => offers::open(run).await,
        "negotiate" => offers::negotiate(run).await,
        "tools" => offers::tools(run).await,
        "resources" => offers::resources(run).await,
        "templates" => offers::templates(run).await,
        "prompts" => offers::prompts(run).await,
        "call" => calls::call(run).await,
        "refusals" => calls::refusals(run).await,
        "read" => calls::read(run).await,
        "prompt" => calls::prompt(run).await,
        "complete" => calls::complete(run).await,
        "progress" => calls::progress(run).await,
        "log" => calls::log(run).await,
        "cancel" => live::cancel(run).await,
        "subscribe" => live::subscribe(run).await,
        "changed" => live::changed(run).await,
        "hang_up" => wire::hang_up(run).await,
        "resume" => wire::resume(run).await,
        "sampling" => asks::sampling(run).await,
        "elicitation" => asks::elicitation(run).await,
        "roots" => asks::roots(run).await,
        "ping" => live::ping(run).await,
        "close" => live::close(run).await,
        _ => bail!("there is no such step"),
    }
}
