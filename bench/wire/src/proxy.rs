//! `tools/call` through our proxy, a bare reverse proxy and other people's, all in front of the same server. Each
//! proxy has the servers' core to itself while it is measured; what is behind it shares the core of the load.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tokio::process::Command;

use crate::{
    Extent, Run,
    budget::Budget,
    client::{Client, Load},
    message::{ERAS, Era, Place},
    rounds::{Rounds, print_head},
    subject::{FMCP, Subject, command, place},
};

const CONNECTIONS: usize = 32;

/// How many times the CPU of a bare reverse proxy a call may cost.
const OF_FLOOR: f64 = 2.2;

/// One of the proxies.
struct Kind {
    name: &'static str,
    /// Where it answers, and what it calls the upstream's tool.
    path: &'static str,
    tool: &'static str,
    /// It makes as many calls in a round as others, through this.
    slower: u64,
    start: fn(upstream: SocketAddr, address: SocketAddr) -> Result<Command>,
}

const KINDS: [Kind; 4] = [
    Kind {
        name: "floor",
        path: "/mcp",
        tool: "add",
        slower: 1,
        start: |upstream, address| beside("fmcp-bench-proxy-floor", upstream, address),
    },
    Kind {
        name: "fmcp",
        path: "/mcp",
        tool: "add",
        slower: 1,
        start: |upstream, address| beside("fmcp-bench-wire-proxy", upstream, address),
    },
    Kind {
        name: "mcp-proxy",
        path: "/",
        tool: "up/add",
        slower: 4,
        start: mcp_proxy,
    },
    Kind {
        name: "FastMCP",
        path: "/mcp",
        tool: "add",
        slower: 100,
        start: fastmcp,
    },
];

struct Case {
    name: String,
    kind: usize,
    load: Load,
    rounds: Rounds,
}

pub(crate) async fn run(run: &Run) -> Result<Vec<Budget>> {
    let (rounds, calls) = match run.extent {
        Extent::Figures => (30, 10_000),
        Extent::Check => (12, 4_000),
    };
    let (_upstream, upstream) = Subject::on_http_beside(FMCP).await?;
    let mut proxies = Vec::new();
    for kind in &KINDS {
        let started = |address| (kind.start)(upstream, address);
        let (subject, address) = Subject::on_http_by(&run.cores, started).await?;
        let place = Place {
            address,
            path: kind.path,
            tool: kind.tool,
        };
        proxies.push((subject, place));
    }
    let mut cases = Vec::new();
    for era in ERAS {
        let places: Vec<_> = proxies.iter().map(|(_, place)| *place).collect();
        say_the_same(upstream, &places, era).await?;
        for (kind, place) in places.into_iter().enumerate() {
            cases.push(Case {
                name: format!("{}, {}", KINDS[kind].name, era.name()),
                kind,
                load: Load::open(place, era, CONNECTIONS).await?,
                rounds: Rounds::default(),
            });
        }
    }
    for case in &mut cases {
        case.load.run(calls / KINDS[case.kind].slower).await?;
    }
    for _ in 0..rounds {
        for case in &mut cases {
            let calls = calls / KINDS[case.kind].slower;
            let round = case.load.run(calls);
            let added = case.rounds.add(&proxies[case.kind].0, calls, round);
            added.await.with_context(|| case.name.clone())?;
        }
    }
    print_head("tools/call through a proxy");
    for case in &cases {
        case.rounds.print(&case.name);
    }
    Ok(budgets(&cases))
}

/// A program that lies beside this one.
fn beside(program: &str, upstream: SocketAddr, address: SocketAddr) -> Result<Command> {
    let mut command = command(program)?;
    command.args([upstream.to_string(), address.to_string()]);
    Ok(command)
}

/// The crate of this name, with nothing that it need not do.
fn mcp_proxy(upstream: SocketAddr, address: SocketAddr) -> Result<Command> {
    let folder = target()?.join("bench");
    let (host, port) = (address.ip(), address.port());
    let settings = format!(
        "[proxy]\nname = \"bench\"\nhot_reload = false\n\n[proxy.listen]\nhost = \"{host}\"\nport = {port}\n\n\
         [[backends]]\nname = \"up\"\ntransport = \"http\"\nurl = \"http://{upstream}/mcp\"\n\n\
         [observability]\naudit = false\nlog_level = \"error\"\n"
    );
    let file = folder.join("mcp-proxy.toml");
    fs::write(&file, settings).with_context(|| format!("writing {}", file.display()))?;
    let mut command = Command::new(folder.join("bin/mcp-proxy"));
    command.arg("--config").arg(file);
    Ok(command)
}

/// FastMCP for Python.
fn fastmcp(upstream: SocketAddr, address: SocketAddr) -> Result<Command> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../peers/fastmcp_proxy.py");
    let mut command = Command::new(target()?.join("interop/python/bin/python"));
    command.arg(program);
    command.args([upstream.to_string(), address.to_string()]);
    Ok(command)
}

/// Where `cargo xtask bench` puts what others have made.
fn target() -> Result<PathBuf> {
    let ours = place(FMCP)?;
    let folder = ours.parent().and_then(Path::parent);
    Ok(folder.context("the programs lie in no folder")?.to_owned())
}

/// What comes through a proxy must be what the upstream says, or comparing proxies says nothing.
async fn say_the_same(upstream: SocketAddr, places: &[Place], era: Era) -> Result<()> {
    let direct = Client::open(upstream, era).await?.added(7).await?;
    for (kind, place) in KINDS.iter().zip(places) {
        let proxied = Client::open(*place, era).await?.added(7).await?;
        // Ours and the floor's are the very answer; others may say more or less beside it.
        let part = |answer: &Value| match kind.name {
            "floor" => answer.clone(),
            "fmcp" if era == Era::Modern => answer["result"].clone(),
            _ => answer["result"]["content"].clone(),
        };
        ensure!(
            part(&direct) == part(&proxied),
            "{}, {}: different answers:\n{direct}\n{proxied}",
            kind.name,
            era.name()
        );
    }
    Ok(())
}

fn budgets(cases: &[Case]) -> Vec<Budget> {
    let mut budgets = Vec::new();
    for (era, cases) in ERAS.into_iter().zip(cases.chunks(KINDS.len())) {
        let [floor, ours, others @ ..] = cases else {
            continue;
        };
        let name = era.name();
        let floor = ours.rounds.over(&floor.rounds);
        budgets.push(Budget::at_most(format!("proxy, {name} / floor"), floor, OF_FLOOR).of_time());
        for other in others {
            let ratio = ours.rounds.over(&other.rounds);
            let name = format!("proxy, {name} / {}", KINDS[other.kind].name);
            budgets.push(Budget::at_most(name, ratio, 1.0).of_time());
        }
    }
    budgets
}
