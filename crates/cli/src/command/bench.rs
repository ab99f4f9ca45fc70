//! `fmcp bench`: how a server bears load.

use std::{sync::Arc, time::Duration};

use clap::Args;
use fmcp::{CallOptions, Client, ClientError, model::Tool};
use serde_json::{Value, json};

use crate::{
    app::App,
    arguments::{Assignments, whole},
    connect::Connection,
    load::{Load, Outcome, Work, run},
    outcome::{Exit, Failure},
    settings::duration,
    show::counted,
    terminal::{clean, style, wrap},
    unknown::{is_unknown, unknown},
};

/// Calls a server again and again, and shows how long its answers take
#[derive(Debug, Args)]
#[command(after_help = "\
Without a tool, it is asked whether it is there (`ping`).

Examples:
  fmcp bench ./server
  fmcp bench https://example.com/mcp add a=1 b=2 --concurrency 64 --duration 30s
  fmcp bench https://example.com/mcp add a=1 b=2 --rate 500")]
pub(crate) struct Bench {
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// The tool
    #[arg(value_name = "TOOL")]
    tool: Option<String>,
    /// Its arguments
    #[arg(value_name = "NAME=VALUE")]
    arguments: Vec<String>,
    /// All arguments as a JSON object: text, @FILE, or - for standard input
    #[arg(long, value_name = "JSON")]
    input_json: Option<String>,
    /// How long
    #[arg(long, short, value_name = "TIME", default_value = "10s")]
    duration: String,
    /// How many calls at once
    #[arg(long, short, value_name = "CALLS", default_value_t = 16, value_parser = at_least_one)]
    concurrency: u16,
    /// How many connections
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = at_least_one)]
    connections: u16,
    /// How many calls begin in a second, answered or not; without it each begins as one ends
    #[arg(long, value_name = "CALLS")]
    rate: Option<f64>,
}

/// What is called.
#[derive(Clone)]
enum What {
    Ping,
    Tool(Arc<(String, Value)>),
}

impl Work for What {
    async fn call(&self, client: &Client) -> Result<(), ClientError> {
        match self {
            Self::Ping => client.ping().await,
            Self::Tool(tool) => {
                let options = CallOptions::new().fresh();
                client.call_with(&tool.0, &tool.1, options).await.map(drop)
            }
        }
    }
}

impl Bench {
    pub(crate) async fn run(self, app: &App) -> anyhow::Result<Exit> {
        let load = self.load()?;
        let typed = Assignments::read(&self.arguments)?;
        let given = whole(self.input_json.as_deref())?;
        let first = self.connection.open(app).await?;
        let mut listed = Vec::new();
        let what = match &self.tool {
            None => What::Ping,
            Some(tool) => {
                listed = app.interrupt.drop_at_once(first.list_tools()).await?;
                let schema = listed.iter().find(|one| one.name == *tool);
                let schema = schema
                    .map(|one| one.input_schema.to_value())
                    .unwrap_or_default();
                let arguments = Value::Object(typed.over(given, &schema));
                What::Tool(Arc::new((tool.clone(), arguments)))
            }
        };
        // What does not work once does not have to fail a thousand times.
        let once = async { Ok::<_, Failure>(what.call(&first).await) };
        if let Err(error) = app.interrupt.drop_at_once(once).await? {
            return Err(self.refused(&listed, error));
        }
        let mut clients = vec![first];
        for _ in 1..self.connections {
            clients.push(self.connection.open(app).await?);
        }
        let stop = app.interrupt.token();
        let work = async { Ok(run(&clients, what, &load, stop).await) };
        let outcome = app.interrupt.heed(&app.out, work).await?;
        for client in &clients {
            client.close().await;
        }
        self.show(app, &outcome)?;
        Ok(if outcome.failed == 0 {
            Exit::Done
        } else {
            Exit::Failed
        })
    }

    /// What is told of the first call, where it fails.
    fn refused(&self, listed: &[Tool], error: ClientError) -> anyhow::Error {
        let names = listed.iter().map(|tool| tool.name.as_str());
        match &self.tool {
            Some(tool) if is_unknown(&error) && !names.clone().any(|name| name == tool) => {
                unknown("tool", tool, names, &self.connection.server).into()
            }
            _ => error.into(),
        }
    }

