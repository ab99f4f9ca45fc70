//! What a server is asked, besides its lists.

use fmcp_core::{
    Error, Raw,
    protocol::{
        Era, Method,
        model::{
            CallToolResult, CompleteParams, Completion, CompletionArgument, CompletionContext,
            DiscoverResult, GetPromptResult, ReadResourceParams, Reference,
        },
    },
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    answer::CallResult,
    contents::Contents,
    error::ClientError,
    handle::{Client, Subject},
    options::CallOptions,
};

impl Client {
    /// Runs a tool. Arguments are anything that is written as a JSON object; `()` is none.
    ///
    /// # Errors
    /// [`ClientError::Tool`] when the tool says that it failed; others when it could not be run.
    pub async fn call(
        &self,
        tool: &str,
        arguments: impl Serialize,
    ) -> Result<CallResult, ClientError> {
        self.call_with(tool, arguments, CallOptions::new()).await
    }

    /// Runs a tool, in a way that is different from the client's other calls.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn call_with(
        &self,
        tool: &str,
        arguments: impl Serialize,
        options: CallOptions,
    ) -> Result<CallResult, ClientError> {
        let arguments = to_object(&subject(tool), &arguments)?;
        let result = self.tool_result(tool, arguments, &options).await?;
        self.settle_result(tool, result, &options)
    }

    /// Runs a tool, and gives its result also when it says that the tool failed.
    ///
    /// # Errors
    /// When the tool could not be run.
    pub async fn call_raw(
        &self,
        tool: &str,
        arguments: impl Serialize,
        options: CallOptions,
    ) -> Result<CallResult, ClientError> {
        self.call_with(tool, arguments, options.tool_errors_as_results())
            .await
    }

    /// What a tool gave, as the caller wants it: held against what the tool promises, and a failure as an error.
    pub(super) fn settle_result(
        &self,
        tool: &str,
        result: CallToolResult,
        options: &CallOptions,
    ) -> Result<CallResult, ClientError> {
        let result = self.hold_to_promise(tool, result, options)?;
        if options.tool_errors_are_results {
            Ok(result)
        } else {
            result.checked()
        }
    }

    fn hold_to_promise(
        &self,
        tool: &str,
        result: CallToolResult,
        options: &CallOptions,
    ) -> Result<CallResult, ClientError> {
        let known = self.parts().catalog.get(tool);
        let known = known.filter(|_| !options.names_version);
        let broken = known
            .as_deref()
            .and_then(|known| known.promise.as_ref())
            .filter(|_| options.checks_output.unwrap_or(self.parts().checks_output))
            .and_then(|promise| promise.broken_by(tool, &result));
        let result = CallResult::new(tool, result, known.map(|known| known.wraps));
        match broken {
            None => Ok(result),
            Some(why) => Err(ClientError::Output {
                name: tool.into(),
                why,
                result: Box::new(result),
            }),
        }
    }

    /// Reads a resource.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub async fn read(&self, uri: &str) -> Result<Contents, ClientError> {
        self.read_with(uri, CallOptions::new()).await
    }

    /// Reads a resource, in a way that is different from the client's other calls.
    ///
    /// # Errors
    /// As [`Client::read`].
    pub async fn read_with(
        &self,
        uri: &str,
        options: CallOptions,
    ) -> Result<Contents, ClientError> {
        let subject = Subject {
            method: Method::ReadResource,
            name: Some(uri),
        };
        let params = ReadResourceParams::new(uri);
        let answer = self.ask_or_recall(&subject, uri, &params, &options).await?;
        let result = answer.reply.into_resource();
        let result = result.map_err(|e| not_read(&subject, e))?;
        Ok(Contents::new(uri, result))
    }

    /// Fills in a prompt. Arguments that are no strings are sent as their JSON text, as the protocol
    /// knows only strings here; `null` is not sent.
    ///
    /// # Errors
    /// When there is none, or it cannot be filled in.
    pub async fn prompt(
        &self,
        name: &str,
        arguments: impl Serialize,
    ) -> Result<GetPromptResult, ClientError> {
        self.prompt_with(name, arguments, CallOptions::new()).await
    }

    /// Fills in a prompt, in a way that is different from the client's other calls.
    ///
    /// # Errors
    /// As [`Client::prompt`].
    pub async fn prompt_with(
        &self,
        name: &str,
        arguments: impl Serialize,
        options: CallOptions,
    ) -> Result<GetPromptResult, ClientError> {
        let subject = Subject {
            method: Method::GetPrompt,
            name: Some(name),
        };
        let mut params = json!({"name": name});
        if let Some(arguments) = to_object(&subject, &arguments)? {
            params["arguments"] = to_strings(&arguments).into();
        }
        let answer = self.ask(&subject, &params, &options).await?;
        let result = answer.reply.into_prompt();
        result.map_err(|e| not_read(&subject, e))
    }

    /// Asks how an argument of a prompt or a resource template might go on.
    ///
    /// # Errors
    /// When there is no such prompt, template or argument.
    pub async fn complete(
        &self,
        of: impl Into<Reference>,
        argument: &str,
        typed: &str,
    ) -> Result<Completion, ClientError> {
        self.complete_in(of, argument, typed, CompletionContext::new())
            .await
    }

    /// Asks how an argument might go on, when others have been given.
    ///
    /// # Errors
    /// As [`Client::complete`].
    pub async fn complete_in(
        &self,
        of: impl Into<Reference>,
        argument: &str,
        typed: &str,
        context: CompletionContext,
    ) -> Result<Completion, ClientError> {
        self.complete_with(of, argument, typed, context, CallOptions::new())
            .await
    }

    /// The same, in a way that is different from the client's other calls.
    ///
    /// # Errors
    /// As [`Client::complete`].
    pub async fn complete_with(
        &self,
        of: impl Into<Reference>,
        argument: &str,
        typed: &str,
        context: CompletionContext,
        options: CallOptions,
    ) -> Result<Completion, ClientError> {
        let subject = Subject {
            method: Method::Complete,
            name: Some(argument),
        };
        let mut params = CompleteParams::new(of, CompletionArgument::new(argument, typed));
        params.context = context.arguments.is_some().then_some(context);
        let answer = self.ask(&subject, &params, &options).await?;
        let result = answer.reply.into_completion();
        Ok(result.map_err(|e| not_read(&subject, e))?.completion)
    }

    /// Asks what the server is and can do. In a session that was said once, and is said again.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn discover(&self) -> Result<DiscoverResult, ClientError> {
        if self.revision().era() == Era::Legacy {
            return Ok(self.about().clone());
        }
        let subject = Subject {
            method: Method::Discover,
            name: None,
        };
        let options = CallOptions::new();
        let answer = self
            .ask_or_recall(&subject, "", &json!({}), &options)
            .await?;
        let result = answer.reply.into_discover();
        result.map_err(|e| not_read(&subject, e))
    }

    /// Asks whether the server is there.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn ping(&self) -> Result<(), ClientError> {
        // The newest revision has no ping: every request stands alone there, and this is the smallest.
        let method = match self.revision().era() {
            Era::Legacy => Method::Ping,
            Era::Modern => Method::Discover,
        };
        self.request(method, &json!({})).await.map(drop)
    }
}

