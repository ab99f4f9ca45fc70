//! Which steps there are.

use anyhow::{Result, bail};

use super::{
    asks, calls, live, offers, oidc, proxied,
    reference::{everything, filesystem, memory},
    wire,
};
use crate::{peer::Peer, run::Run};

/// What is between a client and its server alone, so that nothing of it goes through a proxy.
const BESIDE: [&str; 5] = ["negotiate", "start", "hang_up", "resume", "crash"];

/// What came of a step that did not fail.
pub(crate) enum Outcome {
    Taken,
    /// There is no such step here, and why.
    Absent(&'static str),
}

/// With servers that offer what ours does.
const FIXTURES: [&str; 27] = [
    "open",
    "negotiate",
    "start",
    "tools",
    "resources",
    "templates",
    "prompts",
    "call",
    "refusals",
    "read",
    "prompt",
    "complete",
    "many",
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
    "crash",
    "revive",
    "close",
];

pub(crate) fn names(run: &Run) -> Vec<&'static str> {
    let all: &[_] = match run.peer {
        Peer::Everything => &everything::STEPS,
        Peer::Filesystem => &filesystem::STEPS,
        Peer::Memory => &memory::STEPS,
        Peer::Oidc => &oidc::STEPS,
        _ => &FIXTURES,
    };
    let hidden: &[_] = match run.is_upstream() {
        true => &BESIDE,
        false => &["revive"],
    };
    let all = all.iter().filter(|step| !hidden.contains(step));
    all.copied().collect()
}

/// Takes the step of this name.
pub(crate) async fn take(name: &str, run: &mut Run) -> Result<Outcome> {
    match run.peer {
        Peer::Everything => everything::take(name, run).await,
        Peer::Filesystem => filesystem::take(name, run).await,
        Peer::Memory => memory::take(name, run).await,
        Peer::Oidc => oidc::take(name, run).await,
        _ => fixture(name, run).await,
    }
}

async fn fixture(name: &str, run: &mut Run) -> Result<Outcome> {
    match name {
        "open" => offers::open(run).await,
        "negotiate" => offers::negotiate(run).await,
        "start" => wire::start(run).await,
        "tools" => offers::tools(run).await,
        "resources" => offers::resources(run).await,
        "templates" => offers::templates(run).await,
        "prompts" => offers::prompts(run).await,
        "call" => calls::call(run).await,
        "refusals" => calls::refusals(run).await,
        "read" => calls::read(run).await,
        "prompt" => calls::prompt(run).await,
        "complete" => calls::complete(run).await,
        "many" => calls::many(run).await,
        "progress" => calls::progress(run).await,
        "log" => live::log(run).await,
        "cancel" => calls::cancel(run).await,
        "subscribe" => live::subscribe(run).await,
        "changed" => live::changed(run).await,
        "hang_up" => wire::hang_up(run).await,
        "resume" => wire::resume(run).await,
        "sampling" => asks::sampling(run).await,
        "elicitation" => asks::elicitation(run).await,
        "roots" => asks::roots(run).await,
        "ping" => calls::ping(run).await,
        "crash" => wire::crash(run).await,
        "revive" => proxied::revive(run).await,
        "close" => wire::close(run).await,
        _ => bail!("there is no such step"),
    }
}
