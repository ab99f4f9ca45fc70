//! `fmcp ping`: whether a server is there, and how fast it answers.

use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;

use crate::{app::App, connect::Connection, outcome::Exit, terminal::clean};

/// Asks whether a server is there, and how long it takes to say so
#[derive(Debug, Args)]
pub(crate) struct Ping {
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// How often it is asked
    #[arg(long, short = 'n', value_name = "TIMES", default_value_t = 3)]
    count: u32,
}

impl Ping {
    pub(crate) async fn run(self, app: &App) -> anyhow::Result<Exit> {
        let began = Instant::now();
        let client = self.connection.open(app).await?;
        let connected = began.elapsed();
        let (name, version) = client
            .server_info()
            .map(|info| (info.name.clone(), info.version.clone()))
            .unwrap_or_default();
        let revision = client.revision();
        if !app.out.is_json() {
            let words = format!(
                "{name} {version}, revision {revision}, connected in {}",
                ms(connected)
            );
            app.out.print(&clean(&words))?;
        }
        let mut took = Vec::new();
        for _ in 0..self.count {
            let began = Instant::now();
            app.interrupt.drop_at_once(client.ping()).await?;
            took.push(began.elapsed());
            if !app.out.is_json() {
                app.out
                    .print(&format!("answered in {}", ms(began.elapsed())))?;
            }
        }
        client.close().await;
        if app.out.is_json() {
            let pings: Vec<_> = took.iter().map(|time| millis(*time)).collect();
            app.out.json(&json!({
                "server": {"name": name, "version": version},
                "protocolVersion": revision.as_str(),
                "connectMs": millis(connected),
                "pingMs": pings,
            }))?;
        }
        Ok(Exit::Done)
    }
}

/// Milliseconds, to the microsecond.
fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

fn ms(time: Duration) -> String {
    format!("{} ms", millis(time))
}
