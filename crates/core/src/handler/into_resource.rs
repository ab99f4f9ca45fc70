//! What reading a resource may give back.

use std::borrow::Cow;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use serde_json::Value;

use super::{AsResource, HandlerError, IntoReply};
use crate::{
    Context, Definition, Reply,
    protocol::model::{
        BlobResourceContents, InputRequiredResult, ReadResourceResult, ResourceContents,
        TextResourceContents,
    },
};

/// The URI that was asked for, and the mime type that the component declares.
fn place(context: &Context) -> (String, Option<String>) {
    let uri = context
        .call()
        .name()
        .map(Cow::into_owned)
        .unwrap_or_default();
    let mime = context
        .component()
        .and_then(|component| match &component.definition {
            Definition::Resource(resource) => resource.mime_type.clone(),
            Definition::Template(template) => template.mime_type.clone(),
            _ => None,
        });
    (uri, mime)
}

fn text(context: &Context, text: impl Into<String>, default_mime: &str) -> Reply {
    let (uri, mime) = place(context);
    let contents = TextResourceContents::new(uri, text)
        .mime_type(mime.unwrap_or_else(|| default_mime.to_owned()));
    ReadResourceResult::new([contents.into()]).into()
}

fn blob(context: &Context, bytes: &[u8]) -> Reply {
    let (uri, mime) = place(context);
    let contents = BlobResourceContents::new(uri, BASE64_STANDARD.encode(bytes))
        .mime_type(mime.unwrap_or_else(|| "application/octet-stream".to_owned()));
    ReadResourceResult::new([contents.into()]).into()
}

macro_rules! into_resource {
    ($($ty:ty: |$value:ident, $context:ident| $reply:expr;)*) => { $(
        impl IntoReply<AsResource> for $ty {
            fn into_reply(self, $context: &Context) -> Result<Reply, HandlerError> {
                let $value = self;
                Ok($reply)
            }
        }
    )* };
}

into_resource! {
    String: |value, context| text(context, value, "text/plain");
    &'static str: |value, context| text(context, value, "text/plain");
    Cow<'static, str>: |value, context| text(context, value, "text/plain");
    Vec<u8>: |value, context| blob(context, &value);
    &'static [u8]: |value, context| blob(context, value);
    Bytes: |value, context| blob(context, &value);
    Value: |value, context| text(context, value.to_string(), "application/json");
    ResourceContents: |value, _context| ReadResourceResult::new([value]).into();
    Vec<ResourceContents>: |value, _context| ReadResourceResult::new(value).into();
    ReadResourceResult: |value, _context| value.into();
    InputRequiredResult: |value, _context| value.into();
}
