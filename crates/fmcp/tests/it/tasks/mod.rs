//! Tasks, in both forms: [`Caller`] is a client that speaks the protocol by hand, what our own client makes of
//! it stands in [`clients`].

mod away;
mod clients;
mod ends;
mod mounted;
mod odd;
mod owners;
mod questions;
mod queue;
mod server;
mod sessions;
mod told;

use fmcp::{
    Revision, Server,
    testing::{Wire, legacy, modern},
};
use serde_json::{Value, json};

/// What a client says it can do that takes tasks and can ask its user.
fn takes_tasks() -> Value {
    json!({"elicitation": {}, "extensions": {"io.modelcontextprotocol/tasks": {}}})
}

/// A client that speaks the protocol by hand.
struct Caller {
    wire: Wire,
    revision: Revision,
    capabilities: Value,
}

impl Caller {
    fn new(server: &Server) -> Self {
        Self {
            wire: Wire::new(server),
            revision: Revision::NEWEST,
            capabilities: takes_tasks(),
        }
    }

    /// One that says it can do this, and nothing else.
    fn that_can(server: &Server, capabilities: Value) -> Self {
        Self {
            capabilities,
            ..Self::new(server)
        }
    }

    /// One in a session of 2025-11-25.
    async fn in_a_session(server: &Server) -> Self {
        let revision = Revision::V2025_11_25;
        let caller = Self {
            revision,
            ..Self::new(server)
        };
        caller.wire.initialize(revision).await;
        caller
    }

    /// What comes of a request: its result, or its error under `error`.
    async fn send(&self, method: &str, mut params: Value) -> Value {
        let message = if self.revision == Revision::NEWEST {
            params["_meta"]["io.modelcontextprotocol/clientCapabilities"] =
                self.capabilities.clone();
            modern(method, params)
        } else {
            legacy(method, params)
        };
        let mut answer = self.wire.send(message).await.unwrap();
        match answer.get_mut("result") {
            Some(result) => result.take(),
            None => json!({"error": answer["error"]}),
        }
    }

    async fn call(&self, tool: &str, arguments: Value) -> Value {
        self.send("tools/call", json!({"name": tool, "arguments": arguments}))
            .await
    }

    /// The id of the task that a tool is.
    async fn start(&self, tool: &str) -> String {
        let task = self.call(tool, json!({})).await;
        task["taskId"]
            .as_str()
            .unwrap_or_else(|| panic!("no task: {task}"))
            .to_owned()
    }

    async fn get(&self, id: &str) -> Value {
        self.send("tasks/get", json!({"taskId": id})).await
    }

    /// The task as soon as it has this status.
    async fn until(&self, id: &str, status: &str) -> Value {
        for _ in 0..10_000 {
            let task = self.get(id).await;
            if task["status"] == status {
                return task;
            }
            assert!(
                task.get("error")
                    .is_none_or(|error| error["code"].is_null()),
                "{task}"
            );
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("it is never {status}");
    }

    async fn update(&self, id: &str, answers: Value) -> Value {
        self.send(
            "tasks/update",
            json!({"taskId": id, "inputResponses": answers}),
        )
        .await
    }
}

fn code(answer: &Value) -> i64 {
    answer["error"]["code"]
        .as_i64()
        .unwrap_or_else(|| panic!("no error: {answer}"))
}

fn text(task: &Value) -> &str {
    let result = &task["result"];
    result["content"][0]["text"]
        .as_str()
        .unwrap_or_else(|| panic!("no text: {task}"))
}
