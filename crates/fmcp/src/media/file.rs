//! Files.

use std::{borrow::Cow, fmt::Write as _, io, path::Path};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use fmcp_core::{
    Context, HandlerError, IntoReply, Reply,
    handler::{AsPrompt, AsResource, AsTool},
    protocol::model::{
        Annotations, BlobResourceContents, Content, EmbeddedResource, ReadResourceResult,
        ResourceContents, TextResourceContents,
    },
};

use super::{
    mime,
    read::{MAX_BYTES, read},
};

/// A file, for a handler to give back.
///
/// A tool and a prompt embed it as a resource under `file:///` and its name, without the folders it lies
/// in; a resource gives it under the URI that was asked for. It is text where its type is and it is
/// valid UTF-8, else bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    bytes: Bytes,
    name: String,
    mime: String,
    annotations: Option<Annotations>,
}

impl File {
    /// Reads the file at `path`, up to 16 MiB. Its extension says the type, or else it is
    /// `application/octet-stream`.
    ///
    /// # Errors
    /// When `path` is no file, cannot be read, or has more in it. The error names the path.
    pub async fn read(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::read_up_to(path, MAX_BYTES).await
    }

    /// Reads the file at `path`, if it has at most `max` bytes.
    ///
    /// # Errors
    /// As [`File::read`].
    pub async fn read_up_to(path: impl AsRef<Path>, max: u64) -> io::Result<Self> {
        let path = path.as_ref();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok(Self::from_bytes(read(path, max).await?, name))
    }

    /// Takes bytes that are at hand, whatever their size. The extension of `name` says the type.
    pub fn from_bytes(bytes: impl Into<Bytes>, name: impl Into<String>) -> Self {
        let name = name.into();
        let extension = mime::extension(&name);
        let known = extension.as_deref().and_then(mime::file);
        Self {
            bytes: bytes.into(),
            name,
            mime: known.unwrap_or("application/octet-stream").to_owned(),
            annotations: None,
        }
    }

    /// Sets the media type.
    #[must_use]
    pub fn with_mime_type(mut self, mime: impl Into<String>) -> Self {
        self.mime = mime.into();
        self
    }

    /// Says whom it is for and how much it matters.
    #[must_use]
    pub fn annotations(mut self, annotations: Annotations) -> Self {
        self.annotations = Some(annotations);
        self
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its media type.
    #[must_use]
    pub fn mime_type(&self) -> &str {
        &self.mime
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    fn contents(&self, uri: String) -> ResourceContents {
        match std::str::from_utf8(&self.bytes) {
            Ok(text) if mime::is_text(&self.mime) => TextResourceContents::new(uri, text)
                .mime_type(&*self.mime)
                .into(),
            _ => BlobResourceContents::new(uri, BASE64_STANDARD.encode(&self.bytes))
                .mime_type(&*self.mime)
                .into(),
        }
    }
}

/// The URI of a file of this name. Everything but plain characters is written in percent codes, so that no
/// name reaches out of its place.
fn uri(name: &str) -> String {
    let mut uri = String::from("file:///");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

impl From<File> for Content {
    fn from(file: File) -> Self {
        let mut content = EmbeddedResource::new(file.contents(uri(&file.name)));
        content.annotations = file.annotations;
        content.into()
    }
}

impl IntoReply<AsTool> for File {
    fn into_reply(self, context: &Context) -> Result<Reply, HandlerError> {
        IntoReply::<AsTool>::into_reply(Content::from(self), context)
    }
}

impl IntoReply<AsPrompt> for File {
    fn into_reply(self, context: &Context) -> Result<Reply, HandlerError> {
        IntoReply::<AsPrompt>::into_reply(Content::from(self), context)
    }
}

impl IntoReply<AsResource> for File {
    fn into_reply(self, context: &Context) -> Result<Reply, HandlerError> {
        let uri = context.call().name().map(Cow::into_owned);
        Ok(ReadResourceResult::new([self.contents(uri.unwrap_or_default())]).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_one_segment_of_a_uri() {
        for (name, expect) in [
            ("a.txt", "file:///a.txt"),
            ("two words.md", "file:///two%20words.md"),
            ("../etc/passwd", "file:///..%2Fetc%2Fpasswd"),
            ("ä?#", "file:///%C3%A4%3F%23"),
        ] {
            assert_eq!(uri(name), expect);
        }
    }
}