    fn load(&self) -> Result<Load, Failure> {
        let time =
            duration(&self.duration).map_err(|why| Failure::usage(format!("--duration: {why}")))?;
        let wrong = |words: &str| Err(Failure::usage(words.to_owned()));
        let Some(time) = time else {
            return wrong("--duration: it has to end");
        };
        if self
            .rate
            .is_some_and(|rate| !rate.is_finite() || rate <= 0.0)
        {
            return wrong("--rate: expected how many calls begin in a second");
        }
        Ok(Load {
            duration: time,
            concurrency: usize::from(self.concurrency.max(self.connections)),
            rate: self.rate,
        })
    }

    fn show(&self, app: &App, outcome: &Outcome) -> anyhow::Result<()> {
        let (out, times) = (&app.out, &outcome.times);
        let seconds = outcome.elapsed.as_secs_f64();
        let rate = times.count() as f64 / seconds;
        let parts = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)];
        if out.is_json() {
            let ms = |time: Duration| (time.as_secs_f64() * 1e6).round() / 1e3;
            let mut latency = json!({
                "min": ms(times.range().0), "mean": ms(times.mean()), "max": ms(times.range().1),
            });
            for (name, part) in parts {
                latency[name] = ms(times.quantile(part)).into();
            }
            let histogram = times.doublings().into_iter().map(
                |(from, to, count)| json!({"fromMs": ms(from), "toMs": ms(to), "count": count}),
            );
            out.json(&json!({
                "seconds": seconds, "answers": times.count(), "failures": outcome.failed,
                "answersPerSecond": rate, "latencyMs": latency,
                "histogram": histogram.collect::<Vec<_>>(), "errors": outcome.errors,
            }))?;
            return Ok(());
        }
        let mut text = format!(
            "{} in {seconds:.1} s: {} a second; {}\n",
            counted(times.count(), "answer"),
            out.paint(style::HEADING, &format!("{rate:.0}")),
            counted(outcome.failed, "failure")
        );
        text.push_str(&format!("{:>6}  {}\n", "mean", shown(times.mean())));
        for (name, part) in parts {
            text.push_str(&format!("{name:>6}  {}\n", shown(times.quantile(part))));
        }
        text.push_str(&format!("{:>6}  {}\n\n", "max", shown(times.range().1)));
        text.push_str(&bars(outcome, out.width()));
        out.print(&text)?;
        for (words, count) in &outcome.errors {
            let words = wrap(&clean(words), out.width(), "  ");
            out.complain(&format!("{count} ×\n{}", words.trim_end()));
        }
        Ok(())
    }
}

/// A number of calls or connections.
fn at_least_one(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err(format!("expected a number from 1 to {}", u16::MAX)),
        Ok(number) => Ok(number),
    }
}

/// A bar for each doubling of time.
fn bars(outcome: &Outcome, width: usize) -> String {
    let lines = outcome.times.doublings();
    let most = lines.iter().map(|line| line.2).max().unwrap_or(1).max(1);
    let room = width.saturating_sub(36).max(10);
    let line = |(_, to, count): &(Duration, Duration, u64)| {
        let length = usize::try_from(count * room as u64 / most).unwrap_or(room);
        let bar = "█".repeat(if *count > 0 { length.max(1) } else { 0 });
        format!("  up to {:>9}  {count:>9}  {bar}\n", shown(*to))
    };
    lines.iter().map(line).collect()
}

/// A time with three digits and its unit.
fn shown(time: Duration) -> String {
    let nanos = time.as_nanos() as f64;
    let (value, unit) = match nanos {
        n if n < 1e3 => (n, "ns"),
        n if n < 1e6 => (n / 1e3, "µs"),
        n if n < 1e9 => (n / 1e6, "ms"),
        n => (n / 1e9, "s"),
    };
    match value {
        v if v >= 100.0 => format!("{v:.0} {unit}"),
        v if v >= 10.0 => format!("{v:.1} {unit}"),
        v => format!("{v:.2} {unit}"),
    }
}
