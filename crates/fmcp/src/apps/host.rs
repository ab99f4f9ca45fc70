//! Pages, for who shows them.

use fmcp_core::{
    Raw,
    protocol::model::{ClientCapabilities, ResourceContents, Tool},
};
use serde_json::json;

use super::{IDENTIFIER, Link, MIME_TYPE, View};
use crate::{Client, ClientBuilder, ClientError, Kind};

/// A page that is to be shown: in a sandbox that reaches no more than [`View::csp`] names.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Page {
    /// Where it is.
    pub uri: String,
    /// The document.
    pub html: String,
    /// How it wants to be shown.
    pub view: View,
}

/// Whether a client shows pages, as it says: for servers that do otherwise where none are shown.
///
/// ```
/// use fmcp::{Context, Server, Tool, apps};
///
/// let tool = Tool::new("weather", |ctx: Context| async move {
///     match apps::can_show(&ctx.client_capabilities()) {
///         true => "see the page",
///         false => "21 degrees, sunny, light wind from the west",
///     }
/// });
/// let server = Server::new("weather").tool(tool.page("ui://weather/now"));
/// ```
#[must_use]
pub fn can_show(client: &ClientCapabilities) -> bool {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Settings {
        mime_types: Vec<String>,
    }
    let said = client
        .extensions
        .as_ref()
        .and_then(|all| all.get(IDENTIFIER));
    let settings = said.and_then(|said| said.parse::<Settings>().ok());
    settings.is_some_and(|said| said.mime_types.iter().any(|kind| is_page(kind)))
}

/// Whether a media type is that of pages, however it is written.
fn is_page(kind: &str) -> bool {
    let plain = |kind: &str| kind.replace([' ', '"'], "").to_ascii_lowercase();
    plain(kind) == MIME_TYPE
}

impl ClientBuilder {
    /// Says that this client shows pages (MCP Apps). See [`apps`](crate::apps) for how it reads them.
    #[must_use]
    pub fn apps(self) -> Self {
        self.declare(IDENTIFIER, Raw::from(json!({"mimeTypes": [MIME_TYPE]})))
    }
}

impl Client {
    /// Reads the page that shows a tool's results, if it has one.
    ///
    /// # Errors
    /// When the page cannot be read, is none, or does not say in a way that can be read what it may reach.
    pub async fn page_of(&self, tool: &Tool) -> Result<Option<Page>, ClientError> {
        let Some(uri) = Link::of(tool).resource_uri else {
            return Ok(None);
        };
        let unreadable = |why: &str| ClientError::unreadable(&format!("resources/read {uri}"), why);
        let contents = self.read(&uri).await?;
        if !contents.mime_type().is_some_and(is_page) {
            return Err(unreadable("it is no page: its media type is another one"));
        }
        let html = String::from_utf8(contents.bytes()?.into_owned())
            .map_err(|_| unreadable("the page is not written in UTF-8"))?;
        let own = match contents.parts().first() {
            Some(ResourceContents::Text(text)) => text.meta.as_ref(),
            Some(ResourceContents::Blob(blob)) => blob.meta.as_ref(),
            _ => None,
        };
        let refused = |error: fmcp_core::Error| unreadable(error.message());
        let view = match View::of(own).map_err(refused)? {
            Some(view) => view,
            None => self.listed(&uri).await?,
        };
        Ok(Some(Page { uri, html, view }))
    }

    /// How a page wants to be shown by what is said of it where it is listed. It need not be.
    async fn listed(&self, uri: &str) -> Result<View, ClientError> {
        let all = match self.list_resources().await {
            Ok(all) => all,
            Err(error) if error.kind() == Kind::MethodNotFound => return Ok(View::new()),
            Err(error) => return Err(error),
        };
        let listed = all.iter().find(|resource| resource.uri == uri);
        let view = View::of(listed.and_then(|resource| resource.meta.as_ref()));
        let view =
            view.map_err(|error| ClientError::unreadable("resources/list", error.message()))?;
        Ok(view.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_says_which_pages_it_shows() {
        let says = |settings: serde_json::Value| {
            let all = json!({"extensions": {IDENTIFIER: settings}});
            can_show(&serde_json::from_value(all).unwrap())
        };
        assert!(says(json!({"mimeTypes": ["text/plain", MIME_TYPE]})));
        assert!(says(
            json!({"mimeTypes": ["text/html; profile=\"mcp-app\""]})
        ));
        assert!(!says(json!({"mimeTypes": ["text/html"]})));
        assert!(!says(json!({})));
        assert!(!can_show(&ClientCapabilities::new()));
    }
}
