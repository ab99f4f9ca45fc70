//! Tools that run as tasks.

use std::time::Duration;

use fmcp::{
    Context, Elicited, Error, Server, Tasks, ToolError,
    schemars::{self, JsonSchema},
    serde::{self, Deserialize},
    tool,
};

pub(super) fn add(server: Server) -> Server {
    let tasks = Tasks::new().poll_interval(Duration::from_millis(100));
    server
        .tasks(tasks)
        .tool(greet::tool())
        .tool(slow_compute::tool())
        .tool(failing_job::tool())
        .tool(protocol_error_job::tool())
        .tool(confirm_delete::tool())
        .tool(multi_input::tool())
        .tool(test_tool_with_task::tool())
}

#[derive(Deserialize, JsonSchema)]
#[serde(crate = "serde")]
#[schemars(crate = "schemars")]
struct Confirmed {
    confirm: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(crate = "serde")]
#[schemars(crate = "schemars")]
struct Name {
    name: String,
}

/// Say hello, at once.
#[tool]
async fn greet(name: String) -> String {
    format!("Hello, {name}!")
}

/// Take a while.
#[tool(task)]
async fn slow_compute(
    ctx: Context,
    #[arg(default = 1.0, range(0.0..=3600.0))] seconds: f64,
    #[arg(default = "it")] label: String,
) -> String {
    ctx.progress(0, 1, format!("computing {label}")).await;
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
    format!("Computed {label} in {seconds} s")
}

/// Fail, as tools do.
#[tool(task = "required")]
async fn failing_job() -> Result<String, ToolError> {
    tokio::time::sleep(Duration::from_secs(1)).await;
    Err(ToolError::new("This job always fails"))
}

/// Fail, as protocols do.
#[tool(task)]
async fn protocol_error_job() -> Result<String, ToolError> {
    Err(Error::new(fmcp::Kind::Forbidden, "Nobody may do this job").into())
}

/// Delete a file, if the user agrees.
#[tool(task)]
async fn confirm_delete(ctx: Context, filename: String) -> Result<String, ToolError> {
    let question = format!("Really delete {filename}?");
    Ok(
        match ctx.elicit::<Confirmed>(question).named("confirm").await? {
            Elicited::Accepted(Confirmed { confirm: true }) => format!("Deleted {filename}"),
            _ => format!("Kept {filename}"),
        },
    )
}

/// Ask two things at once.
#[tool(task)]
async fn multi_input(ctx: Context) -> Result<String, ToolError> {
    let name = ctx.elicit::<Name>("What is your name?").named("name");
    let sure = ctx.elicit::<Confirmed>("Are you sure?").named("sure");
    let (name, sure) = ctx.ask_all((name, sure)).await?;
    let name = name
        .accepted()
        .map_or_else(|| "nobody".to_owned(), |given| given.name);
    let sure = sure.accepted().is_some_and(|given| given.confirm);
    Ok(format!("{name} is {}sure", if sure { "" } else { "not " }))
}

/// Ask for a name, and only then begin.
#[tool(task = "required", asks_first)]
async fn test_tool_with_task(ctx: Context) -> Result<String, ToolError> {
    let given = ctx
        .elicit::<Name>("What is your name?")
        .named("user_name")
        .await?;
    let Elicited::Accepted(Name { name }) = given else {
        return Ok("Nobody wants to be greeted".into());
    };
    ctx.begin_task()?;
    Ok(format!("Hello, {name}!"))
}
