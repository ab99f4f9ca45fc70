//! A request at the everything-server.

use fmcp::{
    Revision,
    protocol::Era,
    testing::{self, Wire, expect_result},
};
use fmcp_conformance::server::everything;
use serde_json::{Value, json};

/// Those that the suite is run in.
pub(crate) const REVISIONS: [Revision; 3] = [
    Revision::V2025_06_18,
    Revision::V2025_11_25,
    Revision::V2026_07_28,
];

/// Sends one request to a server of its own, and gives the answer.
pub(crate) async fn answer(revision: Revision, method: &str, params: Value) -> Option<Value> {
    let wire = Wire::new(everything());
    let request = match revision.era() {
        Era::Modern => testing::modern(method, params),
        Era::Legacy => {
            wire.initialize(revision).await;
            testing::legacy(method, params)
        }
    };
    wire.send(request).await
}

/// Sends one request, and gives its result.
pub(crate) async fn result(revision: Revision, method: &str, params: Value) -> Value {
    let answer = answer(revision, method, params).await;
    expect_result(&answer).clone()
}

/// Calls a tool without arguments, and gives its result.
pub(crate) async fn call(revision: Revision, tool: &str) -> Value {
    result(revision, "tools/call", json!({"name": tool})).await
}
