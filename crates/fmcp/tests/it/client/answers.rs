//! What a client answers when its server asks: the same handlers in sessions and in rounds.

use std::time::Duration;

use fmcp::{
    Answer, Client, ClientBuilder, Consent, Content, Context, Elicitation, Method, Revision,
    Server, Tool, ToolError, UrlElicitation,
    model::{
        ClientCapabilities, CreateMessageParams, CreateMessageResult, ElicitFormParams,
        ElicitUrlParams, InputRequest, InputRequiredResult, InputResponses, ListRootsRequest,
        RequestedSchema, Role, Root, SamplingMessage, StopReason, ToolChoice,
    },
    with_tools,
};
use serde_json::{Value, json};

use super::*;

const ERAS: [Revision; 2] = [Revision::NEWEST_LEGACY, Revision::NEWEST];

/// A server whose tool `ask` asks this the way its client's revision has it, and says what came back.
pub(super) fn asker(question: impl Into<InputRequest>) -> Server {
    let question = question.into();
    Server::new("asker").tool(Tool::new("ask", move |ctx: Context| {
        let question = question.clone();
        async move {
            if ctx.revision() < Revision::NEWEST {
                return in_a_session(&ctx, &question).await;
            }
            let answers = ctx.call().params().input_responses();
            let answers: Option<InputResponses> =
                answers.and_then(|text| serde_json::from_slice(text).ok());
            match answers.and_then(|mut answers| answers.remove("q")) {
                Some(answer) => Ok(answer.as_str().to_owned()),
                None => Err(ToolError::ask(
                    InputRequiredResult::new().ask("q", question),
                )),
            }
        }
    }))
}

async fn in_a_session(ctx: &Context, question: &InputRequest) -> Result<String, ToolError> {
    let question = serde_json::to_value(question)?;
    let method = Method::from(question["method"].as_str().unwrap());
    let params = question.get("params").cloned().unwrap_or_else(|| json!({}));
    match ctx.ask_client(method, &params).await {
        Ok(answer) => Ok(answer.as_str().to_owned()),
        Err(error) => Err(ToolError::new(format!(
            "{} {}",
            error.code(),
            error.message()
        ))),
    }
}

/// What the server hears from a client that is built in this way, in one revision.
async fn answer_in(
    revision: Revision,
    question: impl Into<InputRequest>,
    set: impl Fn(ClientBuilder) -> ClientBuilder,
) -> Result<Value, String> {
    let builder = Client::builder(asker(question)).revision(revision);
    let client = set(builder).connect().await.unwrap();
    let answer = client.call("ask", ()).await.map_err(|e| e.to_string())?;
    Ok(answer.parse().unwrap())
}

/// The same in both eras.
async fn check(
    question: impl Into<InputRequest>,
    set: impl Fn(ClientBuilder) -> ClientBuilder,
    expect: Value,
) {
    let question = question.into();
    for revision in ERAS {
        let answer = answer_in(revision, question.clone(), &set).await;
        assert_eq!(answer, Ok(expect.clone()), "{revision}");
    }
}

/// The words that the server hears in a session, and those that the caller hears without one.
async fn refused(
    question: impl Into<InputRequest>,
    set: impl Fn(ClientBuilder) -> ClientBuilder,
    there: &str,
    here: &str,
) {
    let question = question.into();
    for (revision, expect) in ERAS.into_iter().zip([there, here]) {
        let words = answer_in(revision, question.clone(), &set)
            .await
            .unwrap_err();
        assert!(words.contains(expect), "{revision}: {words}");
    }
}

fn form(fields: Value) -> ElicitFormParams {
    let schema: RequestedSchema =
        serde_json::from_value(json!({"type": "object", "properties": fields})).unwrap();
    ElicitFormParams::new("Who are you?", schema)
}

fn person() -> ElicitFormParams {
    form(json!({
        "name": {"type": "string", "title": "Your name", "default": "John Doe"},
        "age": {"type": "integer", "minimum": 18, "default": 30},
        "size": {"type": "string", "oneOf": [{"const": "s", "title": "Small"}]},
    }))
}

