//! What a model would read: the definitions of the tools that it is given, then calls and results.

use anyhow::{Result, ensure};
use fmcp::{Client, Discovery, Server};
use serde::Serialize;
use serde_json::{Value, json};

use super::corpus::{self, Task};

/// The same tasks over one set of tools, in both ways.
#[derive(Serialize)]
pub(crate) struct Set {
    tools: usize,
    plain: Transcript,
    discovery: Transcript,
}

/// What goes over the wire that a model reads or writes.
#[derive(Serialize)]
struct Transcript {
    /// The tools that it is given.
    definitions: String,
    tasks: Vec<Told>,
}

#[derive(Serialize)]
struct Told {
    asked: &'static str,
    tool: &'static str,
    steps: Vec<Step>,
}

#[derive(Serialize)]
struct Step {
    call: String,
    result: String,
    /// Whether it finds out about the tool, and is not wanted where that is known.
    finds: bool,
}

/// The tasks over sets of so many tools.
pub(crate) async fn of(sizes: &[usize]) -> Result<Vec<Set>> {
    let mut sets = Vec::new();
    for tools in sizes {
        let server = corpus::server(*tools);
        let front = Discovery::new().in_front_of(&server)?;
        sets.push(Set {
            tools: *tools,
            plain: plain(&server).await?,
            discovery: discovered(&front).await?,
        });
    }
    Ok(sets)
}

async fn plain(server: &Server) -> Result<Transcript> {
    let client = Client::connect(server).await?;
    let mut tasks = Vec::new();
    for task in corpus::tasks() {
        let step = step(&client, task.tool, &task.arguments, false).await?;
        tasks.push(told(&task, vec![step]));
    }
    let definitions = definitions(&client).await?;
    Ok(Transcript { definitions, tasks })
}

async fn discovered(server: &Server) -> Result<Transcript> {
    let client = Client::connect(server).await?;
    let mut tasks = Vec::new();
    for task in corpus::tasks() {
        let mut steps = Vec::new();
        let found = step(
            &client,
            "discover_tools",
            &json!({"query": task.query}),
            true,
        )
        .await?;
        ensure!(
            found
                .result
                .lines()
                .any(|line| line.starts_with(&format!("{}(", task.tool))),
            "{:?} does not find {}: {}",
            task.query,
            task.tool,
            found.result
        );
        steps.push(found);
        if task.needs_schema {
            steps.push(
                step(
                    &client,
                    "get_tool_schema",
                    &json!({"name": task.tool}),
                    true,
                )
                .await?,
            );
        }
        let wanted = json!({"name": task.tool, "arguments": task.arguments});
        steps.push(step(&client, "execute_tool", &wanted, false).await?);
        tasks.push(told(&task, steps));
    }
    let definitions = definitions(&client).await?;
    Ok(Transcript { definitions, tasks })
}

fn told(task: &Task, steps: Vec<Step>) -> Told {
    Told {
        asked: task.asked,
        tool: task.tool,
        steps,
    }
}

async fn step(client: &Client, tool: &str, arguments: &Value, finds: bool) -> Result<Step> {
    let result = client.call(tool, arguments.clone()).await?;
    Ok(Step {
        call: json!({"name": tool, "arguments": arguments}).to_string(),
        result: result.text().into_owned(),
        finds,
    })
}

/// What clients hand on to a model of each tool: its name, its description, and the schema of its arguments.
async fn definitions(client: &Client) -> Result<String> {
    let tools = client.list_tools().await?;
    let tools = tools.iter().map(|tool| {
        json!({"name": tool.name, "description": tool.description, "inputSchema": tool.input_schema})
    });
    Ok(Value::from(tools.collect::<Vec<_>>()).to_string())
}
