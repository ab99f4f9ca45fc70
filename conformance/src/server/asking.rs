//! Tools that ask their client something: while they run in a session, in rounds without one.

use fmcp::{
    Context, Elicited, Server, ToolError,
    model::{
        BooleanSchema, CreateMessageParams, ElicitResult, EnumOption, LegacyTitledSelect,
        MultiSelect, MultiSelectItems, NumberKind, NumberSchema, RequestedSchema, SingleSelect,
        StringFormat, StringSchema, TitledMultiSelect, TitledMultiSelectItems, TitledSingleSelect,
    },
    tool,
};

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
    let answer = ctx.sample(prompt).max_tokens(100).await?;
    Ok(format!("LLM response: {}", answer.text()))
}

/// Do what only clients can make use of that have a language model.
#[tool]
async fn test_missing_capability(ctx: Context) -> Result<&'static str, ToolError> {
    ctx.can_ask(&CreateMessageParams::new([], 100_u64).into())?;
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
    let answer = match ctx.elicit_form(message, form).await? {
        Elicited::Accepted(entered) => ElicitResult::accept(entered),
        Elicited::Declined => ElicitResult::decline(),
        Elicited::Cancelled => ElicitResult::cancel(),
    };
    Ok(format!(
        "User response: {}",
        serde_json::to_string(&answer)?
    ))
}

fn texts<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}
