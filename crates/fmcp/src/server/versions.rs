//! Several versions of one component: which one a call wants, and what it is told where there is none such.

use fmcp_core::{Call, Component, ComponentKind, Error, Key, Result};
use serde_json::json;

use super::{
    mount::Chosen,
    registry::{Found, matched},
    snapshot::Snapshot,
};

/// How many versions an error names.
const NAMED: usize = 20;

/// How much of a version that nobody has is repeated.
const REPEATED: usize = 100;

impl Snapshot {
    /// The component that a call asks for, in the version that it wants.
    pub(super) async fn find_wanted(&self, key: &Key, call: &Call) -> Result<Option<Found>> {
        if let Some(Chosen(chosen)) = call.extensions().get()
            && (chosen.kind(), key.kind()) == (ComponentKind::Template, ComponentKind::Resource)
            && let Some(found) = (self.shown().get(chosen)).and_then(|c| matched(c, key.name()))
        {
            return Ok(Some(found));
        }
        let Some(version) = wanted_version(call, key.name()) else {
            return self.find(key, call).await;
        };
        let of_version = key.clone().version(&*version);
        if let Some(found) = self.find(&of_version, call).await? {
            return Ok(Some(found));
        }
        match self.find(key, call).await? {
            Some(found) if found.component.key.version_str().is_some() => {
                Err(self.no_version(&found.component, &version, call))
            }
            // What has no versions here answers whichever is asked for: who stands behind it may have some.
            found => Ok(found),
        }
    }

    /// The answer to a call that wants a version which a component does not have.
    pub(super) fn no_version(&self, component: &Component, version: &str, call: &Call) -> Error {
        let any = Key::new(component.kind(), component.name());
        let known = self.shown().versions(&any);
        let seen = known.filter(|version| self.sees(version, call));
        let mut keys: Vec<&Key> = seen.map(|version| &version.key).collect();
        if keys.is_empty() {
            keys.push(&component.key);
        }
        keys.sort_unstable_by(|a, b| b.cmp(a));
        let versions = keys.into_iter().filter_map(Key::version_str);
        let versions: Vec<&str> = versions.take(NAMED).collect();
        let version: String = version.chars().take(REPEATED).collect();
        let words = format!(
            "Unknown version of {any}: {version:?}; there are {}",
            versions.join(", ")
        );
        Error::not_found(words).data(json!({"versions": versions}))
    }
}

/// Which version of the component of this name the caller wants, where it says so.
pub(super) fn wanted_version(call: &Call, name: &str) -> Option<Box<str>> {
    if let Some(Chosen(key)) = call.extensions().get()
        && key.name() == name
    {
        return key.version_str().map(Into::into);
    }
    let said = call.meta().get("fastmcp")?.to_value();
    said.get("version")?.as_str().map(Into::into)
}
