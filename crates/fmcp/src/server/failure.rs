//! What a caller reads when a handler fails in words that are not meant for it.

use crate::handler::BrokenOff;
use fmcp_core::{
    Component, ComponentKind, Error, Kind, Reply, Result,
    protocol::model::{CallToolResult, Content},
};

/// Logs what went wrong and says as much of it as the server allows. A tool's failure is a result.
/// The error carries the request's id as its data.
pub(super) fn hide(error: &Error, component: &Component, show_details: bool) -> Result<Reply> {
    let source = std::error::Error::source(error).map(ToString::to_string);
    let id = error
        .to_object()
        .data
        .and_then(|id| id.parse::<String>().ok())
        .unwrap_or_default();
    tracing::error!(
        component = %component.key,
        request = %id,
        error = source.as_deref().unwrap_or_default(),
        "{}", error.message(),
    );
    let words = match source {
        Some(details) if show_details => format!("{}: {details}", error.message()),
        _ if id.is_empty() => format!("{}; the server's log says why", error.message()),
        _ => format!(
            "{}; the server's log says why (request {id})",
            error.message()
        ),
    };
    if component.kind() == ComponentKind::Tool {
        let broken_off =
            std::error::Error::source(error).and_then(|source| source.downcast_ref::<BrokenOff>());
        let mut content = broken_off.map_or_else(Vec::new, |stream| stream.parts.clone());
        content.push(Content::text(words));
        let mut result = CallToolResult::new(content);
        result.is_error = Some(true);
        return Ok(result.into());
    }
    Err(Error::new(Kind::Internal, words))
}
