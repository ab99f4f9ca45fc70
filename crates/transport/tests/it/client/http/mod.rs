//! Links over HTTP, to servers that do as they are told.

mod calls; // calls that stand alone: headers, streams, ends
mod credentials; // who is calling, and refusals
mod eras; // what a server speaks
mod hostile; // answers that nobody should give
mod peer; // who hears and answers what the server says
mod questions; // what a server asks
mod sessions; // ids, their loss, their end
mod sse_2024; // the transport before this one
mod stage; // the server
mod streams; // streams that are taken up again

use std::{future::Future, sync::Arc, time::Duration};

use fmcp_core::{
    Call, Result,
    protocol::{
        Method, Revision,
        model::{ClientCapabilities, Implementation},
    },
};
use fmcp_transport::client::{
    Backoff, Greeting, Link,
    http::{self, Settings},
    web::{self, Proxy, Web},
};
use serde_json::{Value, json};
use tokio::time::timeout;

use peer::Peer;
use stage::Stage;

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

/// What `work` comes to, which does not take long.
async fn soon<T>(work: impl Future<Output = T>) -> T {
    timeout(LONG, work).await.expect("it takes too long")
}

fn plain_web() -> Web {
    let mut settings = web::Settings::default();
    settings.proxy = Proxy::None;
    Web::new(settings).unwrap()
}

fn settings(stage: &Stage) -> Settings {
    let mut settings = Settings::new(stage.url("/mcp"), plain_web());
    settings.backoff = Backoff::new(Duration::from_millis(1), Duration::from_millis(10));
    settings
}

fn greeting(revision: Option<Revision>) -> Greeting {
    let mut greeting = Greeting::new(Implementation::new("test", "1"));
    greeting.capabilities = ClientCapabilities::new();
    greeting.revision = revision;
    greeting
}

/// A link to what stands on the stage, and who hears of it.
async fn open(stage: &Stage) -> (Arc<dyn Link>, Arc<Peer>) {
    open_with(settings(stage)).await
}

async fn open_with(settings: Settings) -> (Arc<dyn Link>, Arc<Peer>) {
    let peer = Arc::new(Peer::default());
    let opened = try_open(settings, None, &peer).await;
    (opened.unwrap(), peer)
}

async fn try_open(
    settings: Settings,
    revision: Option<Revision>,
    peer: &Arc<Peer>,
) -> Result<Arc<dyn Link>> {
    let peer = Arc::clone(peer);
    soon(http::open(settings, &greeting(revision), peer)).await
}

fn call(method: &str, params: Value) -> Call {
    Call::of(Method::from(method), &params).unwrap()
}

/// What a call is answered with, as a tree; or the words of its error.
async fn ask(link: &Arc<dyn Link>, method: &str, params: Value) -> Result<Value, String> {
    answer(soon(link.call(call(method, params))).await)
}

fn answer(outcome: Result<fmcp_core::Reply>) -> Result<Value, String> {
    match outcome {
        Ok(fmcp_core::Reply::Raw(_, text)) => Ok(text.to_value()),
        Ok(other) => panic!("{other:?}"),
        Err(error) => {
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
            Err(error.message().to_owned())
        }
    }
}

fn result(id: &Value, result: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "result": result})
}

fn error(id: &Value, code: i64, message: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}})
}

/// A message as an event.
fn event(message: &Value) -> String {
    format!("data: {message}\n\n")
}
