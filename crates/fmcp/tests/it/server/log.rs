//! What the log has: the words that clients do not read, and warnings to the author.

use std::sync::{Arc, Mutex};

use fmcp::{Server, Tool, ToolError, testing};
use serde_json::json;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

/// Keeps every event as one line of text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// The lines that this thread writes from now on.
    fn new() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let guard = tracing::subscriber::set_default(log.clone());
        (log, guard)
    }

    fn has(&self, words: &str) -> bool {
        self.0
            .lock()
            .unwrap()
            .iter()
            .any(|line| line.contains(words))
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        struct Line(String);
        impl Visit for Line {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                self.0.push_str(&format!(" {field}={value:?}"));
            }
        }
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
}

#[tokio::test]
async fn the_log_has_what_the_client_does_not_read() {
    let (log, _guard) = Log::new();
    let server = Server::new("s").tool(Tool::new("fails", || async {
        "not a number".parse::<u8>()?;
        Ok::<_, ToolError>("never")
    }));
    let client = testing::connect(&server).await;
    let error = client.call("fails", ()).await.unwrap_err().to_string();
    assert!(!error.contains("invalid digit"), "{error}");
    assert!(log.has("invalid digit"), "{:?}", log.0);
    let request = error
        .split("(request ")
        .nth(1)
        .unwrap()
        .split(')')
        .next()
        .unwrap()
        .to_owned();
    assert!(
        log.has(&format!("request={request}")),
        "{request}: {:?}",
        log.0
    );
}

#[tokio::test]
async fn a_broken_promise_is_in_the_log() {
    let (log, _guard) = Log::new();
    let schema =
        json!({"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}});
    let tool = Tool::new("breaks", || async { json!({"n": "secret"}) }).output_schema(schema);
    let error = testing::call(&Server::new("s").tool(tool), "breaks", json!({}))
        .await
        .unwrap_err();
    assert!(!error.to_string().contains("secret"), "{error}");
    assert!(
        log.has("does not fit the tool's output schema"),
        "{:?}",
        log.0
    );
}

#[test]
fn an_unusual_name_is_warned_of() {
    let (log, _guard) = Log::new();
    let server = Server::new("s").tool(Tool::new("usual.name-1", || async {}));
    assert!(!log.has("WARN"), "{:?}", log.0);
    let server = server.tool(Tool::new("two words", || async {}));
    assert!(server.check().is_ok());
    assert!(log.has("WARN") && log.has("two words"), "{:?}", log.0);
}
