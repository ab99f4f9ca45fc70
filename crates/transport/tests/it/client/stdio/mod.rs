//! Servers that are started: scripts, since they can be as odd as they have to be.

use std::{fs, path::Path, sync::Arc, time::Duration};

use fmcp_core::{
    BoxFuture, Call, Endpoint, Error, Kind, Reply, Result,
    protocol::{
        Method, Revision,
        model::{EmptyResult, Implementation},
    },
};
use fmcp_transport::client::{
    Greeting, Link,
    duplex::Restart,
    stdio::{self, Inherit, Settings, Stderr},
};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::{Value, json};
use tokio::{task::yield_now, time::timeout};

/// How servers end, and are ended.
mod ends;
/// How servers begin: of each age, and such as cannot.
mod starts;

const LONG: Duration = Duration::from_secs(30);

/// What every script begins with: an answer to the request that has been read.
const ANSWER: &str = r#"
id_of() { id=${line#*\"id\":}; id=${id%%,*}; }
answer() { echo '{"jsonrpc":"2.0","id":'"$id"',"result":'"$1"'}'; }
refuse() { echo '{"jsonrpc":"2.0","id":'"$id"',"error":{"code":-32601,"message":"no"}}'; }
describe() { answer '{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{},"ttlMs":0,"cacheScope":"public"}'; }
initialize() { answer '{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"script","version":"1"}}'; }
"#;

/// A server of the newest revision whose tools do what they are called; `more` are further ones.
fn server(more: &str) -> Settings {
    script(&format!(
        r#"while IFS= read -r line; do id_of
            case $line in
                *server/discover*) describe ;;
                {more}
                *notifications*|*hang*) ;;
                *crash*) echo "first words" >&2; echo "last words" >&2; exit 3 ;;
                *) answer $$ ;;
            esac
        done"#
    ))
}

fn script(text: &str) -> Settings {
    let mut settings = Settings::new("/bin/sh").arguments(["-c", &format!("{ANSWER}\n{text}")]);
    settings.name = "script".to_owned();
    settings.grace.close = Duration::from_millis(200);
    settings.grace.terminate = Duration::from_millis(200);
    settings
}

struct Peer;

impl Endpoint for Peer {
    fn call(&self, _: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(async { Ok(EmptyResult::new().into()) })
    }
}

async fn try_open(settings: Settings, pinned: Option<Revision>) -> Result<Arc<dyn Link>> {
    let mut greeting = Greeting::new(Implementation::new("test", "1"));
    greeting.revision = pinned;
    let opened = timeout(LONG, stdio::open(settings, &greeting, Arc::new(Peer)));
    opened.await.expect("it is never open")
}

async fn open(settings: Settings) -> Arc<dyn Link> {
    try_open(settings, None).await.unwrap()
}

/// Why it cannot be opened.
async fn refused(settings: Settings) -> Error {
    try_open(settings, None).await.err().unwrap()
}

async fn call(link: &Arc<dyn Link>, tool: &str) -> Result<Value> {
    let call = Call::of(Method::CallTool, &json!({"name": tool}))?;
    let reply = timeout(LONG, link.call(call)).await;
    match reply.expect("the call is never answered")? {
        Reply::Raw(_, text) => Ok(text.to_value()),
        other => panic!("{other:?}"),
    }
}

/// The number of the process, which all other tools answer with.
async fn pid(link: &Arc<dyn Link>) -> Pid {
    process(&call(link, "pid").await.unwrap())
}

fn process(number: &Value) -> Pid {
    let number = number.as_i64().unwrap();
    Pid::from_raw(i32::try_from(number).unwrap()).unwrap()
}

/// Whether a process is there, be it as a shadow that nobody has taken in.
fn is_there(process: Pid) -> bool {
    test_kill_process(process).is_ok()
}

async fn goes(process: Pid) {
    let gone = async {
        while is_there(process) {
            yield_now().await;
        }
    };
    timeout(LONG, gone).await.expect("a process is left");
}

/// All that an error says, with its causes.
fn whole(error: &Error) -> String {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        words.push_str(&format!(": {error}"));
        cause = error.source();
    }
    words
}
