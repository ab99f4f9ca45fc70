//! What a client answers when its server asks: a form, a language model, where the user works; and a stream of
//! what changes. The same handlers in a session and without one.
//!
//! ```sh
//! cargo run -p fmcp --example client_handlers
//! ```
#![allow(missing_docs)]

use std::{error::Error, io::Write};

use fmcp::{
    Answer, Change, Client, Context, Elicitation, Method, Revision, Role, Server, ToolError,
    model::{
        CreateMessageParams, CreateMessageResult, ElicitAction, ElicitFormParams, ElicitResult,
        InputRequest, InputRequiredResult, InputResponses, ListRootsRequest, ListRootsResult,
        NumberKind, NumberSchema, RequestedSchema, SamplingMessage, StringSchema,
    },
    serde::de::DeserializeOwned,
    tool,
};
use serde_json::json;

/// Asks the client, the way its revision has it: in a session while the call runs; without one in a reply,
/// and the call comes again with the answer.
async fn ask<T: DeserializeOwned>(
    ctx: &Context,
    method: Method,
    question: impl Into<InputRequest>,
) -> Result<T, ToolError> {
    let question = question.into();
    if ctx.revision() < Revision::NEWEST {
        let question = serde_json::to_value(&question)?;
        let nothing = json!({});
        let params = question.get("params").unwrap_or(&nothing);
        return Ok(ctx.ask_client(method, params).await?.parse()?);
    }
    let answers: InputResponses = match ctx.call().params().input_responses() {
        Some(answers) => serde_json::from_slice(answers)?,
        None => InputResponses::new(),
    };
    match answers.get("answer") {
        Some(answer) => Ok(answer.parse()?),
        None => Err(ToolError::ask(
            InputRequiredResult::new().ask("answer", question),
        )),
    }
}

/// Book a table.
#[tool]
async fn book(ctx: Context) -> Result<String, ToolError> {
    let people = NumberSchema::new(NumberKind::Integer)
        .minimum(1)
        .maximum(8)
        .default(2);
    let form = RequestedSchema::new()
        .required_field("name", StringSchema::new().title("Your name"))
        .required_field("people", people);
    let question = ElicitFormParams::new("For whom is the table?", form);
    let answer: ElicitResult = ask(&ctx, Method::Elicit, question).await?;
    let content = match answer.action {
        ElicitAction::Accept => serde_json::to_value(answer.content)?,
        _ => return Err(ToolError::new("no table, then")),
    };
    Ok(format!(
        "a table for {}, {}",
        content["people"], content["name"]
    ))
}

/// Make a rhyme.
#[tool]
async fn rhyme(word: String, ctx: Context) -> Result<String, ToolError> {
    let message = SamplingMessage::user(format!("What rhymes with {word}?"));
    let question = CreateMessageParams::new([message], 20_u64);
    let said: CreateMessageResult = ask(&ctx, Method::CreateMessage, question).await?;
    let text = said.content.blocks()[0].as_text().unwrap_or_default();
    Ok(format!("{} says: {text}", said.model))
}

/// Count the folders that the user works in.
#[tool]
async fn folders(ctx: Context) -> Result<String, ToolError> {
    let roots: ListRootsResult = ask(&ctx, Method::ListRoots, ListRootsRequest::new()).await?;
    Ok(format!("{} folders", roots.roots.len()))
}

/// What a program with windows would show.
async fn fill_in(question: Elicitation) -> Answer {
    let fields: Vec<_> = question
        .fields()
        .map(|field| field.title().to_owned())
        .collect();
    if fields.len() > 5 {
        return Answer::decline();
    }
    // How many people was filled in by the form.
    Answer::accept(json!({"name": "Ada"}))
}

async fn ask_a_model(question: CreateMessageParams) -> CreateMessageResult {
    let words = if question.max_tokens < 10 {
        "no"
    } else {
        "stone"
    };
    CreateMessageResult::new("rhymer-1", Role::Assistant, words)
}

pub(crate) async fn run(out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let server = Server::new("asker")
        .tool(book::tool())
        .tool(rhyme::tool())
        .tool(folders::tool());
    for revision in [Revision::NEWEST_LEGACY, Revision::NEWEST] {
        let client = Client::builder(&server)
            .revision(revision)
            .on_elicit(fill_in)
            .on_sample(ask_a_model)
            .roots(["file:///home/ada/analysis"])
            .connect()
            .await?;
        writeln!(out, "{revision}: {}", client.call("book", ()).await?.text())?;
        let word = json!({"word": "bone"});
        writeln!(
            out,
            "{revision}: {}",
            client.call("rhyme", word).await?.text()
        )?;
        client
            .set_roots(["file:///home/ada/analysis", "file:///home/ada/letters"])
            .await?;
        writeln!(
            out,
            "{revision}: {}",
            client.call("folders", ()).await?.text()
        )?;

        let mut changes = client.subscribe("text://menu").await?;
        server.notify_updated("text://menu");
        if let Some(Change::Resource(uri)) = changes.next().await {
            writeln!(out, "{revision}: {uri} is not what it was")?;
        }
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    run(&mut std::io::stdout()).await
}
