//! What can be different in a world.

use serde_json::Value;

/// Where the MCP server's metadata is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Prm {
    /// At its path, and in the challenge or not.
    Path {
        is_named: bool,
    },
    Root,
    /// Somewhere else, which the challenge says.
    Custom(&'static str),
    /// Nowhere: a server of 2025-03-26.
    None,
}

/// Who the authorization server says that it is, in an answer to a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Iss {
    Right,
    Missing,
    Other(String),
}

#[derive(Clone, Debug)]
pub(crate) struct Knobs {
    pub(crate) prm: Prm,
    /// What the metadata says besides.
    pub(crate) prm_more: Value,
    /// The path of the issuer.
    pub(crate) tenant: &'static str,
    /// Where the authorization server's metadata is.
    pub(crate) metadata_at: &'static str,
    pub(crate) metadata_more: Value,
    pub(crate) device_more: Value,
    pub(crate) challenge_scope: Option<&'static str>,
    /// The whole challenge, instead of the right one.
    pub(crate) challenge: Option<String>,
    pub(crate) iss: Iss,
    /// What stands in the answer to a login besides.
    pub(crate) answer_more: &'static str,
    /// Another state than the one that was asked with.
    pub(crate) state: Option<&'static str>,
    pub(crate) expires_in: Option<u64>,
    pub(crate) gives_refresh: bool,
    pub(crate) rotates: bool,
    pub(crate) refuses_refresh: bool,
    /// The metadata's methods at the token endpoint, and the ones that are taken.
    pub(crate) methods: &'static [&'static str],
    pub(crate) binds: bool,
    pub(crate) nonce: Option<&'static str>,
    /// What the token endpoint answers to everything.
    pub(crate) token_answer: Option<(u16, String)>,
    /// A public key that clients prove themselves with.
    pub(crate) client_key: Option<Vec<u8>>,
    /// Refuses every call, for want of this scope.
    pub(crate) never_enough: Option<&'static str>,
    /// The token endpoint answers when this is released.
    pub(crate) gate: Option<std::sync::Arc<tokio::sync::Semaphore>>,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            prm: Prm::Path { is_named: true },
            prm_more: Value::Null,
            tenant: "",
            metadata_at: "/.well-known/oauth-authorization-server",
            metadata_more: Value::Null,
            device_more: Value::Null,
            challenge_scope: None,
            challenge: None,
            iss: Iss::Right,
            answer_more: "",
            state: None,
            expires_in: None,
            gives_refresh: false,
            rotates: true,
            refuses_refresh: false,
            methods: &["none"],
            binds: false,
            nonce: None,
            token_answer: None,
            client_key: None,
            never_enough: None,
            gate: None,
        }
    }
}
