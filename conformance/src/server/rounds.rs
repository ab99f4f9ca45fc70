//! Tools and a prompt that ask before they can answer. On a connection without sessions the call ends with
//! the question, and comes again with the answer; what stands before a question runs more than once.

use fmcp::{
    Ask, Context, Elicited, PromptError, Question as _, Sampled, Server, ToolError, prompt,
    schemars::{self, JsonSchema},
    serde::{self, Deserialize},
    tool,
};

pub(super) fn add(server: Server) -> Server {
    server
        .tool(test_input_required_result_elicitation::tool())
        .tool(test_input_required_result_sampling::tool())
        .tool(test_input_required_result_list_roots::tool())
        .tool(test_input_required_result_request_state::tool())
        .tool(test_input_required_result_multiple_inputs::tool())
        .tool(test_input_required_result_multi_round::tool())
        .tool(test_input_required_result_tampered_state::tool())
        .tool(test_input_required_result_capabilities::tool())
        .tool(test_streaming_elicitation::tool())
        .prompt(test_input_required_result_prompt::prompt())
}

#[derive(Deserialize, JsonSchema)]
#[serde(crate = "serde")]
#[schemars(crate = "schemars")]
struct Name {
    name: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(crate = "serde")]
#[schemars(crate = "schemars")]
struct Color {
    color: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(crate = "serde")]
#[schemars(crate = "schemars")]
struct Confirmed {
    ok: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(crate = "serde")]
#[schemars(crate = "schemars")]
struct Purpose {
    context: String,
}

/// Ask the user for a name.
#[tool]
async fn test_input_required_result_elicitation(ctx: Context) -> Result<String, ToolError> {
    let name = given(name(&ctx).named("user_name").await?)?.name;
    Ok(format!("Hello, {name}!"))
}

/// Ask the client's language model.
#[tool]
async fn test_input_required_result_sampling(ctx: Context) -> Result<String, ToolError> {
    let answer = capital(&ctx).await?;
    Ok(format!("{} has answered.", answer.model))
}

/// Ask where the user works.
#[tool]
async fn test_input_required_result_list_roots(ctx: Context) -> Result<String, ToolError> {
    let roots = ctx.list_roots().named("roots").await?;
    Ok(format!("There are {} roots.", roots.len()))
}

/// Ask for a word of confirmation, and remember something until it comes.
#[tool]
async fn test_input_required_result_request_state(ctx: Context) -> Result<String, ToolError> {
    let word = ctx.once("word", async || "state-ok".to_owned()).await?;
    confirm(&ctx).await?;
    Ok(format!("The state came back: {word}"))
}

/// Ask the user, the language model and the client, all at once.
#[tool]
async fn test_input_required_result_multiple_inputs(ctx: Context) -> Result<String, ToolError> {
    let name = name(&ctx).named("user_name");
    let roots = ctx.list_roots().named("roots");
    let (name, _, roots) = ctx.ask_all((name, capital(&ctx), roots)).await?;
    Ok(format!(
        "{} works in {} places.",
        given(name)?.name,
        roots.len()
    ))
}

/// Ask the user twice, one thing after the other.
#[tool]
async fn test_input_required_result_multi_round(ctx: Context) -> Result<String, ToolError> {
    let name = given(name(&ctx).named("step1").await?)?.name;
    let question = ctx.elicit::<Color>("What is your favourite color?");
    let color = given(question.named("step2").await?)?.color;
    Ok(format!("{name} likes {color}."))
}

/// Leave a state behind that nobody can change without being found out.
#[tool]
async fn test_input_required_result_tampered_state(ctx: Context) -> Result<String, ToolError> {
    confirm(&ctx).await?;
    Ok("The state came back as it was.".into())
}

/// Ask only what this client can answer.
#[tool]
async fn test_input_required_result_capabilities(ctx: Context) -> Result<&'static str, ToolError> {
    let client = ctx.client_capabilities();
    let name = name(&ctx).named("user_name");
    match (client.sampling.is_some(), client.elicitation.is_some()) {
        (true, true) => drop(ctx.ask_all((capital(&ctx), name)).await?),
        (true, false) => drop(capital(&ctx).await?),
        (false, true) => drop(name.await?),
        (false, false) => {}
    }
    Ok("There is nothing left to ask this client.")
}

/// Ask the user for a name, with nothing on the stream but the result.
#[tool]
async fn test_streaming_elicitation(ctx: Context) -> Result<String, ToolError> {
    test_input_required_result_elicitation(ctx).await
}

/// Ask the user what the prompt is for.
#[prompt]
async fn test_input_required_result_prompt(ctx: Context) -> Result<String, PromptError> {
    let question = ctx.elicit::<Purpose>("What is this for?");
    let context = given(question.named("user_context").await?)?.context;
    Ok(format!("Help me with this: {context}"))
}

fn name(ctx: &Context) -> Ask<Elicited<Name>> {
    ctx.elicit("What is your name?")
}

fn capital(ctx: &Context) -> Ask<Sampled> {
    let question = ctx.sample("What is the capital of France?").max_tokens(100);
    question.into_ask().named("capital")
}

async fn confirm(ctx: &Context) -> Result<(), ToolError> {
    let confirmed = ctx
        .elicit::<Confirmed>("Please confirm")
        .named("confirm")
        .await?;
    given(confirmed)?
        .ok
        .then_some(())
        .ok_or_else(|| ToolError::new("The user does not agree."))
}

fn given<T>(answer: Elicited<T>) -> Result<T, ToolError> {
    answer
        .accepted()
        .ok_or_else(|| ToolError::new("The user does not want to answer."))
}
