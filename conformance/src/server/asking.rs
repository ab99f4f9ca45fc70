//! Tools that ask their client something while they run, as sessions allow.

use fmcp::{
    Context, Error, Kind, Method, Server, ToolError,
    model::{
        BooleanSchema, CreateMessageParams, CreateMessageResult, ElicitFormParams, ElicitResult,
        EnumOption, LegacyTitledSelect, MultiSelect, MultiSelectItems, NumberKind, NumberSchema,
        RequestedSchema, SamplingContent, SamplingMessage, SingleSelect, StringFormat,
        StringSchema, TitledMultiSelect, TitledMultiSelectItems, TitledSingleSelect,
    },
    tool,
};
use serde_json::json;

pub(super) fn add(server: Server) -> Server {
    server
        .tool(test_sampling::tool())
        .tool(test_missing_capability::tool())
        .tool(test_elicitation::tool())
        .tool(test_elicitation_sep1034_defaults::tool())
        .tool(test_elicitation_sep1330_enums::tool())
}

/// Ask the client's language model.
#[tool]
async fn test_sampling(
    /// What the model is told
    prompt: String,
    ctx: Context,
) -> Result<String, ToolError> {
    needs_sampling(&ctx)?;
    let question = CreateMessageParams::new([SamplingMessage::user(prompt.as_str())], 100_u64);
    let answer = ctx.ask_client(Method::CreateMessage, &question).await?;
    let answer: CreateMessageResult = answer.parse()?;
    Ok(format!("LLM response: {}", words(&answer.content)))
}

/// Do what only clients can make use of that have a language model.
#[tool]
async fn test_missing_capability(ctx: Context) -> Result<&'static str, ToolError> {
    needs_sampling(&ctx)?;
    Ok("This client can be asked for samples.")
}

/// Ask the user for a name and an address.
#[tool]
async fn test_elicitation(
    /// What the user is told
    message: String,
    ctx: Context,
) -> Result<String, ToolError> {
    let name = StringSchema::new().description("Your name");
    let email = StringSchema::new()
        .description("Your address")
        .format(StringFormat::Email);
    let form = RequestedSchema::new()
        .required_field("username", name)
        .required_field("email", email);
    ask_user(&ctx, message, form).await
}

/// Ask the user with a form that is filled in already.
#[tool]
async fn test_elicitation_sep1034_defaults(ctx: Context) -> Result<String, ToolError> {
    let states = ["active", "inactive", "pending"];
    let form = RequestedSchema::new()
        .field("name", StringSchema::new().default("John Doe"))
        .field("age", NumberSchema::new(NumberKind::Integer).default(30))
        .field("score", NumberSchema::new(NumberKind::Number).default(95.5))
        .field("status", SingleSelect::new(texts(states)).default("active"))
        .field("verified", BooleanSchema::new().default(true));
    ask_user(&ctx, "Is all of this right?", form).await
}

/// Ask the user to choose, in every form that there is.
#[tool]
async fn test_elicitation_sep1330_enums(ctx: Context) -> Result<String, ToolError> {
    let plain = || texts(["option1", "option2", "option3"]);
    let titled = || {
        let option = |n| EnumOption::new(format!("value{n}"), format!("Option {n}"));
        (1..=3).map(option).collect::<Vec<_>>()
    };
    let (words, titles) = (
        texts(["opt1", "opt2", "opt3"]),
        texts(["Option One", "Option Two", "Option Three"]),
    );
    let form = RequestedSchema::new()
        .field("untitledSingle", SingleSelect::new(plain()))
        .field("titledSingle", TitledSingleSelect::new(titled()))
        .field("legacyEnum", LegacyTitledSelect::new(words, titles))
        .field(
            "untitledMulti",
            MultiSelect::new(MultiSelectItems::new(plain())),
        )
        .field(
            "titledMulti",
            TitledMultiSelect::new(TitledMultiSelectItems::new(titled())),
        );
    ask_user(&ctx, "Please choose", form).await
}

async fn ask_user(
    ctx: &Context,
    message: impl Into<String>,
    form: RequestedSchema,
) -> Result<String, ToolError> {
    if ctx.client_capabilities().elicitation.is_none() {
        return Err(lacks("elicitation").into());
    }
    let question = ElicitFormParams::new(message, form);
    let answer: ElicitResult = ctx.ask_client(Method::Elicit, &question).await?.parse()?;
    Ok(format!(
        "User response: {}",
        serde_json::to_string(&answer)?
    ))
}

fn needs_sampling(ctx: &Context) -> fmcp::Result<()> {
    let can = ctx.client_capabilities().sampling.is_some();
    can.then_some(()).ok_or_else(|| lacks("sampling"))
}

/// What a client reads that has not declared a capability.
fn lacks(capability: &str) -> Error {
    Error::new(
        Kind::MissingCapability,
        format!("the client cannot do this: {capability}"),
    )
    .data(json!({"requiredCapabilities": {capability: {}}}))
}

fn words(content: &SamplingContent) -> String {
    let blocks = match content {
        SamplingContent::One(block) => std::slice::from_ref(block),
        SamplingContent::Many(blocks) => blocks,
    };
    let words: Vec<_> = blocks.iter().filter_map(|block| block.as_text()).collect();
    words.join("\n")
}

fn texts<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}
