//! Prompts.

use std::time::Duration;

use fmcp_core::{
    BoxFuture, Call, Component, Definition, Endpoint, Error, Kind, Raw, Reply, Result,
    handler::AsPrompt,
    protocol::{
        Method,
        model::{self, PromptArgument},
    },
};
use serde_json::{Map, Value};

use super::{
    about::{About, about_methods},
    complete::{Completer, Completers},
    resource::settle,
};
use crate::{
    handler::{Erased, Handler, Outcome, Settle, Settled, erase},
    schema::{Arguments, Subject},
};

/// Messages that a server prepares for a user: a handler, and words about it.
///
/// ```
/// use fmcp::{Input, Prompt};
///
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// struct Args {
///     /// What is to be reviewed
///     code: String,
/// }
///
/// let prompt = Prompt::new("review", |Input(args): Input<Args>| async move {
///     format!("Please review this:\n{}", args.code)
/// })
/// .description("Review a change");
/// ```
#[derive(Clone)]
pub struct Prompt {
    definition: model::Prompt,
    about: About,
    run: Erased,
    input: Option<Value>,
    completers: Completers,
}

about_methods!(Prompt);

impl Prompt {
    /// A prompt that `handler` fills in, with the arguments that the handler's types say.
    pub fn new<A>(name: impl Into<String>, handler: impl Handler<A, AsPrompt>) -> Self {
        let (run, description) = erase(handler);
        let mut definition = model::Prompt::new(name);
        definition.arguments = description
            .input
            .as_ref()
            .map(describe_arguments)
            .filter(|list| !list.is_empty());
        Self {
            definition,
            about: About::default(),
            run,
            input: description.input,
            completers: Completers::default(),
        }
    }

    /// Completes an argument for people who are typing it.
    #[must_use]
    pub fn complete<M>(
        mut self,
        argument: impl Into<String>,
        completer: impl Completer<M>,
    ) -> Self {
        self.completers.add(argument.into(), completer);
        self
    }

    /// The component.
    ///
    /// # Errors
    /// When the schema of its arguments cannot be used.
    pub fn into_component(self) -> Result<Component> {
        let name: Box<str> = self.definition.name.as_str().into();
        let schema = self.input.unwrap_or_else(
            || serde_json::json!({"type": "object", "additionalProperties": false}),
        );
        let arguments = Arguments::new(schema, false);
        arguments.verify().map_err(|fault| {
            Error::internal(format!(
                "prompt {name:?}: the schema cannot be used: {fault}"
            ))
        })?;
        let endpoint = PromptEndpoint {
            name,
            run: self.run,
            timeout: self.about.timeout,
            completers: self.completers.with_schema(arguments.schema()),
            arguments,
        };
        Ok(self
            .about
            .build(Definition::Prompt(Box::new(self.definition)), endpoint))
    }
}

/// A prompt's arguments are text; what else they stand for is said in words.
fn describe_arguments(schema: &Value) -> Vec<PromptArgument> {
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let properties = schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    let describe = |(name, property): (&String, &Value)| {
        let mut argument = PromptArgument::new(name.clone());
        argument.title = property
            .get("title")
            .and_then(Value::as_str)
            .map(str::to_owned);
        argument.required = Some(required.contains(&name.as_str()));
        let mut words = property
            .get("description")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        if !accepts_text(property) {
            let mut form = property.clone();
            if let Some(form) = form.as_object_mut() {
                form.shift_remove("description");
            }
            if !words.is_empty() {
                words.push_str("\n\n");
            }
            words.push_str(&format!(
                "Give a value of this JSON schema, written as JSON unless it is text: {form}"
            ));
        }
        argument.description = Some(words).filter(|words| !words.is_empty());
        argument
    };
    properties.map(describe).collect()
}

/// Whether any text will do.
fn accepts_text(schema: &Value) -> bool {
    let plain = |schema: &Map<String, Value>| {
        schema.keys().all(|key| {
            ["type", "description", "title", "default", "examples"].contains(&key.as_str())
        })
    };
    let is_text = match schema.get("type") {
        Some(Value::String(kind)) => kind == "string",
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "string"),
        _ => false,
    };
    is_text && schema.as_object().is_some_and(plain)
}

/// Answers for one prompt.
struct PromptEndpoint {
    name: Box<str>,
    run: Erased,
    timeout: Option<Duration>,
    completers: Completers,
    arguments: Arguments,
}

impl Endpoint for PromptEndpoint {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(async move {
            match call.method() {
                Method::GetPrompt => self.fill_in(call).await,
                Method::Complete => self.completers.answer(call, self.timeout).await,
                _ => Err(Error::new(
                    Kind::MethodNotFound,
                    "a prompt can only be filled in",
                )),
            }
        })
    }
}

impl PromptEndpoint {
    async fn fill_in(&self, call: Call) -> Result<Reply> {
        let subject = Subject {
            kind: "prompt",
            name: &self.name,
        };
        let given: Value = call.parse_arguments()?;
        let read = self.arguments.read(given);
        if let Some(faults) = self.arguments.faults(subject, &read) {
            return Err(Error::invalid_params(faults.to_string()));
        }
        let call = call.with_arguments(Raw::from(read))?;
        (self.run)(call, self.timeout, self).await
    }
}

impl Settle for PromptEndpoint {
    fn settle(&self, outcome: Outcome, call: Option<Call>) -> Settled<'_> {
        Settled::Done(match outcome {
            Err(failure) if failure.is_bad_arguments() => {
                let words = failure.message().unwrap_or("the arguments do not fit");
                Err(Error::invalid_params(words.to_owned()))
            }
            outcome => settle(outcome, call, "the prompt could not be filled in"),
        })
    }
}
