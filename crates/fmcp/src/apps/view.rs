//! How a page wants to be shown, and what it wants to reach.

use std::collections::BTreeMap;

use fmcp_core::{Error, Raw, Result, protocol::model::Meta};
use serde::{Deserialize, Serialize};

use super::link::KEY;

/// How a page wants to be shown, and what it wants to reach. A host gives it no more than that, and may give it less.
///
/// ```
/// use fmcp::apps::{Csp, View};
///
/// let view = View::new()
///     .csp(Csp::new().connect(["https://api.example.com"]).resources(["https://cdn.example.com"]))
///     .permission("geolocation")
///     .prefers_border(false);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct View {
    /// What it wants to reach; without, nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csp: Option<Csp>,
    /// What it wants of the browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Permissions>,
    /// The origin that it wants for its own. Which form it has, the host says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Whether it wants a border, or none; without, as the host likes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefers_border: Option<bool>,
    /// What a later version has made up.
    #[serde(flatten)]
    pub more: BTreeMap<String, serde_json::Value>,
}

/// What a page wants of the browser, by its name (`camera`, `microphone`, `geolocation`, `clipboardWrite`), with what
/// is said about it: nothing yet.
pub type Permissions = BTreeMap<String, serde_json::Value>;

/// The origins that a page wants to reach: none that is not named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Csp {
    /// For requests (`connect-src`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub connect_domains: Vec<String>,
    /// For pictures, scripts, styles, fonts, sound and film.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource_domains: Vec<String>,
    /// For pages inside it (`frame-src`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frame_domains: Vec<String>,
    /// For the base of its addresses (`base-uri`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub base_uri_domains: Vec<String>,
}

impl Csp {
    /// Nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds origins for requests.
    #[must_use]
    pub fn connect<S: Into<String>>(mut self, origins: impl IntoIterator<Item = S>) -> Self {
        self.connect_domains
            .extend(origins.into_iter().map(Into::into));
        self
    }

    /// Adds origins for pictures, scripts, styles, fonts, sound and film.
    #[must_use]
    pub fn resources<S: Into<String>>(mut self, origins: impl IntoIterator<Item = S>) -> Self {
        self.resource_domains
            .extend(origins.into_iter().map(Into::into));
        self
    }

    /// Adds origins for pages inside it.
    #[must_use]
    pub fn frames<S: Into<String>>(mut self, origins: impl IntoIterator<Item = S>) -> Self {
        self.frame_domains
            .extend(origins.into_iter().map(Into::into));
        self
    }

    /// Adds origins for the base of its addresses.
    #[must_use]
    pub fn base_uris<S: Into<String>>(mut self, origins: impl IntoIterator<Item = S>) -> Self {
        self.base_uri_domains
            .extend(origins.into_iter().map(Into::into));
        self
    }
}

impl View {
    /// As the host likes, and without reaching anything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what the page wants to reach.
    #[must_use]
    pub fn csp(mut self, csp: Csp) -> Self {
        self.csp = Some(csp);
        self
    }

    /// Adds something that the page wants of the browser: `camera`, `microphone`, `geolocation`, `clipboardWrite`.
    #[must_use]
    pub fn permission(mut self, name: impl Into<String>) -> Self {
        let nothing = serde_json::Value::Object(serde_json::Map::new());
        let all = self.permissions.get_or_insert_default();
        all.insert(name.into(), nothing);
        self
    }

    /// Sets the origin that the page wants for its own.
    #[must_use]
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// Sets whether the page wants a border.
    #[must_use]
    pub fn prefers_border(mut self, prefers: bool) -> Self {
        self.prefers_border = Some(prefers);
        self
    }

    /// What metadata say, if they say something.
    ///
    /// # Errors
    /// When it cannot be read: then nobody knows what the page may reach, and it should not be shown.
    pub fn of(meta: Option<&Meta>) -> Result<Option<Self>> {
        let Some(view) = meta.and_then(|meta| meta.get(KEY)) else {
            return Ok(None);
        };
        let view = view.parse().map_err(|e| {
            Error::internal("what a page says of how it is to be shown cannot be read").caused_by(e)
        });
        view.map(Some)
    }

    /// As metadata say it: for contents that say themselves how they are to be shown.
    ///
    /// ```
    /// use fmcp::{Resource, ResourceContents, apps::{MIME_TYPE, View}, model::TextResourceContents};
    ///
    /// let page = Resource::new("ui://s/now", || async {
    ///     let view = View::new().domain("example");
    ///     let page = TextResourceContents::new("ui://s/now", "<!DOCTYPE html>…");
    ///     ResourceContents::from(page.mime_type(MIME_TYPE).meta(view.to_meta()))
    /// })
    /// .mime(MIME_TYPE);
    /// ```
    #[must_use]
    pub fn to_meta(&self) -> Meta {
        Meta::new().with(KEY, self.to_raw())
    }

    pub(super) fn to_raw(&self) -> Raw {
        // Texts, flags and what has been JSON before: there is nothing that cannot be written.
        Raw::from_serialize(self).unwrap_or_else(|_| Raw::empty_object())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_said_is_read_as_it_was_and_what_is_new_stays() {
        let view = View::new()
            .csp(
                Csp::new()
                    .connect(["https://a"])
                    .resources(["https://b"])
                    .frames(["https://c"]),
            )
            .permission("camera")
            .domain("d")
            .prefers_border(true);
        let text = json!({"csp": {"connectDomains": ["https://a"], "resourceDomains": ["https://b"],
            "frameDomains": ["https://c"]}, "permissions": {"camera": {}}, "domain": "d", "prefersBorder": true});
        assert_eq!(view.to_raw().to_value(), text);
        assert_eq!(View::of(Some(&view.to_meta())).unwrap(), Some(view));
        let later = json!({"ui": {"later": [1]}});
        let later: Meta = serde_json::from_value(later).unwrap();
        let view = View::of(Some(&later)).unwrap().unwrap();
        assert_eq!(view.to_raw().to_value(), json!({"later": [1]}));
    }

    #[test]
    fn what_cannot_be_read_is_not_taken_for_nothing() {
        assert_eq!(View::of(None).unwrap(), None);
        for bad in [json!({"ui": 7}), json!({"ui": {"csp": "all"}})] {
            let meta: Meta = serde_json::from_value(bad).unwrap();
            assert!(View::of(Some(&meta)).is_err());
        }
    }
}
