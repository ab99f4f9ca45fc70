//! A peer that talks JSON.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use fmcp_core::{
    Endpoint, Notice,
    protocol::{Exchange, Revision, model::Meta},
};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::{
    expect::expect_result,
    record::{Peer, Record},
};
use crate::{IntoTarget, Target};

/// A peer that talks JSON to a server: for tests of what stands on the wire, and of what should never
/// stand there.
///
/// ```
/// use fmcp::{Revision, Server, testing::{Wire, legacy}};
/// use serde_json::json;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let wire = Wire::new(Server::new("s").version("1.0.0"));
/// let opened = wire.initialize(Revision::V2025_06_18).await;
/// assert_eq!(opened["serverInfo"]["version"], "1.0.0");
///
/// let answer = wire.send(legacy("ping", json!({}))).await.unwrap();
/// assert_eq!(answer["result"], json!({}));
/// # }
/// ```
pub struct Wire {
    target: Target,
    exchange: OnceCell<Exchange>,
    record: Arc<Record>,
}

impl Wire {
    /// A peer that has not said anything yet. The server is started by what it says first.
    #[must_use]
    pub fn new(server: impl IntoTarget) -> Self {
        Self {
            target: server.into_target(),
            exchange: OnceCell::new(),
            record: Arc::default(),
        }
    }

    /// Sends a message, and gives the answer if there is one.
    ///
    /// # Panics
    /// When the server cannot be started, or answers with something else than JSON.
    pub async fn send(&self, message: Value) -> Option<Value> {
        self.send_text(message.to_string()).await
    }

    /// Sends bytes that need not be a message, and gives the answer if there is one.
    ///
    /// # Panics
    /// As [`Wire::send`].
    pub async fn send_text(&self, text: impl Into<Bytes>) -> Option<Value> {
        let exchange = self.exchange.get_or_init(|| self.open()).await;
        let answer = exchange.answer(text.into()).await?;
        let read = serde_json::from_slice(&answer).unwrap_or_else(|error| {
            let text = String::from_utf8_lossy(&answer);
            panic!("the server's answer is not JSON ({error}): {text}")
        });
        Some(read)
    }

    /// Opens a legacy session, and gives the result of the handshake.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn initialize(&self, revision: Revision) -> Value {
        let params = json!({
            "protocolVersion": revision.as_str(),
            "capabilities": {},
            "clientInfo": client_info(),
        });
        let answer = self.send(legacy("initialize", params)).await;
        let result = expect_result(&answer).clone();
        self.send(json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
            .await;
        result
    }

    /// Everything that the server has told so far, as handlers say it: in no revision yet.
    #[must_use]
    pub fn notices(&self) -> Vec<Notice> {
        self.record.pick(|notice| Some(notice.clone()))
    }

    /// The first notice that has not been waited for, as soon as there is one.
    ///
    /// # Panics
    /// When none comes within five seconds.
    pub async fn next_notice(&self) -> Notice {
        self.record.next().await
    }

    async fn open(&self) -> Exchange {
        let endpoint: Arc<dyn Endpoint> = self
            .target
            .start()
            .await
            .unwrap_or_else(|error| panic!("the server under test cannot be used: {error}"));
        Exchange::new(endpoint).peer(Arc::new(Peer(Arc::clone(&self.record))))
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire")
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

/// A request of the newest revision, with an id of its own and all the metadata that it must have.
/// `_meta` in `params` comes on top.
///
/// # Panics
/// When `params` is no object.
#[must_use]
pub fn modern(method: &str, params: Value) -> Value {
    let mut params = params;
    let more = params
        .as_object_mut()
        .expect("the parameters of a request are an object")
        .remove("_meta");
    let mut meta = json!({
        Meta::PROTOCOL_VERSION: Revision::NEWEST.as_str(),
        Meta::CLIENT_INFO: client_info(),
        Meta::CLIENT_CAPABILITIES: {},
    });
    if let (Value::Object(meta), Some(Value::Object(more))) = (&mut meta, more) {
        meta.extend(more);
    }
    params["_meta"] = meta;
    legacy(method, params)
}

/// A request with an id of its own, and nothing that is not given: as revisions with sessions have it.
#[must_use]
#[expect(
    clippy::needless_pass_by_value,
    reason = "tests write `legacy(\"ping\", json!({}))`"
)]
pub fn legacy(method: &str, params: Value) -> Value {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let id = LAST.fetch_add(1, Ordering::Relaxed) + 1;
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

fn client_info() -> Value {
    json!({"name": "fmcp-testing", "version": env!("CARGO_PKG_VERSION")})
}
