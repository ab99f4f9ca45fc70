//! What filling in a prompt may give back.

use std::borrow::Cow;

use super::{AsPrompt, HandlerError, IntoReply};
use crate::{
    Context, Reply,
    protocol::model::{Content, GetPromptResult, InputRequiredResult, PromptMessage, Role},
};

macro_rules! into_prompt {
    ($($ty:ty: |$value:ident| $result:expr;)*) => { $(
        impl IntoReply<AsPrompt> for $ty {
            fn into_reply(self, _: &Context) -> Result<Reply, HandlerError> {
                let $value = self;
                Ok(Reply::from($result))
            }
        }
    )* };
}

into_prompt! {
    String: |text| one(Content::text(text));
    &'static str: |text| one(Content::text(text));
    Cow<'static, str>: |text| one(Content::text(text));
    Content: |content| one(content);
    PromptMessage: |message| GetPromptResult::new([message]);
    Vec<PromptMessage>: |messages| GetPromptResult::new(messages);
    Vec<String>: |texts| GetPromptResult::new(texts.into_iter().map(user).collect::<Vec<_>>());
    GetPromptResult: |result| result;
    InputRequiredResult: |questions| questions;
}

fn one(content: Content) -> GetPromptResult {
    GetPromptResult::new([PromptMessage::new(Role::User, content)])
}

fn user(text: String) -> PromptMessage {
    PromptMessage::new(Role::User, Content::text(text))
}
