//! `tools/call` over HTTP: our server, the floor and the peer in turn, so that whatever disturbs the machine
//! disturbs all of them.

use std::net::SocketAddr;

use anyhow::{Result, ensure};

use crate::{
    Extent, Run,
    budget::Budget,
    client::{Client, Load},
    message::{ERAS, Era},
    rounds::{Rounds, print_head},
    subject::{FLOOR, FMCP, RMCP, Subject},
};

const CONNECTIONS: usize = 32;

/// How many times the floor's CPU a call may cost.
const OF_FLOOR: f64 = 1.1;
/// How much of the official SDK's CPU a call may cost.
const OF_RMCP: f64 = 0.27;

struct Case {
    name: String,
    server: usize,
    load: Load,
    rounds: Rounds,
}

pub(crate) async fn run(run: &Run) -> Result<Vec<Budget>> {
    let (rounds, calls) = match run.extent {
        Extent::Figures => (30, 10_000),
        Extent::Check => (12, 4_000),
    };
    let mut servers = Vec::new();
    for program in [FLOOR, FMCP, RMCP] {
        servers.push(Subject::on_http(&run.cores, program).await?);
    }
    let mut cases = Vec::new();
    for era in ERAS {
        let addresses = [servers[0].1, servers[1].1, servers[2].1];
        say_the_same(addresses, era).await?;
        for (server, name) in ["floor", "fmcp", "rmcp"].into_iter().enumerate() {
            cases.push(Case {
                name: format!("{name}, {}", era.name()),
                server,
                load: load(addresses, server, era).await?,
                rounds: Rounds::default(),
            });
        }
    }
    for case in &mut cases {
        case.load.run(calls).await?;
    }
    for _ in 0..rounds {
        for case in &mut cases {
            let (server, _) = &servers[case.server];
            case.rounds.add(server, calls, case.load.run(calls)).await?;
        }
    }
    print_head("tools/call over HTTP");
    for case in &cases {
        case.rounds.print(&case.name);
    }
    Ok(budgets(&cases))
}

async fn load(addresses: [SocketAddr; 3], server: usize, era: Era) -> Result<Load> {
    if server > 0 {
        return Load::open(addresses[server], era, CONNECTIONS).await;
    }
    let ours = Client::open(addresses[1], era).await?;
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        clients.push(Client::like(&ours, addresses[0]).await?);
    }
    Ok(Load::new(clients))
}

/// The floor must write the very answer that our server writes, and the peer the same content, or comparing
/// them says nothing.
async fn say_the_same([floor, fmcp, rmcp]: [SocketAddr; 3], era: Era) -> Result<()> {
    let mut client = Client::open(fmcp, era).await?;
    let ours = client.added(7).await?;
    let lowest = Client::like(&client, floor).await?.added(7).await?;
    let peers = Client::open(rmcp, era).await?.added(7).await?;
    ensure!(ours == lowest, "different answers:\n{ours}\n{lowest}");
    ensure!(
        ours["result"]["content"] == peers["result"]["content"],
        "different content:\n{ours}\n{peers}"
    );
    Ok(())
}

fn budgets(cases: &[Case]) -> Vec<Budget> {
    let mut budgets = Vec::new();
    for (era, cases) in ERAS.into_iter().zip(cases.chunks(3)) {
        let [floor, fmcp, rmcp] = cases else { continue };
        let name = era.name();
        let of = |what: &str, other: &Case, limit| {
            let name = format!("{name} call / {what}");
            Budget::at_most(name, fmcp.rounds.over(&other.rounds), limit).of_time()
        };
        budgets.push(of("floor", floor, OF_FLOOR));
        budgets.push(of("official SDK", rmcp, OF_RMCP));
    }
    budgets
}
