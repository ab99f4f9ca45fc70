//! Parts of a tool's result, sent ahead while the handler runs.

use std::sync::OnceLock;

use serde_json::json;

use super::Context;
use crate::{
    Extra, Notice, Raw, Reply, Result,
    protocol::{
        Params, Topic,
        model::{CallToolResult, Content, Meta},
    },
};

/// The name by which a client asks for parts, and the name of a part's request in its metadata.
const OPT_IN: &str = "fmcp/streamContent";
const REQUEST_ID: &str = "fmcp/requestId";
const TOPIC: &str = "notifications/tool/streamContent";

/// Whether the caller of one call asked for parts.
#[derive(Default)]
struct OptedIn(OnceLock<bool>);

impl Context {
    /// Whether the caller asked for parts of the result while the call runs: with `"fmcp/streamContent":
    /// true` in the request's `_meta`, or once for all calls with a capability of that name among its
    /// `experimental` ones or its `extensions`.
    ///
    /// A call on behalf of another has no part in what the client sees of that one.
    #[must_use]
    pub fn wants_stream(&self) -> bool {
        let call = self.call();
        if call.peer().is_none() || call.is_derived() {
            return false;
        }
        let opted_in = call.scratch::<OptedIn>();
        *opted_in.0.get_or_init(|| {
            let said = call
                .meta()
                .get(OPT_IN)
                .and_then(|flag| flag.parse::<bool>().ok());
            said.unwrap_or_else(|| {
                let capabilities = call.client_capabilities();
                let has = |these: &Option<Extra>| {
                    these
                        .as_ref()
                        .is_some_and(|these| these.get(OPT_IN).is_some())
                };
                has(&capabilities.experimental) || has(&capabilities.extensions)
            })
        })
    }

    /// Sends a part of the result ahead, to a caller that asked for parts
    /// (see [`Context::wants_stream`]); others wait for the result, which should have all of it.
    ///
    /// It is a notification of the TypeScript FastMCP, `notifications/tool/streamContent`, and no part of
    /// the protocol.
    ///
    /// ```
    /// # async fn handler(ctx: fmcp_core::Context) {
    /// ctx.stream_content("the first thousand lines").await;
    /// # }
    /// ```
    pub async fn stream_content(&self, part: impl Into<Content> + Send) {
        if !self.wants_stream() {
            return;
        }
        let Some(peer) = self.call().peer() else {
            return;
        };
        if let Ok(params) = self.part(part.into()) {
            peer.notify(Notice::Other(Topic::from(TOPIC), params)).await;
        }
    }

    /// A part as the client's revision says it.
    fn part(&self, part: Content) -> Result<Params> {
        let mut reply = Reply::from(CallToolResult::new([part]));
        self.revision().lower(&mut reply);
        let content = reply.into_tool()?.content;
        let mut params =
            json!({"toolName": self.call().name().unwrap_or_default(), "content": content});
        // A client may run the same tool twice at once.
        let id = self.call().id();
        if let Some(id) = id.and_then(|id| serde_json::from_slice::<Raw>(id).ok()) {
            params["_meta"] = json!(Meta::new().with(REQUEST_ID, id));
        }
        Params::of(&params)
    }
}
