//! Pictures and sound.

use std::{io, path::Path};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use fmcp_core::{
    Context, HandlerError, IntoReply, Reply,
    handler::{AsPrompt, AsTool},
    protocol::model::{Annotations, AudioContent, Content, ImageContent},
};

use super::{
    mime,
    read::{MAX_BYTES, read},
};

macro_rules! blocks {
    ($(
        $(#[$doc:meta])*
        $name:ident: $content:ident, $table:ident, $family:literal, default $default:literal;
    )*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            bytes: Bytes,
            mime: String,
            annotations: Option<Annotations>,
        }

        impl $name {
            #[doc = concat!("Reads the file at `path`, up to 16 MiB. Its extension says the type, ")]
            #[doc = concat!("or else it is `", $default, "`.")]
            ///
            /// # Errors
            /// When `path` is no file, cannot be read, or has more in it. The error names the path.
            pub async fn read(path: impl AsRef<Path>) -> io::Result<Self> {
                Self::read_up_to(path, MAX_BYTES).await
            }

            /// Reads the file at `path`, if it has at most `max` bytes.
            ///
            /// # Errors
            #[doc = concat!("As [`", stringify!($name), "::read`].")]
            pub async fn read_up_to(path: impl AsRef<Path>, max: u64) -> io::Result<Self> {
                let path = path.as_ref();
                let extension = mime::extension(&path.to_string_lossy());
                let known = extension.as_deref().and_then(mime::$table);
                Ok(Self {
                    bytes: read(path, max).await?,
                    mime: known.unwrap_or($default).to_owned(),
                    annotations: None,
                })
            }

            /// Takes bytes that are at hand, whatever their size. `format` is a media type or an
            #[doc = concat!("extension; `None` is `", $default, "`.")]
            pub fn from_bytes<'a>(
                bytes: impl Into<Bytes>,
                format: impl Into<Option<&'a str>>,
            ) -> Self {
                Self {
                    bytes: bytes.into(),
                    mime: format.into().map_or_else(|| $default.to_owned(), |format| {
                        if format.contains('/') {
                            return format.to_owned();
                        }
                        let extension = format.trim_start_matches('.').to_ascii_lowercase();
                        match mime::$table(&extension) {
                            Some(known) => known.to_owned(),
                            None => format!(concat!($family, "/{}"), extension),
                        }
                    }),
                    annotations: None,
                }
            }

            /// Says whom it is for and how much it matters.
            #[must_use]
            pub fn annotations(mut self, annotations: Annotations) -> Self {
                self.annotations = Some(annotations);
                self
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
        }

        impl From<$name> for Content {
            fn from(block: $name) -> Self {
                let mut content = $content::new(BASE64_STANDARD.encode(&block.bytes), block.mime);
                content.annotations = block.annotations;
                content.into()
            }
        }

        impl IntoReply<AsTool> for $name {
            fn into_reply(self, context: &Context) -> Result<Reply, HandlerError> {
                IntoReply::<AsTool>::into_reply(Content::from(self), context)
            }
        }

        impl IntoReply<AsPrompt> for $name {
            fn into_reply(self, context: &Context) -> Result<Reply, HandlerError> {
                IntoReply::<AsPrompt>::into_reply(Content::from(self), context)
            }
        }
    )* };
}

blocks! {
    /// A picture, for a tool or a prompt to give back.
    Image: ImageContent, image, "image", default "image/png";
    /// Sound, for a tool or a prompt to give back.
    Audio: AudioContent, audio, "audio", default "audio/wav";
}
