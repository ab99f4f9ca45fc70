//! Servers that do what they should not.

use std::{sync::Arc, time::Duration};

use fmcp::{BoxFuture, Call, Client, ClientError, Endpoint, Kind, Method, Reply, Revision, model};
use serde_json::json;

/// A server that does what it should not.
struct Hostile(fn(&Call) -> fmcp::Result<Reply>);

impl Endpoint for Hostile {
    fn call(&self, call: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
        let reply = match call.method() {
            Method::Discover => Ok(model::DiscoverResult::new(
                ["2026-07-28".to_owned()],
                model::ServerCapabilities::new(),
            )
            .into()),
            _ => (self.0)(&call),
        };
        Box::pin(std::future::ready(reply))
    }
}

async fn hostile(answer: fn(&Call) -> fmcp::Result<Reply>) -> Client {
    Client::connect(Arc::new(Hostile(answer)) as Arc<dyn Endpoint>)
        .await
        .unwrap()
}

#[tokio::test]
async fn lists_without_an_end_are_ended() {
    let circle = hostile(|call| {
        let next = if call.params().cursor().as_deref() == Some("a") {
            "b"
        } else {
            "a"
        };
        Ok(model::ListToolsResult::new([]).next_cursor(next).into())
    });
    let error = circle.await.list_tools().await.unwrap_err();
    assert!(error.to_string().contains("circle"), "{error}");
    let endless = hostile(|call| {
        let next = call
            .params()
            .cursor()
            .map_or(0, |cursor| cursor.parse::<u64>().unwrap())
            + 1;
        Ok(model::ListPromptsResult::new([])
            .next_cursor(next.to_string())
            .into())
    });
    let error = endless.await.list_prompts().await.unwrap_err();
    assert!(
        error.to_string().contains("more than 1000 pages"),
        "{error}"
    );
}

#[tokio::test]
async fn answers_of_the_wrong_kind_are_the_servers_fault() {
    let client = hostile(|_| Ok(model::ListToolsResult::new([]).into())).await;
    let error = client.call("x", ()).await.unwrap_err();
    assert!(matches!(error, ClientError::Unreadable { .. }), "{error:?}");
    let client = hostile(|_| Ok(Reply::Raw(Revision::NEWEST, json!({"content": 5}).into()))).await;
    assert!(client.call("x", ()).await.is_err());
    let client = hostile(|_| {
        let raw = json!({"content": [{"type": "text", "text": "hi"}]});
        Ok(Reply::Raw(Revision::V2025_06_18, raw.into()))
    });
    assert_eq!(client.await.call("x", ()).await.unwrap().text(), "hi");
}

#[tokio::test]
async fn questions_to_the_user_are_not_a_failure() {
    let client = hostile(|_| Err(fmcp::Error::ask(model::InputRequiredResult::new()))).await;
    let error = client.call("x", ()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::InputRequired);
    assert!(error.into_questions().is_ok());
    let client = hostile(|_| Ok(model::InputRequiredResult::new().into())).await;
    let error = client.call("x", ()).await.unwrap_err();
    assert!(error.into_questions().is_ok());
}

/// Answers nothing, ever.
struct Mute;

impl Endpoint for Mute {
    fn call(&self, _: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn connecting_has_an_end() {
    for revision in Revision::ALL {
        let mute = Arc::new(Mute) as Arc<dyn Endpoint>;
        let builder = Client::builder(mute)
            .revision(revision)
            .timeout(Duration::from_secs(3));
        let error = builder.connect().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "connecting: no answer within 3s; the call was cancelled"
        );
    }
}

// A fault outside of the client: `Reply::into_tool` and its siblings do not look whether forwarded text is
// a question, so that `ctx.call_tool` through a proxy takes a question for an empty success.
#[test]
fn forwarded_questions_are_questions() {
    let question = json!({"resultType": "input_required", "inputRequests": {}});
    let reply = Reply::Raw(Revision::NEWEST, question.into());
    assert_eq!(reply.into_tool().unwrap_err().kind(), Kind::InputRequired);
}

#[tokio::test]
async fn a_server_that_does_not_tell_of_changes_can_be_used() {
    let refuse = Hostile(|_| Err(fmcp::Error::new(Kind::MethodNotFound, "no streams here")));
    let client = Client::builder(Arc::new(refuse) as Arc<dyn Endpoint>)
        .on_list_changed(|_| ())
        .connect()
        .await
        .unwrap();
    client.ping().await.unwrap();
}
