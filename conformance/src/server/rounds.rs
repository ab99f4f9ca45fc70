//! Tools and a prompt that ask back before they can answer: the call ends with questions, and comes again
//! with the answers. Everything before the last round runs more than once.

use fmcp::{
    Context, PromptError, Server, ToolError,
    model::{
        BooleanSchema, CreateMessageParams, CreateMessageResult, ElicitFormParams,
        InputRequiredResult, ListRootsRequest, ListRootsResult, PrimitiveSchema, RequestedSchema,
        SamplingMessage, StringSchema,
    },
    prompt, tool,
};

use super::{answers::Answers, seal::Seal};

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

/// Ask the user for a name.
#[tool]
async fn test_input_required_result_elicitation(
    #[ctx] answers: Answers,
) -> Result<String, ToolError> {
    match answers.field::<String>("user_name", "name") {
        Some(name) => Ok(format!("Hello, {name}!")),
        None => Err(ToolError::ask(
            InputRequiredResult::new().ask("user_name", whats_your_name()),
        )),
    }
}

/// Ask the client's language model.
#[tool]
async fn test_input_required_result_sampling(#[ctx] answers: Answers) -> Result<String, ToolError> {
    match answers.get::<CreateMessageResult>("capital") {
        Some(answer) => Ok(format!("{} has answered.", answer.model)),
        None => Err(ToolError::ask(
            InputRequiredResult::new().ask("capital", whats_the_capital()),
        )),
    }
}

/// Ask where the user works.
#[tool]
async fn test_input_required_result_list_roots(
    #[ctx] answers: Answers,
) -> Result<String, ToolError> {
    match answers.get::<ListRootsResult>("roots") {
        Some(answer) => Ok(format!("There are {} roots.", answer.roots.len())),
        None => Err(ToolError::ask(
            InputRequiredResult::new().ask("roots", ListRootsRequest::new()),
        )),
    }
}

/// Ask for a word of confirmation, and remember something until it comes.
#[tool]
async fn test_input_required_result_request_state(
    #[ctx] answers: Answers,
) -> Result<String, ToolError> {
    match (answers.state(), answers.field::<bool>("confirm", "ok")) {
        (Some("first round"), Some(_)) => Ok("The state came back: state-ok".into()),
        _ => Err(ToolError::ask(
            InputRequiredResult::new()
                .ask("confirm", confirm())
                .request_state("first round"),
        )),
    }
}

/// Ask the user, the language model and the client, all at once.
#[tool]
async fn test_input_required_result_multiple_inputs(
    #[ctx] answers: Answers,
) -> Result<String, ToolError> {
    let name = answers.field::<String>("user_name", "name");
    let capital = answers.get::<CreateMessageResult>("capital");
    let roots = answers.get::<ListRootsResult>("roots");
    match (name, capital, roots) {
        (Some(name), Some(_), Some(roots)) => {
            Ok(format!("{name} works in {} places.", roots.roots.len()))
        }
        _ => Err(ToolError::ask(
            InputRequiredResult::new()
                .ask("user_name", whats_your_name())
                .ask("capital", whats_the_capital())
                .ask("roots", ListRootsRequest::new())
                .request_state("three questions"),
        )),
    }
}

/// Ask the user twice, one thing after the other.
#[tool]
async fn test_input_required_result_multi_round(
    #[ctx] answers: Answers,
) -> Result<String, ToolError> {
    let (name, color) = (
        answers.field::<String>("step1", "name"),
        answers.field::<String>("step2", "color"),
    );
    // Each round sees its own answers only; what came before it must stand in the state.
    let before = answers
        .state()
        .and_then(|state| state.strip_prefix("name="));
    let questions = InputRequiredResult::new();
    let questions = match (before, color, name) {
        (Some(name), Some(color), _) => return Ok(format!("{name} likes {color}.")),
        (_, _, Some(name)) => questions
            .ask("step2", whats_your_color())
            .request_state(format!("name={name}")),
        _ => questions
            .ask("step1", whats_your_name())
            .request_state("nothing yet"),
    };
    Err(ToolError::ask(questions))
}

/// Leave a state behind that nobody can change without being found out.
#[tool(layer = Seal::new())]
async fn test_input_required_result_tampered_state(
    #[ctx] answers: Answers,
) -> Result<String, ToolError> {
    match (answers.state(), answers.field::<bool>("confirm", "ok")) {
        (Some("sealed"), Some(_)) => Ok("The state came back as it was.".into()),
        _ => Err(ToolError::ask(
            InputRequiredResult::new()
                .ask("confirm", confirm())
                .request_state("sealed"),
        )),
    }
}

/// Ask only what this client can answer.
#[tool]
async fn test_input_required_result_capabilities(
    #[ctx] answers: Answers,
    ctx: Context,
) -> Result<&'static str, ToolError> {
    let client = ctx.client_capabilities();
    let mut questions = InputRequiredResult::new();
    if client.sampling.is_some() && answers.get::<CreateMessageResult>("capital").is_none() {
        questions = questions.ask("capital", whats_the_capital());
    }
    if client.elicitation.is_some() && answers.field::<String>("user_name", "name").is_none() {
        questions = questions.ask("user_name", whats_your_name());
    }
    match questions.input_requests {
        Some(_) => Err(ToolError::ask(questions)),
        None => Ok("There is nothing left to ask this client."),
    }
}

/// Ask the user for a name, with nothing on the stream but the result.
#[tool]
async fn test_streaming_elicitation(#[ctx] answers: Answers) -> Result<String, ToolError> {
    test_input_required_result_elicitation(answers).await
}

/// Ask the user what the prompt is for.
#[prompt]
async fn test_input_required_result_prompt(#[ctx] answers: Answers) -> Result<String, PromptError> {
    match answers.field::<String>("user_context", "context") {
        Some(context) => Ok(format!("Help me with this: {context}")),
        None => Err(PromptError::ask(
            InputRequiredResult::new().ask("user_context", whats_it_for()),
        )),
    }
}

fn whats_your_name() -> ElicitFormParams {
    form("What is your name?", "name", StringSchema::new())
}

fn whats_your_color() -> ElicitFormParams {
    let question = "What is your favourite color?";
    form(question, "color", StringSchema::new())
}

fn whats_it_for() -> ElicitFormParams {
    form("What is this for?", "context", StringSchema::new())
}

fn whats_the_capital() -> CreateMessageParams {
    let question = SamplingMessage::user("What is the capital of France?");
    CreateMessageParams::new([question], 100_u64)
}

fn confirm() -> ElicitFormParams {
    form("Please confirm", "ok", BooleanSchema::new())
}

/// A question whose form has one field.
fn form(
    question: &str,
    field: &'static str,
    schema: impl Into<PrimitiveSchema>,
) -> ElicitFormParams {
    ElicitFormParams::new(
        question,
        RequestedSchema::new().required_field(field, schema),
    )
}
