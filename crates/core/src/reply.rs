//! What an endpoint answers.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::{
    Error, Raw, Result,
    protocol::{
        Revision,
        model::{
            CallToolResult, CompleteResult, DiscoverResult, EmptyResult, GetPromptResult,
            InputRequiredResult, ListPromptsResult, ListResourceTemplatesResult,
            ListResourcesResult, ListToolsResult, ListenResult, ReadResourceResult, Task,
        },
        revision::questions,
    },
};

/// The answer to a [`Call`](crate::Call): typed where this process made it, raw where it is forwarded.
///
/// The results are boxed, because a reply is handed on many times and looked into few.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Reply {
    /// What the server is and can do.
    Discover(Box<DiscoverResult>),
    /// Tools.
    ListTools(Box<ListToolsResult>),
    /// What a tool gave.
    CallTool(Box<CallToolResult>),
    /// Resources.
    ListResources(Box<ListResourcesResult>),
    /// Templates of resources.
    ListTemplates(Box<ListResourceTemplatesResult>),
    /// What stands in a resource.
    ReadResource(Box<ReadResourceResult>),
    /// Prompts.
    ListPrompts(Box<ListPromptsResult>),
    /// A prompt filled in.
    GetPrompt(Box<GetPromptResult>),
    /// Values that would complete an argument.
    Complete(Box<CompleteResult>),
    /// The end of a stream of notifications.
    Listen(Box<ListenResult>),
    /// Questions to the user, without whose answers the call cannot be answered.
    InputRequired(Box<InputRequiredResult>),
    /// A task: what a call is answered with that is done later, or how far one is.
    Task(Box<Task>),
    /// Done.
    Empty(Box<EmptyResult>),
    /// A reply that many callers get, written once per revision.
    Shared(Arc<Shared>),
    /// The text of a result that somebody else wrote, in the revision in which they wrote it.
    Raw(Revision, Raw),
}

impl Reply {
    /// A reply that many callers get.
    #[must_use]
    pub fn shared(self) -> Self {
        match self {
            Self::Shared(_) => self,
            reply => Self::Shared(Arc::new(Shared {
                reply,
                written: Default::default(),
            })),
        }
    }

    /// The reply for one caller alone, for whoever wants to change it.
    #[must_use]
    pub fn unshared(self) -> Self {
        match self {
            Self::Shared(shared) => {
                Arc::try_unwrap(shared).map_or_else(|shared| shared.reply.clone(), |own| own.reply)
            }
            reply => reply,
        }
    }
}

/// A reply that is written once per revision and then served as bytes.
#[derive(Debug)]
pub struct Shared {
    reply: Reply,
    written: [OnceLock<Bytes>; Revision::ALL.len()],
}

impl Shared {
    /// The reply.
    #[must_use]
    pub fn reply(&self) -> &Reply {
        &self.reply
    }

    /// The text in `revision`, by `write` the first time.
    pub(crate) fn written(
        &self,
        revision: Revision,
        write: impl FnOnce(Reply) -> Result<Bytes>,
    ) -> Result<&Bytes> {
        let cell = &self.written[revision as usize];
        if cell.get().is_none() {
            // Two callers that come at once may both write; the first to finish is kept.
            let _ = cell.set(write(self.reply.clone())?);
        }
        cell.get()
            .ok_or_else(|| Error::internal("a shared reply was not written"))
    }
}

macro_rules! typed {
    ($($(#[$doc:meta])* $name:ident: $variant:ident($ty:ty)),* $(,)?) => {
        impl Reply {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// When the reply is of another kind, or its text cannot be read.
                pub fn $name(self) -> Result<$ty> {
                    match self.unshared() {
                        Self::$variant(result) => Ok(*result),
                        Self::InputRequired(questions) => Err(Error::ask(*questions)),
                        Self::Raw(_, raw) => {
                            if let Some(questions) = questions(&raw)? {
                                return Err(Error::ask(questions));
                            }
                            raw.parse().map_err(|e| {
                                Error::internal(concat!("the reply is not a ", stringify!($ty))).caused_by(e)
                            })
                        }
                        other => Err(other.unexpected(stringify!($ty))),
                    }
                }
            )*
        }

        $(
            impl From<$ty> for Reply {
                fn from(result: $ty) -> Self {
                    Self::$variant(Box::new(result))
                }
            }
        )*
    };
}

typed! {
    /// The reply as the result of a tool.
    into_tool: CallTool(CallToolResult),
    /// The reply as what stands in a resource.
    into_resource: ReadResource(ReadResourceResult),
    /// The reply as a prompt filled in.
    into_prompt: GetPrompt(GetPromptResult),
    /// The reply as completions.
    into_completion: Complete(CompleteResult),
    /// The reply as a list of tools.
    into_tools: ListTools(ListToolsResult),
    /// The reply as a list of resources.
    into_resources: ListResources(ListResourcesResult),
    /// The reply as a list of templates.
    into_templates: ListTemplates(ListResourceTemplatesResult),
    /// The reply as a list of prompts.
    into_prompts: ListPrompts(ListPromptsResult),
}

impl Reply {
    /// The reply as a self-description.
    ///
    /// # Errors
    /// When the reply is of another kind, or its text cannot be read.
    pub fn into_discover(self) -> Result<DiscoverResult> {
        match self.unshared() {
            Self::Discover(result) => Ok(*result),
            Self::Raw(_, raw) => raw
                .parse()
                .map_err(|e| Error::internal("the reply is not a DiscoverResult").caused_by(e)),
            other => Err(other.unexpected("DiscoverResult")),
        }
    }

    fn unexpected(&self, wanted: &str) -> Error {
        let got = match self {
            Self::Discover(_) => "a self-description",
            Self::ListTools(_) => "a list of tools",
            Self::CallTool(_) => "the result of a tool",
            Self::ListResources(_) => "a list of resources",
            Self::ListTemplates(_) => "a list of templates",
            Self::ReadResource(_) => "the contents of a resource",
            Self::ListPrompts(_) => "a list of prompts",
            Self::GetPrompt(_) => "a prompt",
            Self::Complete(_) => "completions",
            Self::Listen(_) => "the end of a stream",
            Self::InputRequired(_) => "a question to the user",
            Self::Task(_) => "a task",
            Self::Empty(_) => "an empty result",
            Self::Shared(_) => "a shared reply",
            Self::Raw(..) => "raw text",
        };
        Error::internal(format!("expected {wanted}, got {got}"))
    }
}

macro_rules! made_of {
    ($($ty:ty: $variant:ident),* $(,)?) => { $(
        impl From<$ty> for Reply {
            fn from(result: $ty) -> Self {
                Self::$variant(Box::new(result))
            }
        }
    )* };
}

made_of! {
    DiscoverResult: Discover,
    EmptyResult: Empty,
    InputRequiredResult: InputRequired,
    ListenResult: Listen,
    Task: Task,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_cheap_to_hand_on() {
        assert!(size_of::<Result<Reply>>() <= 4 * size_of::<usize>());
    }
}