fn prompt(tools: bool) -> CreateMessageParams {
    let question = CreateMessageParams::new(
        [SamplingMessage::user("What is the capital of France?")],
        100_u64,
    );
    if tools {
        question.tool_choice(ToolChoice::new())
    } else {
        question
    }
}

fn paris() -> CreateMessageResult {
    CreateMessageResult::new("tiny", Role::Assistant, "Paris").stop_reason(StopReason::EndTurn)
}

#[tokio::test]
async fn what_an_answer_leaves_out_is_the_forms_default() {
    let accepted = json!({"action": "accept", "content": {"name": "John Doe", "age": 30}});
    let set = |b: ClientBuilder| b.on_elicit(async |_| Answer::defaults());
    check(person(), set, accepted).await;
    let accepted = json!({"action": "accept", "content": {"name": "Ada", "age": 30, "size": "s"}});
    let set = |b: ClientBuilder| {
        b.on_elicit(|_| async { Answer::accept(json!({"name": "Ada", "size": "s", "age": null})) })
    };
    check(person(), set, accepted).await;
}

#[tokio::test]
async fn an_answer_can_be_typed_and_the_question_read() {
    #[derive(Serialize)]
    struct Person {
        name: String,
        age: Option<u8>,
    }
    let set = |b: ClientBuilder| {
        b.on_elicit(|question: Elicitation| async move {
            assert_eq!(question.message(), "Who are you?");
            assert_eq!(question.server().unwrap().name, "asker");
            let fields: Vec<_> = question.fields().collect();
            assert_eq!(fields[0].title(), "Your name");
            assert_eq!(fields[1].default().unwrap().as_str(), "30");
            assert_eq!(fields[2].choices(), [("s", "Small")]);
            assert!(question.check(json!({"age": 18})).is_ok());
            let words = question.check(json!({"age": 17})).unwrap_err().to_string();
            assert!(words.contains("age: must be at least 18"), "{words}");
            let name = "Ada".to_owned();
            Ok::<_, std::io::Error>(Answer::accept(Person {
                name,
                age: Some(36),
            }))
        })
    };
    let accepted = json!({"action": "accept", "content": {"name": "Ada", "age": 36}});
    check(person(), set, accepted).await;
}

#[tokio::test]
async fn a_user_may_say_no_or_nothing() {
    let set = |b: ClientBuilder| b.on_elicit(async |_| Answer::decline());
    check(person(), set, json!({"action": "decline"})).await;
    let set = |b: ClientBuilder| b.on_elicit(async |_| Answer::cancel());
    check(person(), set, json!({"action": "cancel"})).await;
}

#[tokio::test]
async fn an_answer_that_does_not_fit_never_goes_out() {
    for (answer, why) in [
        (json!({"age": 3}), "age: must be at least 18"),
        (json!({"size": "xl"}), "size: "),
        (json!({"nmae": "x"}), "no field \"nmae\""),
        (json!("Ada"), "an object"),
    ] {
        let set = |b: ClientBuilder| {
            let answer = answer.clone();
            b.on_elicit(move |_| std::future::ready(Answer::accept(&answer)))
        };
        refused(person(), set, "-32603 the client could not answer", why).await;
    }
}

#[tokio::test]
async fn a_page_is_shown_with_its_host_and_nothing_else_is() {
    let set = |b: ClientBuilder| {
        b.on_elicit_url(|question: UrlElicitation| async move {
            assert_eq!(question.host(), "example.com");
            assert_eq!(question.url(), "https://example.com/pay?id=1");
            assert!(question.warnings().is_empty());
            Consent::Given
        })
    };
    let page = || ElicitUrlParams::new("Please pay", "https://example.com/pay?id=1");
    check(page(), set, json!({"action": "accept"})).await;
    let set = |b: ClientBuilder| b.on_elicit_url(async |_| Consent::Refused);
    check(page(), set, json!({"action": "decline"})).await;
    let set = |b: ClientBuilder| b.on_elicit_url(async |_| Consent::Given);
    let script = ElicitUrlParams::new("Please pay", "javascript:alert(1)");
    refused(script, set, "could not answer", "a `javascript:` address").await;
}

