//! Extensions of one's own, on both sides: declared, called, told, asked; and middleware around the calls of a client.

use fmcp::{
    BoxFuture, Call, CallOptions, Client, Context, Endpoint, Error, Kind, Method, Middleware, Next,
    Notice, Raw, Reply, Revision, Server, Tool, model::EmptyResult, protocol::Era,
};
use serde_json::json;
use tokio::sync::mpsc;

const IDENTIFIER: &str = "com.example/time";
const NOW: &str = "time/now";
const ZONE: &str = "time/zone";
const TICK: &str = "notifications/time/tick";
const SLEEP: &str = "notifications/time/sleep";

/// One side of the extension: answers with its own name, and writes down what it hears.
struct Side {
    name: &'static str,
    heard: mpsc::Sender<String>,
}

impl Endpoint for Side {
    fn call(&self, call: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
        Box::pin(async move {
            assert!(call.method().as_str() != "time/break", "password=hunter2");
            let said = json!({"side": self.name, "asked": call.method().as_str()});
            Ok(serde_json::from_value::<EmptyResult>(said).unwrap().into())
        })
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let Notice::Other(topic, params) = notice else {
                panic!("{notice:?}");
            };
            let params = String::from_utf8_lossy(params.raw().unwrap()).into_owned();
            self.heard.send(format!("{topic} {params}")).await.unwrap();
        })
    }
}

fn side(name: &'static str) -> (Side, mpsc::Receiver<String>) {
    let (heard, hears) = mpsc::channel(8);
    (Side { name, heard }, hears)
}

/// A server with the extension, whose tools tell the client something, and ask it something.
fn server() -> (Server, mpsc::Receiver<String>) {
    let (side, hears) = side("server");
    let server = Server::new("clock")
        .extension(
            IDENTIFIER,
            json!({"hours": 24}),
            [NOW, "time/break", SLEEP],
            side,
        )
        .tool(Tool::new("strike", |ctx: Context| async move {
            ctx.tell_client(TICK, &json!({"hour": 12})).await
        }))
        .tool(Tool::new("zone", |ctx: Context| async move {
            let answer = ctx.ask_client(ZONE.into(), &json!({})).await?;
            Ok::<_, Error>(answer.to_value().to_string())
        }))
        .tool(Tool::new("hours", |ctx: Context| async move {
            let all = ctx.client_capabilities().extensions.unwrap_or_default();
            all.get(IDENTIFIER).map(|said| said.to_value().to_string())
        }));
    (server, hears)
}

async fn connect(server: &Server, revision: Revision) -> (Client, mpsc::Receiver<String>) {
    let (side, hears) = side("client");
    let client = Client::builder(server)
        .revision(revision)
        .extension(IDENTIFIER, json!({"hours": 12}), [ZONE, TICK], side)
        .connect()
        .await
        .unwrap();
    (client, hears)
}

