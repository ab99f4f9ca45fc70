//! What is inside a resource.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::Meta;
use crate::{
    Raw,
    json::{model, parse_inner, peek, required, setters},
};

model! {
    /// A resource, or a part of one, that is text.
    pub struct TextResourceContents new(uri: String, text: String) {
        /// Its address.
        uri: String = "uri",
        /// Its media type, if known.
        mime_type: Option<String> = "mimeType",
        /// The text.
        text: String = "text",
        /// What the contents say about themselves.
        meta: Option<Meta> = "_meta",
    }

    /// A resource, or a part of one, that is bytes.
    pub struct BlobResourceContents new(uri: String, blob: String) {
        /// Its address.
        uri: String = "uri",
        /// Its media type, if known.
        mime_type: Option<String> = "mimeType",
        /// The bytes in base64.
        blob: String = "blob",
        /// What the contents say about themselves.
        meta: Option<Meta> = "_meta",
    }
}

setters!(TextResourceContents {
    mime_type: String,
    meta: Meta
});
setters!(BlobResourceContents {
    mime_type: String,
    meta: Meta
});

/// What is inside a resource: text or bytes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ResourceContents {
    /// Text.
    Text(TextResourceContents),
    /// Bytes.
    Blob(BlobResourceContents),
    /// Neither, carried through.
    Other(Raw),
}

required!(ResourceContents);

impl ResourceContents {
    /// Text at `uri`.
    #[must_use]
    pub fn text(uri: impl Into<String>, text: impl Into<String>) -> Self {
        TextResourceContents::new(uri, text).into()
    }

    /// Bytes at `uri`, already in base64.
    #[must_use]
    pub fn blob(uri: impl Into<String>, base64: impl Into<String>) -> Self {
        BlobResourceContents::new(uri, base64).into()
    }
}

impl From<TextResourceContents> for ResourceContents {
    fn from(contents: TextResourceContents) -> Self {
        Self::Text(contents)
    }
}

impl From<BlobResourceContents> for ResourceContents {
    fn from(contents: BlobResourceContents) -> Self {
        Self::Blob(contents)
    }
}

impl Serialize for ResourceContents {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(contents) => contents.serialize(serializer),
            Self::Blob(contents) => contents.serialize(serializer),
            Self::Other(raw) => raw.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for ResourceContents {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        match peek(raw.get(), ["text", "blob"])? {
            [Some(_), _] => parse_inner(raw.get()).map(Self::Text),
            [None, Some(_)] => parse_inner(raw.get()).map(Self::Blob),
            [None, None] => Ok(Self::Other(raw.into())),
        }
    }
}
