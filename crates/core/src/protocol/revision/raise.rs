//! What a peer of some revision answered, in the model.
//!
//! An older revision's reply is a reply of the model in which fields are missing, so reading it is all
//! there is to do; only the handshake has another form.

use serde::de::DeserializeOwned;

use super::{Era, Revision, plain, tasks};
use crate::{
    Error, Origin, Raw, Reply, Result,
    json::peek,
    protocol::{
        Method,
        model::{
            CallToolResult, CompleteResult, DiscoverResult, EmptyResult, GetPromptResult,
            InitializeResult, InputRequiredResult, ListPromptsResult, ListResourceTemplatesResult,
            ListResourcesResult, ListToolsResult, ListenResult, Meta, ReadResourceResult,
        },
    },
};

impl Revision {
    /// Reads the text of a result that a peer of this revision gave to `method`.
    ///
    /// # Errors
    /// When the text does not fit the method.
    pub fn raise(self, method: &Method, text: &Raw) -> Result<Reply> {
        if self.era() == Era::Modern
            && let Some(questions) = questions(text)?
        {
            return Ok(questions.into());
        }
        if let Some(task) = tasks::read(self.era(), method, text)? {
            return Ok(task.into());
        }
        match method {
            Method::Discover if self.era() == Era::Legacy => {
                read::<InitializeResult>(text).map(describe)
            }
            Method::Discover => read::<DiscoverResult>(text).map(Reply::from),
            Method::ListTools => read::<ListToolsResult>(text).map(Reply::from),
            Method::CallTool | Method::TaskResult => match plain::read(text.as_str()) {
                Some(result) => Ok(result.into()),
                None => read::<CallToolResult>(text).map(Reply::from),
            },
            Method::ListResources => read::<ListResourcesResult>(text).map(Reply::from),
            Method::ListTemplates => read::<ListResourceTemplatesResult>(text).map(Reply::from),
            Method::ReadResource => read::<ReadResourceResult>(text).map(Reply::from),
            Method::ListPrompts => read::<ListPromptsResult>(text).map(Reply::from),
            Method::GetPrompt => read::<GetPromptResult>(text).map(Reply::from),
            Method::Complete => read::<CompleteResult>(text).map(Reply::from),
            Method::Listen => read::<ListenResult>(text).map(Reply::from),
            _ => read::<EmptyResult>(text).map(Reply::from),
        }
    }
}

/// The questions, where the result is some.
///
/// # Errors
/// When it says that it is, and they cannot be read: what asks is no answer, whatever else stands in it.
pub(crate) fn questions(text: &Raw) -> Result<Option<InputRequiredResult>> {
    if !text.as_str().contains("\"input_required\"") {
        return Ok(None);
    }
    let [kind] = peek::<1, serde_json::Error>(text.as_str(), ["resultType"]).unwrap_or_default();
    match kind.map(serde_json::value::RawValue::get) {
        Some("\"input_required\"") => read(text).map(Some),
        _ => Ok(None),
    }
}

pub(super) fn read<T: DeserializeOwned>(text: &Raw) -> Result<T> {
    text.parse().map_err(|e| {
        Error::internal("the other side's result does not fit what was asked")
            .from_origin(Origin::Upstream("upstream".into()))
            .caused_by(e)
    })
}

/// A handshake's answer as the self-description that it is.
fn describe(answer: InitializeResult) -> Reply {
    let mut result = DiscoverResult::new([answer.protocol_version], answer.capabilities);
    result.instructions = answer.instructions;
    result.meta = answer.meta;
    result.extra = answer.extra;
    if let Ok(server) = Raw::from_serialize(&answer.server_info) {
        result
            .meta
            .get_or_insert_default()
            .insert(Meta::SERVER_INFO, server);
    }
    result.into()
}
