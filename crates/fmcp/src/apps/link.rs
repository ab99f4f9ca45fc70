//! What a tool says of its page.

use fmcp_core::{
    Raw,
    protocol::model::{Meta, Tool},
};
use serde::{Deserialize, Serialize};

/// The identifier of the extension.
pub const IDENTIFIER: &str = "io.modelcontextprotocol/ui";

/// The media type of pages.
pub const MIME_TYPE: &str = "text/html;profile=mcp-app";

/// Where metadata says it.
pub(super) const KEY: &str = "ui";
/// Where older servers say it, without any nesting.
const FLAT: &str = "ui/resourceUri";

/// Who may use a tool.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Audience {
    /// The model.
    Model,
    /// The pages of the same server.
    App,
    /// Somebody whom a later version has made up.
    Other(Box<str>),
}

impl From<&str> for Audience {
    fn from(text: &str) -> Self {
        match text {
            "model" => Self::Model,
            "app" => Self::App,
            other => Self::Other(other.into()),
        }
    }
}

impl Audience {
    fn as_str(&self) -> &str {
        match self {
            Self::Model => "model",
            Self::App => "app",
            Self::Other(other) => other,
        }
    }
}

impl Serialize for Audience {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Audience {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Ok(Self::from(&*text))
    }
}

/// What a tool says of its page, and of who may use it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Link {
    /// Where the page is that shows the tool's results.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_uri: Option<String>,
    /// Who may use the tool; `None` is everybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Vec<Audience>>,
}

impl Link {
    /// What `tool` says. One that says nothing that can be read has no page, and is for everybody.
    ///
    /// ```
    /// use fmcp::{apps::Link, model};
    /// use serde_json::json;
    ///
    /// let tool: model::Tool = serde_json::from_value(json!({"name": "t", "inputSchema": {"type": "object"},
    ///     "_meta": {"ui": {"resourceUri": "ui://s/page", "visibility": ["app"]}}})).unwrap();
    /// let link = Link::of(&tool);
    /// assert_eq!(link.resource_uri.as_deref(), Some("ui://s/page"));
    /// assert!(link.is_for_apps() && !link.is_for_models());
    /// ```
    #[must_use]
    pub fn of(tool: &Tool) -> Self {
        tool.meta.as_ref().map(Self::in_meta).unwrap_or_default()
    }

    pub(super) fn in_meta(meta: &Meta) -> Self {
        let nested = meta.get(KEY).and_then(|link| link.parse::<Self>().ok());
        let mut link = nested.unwrap_or_default();
        if link.resource_uri.is_none() {
            link.resource_uri = meta.get(FLAT).and_then(|uri| uri.parse().ok());
        }
        // Nothing else is a page, whatever it is called.
        link.resource_uri = link.resource_uri.filter(|uri| is_page(uri));
        link
    }

    /// Whether models may see the tool, and call it. Hosts must not show them others.
    #[must_use]
    pub fn is_for_models(&self) -> bool {
        self.is_for(&Audience::Model)
    }

    /// Whether pages may call the tool: those of the same server. Hosts must refuse others.
    #[must_use]
    pub fn is_for_apps(&self) -> bool {
        self.is_for(&Audience::App)
    }

    fn is_for(&self, audience: &Audience) -> bool {
        let named = self.visibility.as_ref();
        named.is_none_or(|named| named.contains(audience))
    }
}

/// Whether an address is one of a page.
pub(super) fn is_page(uri: &str) -> bool {
    uri.get(..5)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("ui://"))
}

/// The address of a page in the metadata of a tool is what `change` makes of it.
pub(crate) fn rename(meta: &mut Meta, change: impl Fn(&str) -> String) {
    let renamed = |uri: &str| Raw::from(serde_json::Value::from(change(uri)));
    if let Some(uri) = meta.get(FLAT).and_then(|uri| uri.parse::<String>().ok()) {
        meta.insert(FLAT, renamed(&uri));
    }
    let Some(Ok(mut link)) = meta.get(KEY).map(Raw::parse::<fmcp_core::Extra>) else {
        return;
    };
    if let Some(uri) = link
        .get("resourceUri")
        .and_then(|uri| uri.parse::<String>().ok())
    {
        link.insert("resourceUri", renamed(&uri));
        if let Ok(link) = Raw::from_serialize(&link) {
            meta.insert(KEY, link);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(meta: &Value, page: Option<&str>, models: bool, apps: bool) {
        let words = meta.to_string();
        let tool: Tool = serde_json::from_value(
            json!({"name": "t", "inputSchema": {"type": "object"}, "_meta": meta}),
        )
        .unwrap();
        let link = Link::of(&tool);
        let seen = (
            link.resource_uri.as_deref(),
            link.is_for_models(),
            link.is_for_apps(),
        );
        assert_eq!(seen, (page, models, apps), "{words}");
    }

    #[test]
    fn a_tool_says_where_its_page_is_and_whom_it_is_for() {
        let uri = "ui://s/page";
        check(&json!({}), None, true, true);
        check(&json!({"ui": {"resourceUri": uri}}), Some(uri), true, true);
        check(&json!({"ui/resourceUri": uri}), Some(uri), true, true);
        check(&json!({"ui": {"visibility": ["app"]}}), None, false, true);
        check(
            &json!({"ui": {"visibility": ["model", "robot"]}}),
            None,
            true,
            false,
        );
        check(&json!({"ui": {"visibility": []}}), None, false, false);
    }

    #[test]
    fn what_is_no_page_is_none() {
        for uri in [
            "https://evil.example",
            "javascript:alert(1)",
            "ui:x",
            "",
            "üi://x",
        ] {
            check(&json!({"ui": {"resourceUri": uri}}), None, true, true);
        }
        check(&json!({"ui": 7, "ui/resourceUri": 7}), None, true, true);
    }

    #[test]
    fn what_else_stands_beside_an_address_stays() {
        let meta = json!({"ui": {"resourceUri": "ui://a", "later": 1}, "x": 2});
        let mut meta: Meta = serde_json::from_value(meta).unwrap();
        rename(&mut meta, |uri| uri.replace("ui://", "ui://ns/"));
        let expect = json!({"ui": {"resourceUri": "ui://ns/a", "later": 1}, "x": 2});
        assert_eq!(serde_json::to_value(&meta).unwrap(), expect);
    }
}
