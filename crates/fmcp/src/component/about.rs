//! What tools, resources and prompts have in common.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use fmcp_core::{
    Component, Definition, Endpoint, Extra, Layer, Middleware, Stack,
    protocol::model::{CacheScope, Meta},
};

use super::Filing;

/// How a server treats its handlers, for their endpoints to see.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Policy {
    /// Whether arguments must have exactly the type that the schema says.
    pub(crate) strict_input: bool,
    /// Whether results say what their handlers have measured.
    pub(crate) show_timings: bool,
}

/// What every component may say about itself.
#[derive(Clone, Default)]
pub(crate) struct About {
    pub(crate) tags: BTreeSet<Box<str>>,
    pub(crate) version: Option<Box<str>>,
    pub(crate) disabled: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) meta: Extra,
    pub(crate) ttl: Option<Duration>,
    pub(crate) cache_scope: Option<CacheScope>,
    pub(crate) layers: Vec<Layer>,
    pub(crate) flag: Option<Box<str>>,
}

/// The feature flag that a component is behind.
pub(crate) struct Behind(pub(crate) Box<str>);

impl About {
    pub(crate) fn layer(&mut self, middleware: impl Middleware) {
        self.layers.push(Layer::new(middleware));
    }

    /// The component, with its own middleware around `endpoint`.
    pub(crate) fn build(self, mut definition: Definition, endpoint: impl Endpoint) -> Component {
        let meta = self.client_meta();
        if !meta.is_empty() {
            *definition.meta_mut() = Some(meta);
        }
        // Handlers are guarded; layers around them are not.
        let contained = self.layers.is_empty();
        let endpoint: Arc<dyn Endpoint> = if contained {
            Arc::new(endpoint)
        } else {
            Arc::new(Stack::with_layers(endpoint, self.layers))
        };
        let mut component = Component::new(definition, endpoint).tags(self.tags);
        if let Some(version) = self.version {
            component = component.version(version);
        }
        component.enabled = !self.disabled;
        component.contained = contained;
        component.ttl_ms = self
            .ttl
            .map(|ttl| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX));
        component.cache_scope = self.cache_scope;
        if let Some(flag) = self.flag {
            component.extensions.insert(Behind(flag));
        }
        component
    }

    /// The author's metadata, and under `fastmcp` the tags and the version, where clients of FastMCP
    /// look for them.
    fn client_meta(&self) -> Meta {
        let meta = self.meta.clone();
        if !self.tags.is_empty() || self.version.is_some() {
            let mut meta = Some(meta.into());
            let mut filing = Filing::of(meta.as_ref());
            let tags = self.tags.iter().map(ToString::to_string);
            filing.set("tags", tags.collect::<Vec<_>>());
            if let Some(version) = &self.version {
                filing.set("version", version.to_string());
            }
            filing.write(&mut meta);
            return meta.unwrap_or_default();
        }
        meta.into()
    }
}

/// Says in the metadata which versions of a component there are, where clients of FastMCP look for them.
pub(crate) fn say_versions(definition: &mut Definition, versions: &[&str]) {
    let mut filing = Filing::of(definition.meta_mut().as_ref());
    filing.set("versions", versions);
    filing.write(definition.meta_mut());
}

/// The builder methods that all components share. The component needs the fields `definition` (boxed or
/// not, with `title`, `description`, `icons`) and `about`.
macro_rules! about_methods {
    ($ty:ident) => {
        impl $ty {
            /// What people see instead of the name.
            #[must_use]
            pub fn title(mut self, title: impl Into<String>) -> Self {
                self.definition.title = Some(title.into());
                self
            }

            /// What it is for, in words that a model reads.
            #[must_use]
            pub fn description(mut self, description: impl Into<String>) -> Self {
                self.definition.description = Some(description.into());
                self
            }

            /// Files it under tags.
            #[must_use]
            pub fn tags<S: Into<Box<str>>>(mut self, tags: impl IntoIterator<Item = S>) -> Self {
                self.about.tags.extend(tags.into_iter().map(Into::into));
                self
            }

            /// Its version. Of several versions under one name, clients see the newest.
            #[must_use]
            pub fn version(mut self, version: impl Into<Box<str>>) -> Self {
                self.about.version = Some(version.into());
                self
            }

            /// Whether clients see it and may call it; they do unless told otherwise.
            #[must_use]
            pub fn enabled(mut self, enabled: bool) -> Self {
                self.about.disabled = !enabled;
                self
            }

            /// A picture for it.
            #[must_use]
            pub fn icon(mut self, icon: impl Into<fmcp_core::protocol::model::Icon>) -> Self {
                self.definition
                    .icons
                    .get_or_insert_default()
                    .push(icon.into());
                self
            }

            /// Metadata that clients see.
            #[must_use]
            pub fn meta(
                mut self,
                key: impl Into<std::borrow::Cow<'static, str>>,
                value: impl Into<fmcp_core::Raw>,
            ) -> Self {
                self.about.meta.insert(key, value);
                self
            }

            /// How long the handler may take. Without it, as long as the caller waits.
            #[must_use]
            pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
                self.about.timeout = Some(timeout);
                self
            }

            /// Lets only those callers see and use it for whom a feature [flag](crate::flags) is on.
            #[must_use]
            pub fn flag(mut self, flag: impl Into<Box<str>>) -> Self {
                self.about.flag = Some(flag.into());
                self
            }

            /// Middleware of this component alone, inside the server's.
            #[must_use]
            pub fn layer(mut self, middleware: impl fmcp_core::Middleware) -> Self {
                self.about.layer(middleware);
                self
            }
        }
    };
}
pub(crate) use about_methods;
