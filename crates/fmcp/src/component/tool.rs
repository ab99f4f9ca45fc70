//! Tools.

use std::{borrow::Cow, time::Duration};

use fmcp_core::{
    BoxFuture, Call, Component, Context, Definition, Endpoint, Error, FromCall, HandlerError,
    IntoReply, Kind, ModelTool, Raw, Reply, Result, TaskOffer,
    handler::{AsTool, Failure},
    protocol::{
        Method,
        model::{self, CallToolResult, Content, ToolAnnotations},
    },
};
use serde_json::{Value, json};

use super::{
    about::{About, Policy, about_methods},
    output::Output,
};
use crate::{
    handler::{
        Erased, Handler, Outcome, Settle, Settled, ends_the_call, erase, for_the_log, hidden,
        log_source,
    },
    mirrored::Mirrored,
    schema::{Arguments, Fault, Subject},
    tasks::{Support, TaskMode},
};

/// Something that a model can do: a handler, and words about it.
///
/// ```
/// use fmcp::{Input, Tool};
///
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// struct Args {
///     text: String,
/// }
///
/// let tool = Tool::new("shout", |Input(args): Input<Args>| async move { args.text.to_uppercase() })
///     .description("Say it loud")
///     .read_only(true);
/// ```
#[derive(Clone)]
pub struct Tool {
    pub(super) definition: model::Tool,
    pub(super) about: About,
    run: Erased,
    takes_input: bool,
    /// Whether the handler's types alone hold the arguments to the schema.
    input_enforced: bool,
    strict: bool,
    output: Option<(Value, bool)>,
    tasks: Support,
}

about_methods!(Tool);

impl Tool {
    /// A tool that runs `handler`, with the schemas that the handler's types say.
    pub fn new<A>(name: impl Into<String>, handler: impl Handler<A, AsTool>) -> Self {
        let (run, description) = erase(handler);
        let takes_input = description.input.is_some();
        let input = description
            .input
            .unwrap_or_else(|| json!({"type": "object", "additionalProperties": false}));
        Self {
            definition: model::Tool::new(name, Raw::from(input)),
            about: About::default(),
            run,
            takes_input,
            input_enforced: description.input_enforced,
            strict: false,
            output: description
                .output
                .map(|schema| (schema, description.output_enforced)),
            tasks: Support::default(),
        }
    }

    /// A tool that is known only at run time: its schema is data, and its handler takes the arguments as
    /// a tree. They are checked against the schema before the handler runs.
    ///
    /// ```
    /// use fmcp::{Context, Tool};
    /// use serde_json::{Value, json};
    ///
    /// let schema = json!({"type": "object", "properties": {"n": {"type": "integer", "minimum": 0}}});
    /// let tool = Tool::dynamic("count", schema, |arguments: Value, _: Context| async move {
    ///     format!("{} things", arguments["n"])
    /// });
    /// ```
    pub fn dynamic<F, Fut, R>(name: impl Into<String>, schema: Value, handler: F) -> Self
    where
        F: Fn(Value, Context) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = R> + Send + 'static,
        R: IntoReply<AsTool> + 'static,
    {
        let (run, description) =
            erase(move |Tree(arguments): Tree, context: Context| handler(arguments, context));
        Self {
            definition: model::Tool::new(name, Raw::from(schema)),
            about: About::default(),
            run,
            takes_input: false,
            input_enforced: false,
            strict: false,
            output: description
                .output
                .map(|schema| (schema, description.output_enforced)),
            tasks: Support::default(),
        }
    }

