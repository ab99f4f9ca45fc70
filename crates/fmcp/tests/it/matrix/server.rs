//! The server of the matrix: its tools do what they are called.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use fmcp::{
    Context, Elicited, FromCall, Kind, LiveSession, LogLevel, Prompt, Resource, Server, State,
    Tasks, Tool, ToolError, model::ElicitUrlParams, prompt, resource, schemars::JsonSchema,
    serde::Deserialize, tool,
};

/// What one server remembers.
#[derive(Default)]
struct Counts {
    /// How many handlers have been dropped before they were done.
    dropped: AtomicUsize,
    /// How many values have been computed.
    computed: AtomicUsize,
    /// Whether the user has been where a call wants them to have been.
    has_been_there: AtomicBool,
}

type Shared = State<Counts>;

#[derive(Deserialize, JsonSchema)]
#[serde(crate = "fmcp::serde")]
#[schemars(crate = "fmcp::schemars")]
struct Trip {
    city: String,
    nights: u8,
}

struct Dropped(Arc<Counts>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.dropped.fetch_add(1, SeqCst);
    }
}

async fn ask_for_a_trip(ctx: &Context) -> Result<String, ToolError> {
    Ok(match ctx.elicit::<Trip>("Where?").await? {
        Elicited::Accepted(trip) => format!("{} nights in {}", trip.nights, trip.city),
        other => format!("{:?}", other.is_accepted()),
    })
}

async fn ask_for_roots(ctx: &Context) -> Result<String, ToolError> {
    let roots = ctx.list_roots().await?;
    let uris: Vec<_> = roots.iter().map(|root| root.uri.as_str()).collect();
    Ok(uris.join(" "))
}

#[tool]
async fn form(ctx: Context) -> Result<String, ToolError> {
    ask_for_a_trip(&ctx).await
}

#[tool]
async fn url(ctx: Context) -> Result<bool, ToolError> {
    let gone = ctx.elicit_url("Pay here.", "https://example.com/pay");
    Ok(gone.await?.is_accepted())
}

#[tool]
async fn confirm(ctx: Context) -> Result<bool, ToolError> {
    Ok(ctx.confirm("Sure?").await?)
}

#[tool]
async fn choose(ctx: Context) -> Result<Option<String>, ToolError> {
    Ok(ctx.choose("Which?", ["small", "large"]).await?.accepted())
}

#[tool]
async fn sample(ctx: Context) -> Result<String, ToolError> {
    Ok(ctx.sample("Say hello.").await?.text())
}

#[tool]
async fn sample_with_tools(ctx: Context) -> Result<String, ToolError> {
    let dice = Tool::new("dice", async || 4);
    Ok(ctx.sample("Throw.").tool(dice).await?.text())
}

#[tool]
async fn roots(ctx: Context) -> Result<String, ToolError> {
    ask_for_roots(&ctx).await
}

#[tool]
async fn all(ctx: Context) -> Result<String, ToolError> {
    let asked = (
        ctx.choose("Which?", ["small", "large"]),
        ctx.confirm("Sure?"),
    );
    let (size, sure) = ctx.ask_all(asked).await?;
    Ok(format!("{} {sure}", size.accepted().unwrap_or_default()))
}

/// What is computed once is there again when the handler runs again.
#[tool]
async fn once(ctx: Context, #[ctx] State(counts): Shared) -> Result<bool, ToolError> {
    let computed = &counts.computed;
    let number = ctx
        .once("number", async || computed.fetch_add(1, SeqCst))
        .await?;
    ctx.list_roots().await?;
    Ok(number + 1 == computed.load(SeqCst))
}

#[tool]
async fn progress(ctx: Context) -> &'static str {
    ctx.progress(1, 2, "halfway").await;
    ctx.progress(2, 2, None).await;
    "done"
}

#[tool]
async fn log(ctx: Context) -> &'static str {
    ctx.log(LogLevel::Debug, "not wanted").await;
    ctx.warning("beware").await;
    "done"
}

