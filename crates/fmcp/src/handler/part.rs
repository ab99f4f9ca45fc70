//! What a streamed result consists of.

use std::borrow::Cow;

use fmcp_core::{
    HandlerError,
    handler::Fail,
    protocol::model::{AudioContent, Content, ImageContent, TextContent},
};
use serde::Serialize;

use crate::{Audio, File, Image, Json};

/// Something that can be a part of a streamed result: content, or the failure that ends it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a part of a streamed result",
    label = "not made into content",
    note = "the items of a tool's stream are text, `Content`, `Json<T>`, `Image`, `Audio` or `File`, or a `Result` of one"
)]
pub trait Part: Send {
    /// Makes the content.
    ///
    /// # Errors
    /// When the value cannot be written, or is an error itself.
    fn into_part(self) -> Result<Content, HandlerError>;
}

macro_rules! parts {
    ($($ty:ty),* $(,)?) => { $(
        impl Part for $ty {
            fn into_part(self) -> Result<Content, HandlerError> {
                Ok(self.into())
            }
        }
    )* };
}
parts!(
    Content,
    TextContent,
    ImageContent,
    AudioContent,
    String,
    &'static str,
    Image,
    Audio,
    File,
);

impl Part for Cow<'static, str> {
    fn into_part(self) -> Result<Content, HandlerError> {
        Ok(Content::text(self))
    }
}

/// A text of JSON.
impl<T: Serialize + Send> Part for Json<T> {
    fn into_part(self) -> Result<Content, HandlerError> {
        Ok(Content::text(serde_json::to_string(&self.0)?))
    }
}

impl<T: Part, E: Fail> Part for Result<T, E> {
    fn into_part(self) -> Result<Content, HandlerError> {
        self.map_err(Fail::fail)?.into_part()
    }
}
