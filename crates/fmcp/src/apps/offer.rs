//! Pages, and tools that have one, on servers.

use fmcp_core::{Raw, protocol::model::Meta};

use super::{Audience, Link, MIME_TYPE, View, link::KEY};
use crate::{Resource, Tool};

impl Resource {
    /// A page that hosts show beside results: HTML, under an address that begins with `ui://`. One that is made anew each
    /// time is [`Resource::new`] with [`MIME_TYPE`] as its [`mime`](Resource::mime).
    pub fn page(uri: impl Into<String>, html: impl Into<String>) -> Self {
        let html = html.into();
        Self::new(uri, move || {
            let html = html.clone();
            async move { html }
        })
        .mime(MIME_TYPE)
    }

    /// Sets how the page wants to be shown, and what it wants to reach: where it is listed, so that a host sees it
    /// before it reads the page.
    #[must_use]
    pub fn view(self, view: &View) -> Self {
        self.meta(KEY, view.to_raw())
    }
}

impl Tool {
    /// Sets the page that shows the tool's results: the address of a resource of this server that begins with
    /// `ui://`. Clients that show no pages see the results alone, which should say all that there is to say.
    #[must_use]
    pub fn page(self, uri: impl Into<String>) -> Self {
        let uri = uri.into();
        self.linked(|link| link.resource_uri = Some(uri))
    }

    /// Sets who may use the tool: the model, pages of this server, or both, as without it.
    #[must_use]
    pub fn visible_to(self, audience: impl IntoIterator<Item = Audience>) -> Self {
        let audience = audience.into_iter().collect();
        self.linked(|link| link.visibility = Some(audience))
    }

    fn linked(self, change: impl FnOnce(&mut Link)) -> Self {
        let mut link = Link::in_meta(&Meta::from(self.said().clone()));
        change(&mut link);
        let link = Raw::from_serialize(&link).unwrap_or_else(|_| Raw::empty_object());
        self.meta(KEY, link)
    }
}
