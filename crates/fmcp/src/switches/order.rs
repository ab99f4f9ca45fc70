//! What is asked of the switches, read and held against limits.

use std::borrow::Cow;

use fmcp_core::{ComponentKind, Error, Key, Kind, Result};

/// The longest name, in bytes: URIs may be long.
const MAX_NAME: usize = 4096;

/// The longest version, in bytes.
const MAX_VERSION: usize = 256;

/// What is asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// The components from this place on.
    List { from: usize },
    /// To switch a component; without a version, all versions.
    Switch { key: Key, on: bool },
}

impl Order {
    /// The next page, or the first.
    pub(super) fn list(cursor: Option<&str>) -> Result<Self> {
        let from = cursor.map_or(Ok(0), str::parse);
        let from = from.map_err(|_| Error::invalid_params("the cursor is none of ours"))?;
        Ok(Self::List { from })
    }

    /// To switch what goes by these words.
    pub(super) fn switch(kind: &str, name: &str, version: Option<&str>, on: bool) -> Result<Self> {
        let is_meant =
            |known: &ComponentKind| kind.strip_suffix('s').unwrap_or(kind) == known.as_str();
        let Some(kind) = ComponentKind::ALL.into_iter().find(is_meant) else {
            let words = "components are tools, resources, templates and prompts";
            return Err(Error::new(Kind::NotFound, words));
        };
        let refused = |what: &str, most: usize| -> Result<Self> {
            let words = Cow::Owned(format!("the {what} is longer than {most} bytes"));
            Err(Error::invalid_params(words))
        };
        if name.len() > MAX_NAME {
            return refused("name", MAX_NAME);
        }
        let mut key = Key::new(kind, name);
        if let Some(version) = version {
            if version.len() > MAX_VERSION {
                return refused("version", MAX_VERSION);
            }
            key = key.version(version);
        }
        Ok(Self::Switch { key, on })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_orders_or_refusals() {
        let key = || Key::new(ComponentKind::Tool, "add");
        let on = |key| Ok(Order::Switch { key, on: true });
        let long = "x".repeat(MAX_NAME + 1);
        for (kind, name, version, expect) in [
            ("tool", "add", None, on(key())),
            ("tools", "add", Some("2"), on(key().version("2"))),
            ("toolss", "add", None, Err(Kind::NotFound)),
            ("", "add", None, Err(Kind::NotFound)),
            ("tool", long.as_str(), None, Err(Kind::InvalidParams)),
            ("tool", "add", Some(&long[..257]), Err(Kind::InvalidParams)),
        ] {
            let order = Order::switch(kind, name, version, true).map_err(|error| error.kind());
            assert_eq!(order, expect, "{kind} {version:?}");
        }
        for (cursor, expect) in [
            (None, Some(0)),
            (Some("200"), Some(200)),
            (Some("-1"), None),
        ] {
            let order = Order::list(cursor).ok();
            assert_eq!(order, expect.map(|from| Order::List { from }), "{cursor:?}");
        }
    }
}
