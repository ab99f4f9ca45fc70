//! What the tools do.

use std::time::Duration;

use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, CreateMessageRequest,
        CreateMessageRequestParams, ElicitRequest, ElicitRequestParams, InputRequest,
        InputRequests, InputRequiredResult, ListRootsRequest, LoggingLevel,
        LoggingMessageNotificationParam, ProgressNotificationParam, SamplingMessage,
    },
    service::{RequestContext, ServiceError},
};
use serde_json::{Value, json};

use crate::{
    house::{Change, House},
    offers::{PNG, WAV, read},
};

/// The word at which the proxy breaks the connection.
const MARK: &str = "cut the wire";
/// What the client must bring back unread.
const STATE: &str = "asked once";
/// How long somebody waits for a cancellation that should have come.
const PATIENCE: Duration = Duration::from_secs(5);

type Context = RequestContext<RoleServer>;

pub(crate) async fn call(
    house: &House,
    request: CallToolRequestParams,
    context: Context,
) -> Result<CallToolResponse, ErrorData> {
    let arguments = request.arguments.clone().unwrap_or_default();
    let number = |name: &str| arguments.get(name).map(Value::as_i64);
    let text =
        |text: &str| read::<CallToolResult>(json!({"content": [{"type": "text", "text": text}]}));
    let result = match &*request.name {
        "add" => match (number("a").flatten(), number("b").unwrap_or(Some(1))) {
            (Some(a), Some(b)) => structured(json!({"sum": a + b}))?,
            _ => failed("a and b are numbers")?,
        },
        "double" => match number("n").flatten() {
            Some(n) => read(json!({
                "content": [{"type": "text", "text": (2 * n).to_string()}],
                "structuredContent": {"result": 2 * n},
            }))?,
            None => failed("n is a number")?,
        },
        "fail" => failed("it failed, as it was asked to")?,
        "contents" => contents()?,
        "count" => count(number("to").flatten().unwrap_or(0), &context).await?,
        "chat" => chat(house, &context).await?,
        "hang_up" => text("you came back")?,
        "interrupted" => {
            warn(&context, MARK).await?;
            tokio::time::sleep(Duration::from_millis(150)).await;
            warn(&context, "told while nobody was there").await?;
            text("resumed")?
        }
        "wait" => {
            progress(&context, 1, None, "waiting").await?;
            context.ct.cancelled().await;
            house.cancelled.send_modify(|count| *count += 1);
            text("")?
        }
        "cancelled" => {
            let mut count = house.cancelled.subscribe();
            // In vain is told by the number.
            let _ = tokio::time::timeout(PATIENCE, count.wait_for(|count| *count > 0)).await;
            text(&count.borrow().to_string())?
        }
        "die" => std::process::abort(),
        "touch" => {
            house.tell(Change::Daily).await;
            text("")?
        }
        "change" => {
            {
                let mut state = house.state();
                state.shown = !state.shown;
            }
            house.tell(Change::Lists).await;
            text("")?
        }
        "ask_model" | "ask_user" | "ask_roots" => return asked(&request, &context).await,
        "shy" if house.state().shown => text("here I am")?,
        name => {
            return Err(ErrorData::invalid_params(
                format!("there is no tool {name}"),
                None,
            ));
        }
    };
    Ok(result.into())
}

fn structured(value: Value) -> Result<CallToolResult, ErrorData> {
    let text = value.to_string();
    read(json!({"content": [{"type": "text", "text": text}], "structuredContent": value}))
}

fn failed(why: &str) -> Result<CallToolResult, ErrorData> {
    read(json!({"content": [{"type": "text", "text": why}], "isError": true}))
}

/// A block of each kind of content.
fn contents() -> Result<CallToolResult, ErrorData> {
    let embedded = json!({"uri": "notes://daily", "mimeType": "text/plain", "text": "embedded"});
    read(json!({"content": [
        {"type": "text", "text": "text"},
        {"type": "image", "data": PNG, "mimeType": "image/png"},
        {"type": "audio", "data": WAV, "mimeType": "audio/wav"},
        {"type": "resource", "resource": embedded},
        {"type": "resource_link", "uri": "notes://daily", "name": "daily"},
    ]}))
}