pub(super) fn subject(tool: &str) -> Subject<'_> {
    Subject {
        method: Method::CallTool,
        name: Some(tool),
    }
}

/// An answer of the wrong kind is the server's fault; questions to the user are an answer of their own.
pub(super) fn not_read(subject: &Subject<'_>, error: Error) -> ClientError {
    match error.kind() {
        fmcp_core::Kind::Internal => {
            ClientError::unreadable(&subject.to_string(), error.to_string())
        }
        _ => ClientError::call(&subject.to_string(), error),
    }
}

/// The arguments as a JSON object; `None` for none.
pub(super) fn to_object(
    subject: &Subject<'_>,
    arguments: &impl Serialize,
) -> Result<Option<Raw>, ClientError> {
    let refuse = |why: Box<dyn std::error::Error + Send + Sync>| {
        ClientError::unwritable(&subject.to_string(), why)
    };
    match Raw::from_serialize(arguments).map_err(|e| refuse(e.into()))? {
        raw if raw.is_object() => Ok(Some(raw)),
        raw if raw.as_str() == "null" => Ok(None),
        _ => Err(refuse("arguments must be an object".into())),
    }
}

fn to_strings(arguments: &Raw) -> Map<String, Value> {
    let Value::Object(fields) = arguments.to_value() else {
        return Map::new();
    };
    fields
        .into_iter()
        .filter_map(|(key, value)| match value {
            Value::Null => None,
            Value::String(text) => Some((key, text.into())),
            other => Some((key, other.to_string().into())),
        })
        .collect()
}
