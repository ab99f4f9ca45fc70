//! `fmcp call`: runs a tool.

use std::sync::Arc;

use clap::Args;
use fmcp::{
    CallOptions, CallResult, Client, Kind,
    model::Tool,
    schema::{Arguments, Subject},
};
use serde_json::{Map, Value};

use crate::{
    app::App,
    arguments::{Assignments, whole},
    connect::Connection,
    outcome::{Exit, Failure},
    show::blocks,
    terminal::{Progress, style},
    unknown::{is_unknown, unknown},
};

/// Runs a tool, with its arguments typed by its schema
#[derive(Debug, Args)]
#[command(after_help = "\
Arguments:
  a=1             typed by the schema; a list item by item (tags=x tags=y)
  at.x=1          a field of an object
  text=@notes.md  the text of a file; @- of standard input; @@ is an @
  a:=[1,2]        JSON, as it is

Examples:
  fmcp call ./server add a=1 b=2
  fmcp call https://example.com/mcp search query=\"red shoes\" limit=5 --json
  echo '{\"a\": 1, \"b\": 2}' | fmcp call ./server add --input-json -")]
pub(crate) struct Call {
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// The tool
    #[arg(value_name = "TOOL")]
    tool: String,
    /// Its arguments
    #[arg(value_name = "NAME=VALUE")]
    arguments: Vec<String>,
    /// All arguments as a JSON object: text, @FILE, or - for standard input
    #[arg(long, value_name = "JSON")]
    input_json: Option<String>,
    /// Sends arguments that do not fit the schema, too
    #[arg(long)]
    no_check: bool,
}

impl Call {
    pub(crate) async fn run(self, app: &App) -> anyhow::Result<Exit> {
        let typed = Assignments::read(&self.arguments)?;
        let whole = whole(self.input_json.as_deref())?;
        let client = self.connection.open(app).await?;
        let called = app
            .interrupt
            .heed(&app.out, self.call(app, &client, &typed, whole))
            .await;
        let exit = called.and_then(|result| show(app, &result));
        client.close().await;
        exit
    }

    async fn call(
        &self,
        app: &App,
        client: &Client,
        typed: &Assignments,
        whole: Map<String, Value>,
    ) -> anyhow::Result<CallResult> {
        let listed = client
            .list_tools_with(CallOptions::new().cancel(app.interrupt.token()))
            .await;
        // One that is not listed may be there all the same.
        let listed = match listed {
            Err(error) if error.kind() == Kind::MethodNotFound => Vec::new(),
            listed => listed?,
        };
        let tool = listed.iter().find(|tool| tool.name == self.tool);
        let arguments = self.arguments(tool, typed, whole)?;
        let progress = Arc::new(Progress::new(&app.out, &self.tool));
        let hears = Arc::clone(&progress);
        let options = CallOptions::new()
            .cancel(app.interrupt.token())
            .on_progress(move |report| hears.show(&report))
            .tool_errors_as_results();
        let result = client.call_with(&self.tool, arguments, options).await;
        drop(progress);
        match result {
            Err(error) if tool.is_none() && is_unknown(&error) => {
                let names = listed.iter().map(|tool| tool.name.as_str());
                Err(unknown("tool", &self.tool, names, &self.connection.server).into())
            }
            result => Ok(result?),
        }
    }

    /// The arguments as the tool wants them.
    fn arguments(
        &self,
        tool: Option<&Tool>,
        typed: &Assignments,
        whole: Map<String, Value>,
    ) -> Result<Value, Failure> {
        let schema = tool
            .map(|tool| tool.input_schema.to_value())
            .unwrap_or_default();
        let given = Value::Object(typed.over(whole, &schema));
        if tool.is_none() || self.no_check {
            return Ok(given);
        }
        let arguments = Arguments::new(schema, true);
        if arguments.verify().is_err() {
            return Ok(given);
        }
        arguments
            .prepare(Subject::tool(&self.tool), given)
            .map_err(|faults| {
                let server = &self.connection.server;
                Failure::usage(faults.to_string()).hint(format!(
                    "`fmcp list {server:?} --tools --long` shows the whole schema"
                ))
            })
    }
}

/// Shows what the tool gave: its blocks; its structured content where they say nothing.
fn show(app: &App, result: &CallResult) -> anyhow::Result<Exit> {
    let exit = match result.is_error() {
        true => Exit::Failed,
        false => Exit::Done,
    };
    if app.out.is_json() {
        app.out.json(result.raw())?;
        return Ok(exit);
    }
    if result.is_error() {
        let label = app
            .out
            .paint_note(style::ERROR, &format!("{} failed:", result.tool()));
        let words = blocks(&app.out, result.content());
        app.out.complain(&format!("{label} {}", words.trim_end()));
        return Ok(exit);
    }
    match (result.content(), result.structured()) {
        ([], Some(value)) => app.out.json(&value.to_value())?,
        (content, _) => app.out.print(&blocks(&app.out, content))?,
    }
    Ok(exit)
}