#[tokio::test]
async fn a_language_model_is_asked() {
    let set = |b: ClientBuilder| {
        b.on_sample(|question: CreateMessageParams| async move {
            assert_eq!(question.max_tokens, 100);
            paris()
        })
    };
    let said = json!({
        "model": "tiny", "role": "assistant", "content": {"type": "text", "text": "Paris"},
        "stopReason": "endTurn",
    });
    check(prompt(false), set, said.clone()).await;
    let set = |b: ClientBuilder| {
        b.on_sample(with_tools(|_: CreateMessageParams| async {
            let mut said = paris();
            said.content = vec![Content::text("Paris")].into();
            said
        }))
    };
    check(prompt(true), set, said).await;
}

#[tokio::test]
async fn roots_are_listed_or_found_and_can_change() {
    let listed = json!({"roots": [{"uri": "file:///a"}]});
    let set = |b: ClientBuilder| b.roots(["file:///a"]);
    check(ListRootsRequest::new(), set, listed.clone()).await;
    let set = |b: ClientBuilder| b.roots_with(|| async { vec![Root::new("file:///a")] });
    check(ListRootsRequest::new(), set, listed).await;
    let set = |b: ClientBuilder| b.roots_with(|| async { vec![Root::new("file:///a/../b")] });
    refused(ListRootsRequest::new(), set, "could not answer", "`..`").await;
    let bad = Client::builder(server()).roots(["/home"]).connect().await;
    assert!(
        bad.unwrap_err()
            .to_string()
            .contains("no `file://` address")
    );

    for revision in ERAS {
        let builder = Client::builder(asker(ListRootsRequest::new())).revision(revision);
        let client = builder.roots(["file:///a"]).connect().await.unwrap();
        client
            .set_roots([Root::new("file:///b").name("b")])
            .await
            .unwrap();
        assert!(client.set_roots(["b"]).await.is_err());
        let answer = client.call("ask", ()).await.unwrap();
        assert_eq!(
            answer.text(),
            r#"{"roots":[{"uri":"file:///b","name":"b"}]}"#
        );
        let without = Client::builder(server())
            .revision(revision)
            .connect()
            .await
            .unwrap();
        let error = without.set_roots(["file:///b"]).await.unwrap_err();
        assert_eq!(error.kind(), fmcp::Kind::MissingCapability);
    }
}

#[tokio::test]
async fn what_nobody_answers_is_not_asked_or_refused() {
    let none = |b: ClientBuilder| b;
    refused(
        person(),
        none,
        "-32601 the client does not answer elicitation/create",
        "the client cannot ask its user",
    )
    .await;
    refused(
        prompt(false),
        none,
        "-32601 the client does not answer sampling/createMessage",
        "the client cannot ask a language model",
    )
    .await;
    refused(
        ListRootsRequest::new(),
        none,
        "-32601 the client does not answer roots/list",
        "the client cannot say where its user works",
    )
    .await;
    let forms = |b: ClientBuilder| b.on_elicit(async |_| Answer::defaults());
    let page = ElicitUrlParams::new("Please pay", "https://example.com");
    refused(
        page,
        forms,
        "-32602 the client has not said that it can ask the user at an address",
        "the client cannot open an address",
    )
    .await;
    let plain = |b: ClientBuilder| b.on_sample(|_: CreateMessageParams| async { paris() });
    refused(
        prompt(true),
        plain,
        "-32602 the client has not said that its model can be given tools",
        "the client cannot give tools",
    )
    .await;
}