async fn count(to: i64, context: &Context) -> Result<CallToolResult, ErrorData> {
    for n in 1..=to {
        progress(context, n, Some(to), "counting").await?;
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    read(json!({"content": [{"type": "text", "text": to.to_string()}]}))
}

async fn progress(
    context: &Context,
    n: i64,
    total: Option<i64>,
    message: &str,
) -> Result<(), ErrorData> {
    let Some(token) = context.meta.get_progress_token() else {
        return Ok(());
    };
    let mut report = ProgressNotificationParam::new(token, n as f64).with_message(message);
    report.total = total.map(|total| total as f64);
    context.peer.notify_progress(report).await.map_err(told)
}

async fn chat(house: &House, context: &Context) -> Result<CallToolResult, ErrorData> {
    let is_modern = context.meta.protocol_version().is_some();
    let least = if is_modern {
        context.meta.log_level()
    } else {
        house.state().level
    };
    for (level, words) in [
        (LoggingLevel::Debug, "a detail"),
        (LoggingLevel::Info, "an event"),
        (LoggingLevel::Warning, "a doubt"),
    ] {
        if least.is_some_and(|least| rank(level) >= rank(least)) {
            let mut entry = LoggingMessageNotificationParam::new(level, words.into());
            entry.logger = Some("chat".to_owned());
            context
                .peer
                .notify_logging_message(entry)
                .await
                .map_err(told)?;
        }
    }
    read(json!({"content": []}))
}

fn rank(level: LoggingLevel) -> u8 {
    match level {
        LoggingLevel::Debug => 0,
        LoggingLevel::Info => 1,
        _ => 2,
    }
}

async fn warn(context: &Context, words: &str) -> Result<(), ErrorData> {
    let entry = LoggingMessageNotificationParam::new(LoggingLevel::Warning, words.into());
    context
        .peer
        .notify_logging_message(entry)
        .await
        .map_err(told)
}

/// Asks while the call runs where there are sessions, and in the reply where there are none.
async fn asked(
    request: &CallToolRequestParams,
    context: &Context,
) -> Result<CallToolResponse, ErrorData> {
    let is_modern = context.meta.protocol_version().is_some();
    let answer = if !is_modern {
        ask(&request.name, context).await.map_err(told)?
    } else if let Some(answers) = &request.input_responses {
        if request.request_state.as_deref() != Some(STATE) {
            return Err(ErrorData::invalid_params(
                "the state did not come back",
                None,
            ));
        }
        answers.get("question").cloned().unwrap_or_default()
    } else {
        let questions = InputRequests::from([("question".to_owned(), question(&request.name)?)]);
        return Ok(InputRequiredResult::new(Some(questions), Some(STATE.to_owned())).into());
    };
    let words = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let text = match &*request.name {
        "ask_model" => {
            let content = &answer["content"];
            let block = content.get(0).unwrap_or(content);
            format!("{} says {}", words(&answer["model"]), words(&block["text"]))
        }
        "ask_user" => format!(
            "{}: {}",
            words(&answer["action"]),
            words(&answer["content"]["name"])
        ),
        _ => {
            let roots = answer["roots"].as_array().into_iter().flatten();
            let uris: Vec<_> = roots.map(|root| words(&root["uri"])).collect();
            uris.join(", ")
        }
    };
    Ok(read::<CallToolResult>(json!({"content": [{"type": "text", "text": text}]}))?.into())
}

async fn ask(name: &str, context: &Context) -> Result<Value, ServiceError> {
    let answer = match name {
        "ask_model" => serde_json::to_value(context.peer.create_message(sampling()).await?),
        "ask_user" => {
            let form = form().map_err(ServiceError::McpError)?;
            serde_json::to_value(context.peer.create_elicitation(form).await?)
        }
        _ => serde_json::to_value(context.peer.list_roots().await?),
    };
    answer
        .map_err(|error| ServiceError::McpError(ErrorData::internal_error(error.to_string(), None)))
}

fn question(name: &str) -> Result<InputRequest, ErrorData> {
    Ok(match name {
        "ask_model" => InputRequest::CreateMessage(CreateMessageRequest::new(sampling())),
        "ask_user" => InputRequest::Elicitation(ElicitRequest::new(form()?)),
        _ => InputRequest::ListRoots(ListRootsRequest::default()),
    })
}

fn sampling() -> CreateMessageRequestParams {
    let words = SamplingMessage::user_text("What is the capital of France?");
    CreateMessageRequestParams::new(vec![words], 100)
}

fn form() -> Result<ElicitRequestParams, ErrorData> {
    let schema =
        json!({"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]});
    Ok(ElicitRequestParams::FormElicitationParams {
        meta: None,
        message: "Who are you?".to_owned(),
        requested_schema: read(schema)?,
    })
}

fn told(error: ServiceError) -> ErrorData {
    ErrorData::internal_error(error.to_string(), None)
}
