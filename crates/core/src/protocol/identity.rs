//! Who a server is, in the form in which every result says it.

use bytes::Bytes;

use super::model::{Implementation, Meta};
use crate::Raw;

/// A server's name, version and looks, written once.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Who it is.
    pub implementation: Implementation,
    raw: Raw,
    lead: Bytes,
    tail: Bytes,
}

impl Identity {
    /// Writes it once, for all results to come.
    #[must_use]
    pub fn new(implementation: Implementation) -> Self {
        let raw = Raw::from_serialize(&implementation)
            .unwrap_or_else(|_| Raw::from(serde_json::json!({})));
        let member = format!(r#""_meta":{{"{}":{}}}"#, Meta::SERVER_INFO, raw.as_str());
        Self {
            implementation,
            raw,
            lead: format!("{member},").into(),
            tail: format!("{member}}}").into(),
        }
    }

    /// As it stands in a result's `_meta`.
    #[must_use]
    pub fn raw(&self) -> &Raw {
        &self.raw
    }

    /// The `_meta` member of a result that has no other metadata, and the comma before the next one.
    pub(crate) fn lead(&self) -> &[u8] {
        &self.lead
    }

    /// The `_meta` member and the closing brace of a result that has no other metadata.
    pub(crate) fn tail(&self) -> &Bytes {
        &self.tail
    }
}
