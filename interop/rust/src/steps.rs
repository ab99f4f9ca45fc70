//! The steps, in order. Each fails where something is not as it should be, and is absent where revision,
//! transport or SDK do not have it.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use rmcp::{
    ServiceError,
    model::{
        CallToolRequest, ClientRequest, CompleteRequestParams, GetPromptRequestParams,
        LoggingLevel, PingRequest, ReadResourceRequestParams, Reference, RequestMetaObject,
        ResourceContents, ServerNotification, SetLevelRequestParams, SubscribeRequestParams,
        SubscriptionFilter, UnsubscribeRequestParams,
    },
    service::PeerRequestOptions,
};
use serde_json::{Value, json};

use crate::run::{Run, request, same, text};

pub(crate) const NAMES: [&str; 23] = [
    "open",
    "negotiate",
    "tools",
    "resources",
    "templates",
    "prompts",
    "call",
    "refusals",
    "read",
    "prompt",
    "complete",
    "progress",
    "log",
    "cancel",
    "subscribe",
    "changed",
    "hang_up",
    "resume",
    "sampling",
    "elicitation",
    "roots",
    "ping",
    "close",
];

const TOOLS: [&str; 16] = [
    "add",
    "ask_model",
    "ask_roots",
    "ask_user",
    "cancelled",
    "change",
    "chat",
    "contents",
    "count",
    "double",
    "fail",
    "hang_up",
    "interrupted",
    "touch",
    "wait",
    "wire",
];

/// The SDK handles notifications in tasks of their own, which may come after the answer.
const LATE: Duration = Duration::from_millis(50);

const DAILY: &str = "notes://daily";

