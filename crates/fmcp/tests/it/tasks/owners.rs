//! Whose a task is.

use std::sync::{Arc, atomic::Ordering};

use fmcp::{
    Context, Exchange, Principal, Revision, Server, TaskMode, Tasks, Tool,
    testing::{legacy, modern},
};
use serde_json::{Value, json};

use super::{away::Remote, code, takes_tasks};

fn server() -> Server {
    let who = |ctx: Context| async move {
        let principal = ctx.principal().cloned();
        principal.map_or_else(
            || "nobody".to_owned(),
            |principal| principal.subject.to_string(),
        )
    };
    Server::new("s")
        .tasks(Tasks::new().kept_per_principal(2))
        .tool(Tool::new("who", who).task(TaskMode::Optional))
}

/// A peer whose name is known.
struct Somebody(Exchange, Revision);

impl Somebody {
    async fn new(server: &Server, name: &str, revision: Revision) -> Self {
        server.start().await.unwrap();
        let exchange = Exchange::new(server.clone()).principal(Arc::new(Principal::new(name)));
        let this = Self(exchange, revision);
        if revision != Revision::NEWEST {
            let open = json!({"protocolVersion": revision.as_str(), "capabilities": {},
                "clientInfo": {"name": "c", "version": "1"}});
            let about = this.send("initialize", open).await;
            assert_eq!(about["capabilities"]["tasks"]["list"], json!({}));
        }
        this
    }

    async fn send(&self, method: &str, mut params: Value) -> Value {
        let message = if self.1 == Revision::NEWEST {
            params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = takes_tasks();
            modern(method, params)
        } else {
            legacy(method, params)
        };
        let answer = self.0.answer(message.to_string().into()).await.unwrap();
        let mut answer: Value = serde_json::from_slice(&answer).unwrap();
        match answer.get_mut("result") {
            Some(result) => result.take(),
            None => json!({"error": answer["error"]}),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_is_unknown_to_everybody_but_its_owner() {
    let server = server();
    let ada = Somebody::new(&server, "ada", Revision::NEWEST).await;
    let eve = Somebody::new(&server, "eve", Revision::NEWEST).await;
    let task = ada.send("tools/call", json!({"name": "who"})).await;
    let id = task["taskId"].as_str().unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let params = || json!({"taskId": id, "inputResponses": {}});
        let foreign = eve.send(method, params()).await;
        let unknown = eve
            .send(method, json!({"taskId": "0", "inputResponses": {}}))
            .await;
        assert_eq!(foreign, unknown, "{method}");
        assert_eq!(code(&foreign), -32602);
    }
    let own = ada.send("tasks/get", json!({"taskId": id})).await;
    assert_eq!(
        own["result"]["content"][0]["text"], "ada",
        "it has run as its owner"
    );
}

#[tokio::test(start_paused = true)]
async fn each_principal_has_room_of_its_own() {
    let server = server();
    let ada = Somebody::new(&server, "ada", Revision::NEWEST).await;
    let bob = Somebody::new(&server, "bob", Revision::NEWEST).await;
    for _ in 0..2 {
        assert_eq!(
            ada.send("tools/call", json!({"name": "who"})).await["resultType"],
            "task"
        );
    }
    assert_eq!(
        code(&ada.send("tools/call", json!({"name": "who"})).await),
        -31029
    );
    assert_eq!(
        bob.send("tools/call", json!({"name": "who"})).await["resultType"],
        "task"
    );
}

#[tokio::test(start_paused = true)]
async fn lists_have_what_is_ones_own() {
    let server = server();
    let ada = Somebody::new(&server, "ada", Revision::V2025_11_25).await;
    let bob = Somebody::new(&server, "bob", Revision::V2025_11_25).await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let started = ada
            .send("tools/call", json!({"name": "who", "task": {}}))
            .await;
        ids.push(started["task"]["taskId"].as_str().unwrap().to_owned());
    }
    bob.send("tools/call", json!({"name": "who", "task": {}}))
        .await;
    let listed = ada.send("tasks/list", json!({})).await;
    let mut listed: Vec<_> = listed["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| task["taskId"].as_str().unwrap())
        .collect();
    listed.sort_unstable();
    ids.sort_unstable();
    assert_eq!(listed, ids);
    let foreign = bob.send("tasks/result", json!({"taskId": ids[0]})).await;
    assert_eq!(code(&foreign), -32602);
}

#[tokio::test(start_paused = true)]
async fn lists_have_pages_and_no_page_is_held_whole() {
    let queue = Remote::new();
    let server = Server::new("s")
        .tasks(Tasks::new().queue(Arc::clone(&queue)))
        .tool(Tool::new("quick", || async { "done" }).task(TaskMode::Optional));
    let ada = Somebody::new(&server, "ada", Revision::V2025_11_25).await;
    for _ in 0..105 {
        let call = json!({"name": "quick", "task": {}});
        ada.send("tools/call", call).await;
    }
    let first = ada.send("tasks/list", json!({})).await;
    let after = json!({"cursor": first["nextCursor"]});
    let second = ada.send("tasks/list", after).await;
    assert!(second.get("nextCursor").is_none(), "{second}");
    let ids = [&first, &second].map(|page| page["tasks"].as_array().unwrap());
    assert_eq!(ids.map(Vec::len), [100, 5]);
    let ids: Vec<_> = ids.into_iter().flatten().collect();
    let ids: Vec<_> = ids.iter().map(|task| task["taskId"].as_str()).collect();
    assert!(ids.is_sorted_by(|one, next| one < next), "{ids:?}");
    assert!(queue.listed.load(Ordering::SeqCst) <= 10);
}
