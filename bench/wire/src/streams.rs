//! Ten thousand clients that only wait: what each costs, how soon all are told, and what they cost others.

use std::time::Duration;

use anyhow::Result;
use tokio::time::sleep;

use crate::{
    Extent, Run,
    budget::Budget,
    client::{Client, Load},
    machine,
    message::{ERAS, Era},
    rounds::{Rounds, print_head},
    sessions,
    subject::{FMCP, Subject},
    watch::Watchers,
};

const CONNECTIONS: usize = 32;
/// More would need more descriptors than a process is commonly given.
const STREAMS: u64 = 10_000;

const KIB: f64 = 1024.0;
const KIB_OF_A_STREAM: f64 = 20.0;
const KIB_OF_A_SESSION: f64 = 2.0;
const SECONDS_TO_TELL: f64 = 1.0;
const LEFT_OF_THROUGHPUT: f64 = 0.9;

pub(crate) async fn run(run: &Run) -> Result<Vec<Budget>> {
    let mut budgets = Vec::new();
    for era in ERAS {
        budgets.extend(streams(run, era).await?);
    }
    let session = sessions::bytes_of_one(run).await?;
    budgets.push(Budget::at_most(
        "KiB of an idle session",
        session / KIB,
        KIB_OF_A_SESSION,
    ));
    Ok(budgets)
}

async fn streams(run: &Run, era: Era) -> Result<Vec<Budget>> {
    let (rounds, calls) = match run.extent {
        Extent::Figures => (20, 10_000),
        Extent::Check => (6, 4_000),
    };
    let what = match era {
        Era::Modern => "subscriptions/listen",
        Era::Legacy => "sessions with GET",
    };
    // Two servers, so that calls with and without streams beside them can take turns.
    let mut beside = Place::start(run, "calls beside streams").await?;
    let mut alone = Place::start(run, "calls alone").await?;
    beside.load.run(calls).await?;
    alone.load.run(calls).await?;

    let (resident, sockets) = (beside.server.resident()?, machine::socket_bytes());
    let mut watchers = Watchers::open(beside.address, era, STREAMS).await?;
    sleep(Duration::from_millis(500)).await;
    let in_kernel = sockets.and_then(|sockets| {
        // One end of each connection is the load's.
        Some(machine::socket_bytes()?.saturating_sub(sockets) as f64 / 2.0)
    });
    let idle = beside.resident_since(resident)?;

    let mut author = Client::open(beside.address, Era::Modern).await?;
    let mut quickest = Duration::MAX;
    for _ in 0..3 {
        quickest = quickest.min(watchers.told_of_a_change(&mut author).await?);
    }
    let told = beside.resident_since(resident)?;

    for _ in 0..rounds {
        for place in [&mut beside, &mut alone] {
            let load = place.load.run(calls);
            place.rounds.add(&place.server, calls, load).await?;
        }
    }
    print_head(&format!("{STREAMS} × {what}"));
    alone.rounds.print(alone.name);
    beside.rounds.print(beside.name);
    let each = |bytes: f64| bytes / STREAMS as f64 / KIB;
    println!(
        "KiB of a stream: {:.2} resident when idle, {:.2} after it was told thrice, {} in the kernel\n",
        each(idle),
        each(told),
        in_kernel.map_or("?".to_owned(), |bytes| format!("{:.2}", each(bytes))),
    );
    let of = |figure: &str| format!("{what}: {figure}");
    let memory = each(idle.max(told) + in_kernel.unwrap_or_default());
    let throughput = alone.rounds.least() / beside.rounds.least();
    Ok(vec![
        Budget::at_most(of("KiB with socket"), memory, KIB_OF_A_STREAM),
        Budget::at_most(
            of("s until all are told"),
            quickest.as_secs_f64(),
            SECONDS_TO_TELL,
        )
        .of_time(),
        Budget::at_least(of("calls beside / alone"), throughput, LEFT_OF_THROUGHPUT).of_time(),
    ])
}

/// A server and the calls made to it.
struct Place {
    name: &'static str,
    server: Subject,
    address: std::net::SocketAddr,
    load: Load,
    rounds: Rounds,
}

impl Place {
    async fn start(run: &Run, name: &'static str) -> Result<Self> {
        let (server, address) = Subject::on_http(&run.cores, FMCP).await?;
        Ok(Self {
            name,
            server,
            address,
            load: Load::open(address, Era::Modern, CONNECTIONS).await?,
            rounds: Rounds::default(),
        })
    }

    fn resident_since(&self, before: u64) -> Result<f64> {
        Ok(self.server.resident()?.saturating_sub(before) as f64)
    }
}
