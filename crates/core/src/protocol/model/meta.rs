//! `_meta`: what a message says about itself.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};

use super::{ClientCapabilities, Implementation, LogLevel, ProgressToken, RequestId};
use crate::{Extra, Raw};

/// The `_meta` of a message: named values of which the protocol reserves some and everybody may add
/// their own under a prefix of theirs.
///
/// The values of reserved names are read when asked for, and only then found to be malformed.
///
/// ```
/// use fmcp_core::protocol::model::Meta;
///
/// let meta = Meta::new().with(Meta::PROTOCOL_VERSION, serde_json::json!("2026-07-28"));
/// assert_eq!(meta.protocol_version().unwrap().as_deref(), Some("2026-07-28"));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Meta(Extra);

impl Meta {
    /// Request: the token under which progress is to be reported.
    pub const PROGRESS_TOKEN: &str = "progressToken";
    /// Request: the revision that the request is made in.
    pub const PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
    /// Request: the software that the client is. A claim, not a proof.
    pub const CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";
    /// Request: what the client can do, for this request only.
    pub const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
    /// Request: the least level of log message that the client wants; without it, none.
    pub const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";
    /// Result: the software that the server is.
    pub const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";
    /// Notification: the id of the `subscriptions/listen` request that it belongs to.
    pub const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";
    /// The task that the message belongs to (2025-11-25).
    pub const RELATED_TASK: &str = "io.modelcontextprotocol/related-task";
    /// The trace that the message belongs to, as W3C Trace Context writes it.
    pub const TRACEPARENT: &str = "traceparent";
    /// What tracing systems add to the trace, as W3C Trace Context writes it.
    pub const TRACESTATE: &str = "tracestate";
    /// What travels along the trace, as W3C Baggage writes it.
    pub const BAGGAGE: &str = "baggage";

    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with `value` under `key`.
    #[must_use]
    pub fn with(mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Raw>) -> Self {
        self.insert(key, value);
        self
    }

    /// Puts `value` under `key`, in the place of an older value if there is one.
    pub fn insert(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Raw>) {
        self.0.insert(key, value);
    }

    /// Takes the value under `key` out.
    pub fn remove(&mut self, key: &str) -> Option<Raw> {
        self.0.remove(key)
    }

    /// The value under `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Raw> {
        self.0.get(key)
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Raw)> {
        self.0.iter()
    }

    /// Keeps only the values that `keep` wants.
    pub fn retain(&mut self, keep: impl FnMut(&str, &Raw) -> bool) {
        self.0.retain(keep);
    }

    /// The value under `key` as a `T`.
    ///
    /// # Errors
    /// When there is a value and it is not a `T`.
    pub fn read<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, serde_json::Error> {
        self.get(key).map(Raw::parse).transpose()
    }
}

macro_rules! readers {
    ($( $(#[$attr:meta])* $name:ident: $ty:ty = $key:ident; )*) => {
        impl Meta { $(
            $(#[$attr])*
            ///
            /// # Errors
            /// When there is a value of another form.
            pub fn $name(&self) -> Result<Option<$ty>, serde_json::Error> {
                self.read(Self::$key)
            }
        )* }
    };
}
readers! {
    /// The token under which progress is to be reported.
    progress_token: ProgressToken = PROGRESS_TOKEN;
    /// The revision that the request is made in.
    protocol_version: String = PROTOCOL_VERSION;
    /// The software that the client says it is.
    client_info: Implementation = CLIENT_INFO;
    /// What the client can do.
    client_capabilities: ClientCapabilities = CLIENT_CAPABILITIES;
    /// The least level of log message that the client wants.
    log_level: LogLevel = LOG_LEVEL;
    /// The software that the server says it is.
    server_info: Implementation = SERVER_INFO;
    /// The listening that a notification belongs to.
    subscription_id: RequestId = SUBSCRIPTION_ID;
}

impl From<Extra> for Meta {
    fn from(values: Extra) -> Self {
        Self(values)
    }
}

impl From<Meta> for Extra {
    fn from(meta: Meta) -> Self {
        meta.0
    }
}

impl Serialize for Meta {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Meta {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Extra::deserialize(deserializer).map(Self)
    }
}
