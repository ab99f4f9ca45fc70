//! How a client and a server come to know each other: `server/discover`, and `initialize` before it.

use super::{CacheScope, ClientCapabilities, Implementation, Meta, ResultType, ServerCapabilities};
use crate::json::{model, setters};

model! {
    /// The result of `server/discover`. Who the server is stands in `_meta`.
    pub struct DiscoverResult new(supported_versions: Vec<String>, capabilities: ServerCapabilities) {
        /// What the result says about itself.
        meta: Option<Meta> = "_meta",
        /// What the result is.
        result_type: Option<ResultType> = "resultType",
        /// The revisions that the server speaks.
        supported_versions: Vec<String> = "supportedVersions",
        /// What it can do.
        capabilities: ServerCapabilities = "capabilities",
        /// How to use it, for the model.
        instructions: Option<String> = "instructions",
        /// For how many milliseconds the result may be kept.
        ttl_ms: Option<u64> = "ttlMs" saturating,
        /// For whom the result may be kept.
        cache_scope: Option<CacheScope> = "cacheScope",
    }

    /// The parameters of `initialize` (up to 2025-11-25).
    pub struct InitializeParams
    new(protocol_version: String, capabilities: ClientCapabilities, client_info: Implementation) {
        /// What the request says about itself.
        meta: Option<Meta> = "_meta",
        /// The newest revision that the client speaks.
        protocol_version: String = "protocolVersion",
        /// What it can do.
        capabilities: ClientCapabilities = "capabilities",
        /// Who it is.
        client_info: Implementation = "clientInfo",
    }

    /// The result of `initialize` (up to 2025-11-25).
    pub struct InitializeResult
    new(protocol_version: String, capabilities: ServerCapabilities, server_info: Implementation) {
        /// What the result says about itself.
        meta: Option<Meta> = "_meta",
        /// The revision that the session is held in.
        protocol_version: String = "protocolVersion",
        /// What the server can do.
        capabilities: ServerCapabilities = "capabilities",
        /// Who it is.
        server_info: Implementation = "serverInfo",
        /// How to use it, for the model.
        instructions: Option<String> = "instructions",
    }
}

setters!(DiscoverResult {
    meta: Meta,
    result_type: ResultType,
    instructions: String,
    ttl_ms: u64,
    cache_scope: CacheScope,
});
setters!(InitializeParams { meta: Meta });
setters!(InitializeResult {
    meta: Meta,
    instructions: String
});
