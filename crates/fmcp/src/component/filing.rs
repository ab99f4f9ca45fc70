//! What a component's metadata says of where it belongs, as FastMCP writes it: tags, domain, group.

use fmcp_core::{Raw, protocol::model::Meta};
use serde_json::{Map, Value};

/// Where it is written, and where older servers write it.
const KEYS: [&str; 2] = ["fastmcp", "_fastmcp"];

/// How many tags of one component count.
const TAGS: usize = 100;

/// What the metadata says.
pub(crate) struct Filing(Map<String, Value>);

impl Filing {
    pub(crate) fn of(meta: Option<&Meta>) -> Self {
        let said = KEYS.iter().find_map(|key| Some(meta?.get(key)?.to_value()));
        match said {
            Some(Value::Object(said)) => Self(said),
            _ => Self(Map::new()),
        }
    }

    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field)?.as_str()
    }

    pub(crate) fn tags(&self) -> impl Iterator<Item = &str> {
        let tags = self.0.get("tags").and_then(Value::as_array);
        tags.into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .take(TAGS)
    }

    /// Says this, whatever was said before.
    pub(crate) fn set(&mut self, field: &str, value: impl Into<Value>) {
        self.0.insert(field.to_owned(), value.into());
    }

    /// Writes it down.
    pub(crate) fn write(self, meta: &mut Option<Meta>) {
        let meta = meta.get_or_insert_default();
        meta.insert(KEYS[0], Raw::from(Value::Object(self.0)));
    }
}