    /// The tool's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.definition.name
    }

    /// The author's metadata so far.
    pub(crate) fn said(&self) -> &fmcp_core::Extra {
        &self.about.meta
    }

    /// Says that it changes nothing.
    #[must_use]
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.annotations_mut().read_only_hint = Some(read_only);
        self
    }

    /// Says that it may destroy something, or that it only adds.
    #[must_use]
    pub fn destructive(mut self, destructive: bool) -> Self {
        self.annotations_mut().destructive_hint = Some(destructive);
        self
    }

    /// Says that doing it twice is the same as doing it once.
    #[must_use]
    pub fn idempotent(mut self, idempotent: bool) -> Self {
        self.annotations_mut().idempotent_hint = Some(idempotent);
        self
    }

    /// Says that it deals with a world outside, or with nothing but the server's own.
    #[must_use]
    pub fn open_world(mut self, open_world: bool) -> Self {
        self.annotations_mut().open_world_hint = Some(open_world);
        self
    }

    /// Sets all annotations at once.
    #[must_use]
    pub fn annotations(mut self, annotations: ToolAnnotations) -> Self {
        self.definition.annotations = Some(annotations);
        self
    }

    /// Takes arguments only in exactly the types that the schema says, instead of reading `"5"` as a
    /// number where one is wanted.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Sets whether it runs as a task: its caller is answered at once, with what the task goes by, and asks for the
    /// result later. Without it, it does not. See [`Server::tasks`](crate::Server::tasks).
    ///
    /// ```
    /// use fmcp::{Client, Context, Server, TaskMode, Tool};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
    /// let report = Tool::new("report", |ctx: Context| async move {
    ///     ctx.progress(1, 2, "half done").await;
    ///     "all is well"
    /// });
    /// let server = Server::new("s").tool(report.task(TaskMode::Optional));
    /// # let client = Client::connect(&server).await?;
    /// # assert_eq!(client.call("report", ()).await?.text(), "all is well");
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn task(mut self, mode: TaskMode) -> Self {
        self.tasks.mode = mode;
        self
    }

    /// Runs the handler in the call itself until it says that its task begins
    /// ([`Context::begin_task`]): it can ask something first, or answer at once where there is little to do. In
    /// the task it runs again from its beginning, with the answers that it has got.
    #[must_use]
    pub fn asks_first(mut self, asks_first: bool) -> Self {
        self.tasks.asks_first = asks_first;
        self
    }

    /// Promises structured content of this schema, whatever the handler's types say. Results that break
    /// the promise are errors.
    #[must_use]
    pub fn output_schema(mut self, schema: Value) -> Self {
        self.output = Some((schema, false));
        self
    }

    fn annotations_mut(&mut self) -> &mut ToolAnnotations {
        self.definition.annotations.get_or_insert_default()
    }

    /// The component.
    ///
    /// # Errors
    /// When one of its schemas cannot be used.
    pub fn into_component(self) -> Result<Component> {
        let name: Box<str> = self.definition.name.as_str().into();
        let refuse = |which: &str, fault: crate::schema::SchemaFault| {
            Error::internal(format!(
                "tool {name:?}: the {which} schema cannot be used: {fault}"
            ))
        };
        let mut definition = self.definition;
        let arguments = Arguments::new(definition.input_schema.to_value(), self.strict)
            .typed(self.input_enforced);
        arguments.verify().map_err(|fault| refuse("input", fault))?;
        let mirrored = Mirrored::of(arguments.schema())
            .map_err(|fault| Error::internal(format!("tool {name:?}: {fault}")))?;
        let mut output = Output::default();
        if let Some((schema, from_type)) = self.output {
            let (schema, settled) = Output::new(schema, from_type);
            output = settled.map_err(|fault| refuse("output", fault))?;
            definition.output_schema = Some(schema.into());
        }
        let endpoint = ToolEndpoint {
            nothing_is_required: arguments
                .schema()
                .get("required")
                .and_then(Value::as_array)
                .is_none_or(Vec::is_empty),
            check_first: !(self.takes_input && self.input_enforced),
            strict: self.strict,
            run: self.run,
            timeout: self.about.timeout,
            name,
            arguments,
            mirrored,
            output,
        };
        if self.tasks.mode != TaskMode::Forbidden {
            let support = json!({"taskSupport": self.tasks.mode.as_str()});
            definition.extra.insert("execution", support);
        }
        let mut component = self
            .about
            .build(Definition::Tool(Box::new(definition)), endpoint);
        if self.tasks != Support::default() {
            component.extensions.insert(self.tasks);
        }
        Ok(component)
    }
}

/// A tool that only a language model gets to know, while it answers a handler's question.
impl From<Tool> for ModelTool {
    fn from(tool: Tool) -> Self {
        match tool.into_component() {
            Ok(component) => component.into(),
            Err(fault) => Self::broken(&fault),
        }
    }
}

/// Answers calls of one tool.
struct ToolEndpoint {
    name: Box<str>,
    run: Erased,
    timeout: Option<Duration>,
    arguments: Arguments,
    mirrored: Mirrored,
    /// Whether the handler's types alone do not enforce what the schema promises.
    check_first: bool,
    nothing_is_required: bool,
    strict: bool,
    output: Output,
}

impl Endpoint for ToolEndpoint {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        if *call.method() != Method::CallTool {
            let error = Error::new(Kind::MethodNotFound, "a tool can only be called");
            return Box::pin(std::future::ready(Err(error)));
        }
        if let Err(mismatch) = self.mirrored.check(&call) {
            return Box::pin(std::future::ready(Err(mismatch)));
        }
        if call.task_offer() == Some(TaskOffer::AtOnce) {
            let begins = Error::new(Kind::TaskBegins, "the call goes on as a task");
            return Box::pin(std::future::ready(Err(begins)));
        }
        if self.check_first && !(arguments_are_empty(&call) && self.nothing_is_required) {
            return Box::pin(self.answer_checked(call));
        }
        (self.run)(call, self.timeout, self)
    }
}

