//! `fmcp watch`: what a server tells, as it comes.

use clap::Args;
use fmcp::{Change, Client, ClientError, ComponentKind, Kind, Notice, model::SubscriptionFilter};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::{
    app::App,
    connect::Connection,
    outcome::Exit,
    terminal::{Output, clean, style},
};

/// How many messages may wait to be shown.
const WAITING: usize = 1_000;

/// Shows what a server tells, until Ctrl-C: changes of its lists and resources, and its log
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  fmcp watch https://example.com/mcp\n  fmcp watch ./server --resource notes://shopping --json"
)]
pub(crate) struct Watch {
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// A resource whose changes are told, too
    #[arg(long, short, value_name = "URI")]
    resource: Vec<String>,
    /// Ends after so many messages
    #[arg(long, short = 'n', value_name = "TIMES", value_parser = at_least_one)]
    count: Option<usize>,
}

impl Watch {
    pub(crate) async fn run(self, app: &App) -> anyhow::Result<Exit> {
        let (tell, mut told) = mpsc::channel(WAITING);
        let (builder, manner) = self.connection.builder(app)?;
        let builder = builder.on_log(|_| ()).on_notice(move |notice| {
            // Lists and resources come on the stream of changes, where none is told twice.
            if let Notice::Log(message) = &notice {
                let event = json!({
                    "event": "log", "level": message.level, "logger": message.logger, "data": message.data,
                });
                // Who does not read as fast as the server logs loses the log, not memory.
                let _ = tell.try_send(event);
            }
        });
        let client = self.connection.connect(app, (builder, manner)).await?;
        let ended = app
            .interrupt
            .drop_at_once(self.watch(app, &client, &mut told));
        let pressed = tokio::signal::ctrl_c();
        let outcome = tokio::select! {
            biased;
            pressed = pressed => pressed.map_err(Into::into),
            ended = ended => ended,
        };
        client.close().await;
        outcome.map(|()| Exit::Done)
    }

    async fn watch(
        &self,
        app: &App,
        client: &Client,
        told: &mut mpsc::Receiver<Value>,
    ) -> anyhow::Result<()> {
        let filter = SubscriptionFilter::new()
            .tools_list_changed(true)
            .resources_list_changed(true)
            .prompts_list_changed(true)
            .resource_subscriptions(self.resource.clone());
        let mut changes = match client.listen(filter).await {
            Ok(changes) => Some(changes),
            Err(error) if is_deaf(&error) && self.resource.is_empty() => {
                app.out
                    .note("The server does not tell of changes; only its log is shown.");
                None
            }
            Err(error) => return Err(error.into()),
        };
        app.out.note("Watching; Ctrl-C ends it.");
        let most = self.count.unwrap_or(usize::MAX);
        for _ in 0..most {
            let event = tokio::select! {
                change = async {
                    match &mut changes {
                        Some(changes) => changes.next().await,
                        None => std::future::pending().await,
                    }
                } => match change {
                    Some(change) => of_change(&change),
                    None => return Ok(()),
                },
                Some(event) = told.recv() => event,
            };
            show(&app.out, &event)?;
        }
        Ok(())
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => {
            Err("expected a number from 1 on; without it, it ends by Ctrl-C".to_owned())
        }
        Ok(number) => Ok(number),
    }
}

fn is_deaf(error: &ClientError) -> bool {
    error.kind() == Kind::MethodNotFound
}

fn of_change(change: &Change) -> Value {
    match change {
        Change::List(kind) => json!({"event": "list_changed", "list": plural(*kind)}),
        Change::Resource(uri) => json!({"event": "resource_updated", "uri": uri}),
        _ => json!({"event": "missed"}),
    }
}

fn plural(kind: ComponentKind) -> &'static str {
    match kind {
        ComponentKind::Tool => "tools",
        ComponentKind::Prompt => "prompts",
        ComponentKind::Resource | ComponentKind::Template => "resources",
    }
}

fn show(out: &Output, event: &Value) -> std::io::Result<()> {
    if out.is_json() {
        return out.json_line(event);
    }
    let text = |key: &str| match &event[key] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let (what, words) = match event["event"].as_str() {
        Some("list_changed") => ("changed", format!("the list of {}", text("list"))),
        Some("resource_updated") => ("updated", text("uri")),
        Some("log") => (
            "log",
            format!("{} {} {}", text("level"), text("logger"), text("data")),
        ),
        _ => ("missed", "something may have changed meanwhile".to_owned()),
    };
    out.print(&format!(
        "{}  {}",
        out.paint(style::NAME, what),
        clean(&words)
    ))
}
