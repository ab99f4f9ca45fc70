//! What stands in a resource, and how it is read.

use std::borrow::Cow;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use fmcp_core::protocol::model::{Meta, ReadResourceResult, ResourceContents};
use serde::de::DeserializeOwned;

use super::error::ClientError;

/// What stands in a resource: one part, or several.
#[derive(Clone, Debug)]
pub struct Contents {
    uri: Box<str>,
    result: ReadResourceResult,
}

impl Contents {
    pub(super) fn new(uri: &str, result: ReadResourceResult) -> Self {
        Self {
            uri: uri.into(),
            result,
        }
    }

    /// The first part that is text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.parts().iter().find_map(|part| match part {
            ResourceContents::Text(text) => Some(text.text.as_str()),
            _ => None,
        })
    }

    /// The bytes of the first part, be it text or not.
    ///
    /// # Errors
    /// When there is no part, or it cannot be decoded.
    pub fn bytes(&self) -> Result<Cow<'_, [u8]>, ClientError> {
        match self.parts().first() {
            Some(ResourceContents::Text(text)) => Ok(Cow::Borrowed(text.text.as_bytes())),
            Some(ResourceContents::Blob(blob)) => BASE64_STANDARD
                .decode(&blob.blob)
                .map(Cow::Owned)
                .map_err(|e| self.unreadable(format!("the bytes are not base64: {e}"))),
            Some(_) => Err(self.unreadable("the contents are neither text nor bytes")),
            None => Err(self.unreadable("the resource has no contents")),
        }
    }

    /// The first part, read as JSON.
    ///
    /// # Errors
    /// When it is no JSON of a `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        serde_json::from_slice(&self.bytes()?).map_err(|e| {
            let wanted = std::any::type_name::<T>();
            self.unreadable(format!("the contents are no `{wanted}`: {e}"))
        })
    }

    /// The media type of the first part, where it says one.
    #[must_use]
    pub fn mime_type(&self) -> Option<&str> {
        match self.parts().first()? {
            ResourceContents::Text(text) => text.mime_type.as_deref(),
            ResourceContents::Blob(blob) => blob.mime_type.as_deref(),
            _ => None,
        }
    }

    /// All parts.
    #[must_use]
    pub fn parts(&self) -> &[ResourceContents] {
        &self.result.contents
    }

    /// What the result says about itself.
    #[must_use]
    pub fn meta(&self) -> Option<&Meta> {
        self.result.meta.as_ref()
    }

    /// The result as the protocol has it.
    #[must_use]
    pub fn raw(&self) -> &ReadResourceResult {
        &self.result
    }

    fn unreadable(&self, why: impl Into<String>) -> ClientError {
        ClientError::unreadable(&format!("resources/read {}", self.uri), why)
    }
}
