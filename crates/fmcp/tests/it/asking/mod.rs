//! What handlers ask, on every revision alike. A [`Peer`] is a client that answers anything, right or wrong,
//! and goes by the book in everything else; what our own client makes of it stands in [`clients`].

mod addresses;
mod at_once;
mod by_hand;
mod clients;
mod ends;
mod nested;
mod sample;
mod state;
mod user;

use std::sync::{Arc, Mutex};

use fmcp::{
    BoxFuture, Call, Endpoint, Exchange, Raw, Reply, Revision, Server,
    testing::{legacy, modern},
};
use serde_json::{Value, json};

/// The revisions in which a user can be asked with a form.
const WITH_FORMS: [Revision; 3] = [
    Revision::V2025_06_18,
    Revision::V2025_11_25,
    Revision::V2026_07_28,
];

/// What a client can do that can do everything.
fn everything() -> Value {
    json!({"elicitation": {"form": {}, "url": {}}, "sampling": {"tools": {}}, "roots": {}})
}

/// Answers one question: its number, method and parameters are given.
type Script = dyn Fn(usize, &str, &Value) -> Value + Send + Sync;

/// A client that answers as it is told.
struct Peer {
    server: Server,
    revision: Revision,
    capabilities: Value,
    desk: Arc<Desk>,
}

struct Desk {
    revision: Revision,
    script: Box<Script>,
    asked: Mutex<Vec<(String, Value)>>,
}

impl Peer {
    fn new(
        server: &Server,
        revision: Revision,
        script: impl Fn(usize, &str, &Value) -> Value + Send + Sync + 'static,
    ) -> Self {
        Self {
            server: server.clone(),
            revision,
            capabilities: everything(),
            desk: Arc::new(Desk {
                revision,
                script: Box::new(script),
                asked: Mutex::default(),
            }),
        }
    }

    fn capabilities(mut self, capabilities: Value) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// Everything that was asked, by method and parameters.
    fn asked(&self) -> Vec<(String, Value)> {
        self.desk.asked.lock().unwrap().clone()
    }

    /// The words that come of a tool without arguments.
    async fn call(&self, tool: &str) -> String {
        said(
            &self
                .send("tools/call", json!({"name": tool, "arguments": {}}))
                .await,
        )
    }

    /// What comes of a request.
    async fn send(&self, method: &str, params: Value) -> Value {
        if self.revision == Revision::NEWEST {
            self.in_rounds(method, params).await
        } else {
            self.in_a_session(method, params).await
        }
    }

    async fn in_a_session(&self, method: &str, params: Value) -> Value {
        let exchange = Exchange::new(self.server.clone()).peer(Arc::clone(&self.desk) as _);
        let open = json!({
            "protocolVersion": self.revision.as_str(),
            "capabilities": self.capabilities,
            "clientInfo": {"name": "peer", "version": "1"},
        });
        answer(&exchange, legacy("initialize", open)).await;
        answer(&exchange, legacy(method, params)).await
    }

    async fn in_rounds(&self, method: &str, params: Value) -> Value {
        let exchange = Exchange::new(self.server.clone());
        let mut round = params.clone();
        for _ in 0..50 {
            let answered = answer(&exchange, self.modern(method, round)).await;
            let Some(questions) = answered["result"]["inputRequests"].as_object() else {
                return answered;
            };
            let answers = questions.iter().map(|(name, question)| {
                let method = question["method"].as_str().unwrap();
                (name.clone(), self.desk.answer(method, &question["params"]))
            });
            round = params.clone();
            round["inputResponses"] = Value::Object(answers.collect());
            round["requestState"] = answered["result"]["requestState"].clone();
        }
        panic!("it asks for ever");
    }

    /// A request of the newest revision.
    fn modern(&self, method: &str, mut params: Value) -> Value {
        params["_meta"] = json!({"io.modelcontextprotocol/clientCapabilities": self.capabilities});
        modern(method, params)
    }

    /// One request of the newest revision and its answer, whatever that is.
    async fn once(&self, method: &str, params: Value) -> Value {
        let exchange = Exchange::new(self.server.clone());
        answer(&exchange, self.modern(method, params)).await
    }
}

impl Desk {
    fn answer(&self, method: &str, params: &Value) -> Value {
        let mut asked = self.asked.lock().unwrap();
        let answer = (self.script)(asked.len(), method, params);
        asked.push((method.to_owned(), params.clone()));
        answer
    }
}

impl Endpoint for Desk {
    fn call(&self, call: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
        let params = call.params().parse::<Value>().unwrap();
        let answer = self.answer(call.method().as_str(), &params);
        Box::pin(async move { Ok(Reply::Raw(self.revision, Raw::from(answer))) })
    }
}

async fn answer(exchange: &Exchange, message: Value) -> Value {
    let answer = exchange.answer(message.to_string().into()).await.unwrap();
    serde_json::from_slice(&answer).unwrap()
}

/// The words of an answer: of a result, of a tool's failure, or of an error.
fn said(answer: &Value) -> String {
    let result = &answer["result"];
    if let Some(error) = answer.get("error") {
        return format!("{}: {}", error["code"], error["message"].as_str().unwrap());
    }
    let text = [
        &result["content"][0]["text"],
        &result["contents"][0]["text"],
        &result["messages"][0]["content"]["text"],
    ];
    let text = text.into_iter().find_map(Value::as_str);
    let text = text.unwrap_or_else(|| panic!("there is no text in {answer}"));
    if result["isError"] == true {
        return format!("failed: {text}");
    }
    text.to_owned()
}

/// An answer from a form.
fn accept(content: Value) -> Value {
    json!({"action": "accept", "content": content})
}