#[tokio::test]
async fn both_sides_declare_it_and_the_server_answers_its_methods() {
    for revision in Revision::ALL {
        let (server, _) = server();
        let (client, _) = connect(&server, revision).await;
        let nothing = json!({});
        let said = client.request_raw(NOW.into(), &nothing, CallOptions::new());
        let said = said.await.unwrap().to_value();
        assert_eq!(said["side"], "server", "{revision}");
        // Older revisions have no place to declare it in.
        if revision >= Revision::NEWEST_LEGACY {
            let settings = client.extension(IDENTIFIER).map(Raw::to_value);
            assert_eq!(settings, Some(json!({"hours": 24})), "{revision}");
            let told: String = client.call("hours", ()).await.unwrap().parse().unwrap();
            assert_eq!(told, r#"{"hours":12}"#, "{revision}");
        }
        assert!(client.extension("com.example/other").is_none());
    }
}

#[tokio::test]
async fn what_either_side_tells_the_other_hears() {
    for revision in Revision::ALL {
        let (server, mut server_hears) = server();
        let (client, mut client_hears) = connect(&server, revision).await;
        client.call("strike", ()).await.unwrap();
        let heard = client_hears.recv().await.unwrap();
        assert_eq!(heard, format!(r#"{TICK} {{"hour":12}}"#), "{revision}");
        client.notify(SLEEP, &json!({"for": 8})).await.unwrap();
        let heard = server_hears.recv().await.unwrap();
        assert_eq!(heard, format!(r#"{SLEEP} {{"for":8}}"#), "{revision}");
        // Nobody hears what is nobody's.
        client.notify("notifications/x", &json!({})).await.unwrap();
        client.close().await;
        assert!(client.notify(SLEEP, &json!({})).await.is_err());
        assert!(server_hears.try_recv().is_err());
    }
}

#[tokio::test]
async fn a_server_asks_a_client_in_a_session() {
    for revision in Revision::ALL {
        let (server, _) = server();
        let (client, _) = connect(&server, revision).await;
        let outcome = client.call("zone", ()).await;
        if revision.era() == Era::Modern {
            assert!(outcome.is_err(), "{revision}");
            continue;
        }
        let answer: String = outcome.unwrap().parse().unwrap();
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&answer).unwrap()["side"],
            "client",
            "{revision}"
        );
        // A client without the extension does not know the question.
        let plain = Client::builder(&server).revision(revision);
        let error = plain.connect().await.unwrap().call("zone", ()).await;
        assert!(error.is_err(), "{revision}");
    }
}

#[tokio::test]
async fn an_extension_that_breaks_breaks_alone() {
    let (server, _) = server();
    let (client, _) = connect(&server, Revision::NEWEST).await;
    let nothing = json!({});
    let asked = client.request_raw("time/break".into(), &nothing, CallOptions::new());
    let error = asked.await.unwrap_err();
    assert_eq!(error.kind(), Kind::Internal);
    assert!(!error.to_string().contains("hunter2"), "{error}");
    client.call("strike", ()).await.unwrap();
}

#[tokio::test]
async fn an_extension_that_cannot_be_is_refused_before_anybody_is_asked() {
    let connect = |identifiers: &[&'static str], names: &[&'static str]| {
        let mut builder = Client::builder(Server::new("s"));
        for identifier in identifiers {
            let (side, _) = side("client");
            builder = builder.extension(*identifier, json!({}), names.to_vec(), side);
        }
        builder.connect()
    };
    for (identifiers, names, words) in [
        (&["a/b", "a/b"][..], &[][..], "has it already"),
        (&["a/b", "a/c"], &["x"], "another extension"),
        (&["a/b"], &["roots/list"], "the protocol's own"),
        (&["a/b"], &["notifications/progress"], "the protocol's own"),
    ] {
        let error = connect(identifiers, names).await.unwrap_err();
        assert!(error.to_string().contains(words), "{words}: {error}");
    }
}

/// Calls another tool than it is told to, and counts.
struct Instead(mpsc::Sender<Method>);

impl Middleware for Instead {
    async fn handle(&self, call: Call, next: Next<'_>) -> fmcp::Result<Reply> {
        self.0.try_send(call.method().clone()).ok();
        if call.name().as_deref() == Some("forbidden") {
            return Err(Error::new(Kind::Forbidden, "the user has said no"));
        }
        if call.name().as_deref() == Some("old") {
            let params = call.params().with("name", json!("new"))?;
            return next.run(call.with_params(params)).await;
        }
        next.run(call).await
    }
}

#[tokio::test]
async fn middleware_stands_around_every_call_of_a_client() {
    for revision in Revision::ALL {
        let server = Server::new("s").tool(Tool::new("new", || async { "of the new one" }));
        let (seen, mut sees) = mpsc::channel(8);
        let client = Client::builder(&server)
            .revision(revision)
            .layer(Instead(seen))
            .connect()
            .await
            .unwrap();
        let result = client.call("old", ()).await.unwrap();
        assert_eq!(result.text(), "of the new one", "{revision}");
        assert_eq!(sees.recv().await, Some(Method::CallTool));
        let error = client.call("forbidden", ()).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Forbidden, "{revision}");
        client.list_tools().await.unwrap();
        assert_eq!(sees.recv().await, Some(Method::CallTool));
        assert_eq!(sees.recv().await, Some(Method::ListTools));
    }
}

#[cfg(all(feature = "http", feature = "web"))]
#[tokio::test]
async fn all_of_it_goes_over_http_too() {
    for revision in [Revision::NEWEST_LEGACY, Revision::NEWEST] {
        let (server, mut server_hears) = server();
        let bound = server.bind_http("127.0.0.1:0").await.unwrap();
        let url = bound.url();
        let running = tokio::spawn(async move { bound.run().await });
        let (side, mut client_hears) = side("client");
        let client = Client::builder(url)
            .revision(revision)
            .extension(IDENTIFIER, json!({"hours": 12}), [ZONE, TICK], side)
            .connect()
            .await
            .unwrap();
        assert!(client.extension(IDENTIFIER).is_some());
        client.call("strike", ()).await.unwrap();
        let heard = client_hears.recv().await.unwrap();
        assert_eq!(heard, format!(r#"{TICK} {{"hour":12}}"#), "{revision}");
        client.notify(SLEEP, &json!({"for": 8})).await.unwrap();
        let heard = server_hears.recv().await.unwrap();
        assert_eq!(heard, format!(r#"{SLEEP} {{"for":8}}"#), "{revision}");
        assert_eq!(
            client.call("zone", ()).await.is_ok(),
            revision.era() == Era::Legacy
        );
        client.close().await;
        running.abort();
    }
}