#[tokio::test]
async fn a_handler_that_fails_or_panics_harms_nobody() {
    let fails = |b: ClientBuilder| b.on_elicit(|_| async { Err::<Answer, _>("the dog ate it") });
    refused(
        person(),
        fails,
        "-32603 the client could not answer the question",
        "the dog ate it",
    )
    .await;
    let panics = |b: ClientBuilder| {
        b.on_elicit(|question: Elicitation| async move {
            assert!(question.message().is_empty(), "this handler panics");
            Answer::defaults()
        })
    };
    refused(person(), panics, "could not answer", "panicked").await;

    for revision in ERAS {
        let builder = panics(Client::builder(asker(person())).revision(revision));
        let client = builder.connect().await.unwrap();
        client.call("ask", ()).await.unwrap_err();
        assert_eq!(client.list_tools().await.unwrap().len(), 1, "{revision}");
        client.call("ask", ()).await.unwrap_err();
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_hangs_is_ended() {
    let hangs = |b: ClientBuilder| {
        b.answer_timeout(Duration::from_secs(3))
            .on_elicit(|_| std::future::pending::<Answer>())
    };
    refused(person(), hangs, "could not answer", "no answer within 3s").await;
    for revision in ERAS {
        let builder = Client::builder(asker(person())).revision(revision);
        let builder = builder.timeout(Duration::from_secs(1));
        let client = builder.on_elicit(|_| std::future::pending::<Answer>());
        let error = client
            .connect()
            .await
            .unwrap()
            .call("ask", ())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), fmcp::Kind::Timeout, "{revision}");
    }
}

#[tokio::test]
async fn what_a_client_can_do_follows_from_its_handlers() {
    async fn says(set: impl Fn(ClientBuilder) -> ClientBuilder) -> Value {
        let mut both = Vec::new();
        for revision in ERAS {
            let server = Server::new("s").tool(Tool::new("can", |ctx: Context| async move {
                serde_json::to_string(&ctx.client_capabilities()).unwrap()
            }));
            let builder = set(Client::builder(server).revision(revision).tasks(false));
            let client = builder.connect().await.unwrap();
            both.push(
                client
                    .call("can", ())
                    .await
                    .unwrap()
                    .parse::<Value>()
                    .unwrap(),
            );
        }
        assert_eq!(both[0], both[1]);
        both.remove(0)
    }
    assert_eq!(says(|b| b).await, json!({}));
    let forms = says(|b| b.on_elicit(async |_| Answer::defaults())).await;
    assert_eq!(forms, json!({"elicitation": {"form": {}}}));
    let pages = says(|b| b.on_elicit_url(async |_| Consent::Refused)).await;
    assert_eq!(pages, json!({"elicitation": {"url": {}}}));
    let plain = says(|b| b.on_sample(|_: CreateMessageParams| async { paris() })).await;
    assert_eq!(plain, json!({"sampling": {}}));
    let tools = says(|b| b.on_sample(with_tools(|_: CreateMessageParams| async { paris() }))).await;
    assert_eq!(tools, json!({"sampling": {"tools": {}}}));
    let roots = says(|b| b.roots(["file:///a"])).await;
    assert_eq!(roots, json!({"roots": {"listChanged": true}}));
    let by_hand = says(|b| {
        b.roots(["file:///a"])
            .capabilities(ClientCapabilities::new())
    })
    .await;
    assert_eq!(by_hand, json!({}));
}

