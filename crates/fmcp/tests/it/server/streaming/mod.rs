//! Tools that give back a stream, and handlers that send parts of their result ahead.

use fmcp::{
    Notice, Revision, Server, Tool, streamed,
    testing::{self, Wire, legacy},
};
use futures_util::stream;
use serde_json::{Value, json};

use super::{run, words};

/// Who hears of which part, and when.
mod delivery;
/// How a stream ends: failures, bounds, time, callers who hang up.
mod ends;
/// What may be an item, and which functions are tools.
mod items;

const OPT_IN: &str = "fmcp/streamContent";
const TOPIC: &str = "notifications/tool/streamContent";

fn counting() -> Server {
    Server::new("s").tool(Tool::new("count", || {
        streamed(stream::iter(["one", "two", "three"]))
    }))
}

/// The blocks of a result as text, and whether it failed.
fn blocks(answer: &Option<Value>) -> (Vec<String>, bool) {
    let result = testing::expect_result(answer);
    let content = result["content"].as_array().unwrap().iter();
    let texts = content.map(|block| block["text"].as_str().unwrap_or("?").to_owned());
    (texts.collect(), result["isError"] == true)
}

/// The parts that were told, as they stand in the notification.
fn parts(wire: &Wire) -> Vec<Value> {
    let told = wire.notices();
    let told = told.iter().filter_map(|notice| match notice {
        Notice::Other(topic, params) if topic.as_str() == TOPIC => Some(params.parse().unwrap()),
        _ => None,
    });
    told.collect()
}

fn progress(wire: &Wire) -> Vec<(f64, Option<String>)> {
    let told = wire.notices();
    let told = told.iter().filter_map(|notice| match notice {
        Notice::Progress(report) => Some((report.progress.as_f64(), report.message.clone())),
        _ => None,
    });
    told.collect()
}

/// Opens a session of a client that has these capabilities.
async fn open(wire: &Wire, revision: Revision, capabilities: Value) {
    let hello = json!({"protocolVersion": revision.as_str(), "capabilities": capabilities,
                       "clientInfo": {"name": "t", "version": "1"}});
    testing::expect_result(&wire.send(legacy("initialize", hello)).await);
}
