//! Saturation while clients come, go and are killed: at the end nothing of them is left.

use std::{cell::Cell, net::SocketAddr, time::Duration};

use anyhow::{Context as _, Result};
use futures_util::future::try_join_all;
use tokio::time::{Instant, sleep};

use crate::{
    Extent, Run,
    budget::Budget,
    client::Client,
    message::{ERAS, Era},
    subject::{FMCP, Subject},
};

/// Clients at any time.
const AT_ONCE: usize = 32;
/// Calls that a client makes before it leaves or is killed.
const CALLS: u64 = 100;
/// One client in so many is killed in the middle of a call.
const KILLED: u64 = 100;
/// How long the server may take to notice that nobody is left: its sessions expire after a second or two.
const FORGOTTEN_WITHIN: Duration = Duration::from_secs(20);

pub(crate) async fn run(run: &Run) -> Result<Vec<Budget>> {
    let (warm, long) = match run.extent {
        Extent::Figures => (15, 60),
        Extent::Check => (4, 10),
    };
    let (server, address) = Subject::on_http_with(&run.cores, FMCP, &["observed"]).await?;
    let started = settled(&server, address, &Vitals::of(&server, address).await?).await?;
    saturate(address, Duration::from_secs(warm)).await?;
    let before = settled(&server, address, &started).await?;
    let (clients, killed) = saturate(address, Duration::from_secs(long)).await?;
    let after = settled(&server, address, &before).await?;

    println!("{long} s of saturation: {clients} clients came, {killed} of them were killed\n");
    println!(
        "{:<24} {:>10} {:>10} {:>10} {:>10}",
        "", "tasks", "sessions", "files", "KiB"
    );
    for (when, vitals) in [
        ("at the start", &started),
        ("after a warm-up", &before),
        ("at the end", &after),
    ] {
        let Vitals {
            tasks,
            sessions,
            files,
            resident,
        } = vitals;
        println!(
            "{when:<24} {tasks:>10} {sessions:>10} {files:>10} {:>10}",
            resident / 1024
        );
    }
    let more = |now: u64, then: u64| now as f64 - then as f64;
    let grown = after.resident as f64 / before.resident as f64;
    Ok(vec![
        Budget::at_most("tasks left", more(after.tasks, started.tasks), 0.0),
        Budget::at_most("sessions left", after.sessions as f64, 0.0),
        Budget::at_most("files left", more(after.files, started.files), 0.0),
        Budget::at_most("resident at the end / before", grown, 1.05).slack(1.1),
    ])
}

/// What a server holds.
#[derive(Debug)]
struct Vitals {
    tasks: u64,
    sessions: u64,
    files: u64,
    resident: u64,
}

impl Vitals {
    /// Asks the server about itself, and the operating system about the server.
    async fn of(server: &Subject, address: SocketAddr) -> Result<Self> {
        let mut client = Client::open(address, Era::Modern).await?;
        let told = client.ask("vitals").await?;
        let mut numbers = told.split(' ').map(str::parse);
        let mut number = || numbers.next().context("no vitals")?.context("not a number");
        Ok(Self {
            tasks: number()?,
            sessions: number()?,
            files: server.descriptors()? as u64,
            resident: server.resident()?,
        })
    }

    fn no_more_than(&self, other: &Self) -> bool {
        self.sessions == 0 && self.tasks <= other.tasks && self.files <= other.files
    }
}

/// Waits until the server holds no more than it did; gives what it holds then, or at the end of patience.
async fn settled(server: &Subject, address: SocketAddr, then: &Vitals) -> Result<Vitals> {
    let limit = Instant::now() + FORGOTTEN_WITHIN;
    loop {
        sleep(Duration::from_millis(250)).await;
        // Sessions that are over are looked for when somebody comes.
        Client::open(address, Era::Legacy).await?.end().await?;
        let vitals = Vitals::of(server, address).await?;
        if vitals.no_more_than(then) || Instant::now() > limit {
            return Ok(vitals);
        }
    }
}

/// Clients come one after the other, many at once; gives how many came, and how many of them were killed.
async fn saturate(address: SocketAddr, long: Duration) -> Result<(u64, u64)> {
    let end = Instant::now() + long;
    let (came, killed) = (Cell::new(0), Cell::new(0));
    try_join_all((0..AT_ONCE).map(async |_| {
        while Instant::now() < end {
            let number = came.replace(came.get() + 1);
            let era = ERAS[usize::from(number % 2 == 0)];
            let mut client = Client::open(address, era).await?;
            for id in 0..CALLS {
                client.add(id).await?;
            }
            // Two eras and two ways to die take four numbers that follow each other.
            if number % (4 * KILLED) < 4 {
                kill(client, number % 4 < 2).await?;
                killed.set(killed.get() + 1);
            } else {
                client.end().await?;
            }
        }
        anyhow::Ok(())
    }))
    .await?;
    Ok((came.get(), killed.get()))
}

/// Resets the connection while a call runs, or while it is being sent.
async fn kill(mut client: Client, running: bool) -> Result<()> {
    let request = client.request("wait", "{}");
    let sent = if running {
        request.len()
    } else {
        request.len() - 10
    };
    client.connection.send(&request.as_bytes()[..sent]).await?;
    sleep(Duration::from_millis(5)).await;
    client.connection.reset()
}