#[tokio::test]
async fn a_thousand_questions_at_once_are_answered_or_refused_but_never_pile_up() {
    let server = Server::new("s").tool(Tool::new("ask", |ctx: Context| async move {
        let one = || async {
            let answer = ctx.ask_client(Method::Elicit, &person()).await;
            answer.map_err(|error| error.message().to_owned())
        };
        let answers = futures_util::future::join_all((0..1000).map(|_| one())).await;
        let said = answers.iter().filter(|answer| answer.is_ok()).count();
        let busy = "the client has 256 questions to answer already";
        let refused = answers
            .iter()
            .filter(|answer| answer.as_ref().is_err_and(|e| e == busy));
        format!("{said} {}", refused.count())
    }));
    let most = Arc::new(Mutex::new((0, 0)));
    let count = Arc::clone(&most);
    let client = Client::builder(server)
        .revision(Revision::NEWEST_LEGACY)
        .on_elicit(move |_| {
            let count = Arc::clone(&count);
            async move {
                let now = |by: i32| {
                    let mut count = count.lock().unwrap();
                    count.0 += by;
                    count.1 = count.1.max(count.0);
                };
                now(1);
                tokio::task::yield_now().await;
                now(-1);
                Answer::defaults()
            }
        })
        .connect()
        .await
        .unwrap();
    assert_eq!(client.call("ask", ()).await.unwrap().text(), "256 744");
    let (left, most) = *most.lock().unwrap();
    assert_eq!((left, most <= 16), (0, true), "{most} at once");
}

#[tokio::test]
async fn callbacks_that_panic_or_hang_harm_nobody() {
    for revision in ERAS {
        let seen = Seen::default();
        let hears = push(&seen);
        let client = Client::builder(teller())
            .revision(revision)
            .on_log(|message| assert!(message.data.is_object(), "this callback panics"))
            .on_progress(move |report| {
                hears(report);
                async { panic!("and this one, later") }
            })
            .connect()
            .await
            .unwrap();
        client.call("tell", ()).await.unwrap();
        assert!(!seen.lock().unwrap().is_empty(), "{revision}");
    }
}

#[tokio::test]
async fn a_session_may_ask_whether_its_client_is_there() {
    let server = Server::new("s").tool(Tool::new("ask", |ctx: Context| async move {
        let pong = ctx.ask_client(Method::Ping, &json!({})).await;
        pong.map(|pong| pong.as_str().to_owned())
            .map_err(ToolError::from)
    }));
    let client = Client::builder(server).revision(Revision::NEWEST_LEGACY);
    let client = client.connect().await.unwrap();
    assert_eq!(client.call("ask", ()).await.unwrap().text(), "{}");
}

#[tokio::test]
async fn a_session_may_say_that_the_user_is_done() {
    let server = Server::new("s").tool(Tool::new("ask", |ctx: Context| async move {
        let page = ElicitUrlParams::new("Please pay", "https://example.com").elicitation_id("e-1");
        let answer = ctx.ask_client(Method::Elicit, &page).await?;
        for id in ["unknown", "e-1", "e-1"] {
            let params = fmcp::protocol::Params::of(&json!({"elicitationId": id}))?;
            let done = fmcp::Notice::Other("notifications/elicitation/complete".into(), params);
            ctx.call().peer().unwrap().notify(done).await;
        }
        Ok::<_, ToolError>(answer.as_str().to_owned())
    }));
    let waits = Seen::default();
    let keep = push(&waits);
    let client = Client::builder(server)
        .revision(Revision::NEWEST_LEGACY)
        .on_elicit_url(move |question: UrlElicitation| {
            keep(tokio::spawn(question.completed()));
            async { Consent::Given }
        })
        .connect()
        .await
        .unwrap();
    client.call("ask", ()).await.unwrap();
    let wait = waits.lock().unwrap().pop().unwrap();
    wait.await.unwrap();
}

#[tokio::test]
async fn the_level_of_the_log_can_change() {
    for revision in ERAS {
        let seen = Seen::default();
        let builder = Client::builder(teller())
            .revision(revision)
            .on_log(push(&seen));
        let client = builder.connect().await.unwrap();
        let said = async || {
            client.call("tell", ()).await.unwrap();
            std::mem::take(&mut *seen.lock().unwrap()).len()
        };
        assert_eq!(said().await, 1, "{revision}");
        client.set_log_level(fmcp::LogLevel::Debug).await.unwrap();
        assert_eq!(said().await, 2, "{revision}");
        client.set_log_level(fmcp::LogLevel::Error).await.unwrap();
        assert_eq!(said().await, 0, "{revision}");
    }
}