/// What became of a step that did not fail.
pub(crate) enum Outcome {
    Taken,
    /// There is no such step here, for this reason.
    Absent(&'static str),
}
use Outcome::{Absent, Taken};

pub(crate) async fn take(name: &str, run: &mut Run) -> Result<Outcome> {
    match name {
        "open" => open(run).await,
        "negotiate" => negotiate(run).await,
        "tools" => tools(run).await,
        "resources" => resources(run).await,
        "templates" => templates(run).await,
        "prompts" => prompts(run).await,
        "call" => call(run).await,
        "refusals" => refusals(run).await,
        "read" => read(run).await,
        "prompt" => prompt(run).await,
        "complete" => complete(run).await,
        "progress" => progress(run).await,
        "log" => log(run).await,
        "cancel" => cancel(run).await,
        "subscribe" => subscribe(run).await,
        "changed" => changed(run).await,
        "hang_up" => hang_up(run).await,
        "resume" => resume(run).await,
        "sampling" => sampling(run).await,
        "elicitation" => elicitation(run).await,
        "roots" => roots(run).await,
        "ping" => ping(run).await,
        "close" => close(run).await,
        _ => bail!("there is no such step"),
    }
}

async fn open(run: &mut Run) -> Result<Outcome> {
    let service = run.connect(&run.target).await?;
    let info = service
        .peer_info()
        .context("the server did not introduce itself")?;
    same(info.protocol_version.as_str(), run.revision.as_str())?;
    let server = info
        .server_info
        .as_ref()
        .context("the server has no name")?;
    same((&*server.name, &*server.version), ("interop", "1.2.3"))?;
    let instructions = info.instructions.as_deref().unwrap_or_default();
    ensure!(instructions.starts_with("Everything"), "{instructions}");
    run.service = Some(service);
    Ok(Taken)
}

async fn negotiate(run: &mut Run) -> Result<Outcome> {
    if !run.is_modern() {
        return Ok(Absent("only with the newest revision of the SDK"));
    }
    let mut service = run.negotiate().await?;
    let info = service
        .peer_info()
        .context("the server did not introduce itself")?;
    same(info.protocol_version.as_str(), run.revision.as_str())?;
    service.close().await?;
    Ok(Taken)
}

async fn tools(run: &mut Run) -> Result<Outcome> {
    let tools = run.service()?.list_all_tools().await?;
    let mut names: Vec<_> = tools.iter().map(|tool| &*tool.name).collect();
    names.sort_unstable();
    same(names, TOOLS.to_vec())?;
    let add = tools
        .iter()
        .find(|tool| tool.name == "add")
        .context("there is no add")?;
    same(add.description.as_deref(), Some("Add two numbers."))?;
    let properties = add
        .input_schema
        .get("properties")
        .and_then(Value::as_object);
    same(properties.map(|properties| properties.len()), Some(2))?;
    let read_only = add
        .annotations
        .as_ref()
        .and_then(|hints| hints.read_only_hint);
    same(read_only, run.since("2025-03-26").then_some(true))?;
    Ok(Taken)
}

async fn resources(run: &mut Run) -> Result<Outcome> {
    let resources = run.service()?.list_all_resources().await?;
    let mut uris: Vec<_> = resources.iter().map(|resource| &*resource.uri).collect();
    uris.sort_unstable();
    same(uris, vec![DAILY, "notes://picture"])?;
    Ok(Taken)
}

async fn templates(run: &mut Run) -> Result<Outcome> {
    let templates = run.service()?.list_all_resource_templates().await?;
    let uris: Vec<_> = templates
        .iter()
        .map(|template| &*template.uri_template)
        .collect();
    same(uris, vec!["notes://by/{author}"])?;
    Ok(Taken)
}

async fn prompts(run: &mut Run) -> Result<Outcome> {
    let prompts = run.service()?.list_all_prompts().await?;
    let mut names: Vec<_> = prompts.iter().map(|prompt| &*prompt.name).collect();
    names.sort_unstable();
    same(names, vec!["greet", "rules"])?;
    let greet = prompts.iter().find(|prompt| prompt.name == "greet");
    let arguments = greet
        .and_then(|prompt| prompt.arguments.as_deref())
        .unwrap_or_default();
    let required: Vec<_> = arguments
        .iter()
        .map(|argument| argument.required.unwrap_or(false))
        .collect();
    same(required, vec![true, false])?;
    Ok(Taken)
}

async fn call(run: &mut Run) -> Result<Outcome> {
    let sum = run.call("add", json!({"a": 41})).await?;
    same(
        serde_json::from_str::<Value>(text(&sum))?,
        json!({"sum": 42}),
    )?;
    let twice = run.call("double", json!({"n": 21})).await?;
    same(text(&twice), "42")?;
    if run.since("2025-06-18") {
        same(sum.structured_content, Some(json!({"sum": 42})))?;
        same(twice.structured_content, Some(json!({"result": 42})))?;
    }

    let contents = run.call("contents", Value::Null).await?;
    let audio = if run.since("2025-03-26") {
        "audio"
    } else {
        "text"
    };
    let link = if run.since("2025-06-18") {
        "resource_link"
    } else {
        "text"
    };
    let blocks = serde_json::to_value(&contents.content)?;
    let kinds: Vec<_> = blocks
        .as_array()
        .into_iter()
        .flatten()
        .map(|block| &block["type"])
        .collect();
    same(
        json!(kinds),
        json!(["text", "image", audio, "resource", link]),
    )?;
    Ok(Taken)
}

async fn refusals(run: &mut Run) -> Result<Outcome> {
    let failed = run.call("fail", Value::Null).await?;
    same(failed.is_error, Some(true))?;
    ensure!(
        text(&failed).contains("as it was asked to"),
        "{}",
        text(&failed)
    );
    let wrong = run.call("add", json!({"a": "many"})).await?;
    same(wrong.is_error, Some(true))?;
    let unknown = run
        .service()?
        .call_tool(request("no_such_tool", Value::Null))
        .await;
    same(code(unknown)?, -32602)?;
    let missing = ReadResourceRequestParams::new("notes://by/nobody");
    let missing = run.service()?.read_resource(missing).await;
    same(
        code(missing)?,
        if run.is_modern() { -32602 } else { -32002 },
    )?;
    Ok(Taken)
}

/// The code of the error with which something was refused.
fn code<T>(outcome: Result<T, ServiceError>) -> Result<i32> {
    match outcome {
        Err(ServiceError::McpError(error)) => Ok(error.code.0),
        Err(other) => Err(other.into()),
        Ok(_) => bail!("it should have been refused"),
    }
}

async fn read(run: &mut Run) -> Result<Outcome> {
    let daily = contents(run, DAILY).await?;
    same(
        daily,
        ("bread, salt".to_owned(), Some("text/plain".to_owned())),
    )?;
    let (picture, _) = contents(run, "notes://picture").await?;
    ensure!(
        picture.starts_with("iVBORw0KGgo"),
        "{picture} is no PNG file in Base64"
    );
    let (note, _) = contents(run, "notes://by/ada").await?;
    same(&*note, "a note of ada")?;
    Ok(Taken)
}

/// The text or the Base64 of a resource, and its type.
async fn contents(run: &Run, uri: &str) -> Result<(String, Option<String>)> {
    let read = run
        .service()?
        .read_resource(ReadResourceRequestParams::new(uri))
        .await?;
    match read.contents.into_iter().next() {
        Some(ResourceContents::TextResourceContents {
            text, mime_type, ..
        }) => Ok((text, mime_type)),
        Some(ResourceContents::BlobResourceContents {
            blob, mime_type, ..
        }) => Ok((blob, mime_type)),
        other => bail!("{other:?}"),
    }
}

async fn prompt(run: &mut Run) -> Result<Outcome> {
    let arguments = json!({"name": "Ada", "tone": "formal"});
    let params = GetPromptRequestParams::new("greet");
    let params = params.with_arguments(arguments.as_object().cloned().unwrap_or_default());
    let prompt = run.service()?.get_prompt(params).await?;
    let messages = serde_json::to_value(&prompt.messages)?;
    let said: Vec<_> = messages
        .as_array()
        .into_iter()
        .flatten()
        .map(|m| json!([m["role"], m["content"]["text"]]))
        .collect();
    same(
        json!(said),
        json!([["user", "Greet Ada, formal."], ["assistant", "Hello Ada!"]]),
    )?;
    Ok(Taken)
}

async fn complete(run: &mut Run) -> Result<Outcome> {
    let tones = completed(run, Reference::for_prompt("greet"), "tone", "f").await?;
    same(tones, vec!["friendly".to_owned(), "formal".to_owned()])?;
    let note = Reference::for_resource("notes://by/{author}");
    let authors = completed(run, note, "author", "a").await?;
    same(
        authors.get(..2),
        Some(&["ada".to_owned(), "alan".to_owned()][..]),
    )?;
    Ok(Taken)
}

async fn completed(run: &Run, of: Reference, name: &str, value: &str) -> Result<Vec<String>> {
    let params = serde_json::from_value::<CompleteRequestParams>(json!({
        "ref": of, "argument": {"name": name, "value": value},
    }))?;
    Ok(run.service()?.complete(params).await?.completion.values)
}

async fn progress(run: &mut Run) -> Result<Outcome> {
    // The SDK asks for the progress of every call.
    run.service()?.service().heard().progress.clear();
    run.call("count", json!({"to": 3})).await?;
    run.until("three reports", |heard| heard.progress.len() >= 3)
        .await?;
    let message = run.since("2025-03-26").then(|| "counting".to_owned());
    let heard = run.service()?.service().heard();
    let reports: Vec<_> = heard
        .progress
        .iter()
        .map(|r| (r.progress, r.total, r.message.clone()))
        .collect();
    same(
        reports,
        [1.0, 2.0, 3.0]
            .map(|n| (n, Some(3.0), message.clone()))
            .to_vec(),
    )?;
    Ok(Taken)
}

async fn log(run: &mut Run) -> Result<Outcome> {
    let all = [
        "debug chat a detail",
        "info chat an event",
        "warning chat a doubt",
    ];
    same(
        logged(run, Some(LoggingLevel::Warning)).await?,
        all[2..].join("\n"),
    )?;
    same(
        logged(run, Some(LoggingLevel::Debug)).await?,
        all.join("\n"),
    )?;
    if run.is_modern() {
        same(logged(run, None).await?, String::new())?;
    }
    Ok(Taken)
}

/// What a tool logs for a client that wants this level; without one, it wants nothing.
async fn logged(run: &Run, level: Option<LoggingLevel>) -> Result<String> {
    run.service()?.service().heard().logs.clear();
    let mut meta = RequestMetaObject::default();
    match level {
        Some(level) if run.is_modern() => meta.set_log_level(level),
        Some(level) => {
            run.service()?
                .set_level(SetLevelRequestParams::new(level))
                .await?
        }
        None => {}
    }
    run.call_with("chat", meta).await?;
    tokio::time::sleep(LATE).await;
    Ok(run.service()?.service().heard().logs.join("\n"))
}

async fn cancel(run: &mut Run) -> Result<Outcome> {
    run.service()?.service().heard().progress.clear();
    let wait = ClientRequest::CallToolRequest(CallToolRequest::new(request("wait", Value::Null)));
    let options = PeerRequestOptions::no_options();
    let running = run
        .service()?
        .send_cancellable_request(wait, options)
        .await?;
    run.until("the first report", |heard| !heard.progress.is_empty())
        .await?;
    running.cancel(Some("enough".into())).await?;
    same(text(&run.call("cancelled", Value::Null).await?), "1")?;
    Ok(Taken)
}

async fn subscribe(run: &mut Run) -> Result<Outcome> {
    if run.is_modern() {
        let filter = SubscriptionFilter::builder()
            .resource_subscription(DAILY)
            .build();
        let mut subscription = run.service()?.listen(filter).await?;
        run.call("touch", Value::Null).await?;
        match subscription.next().await? {
            Some(ServerNotification::ResourceUpdatedNotification(updated)) => {
                same(&*updated.params.uri, DAILY)?
            }
            other => bail!("{other:?}"),
        }
        subscription.cancel().await?;
    } else {
        run.service()?
            .subscribe(SubscribeRequestParams::new(DAILY))
            .await?;
        run.call("touch", Value::Null).await?;
        run.until("resources/updated", |heard| {
            heard.updated.iter().any(|uri| uri == DAILY)
        })
        .await?;
        run.service()?
            .unsubscribe(UnsubscribeRequestParams::new(DAILY))
            .await?;
    }
    run.until_silent().await?;
    Ok(Taken)
}

async fn changed(run: &mut Run) -> Result<Outcome> {
    if run.is_modern() {
        let filter = SubscriptionFilter::builder().tools_list_changed();
        let filter = filter
            .resources_list_changed()
            .prompts_list_changed()
            .build();
        let mut subscription = run.service()?.listen(filter).await?;
        run.call("change", Value::Null).await?;
        let mut kinds = Vec::new();
        while kinds.len() < 3 {
            kinds.push(match subscription.next().await? {
                Some(ServerNotification::ToolListChangedNotification(_)) => "tools",
                Some(ServerNotification::ResourceListChangedNotification(_)) => "resources",
                Some(ServerNotification::PromptListChangedNotification(_)) => "prompts",
                other => bail!("{other:?}"),
            });
        }
        kinds.sort_unstable();
        same(kinds, vec!["prompts", "resources", "tools"])?;
        subscription.cancel().await?;
    } else {
        run.call("change", Value::Null).await?;
        let all = ["tools", "resources", "prompts"];
        run.until("list_changed of all lists", |heard| {
            all.iter().all(|kind| heard.changed.contains(kind))
        })
        .await?;
    }
    let tools = run.service()?.list_all_tools().await?;
    ensure!(
        tools.iter().any(|tool| tool.name == "shy"),
        "tools are listed as before"
    );
    let prompts = run.service()?.list_all_prompts().await?;
    ensure!(
        prompts.iter().any(|prompt| prompt.name == "shy"),
        "prompts are listed as before"
    );
    run.call("change", Value::Null).await?;
    Ok(Taken)
}

async fn hang_up(run: &mut Run) -> Result<Outcome> {
    if !run.is_http || run.is_modern() {
        same(
            text(&run.call("hang_up", Value::Null).await?),
            "you came back",
        )?;
        return Ok(Taken);
    }
    let mut service = run.connect(&run.cutting_target).await?;
    let result = service.call_tool(request("hang_up", Value::Null)).await?;
    same(text(&result), "you came back")?;
    service.close().await?;
    // In older revisions, and where nothing can be resumed, both stay on the line.
    same(wire(run).await?.1, u64::from(run.since("2025-11-25")))?;
    Ok(Taken)
}

async fn resume(run: &mut Run) -> Result<Outcome> {
    if !run.is_http {
        return Ok(Absent("only HTTP can be resumed"));
    }
    if run.is_modern() {
        return Ok(Absent("the revision has no resumption"));
    }
    let (cuts, resumptions) = wire(run).await?;
    let mut service = run.connect(&run.cutting_target).await?;
    let result = service
        .call_tool(request("interrupted", Value::Null))
        .await?;
    same(text(&result), "resumed")?;
    tokio::time::sleep(LATE).await;
    let logs = service.service().heard().logs.join("\n");
    same(
        &*logs,
        "warning  cut the wire\nwarning  told while nobody was there",
    )?;
    service.close().await?;
    same(wire(run).await?, (cuts + 1, resumptions + 1))?;
    Ok(Taken)
}

/// How often the wire behind the cutting proxy was cut, and how often clients came back.
async fn wire(run: &Run) -> Result<(u64, u64)> {
    let happened: Value = serde_json::from_str(text(&run.call("wire", Value::Null).await?))?;
    let count = |what: &str| happened[what].as_u64().context("no number");
    Ok((count("cuts")?, count("resumptions")?))
}

async fn sampling(run: &mut Run) -> Result<Outcome> {
    same(
        text(&run.call("ask_model", Value::Null).await?),
        "a model says Paris",
    )?;
    Ok(Taken)
}

async fn elicitation(run: &mut Run) -> Result<Outcome> {
    if !run.since("2025-06-18") {
        return Ok(Absent("the revision has no elicitation"));
    }
    same(
        text(&run.call("ask_user", Value::Null).await?),
        "accept: Ada",
    )?;
    Ok(Taken)
}

async fn roots(run: &mut Run) -> Result<Outcome> {
    same(
        text(&run.call("ask_roots", Value::Null).await?),
        "file:///tmp/one, file:///tmp/two",
    )?;
    Ok(Taken)
}

async fn ping(run: &mut Run) -> Result<Outcome> {
    if run.is_modern() {
        return Ok(Absent("the revision has no ping"));
    }
    let ping = ClientRequest::PingRequest(PingRequest::default());
    run.service()?.send_request(ping).await?;
    Ok(Taken)
}

async fn close(run: &mut Run) -> Result<Outcome> {
    let mut service = run.service.take().context("there is no connection")?;
    let begun = Instant::now();
    service.close().await?;
    // The SDK kills a server that has not ended by itself after three seconds.
    ensure!(
        begun.elapsed() < Duration::from_millis(1500),
        "it took {:?}",
        begun.elapsed()
    );
    Ok(Taken)
}