/// End with an address until the user has been there, which is said soon.
#[tool]
async fn require_urls(
    ctx: Context,
    #[ctx] State(counts): Shared,
) -> Result<&'static str, ToolError> {
    if counts.has_been_there.swap(false, SeqCst) {
        return Ok("connected");
    }
    let url = ElicitUrlParams::new("Sign in.", "https://example.com/connect");
    let error = ctx.require_urls([url.elicitation_id("a question")]);
    // Others are refused.
    let sends = matches!(error.kind(), Kind::InputRequired | Kind::Other(-32042));
    counts.has_been_there.store(sends, SeqCst);
    if let Ok(session) = LiveSession::from_call(&ctx).await {
        tokio::spawn(async move {
            for _ in 0..50 {
                tokio::time::sleep(Duration::from_millis(100)).await;
                session.context().elicitation_complete("a question").await;
            }
        });
    }
    Err(error.into())
}

/// Say that a resource has changed.
#[tool]
async fn touch(uri: String, ctx: Context) -> &'static str {
    ctx.notify_updated(uri);
    "done"
}

/// Change the list of tools, again and again.
#[tool]
async fn change(#[ctx] server: Server) -> Result<&'static str, ToolError> {
    for _ in 0..100 {
        server.add_tool(Tool::new("new", async || 1))?;
        server.remove(&fmcp::Key::new(fmcp::ComponentKind::Tool, "new"));
    }
    Ok("done")
}

#[tool]
async fn hang(ctx: Context, #[ctx] State(counts): Shared) {
    let _dropped = Dropped(counts);
    ctx.warning("hanging").await;
    std::future::pending::<()>().await;
}

/// Ask what nobody answers.
#[tool]
async fn ask_in_vain(ctx: Context, #[ctx] State(counts): Shared) -> Result<String, ToolError> {
    let _dropped = Dropped(counts);
    Ok(ctx.sample("Never.").await?.text())
}

/// Ask from a task.
#[tool(task)]
async fn task_form(ctx: Context) -> Result<String, ToolError> {
    ctx.progress(1, 2, "asking").await;
    ask_for_a_trip(&ctx).await
}

/// Ask a model, as nothing but a task.
#[tool(task = "required")]
async fn task_sample(ctx: Context) -> Result<String, ToolError> {
    Ok(ctx.sample("Say hello.").await?.text())
}

/// Never end, as a task.
#[tool(task = "required")]
async fn task_hang(ctx: Context, #[ctx] State(counts): Shared) {
    let _dropped = Dropped(counts);
    ctx.progress(1, None, "hanging").await;
    std::future::pending::<()>().await;
}

#[tool]
async fn dropped(#[ctx] State(counts): Shared) -> usize {
    counts.dropped.load(SeqCst)
}

#[resource("ask://form")]
async fn form_resource(ctx: Context) -> Result<String, ToolError> {
    ask_for_a_trip(&ctx).await
}

#[resource("ask://roots")]
async fn roots_resource(ctx: Context) -> Result<String, ToolError> {
    ask_for_roots(&ctx).await
}

#[prompt]
async fn form_prompt(ctx: Context) -> Result<String, ToolError> {
    ask_for_a_trip(&ctx).await
}

#[prompt]
async fn roots_prompt(ctx: Context) -> Result<String, ToolError> {
    ask_for_roots(&ctx).await
}

/// The server.
pub(crate) fn server() -> Server {
    let tools = [
        form::tool(),
        url::tool(),
        confirm::tool(),
        choose::tool(),
        sample::tool(),
        sample_with_tools::tool(),
        roots::tool(),
        all::tool(),
        once::tool(),
        progress::tool(),
        log::tool(),
        require_urls::tool(),
        touch::tool(),
        change::tool(),
        hang::tool(),
        ask_in_vain::tool(),
        task_form::tool(),
        task_sample::tool(),
        task_hang::tool(),
        dropped::tool(),
    ];
    let resources: [Resource; 2] = [form_resource::resource(), roots_resource::resource()];
    let prompts: [Prompt; 2] = [form_prompt::prompt(), roots_prompt::prompt()];
    let often = Duration::from_millis(20);
    let tasks = Tasks::new().poll_interval(often).report_every(often);
    let server = Server::new("matrix").state(Counts::default()).tasks(tasks);
    let server = tools.into_iter().fold(server, Server::tool);
    let server = resources.into_iter().fold(server, Server::resource);
    prompts.into_iter().fold(server, Server::prompt)
}
