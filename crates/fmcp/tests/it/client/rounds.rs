//! Rounds: a server without sessions asks back, and the call is made again with the answers.

use std::sync::atomic::{AtomicUsize, Ordering};

use fmcp::{
    Answer, BoxFuture, Call, CallOptions, Client, ClientBuilder, Elicitation, Endpoint, Error,
    Kind, Method, Reply, Revision,
    model::{
        BooleanSchema, CallToolResult, DiscoverResult, ElicitFormParams, ElicitResult,
        InputRequiredResult, InputResponses, RequestedSchema, ServerCapabilities,
    },
};
use serde_json::{Value, json};

use super::*;

/// A server that answers as it is told, and remembers what it was asked.
struct Told {
    say: Box<dyn Fn(usize) -> Result<Reply, Error> + Send + Sync>,
    asked: Seen<Value>,
    count: AtomicUsize,
}

impl Endpoint for Told {
    fn call(&self, call: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
        let reply = match call.method() {
            Method::Discover => Ok(DiscoverResult::new(
                ["2026-07-28".to_owned()],
                ServerCapabilities::new(),
            )
            .into()),
            _ => {
                let mut asked: Value = call.params().parse().unwrap();
                asked.as_object_mut().unwrap().remove("_meta");
                asked["id"] = String::from_utf8(call.id().unwrap().to_vec())
                    .unwrap()
                    .into();
                self.asked.lock().unwrap().push(asked);
                (self.say)(self.count.fetch_add(1, Ordering::Relaxed))
            }
        };
        Box::pin(std::future::ready(reply))
    }
}

/// A client of a server that gives this answer the n-th time that it is asked, and what it was asked.
async fn told(
    set: impl Fn(ClientBuilder) -> ClientBuilder,
    say: impl Fn(usize) -> Result<Reply, Error> + Send + Sync + 'static,
) -> (Client, Seen<Value>) {
    let asked = Seen::default();
    let told = Told {
        say: Box::new(say),
        asked: Arc::clone(&asked),
        count: AtomicUsize::new(0),
    };
    let builder = Client::builder(Arc::new(told) as Arc<dyn Endpoint>);
    (set(builder).connect().await.unwrap(), asked)
}

fn yes(builder: ClientBuilder) -> ClientBuilder {
    builder.on_elicit(|_| async { Answer::accept(json!({"ok": true})) })
}

fn form() -> ElicitFormParams {
    let form = RequestedSchema::new().required_field("ok", BooleanSchema::new());
    ElicitFormParams::new("Really?", form)
}

fn question() -> InputRequiredResult {
    InputRequiredResult::new().ask("sure", form())
}

fn done() -> Reply {
    CallToolResult::text("done").into()
}

#[tokio::test]
async fn the_state_goes_back_as_it_came_and_none_stays_none() {
    for state in [Some("\u{0}\u{1f600} é \"\\/ \n eyJ=="), Some(""), None] {
        // As from a wire, and as from this process.
        for wire in [false, true] {
            let (client, asked) = told(yes, move |n| {
                let mut result = question();
                result.request_state = state.map(str::to_owned);
                let raw = || {
                    Reply::Raw(
                        Revision::NEWEST,
                        fmcp::Raw::from_serialize(&result).unwrap(),
                    )
                };
                Ok(match (n, wire) {
                    (0, true) => raw(),
                    (0, false) => result.into(),
                    _ => done(),
                })
            })
            .await;
            let answer = client.call("t", json!({"a": 1})).await.unwrap();
            assert_eq!(answer.text(), "done");
            let asked = asked.lock().unwrap();
            let mut again = json!({
                "name": "t", "arguments": {"a": 1}, "id": "2",
                "inputResponses": {"sure": {"action": "accept", "content": {"ok": true}}},
            });
            if let Some(state) = state {
                again["requestState"] = state.into();
            }
            assert_eq!(
                *asked,
                [
                    json!({"name": "t", "arguments": {"a": 1}, "id": "1"}),
                    again
                ]
            );
        }
    }
}