/// The first way: the handler's types read the arguments.
impl Settle for ToolEndpoint {
    fn settle(&self, outcome: Outcome, call: Option<Call>) -> Settled<'_> {
        match (outcome, call) {
            (Err(failure), Some(call)) if failure.is_bad_arguments() => {
                Settled::More(Box::pin(self.answer_checked(call)))
            }
            (outcome, call) => Settled::Done(self.finish(outcome, call)),
        }
    }
}

/// The second way: the arguments have been brought into form, and what the types still refuse is a
/// fault of the caller.
struct Checked<'a>(&'a ToolEndpoint);

impl Settle for Checked<'_> {
    fn settle(&self, outcome: Outcome, call: Option<Call>) -> Settled<'_> {
        let endpoint = self.0;
        Settled::Done(match outcome {
            Err(failed) if failed.is_bad_arguments() => {
                let message = failed
                    .message()
                    .unwrap_or("the arguments do not fit")
                    .to_owned();
                let faults = vec![Fault {
                    path: String::new(),
                    message,
                }];
                let words = endpoint
                    .arguments
                    .refuse(Subject::tool(&endpoint.name), faults);
                Ok(failure(words.to_string()).into())
            }
            outcome => endpoint.finish(outcome, call),
        })
    }
}

fn arguments_are_empty(call: &Call) -> bool {
    call.arguments().is_none_or(|text| text == b"{}")
}

impl ToolEndpoint {
    /// The way of arguments that the types alone do not take, or not hold to the schema: read them as a
    /// tree, bring them into form, and name every fault there is.
    async fn answer_checked(&self, call: Call) -> Result<Reply> {
        let subject = Subject::tool(&self.name);
        let strict = self.strict
            || call
                .state()
                .and_then(|s| s.get::<Policy>())
                .is_some_and(|p| p.strict_input);
        let given: Value = match call.parse_arguments() {
            Ok(Value::Null) => json!({}),
            Ok(given) => given,
            Err(error) => return Ok(failure(error.message().to_owned()).into()),
        };
        let read = if strict {
            given.clone()
        } else {
            self.arguments.read(given.clone())
        };
        if let Some(faults) = self.arguments.faults(subject, &read) {
            return Ok(failure(faults.to_string()).into());
        }
        let call = if read == given {
            call
        } else {
            call.with_arguments(Raw::from(read))?
        };
        (self.run)(call, self.timeout, &Checked(self)).await
    }

    /// A tool that fails gives a result that says so; only what no tool decides stays an error.
    fn finish(&self, outcome: Outcome, call: Option<Call>) -> Result<Reply> {
        match outcome.map_err(HandlerError::into_parts) {
            Ok(Reply::CallTool(mut result)) => match self.output.settle(&mut result) {
                Ok(()) => Ok(Reply::CallTool(result)),
                Err(error) => Err(for_the_log(error, call)),
            },
            Ok(reply) => Ok(reply),
            Err(Failure::Shown {
                message,
                content,
                structured,
                ..
            }) => {
                let mut result = failure(message);
                result.content.extend(content);
                // Clients of every revision take objects only.
                result.structured_content = structured.filter(Raw::is_object);
                Ok(result.into())
            }
            Err(Failure::Hidden(source)) => Err(hidden("the tool failed", source, call)),
            Err(Failure::Protocol(error)) => self.settle_error(error),
            Err(_) => Err(Error::internal("the tool failed in an unknown way")),
        }
    }

    fn settle_error(&self, error: Error) -> Result<Reply> {
        match error.kind() {
            kind if ends_the_call(kind) => Err(error),
            Kind::Timeout => {
                Ok(failure(format!("Tool {:?} {}", self.name, error.message())).into())
            }
            _ => {
                log_source(&self.name, &error);
                Ok(failure(error.message().to_owned()).into())
            }
        }
    }
}

/// All arguments as a tree, whatever they are.
struct Tree(Value);

impl FromCall for Tree {
    async fn from_call(context: &Context) -> Result<Self, HandlerError> {
        Ok(Self(context.call().parse_arguments()?))
    }
}

fn failure(words: impl Into<Cow<'static, str>>) -> CallToolResult {
    let mut result = CallToolResult::new([Content::text(words.into())]);
    result.is_error = Some(true);
    result
}