#[tokio::test]
async fn answers_and_state_are_those_of_the_round_and_of_no_other_call() {
    let (client, asked) = told(yes, |n| {
        Ok(match n {
            0 => question().request_state("one").into(),
            1 => InputRequiredResult::new().ask("other", form()).into(),
            _ => done(),
        })
    })
    .await;
    client.call("t", ()).await.unwrap();
    client.call("u", ()).await.unwrap();
    let asked = asked.lock().unwrap();
    assert_eq!(asked[1]["requestState"], "one");
    assert!(asked[2]["inputResponses"].get("other").is_some());
    assert!(asked[2]["inputResponses"].get("sure").is_none());
    assert!(asked[2].get("requestState").is_none());
    assert_eq!(asked[3], json!({"name": "u", "id": "4"}));
}

#[tokio::test]
async fn a_result_that_does_not_say_what_it_is_is_complete() {
    let raw = json!({"content": [{"type": "text", "text": "see \"input_required\""}], "requestState": "x"});
    let (client, asked) = told(yes, move |_| {
        Ok(Reply::Raw(Revision::NEWEST, raw.clone().into()))
    })
    .await;
    client.call("t", ()).await.unwrap();
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn rounds_have_an_end() {
    let (client, asked) = told(yes, |_| Ok(question().into())).await;
    let error = client.call("t", ()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::InputRequired);
    assert!(error.to_string().contains("asked back 10 times"), "{error}");
    assert_eq!(asked.lock().unwrap().len(), 11);
    let (client, asked) = told(|b| yes(b).rounds(2), |_| Ok(question().into())).await;
    client.call("t", ()).await.unwrap_err();
    assert_eq!(asked.lock().unwrap().len(), 3);
    // Nothing is asked but to come again: the client does, ever slower, and in bounded time.
    let again = |_| Ok(InputRequiredResult::new().request_state("wait").into());
    let (client, asked) = told(|b| b, again).await;
    let start = tokio::time::Instant::now();
    client.call("t", ()).await.unwrap_err();
    assert_eq!(asked.lock().unwrap().len(), 11);
    assert!(start.elapsed() > std::time::Duration::from_secs(10));
    assert!(asked.lock().unwrap()[1].get("inputResponses").is_none());
}

#[tokio::test]
async fn questions_can_be_answered_by_hand() {
    let say = |n| {
        Ok(if n == 0 {
            question().request_state("s").into()
        } else {
            done()
        })
    };
    for set in [(|b| b) as fn(ClientBuilder) -> ClientBuilder, |b| {
        yes(b).rounds(0)
    }] {
        let (client, asked) = told(set, say).await;
        let error = client.call("t", ()).await.unwrap_err();
        let questions = error.into_questions().unwrap();
        assert_eq!(questions.input_requests.as_ref().unwrap().len(), 1);
        let mut answers = InputResponses::new();
        answers.insert(
            "sure",
            fmcp::Raw::from_serialize(&ElicitResult::decline()).unwrap(),
        );
        let options = CallOptions::new()
            .input_responses(&answers)
            .request_state(questions.request_state.unwrap());
        client.call_with("t", (), options).await.unwrap();
        let expect = json!({
            "name": "t", "id": "2", "inputResponses": {"sure": {"action": "decline"}}, "requestState": "s",
        });
        assert_eq!(asked.lock().unwrap()[1], expect);
    }
}

#[tokio::test]
async fn many_questions_are_answered_together_and_too_many_not_at_all() {
    let ask = |many: usize| {
        (0..many).fold(InputRequiredResult::new(), |ask, n| {
            ask.ask(format!("q{n}"), form())
        })
    };
    let (client, asked) = told(yes, move |n| {
        Ok(if n == 0 { ask(100).into() } else { done() })
    })
    .await;
    client.call("t", ()).await.unwrap();
    let answers = asked.lock().unwrap()[1]["inputResponses"]
        .as_object()
        .unwrap()
        .len();
    assert_eq!(answers, 100);
    let (client, asked) = told(yes, move |_| Ok(ask(101).into())).await;
    let error = client.call("t", ()).await.unwrap_err();
    assert!(
        error.to_string().contains("more than 100 questions"),
        "{error}"
    );
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn one_answer_that_fails_ends_the_others_and_the_call() {
    let (ended, hears) = tokio::sync::mpsc::channel::<()>(1);
    let set = move |b: ClientBuilder| {
        let ended = ended.clone();
        b.on_elicit(move |question: Elicitation| {
            let ended = ended.clone();
            async move {
                if question.message() == "Really?" {
                    let _kept = ended;
                    std::future::pending::<()>().await;
                }
                Err::<Answer, _>("no user here")
            }
        })
    };
    let (client, _) = told(set, |_| {
        let fails = ElicitFormParams::new("fails", RequestedSchema::new());
        Ok(question().ask("other", fails).into())
    })
    .await;
    let error = client.call("t", ()).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("question \"other\" was not answered: no user here"),
        "{error}"
    );
    let mut hears = hears;
    drop(client);
    assert_eq!(hears.recv().await, None, "the handler that waited is gone");
}

#[tokio::test]
async fn questions_that_cannot_be_read_are_no_answer() {
    for questions in [
        json!({"q": {"method": "elicitation/create", "params": {"message": 5}}}),
        json!({"q": {"method": "sampling/createMessage"}}),
        json!({"q": 1}),
        json!([1]),
    ] {
        let raw =
            json!({"resultType": "input_required", "inputRequests": questions, "content": []});
        let (client, _) = told(yes, move |_| {
            Ok(Reply::Raw(Revision::NEWEST, raw.clone().into()))
        })
        .await;
        let error = client.call("t", ()).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Internal, "{error}");
    }
    // One of an unknown kind can be read, and is left to the caller.
    let raw = json!({"resultType": "input_required", "inputRequests": {"q": {"method": "user/sing", "params": {}}}});
    let (client, asked) = told(yes, move |_| {
        Ok(Reply::Raw(Revision::NEWEST, raw.clone().into()))
    })
    .await;
    let error = client.call("t", ()).await.unwrap_err();
    assert!(error.into_questions().is_ok());
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn hostile_forms_are_refused_in_bounded_time() {
    let mut deep = json!({"type": "string"});
    for _ in 0..25 {
        deep = json!({"type": "array", "items": deep, "x": [deep]});
        if deep.to_string().len() > 100_000 {
            break;
        }
    }
    let many: serde_json::Map<_, _> = (0..50_000)
        .map(|n| (format!("f{n}"), json!({"type": "string"})))
        .collect();
    let far = json!({"ok": {"$ref": "https://example.com/schema.json"}});
    for fields in [json!({"ok": deep}), many.into(), far] {
        let schema = json!({"type": "object", "properties": fields});
        let params = json!({"message": "m", "requestedSchema": schema});
        let raw = json!({
            "resultType": "input_required",
            "inputRequests": {"q": {"method": "elicitation/create", "params": params}},
        });
        let (client, asked) = told(yes, move |_| {
            Ok(Reply::Raw(Revision::NEWEST, raw.clone().into()))
        })
        .await;
        client.call("t", ()).await.unwrap_err();
        assert_eq!(asked.lock().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn resources_and_prompts_ask_too_and_nothing_else_may() {
    let say = |n| {
        Ok(match n {
            0 | 2 => question().into(),
            1 => fmcp::model::ReadResourceResult::new([]).into(),
            3 => fmcp::model::GetPromptResult::new([]).into(),
            _ => question().into(),
        })
    };
    let (client, asked) = told(yes, say).await;
    client.read("a://b").await.unwrap();
    client.prompt("p", ()).await.unwrap();
    assert!(client.list_tools().await.is_err());
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 5);
    assert!(asked[1].get("inputResponses").is_some() && asked[1]["uri"] == "a://b");
    assert!(asked[3].get("inputResponses").is_some() && asked[3]["name"] == "p");
}
