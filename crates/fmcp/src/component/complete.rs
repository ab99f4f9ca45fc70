//! Completion of the arguments of prompts and of the variables of templates.

use std::{collections::HashMap, future::Future, sync::Arc, time::Duration};

use fmcp_core::{
    BoxFuture, Call, Context, HandlerError, Reply, Result,
    handler::Fail,
    protocol::model::{CompleteParams, CompleteResult, Completion},
};
use serde_json::Value;

use super::resource::settle;
use crate::handler::{dropped, watch};

/// More values than that are not sent; the specification says so.
const MAX_VALUES: usize = 100;

/// Values that would complete an argument, and how many there are beyond those.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Completions {
    /// The values, best first.
    pub values: Vec<String>,
    /// How many there are in all, where that is more.
    pub total: Option<u64>,
}

impl Completions {
    /// These values.
    pub fn new<S: Into<String>>(values: impl IntoIterator<Item = S>) -> Self {
        Self {
            values: values.into_iter().map(Into::into).collect(),
            total: None,
        }
    }

    /// Says how many there are in all.
    #[must_use]
    pub fn total(mut self, total: u64) -> Self {
        self.total = Some(total);
        self
    }
}

impl<S: Into<String>> From<Vec<S>> for Completions {
    fn from(values: Vec<S>) -> Self {
        Self::new(values)
    }
}

type Erased = Arc<
    dyn Fn(String, Context) -> BoxFuture<'static, Result<Completions, HandlerError>> + Send + Sync,
>;

/// Completes what somebody has begun to type: a list of words, or an async function of the text so far
/// (and of the [`Context`], for what else has been filled in).
///
/// ```
/// use fmcp::{Context, Prompt};
///
/// # #[derive(serde::Deserialize, schemars::JsonSchema)]
/// # struct Args { language: String, style: String, project: String }
/// # async fn review(_: fmcp::Input<Args>) -> String { String::new() }
/// async fn projects(text: String, _ctx: Context) -> Vec<String> {
///     vec![format!("{text}-frontend"), format!("{text}-backend")]
/// }
///
/// let prompt = Prompt::new("review", review)
///     .complete("language", ["rust", "python", "typescript"])
///     .complete("style", |text: String| async move { vec![format!("{text}…")] })
///     .complete("project", projects);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not complete anything",
    note = "give a list of words, or an async function `Fn(String) -> Vec<String>` or `Fn(String, Context) -> Vec<String>`"
)]
pub trait Completer<Marker>: Send + Sync + 'static {
    #[doc(hidden)]
    fn erase(self) -> ErasedCompleter;
}

#[doc(hidden)]
pub struct ErasedCompleter(Erased);

/// Marks lists of words.
#[derive(Debug)]
pub enum Words {}
/// Marks functions of the text.
#[derive(Debug)]
pub enum OfText {}
/// Marks functions of the text and the context.
#[derive(Debug)]
pub enum OfContext {}

impl<S: Into<String> + Send + Sync + 'static, const N: usize> Completer<Words> for [S; N] {
    fn erase(self) -> ErasedCompleter {
        Completer::<Words>::erase(Vec::from(self))
    }
}

impl<S: Into<String> + Send + Sync + 'static> Completer<Words> for Vec<S> {
    fn erase(self) -> ErasedCompleter {
        words(self.into_iter().map(Into::into).collect())
    }
}

fn words(words: Vec<String>) -> ErasedCompleter {
    ErasedCompleter(Arc::new(move |text, _| {
        let found = Completions {
            values: matching(&words, &text),
            total: None,
        };
        Box::pin(std::future::ready(Ok(found)))
    }))
}

/// The words that begin with the text, then those that hold it, regardless of case.
fn matching(words: &[String], text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    let (first, then): (Vec<&String>, Vec<&String>) = words
        .iter()
        .filter(|word| word.to_lowercase().contains(&text))
        .partition(|word| word.to_lowercase().starts_with(&text));
    first.into_iter().chain(then).cloned().collect()
}

/// What a completing function may give back.
pub trait IntoCompletions: Send {
    #[doc(hidden)]
    fn into_completions(self) -> Result<Completions, HandlerError>;
}

impl<T: Into<Completions> + Send> IntoCompletions for T {
    fn into_completions(self) -> Result<Completions, HandlerError> {
        Ok(self.into())
    }
}

impl<T: Into<Completions> + Send, E: Fail> IntoCompletions for Result<T, E> {
    fn into_completions(self) -> Result<Completions, HandlerError> {
        self.map(Into::into).map_err(Fail::fail)
    }
}

impl<F, Fut> Completer<OfText> for F
where
    F: Fn(String) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: IntoCompletions> + Send + 'static,
{
    fn erase(self) -> ErasedCompleter {
        let this = Arc::new(self);
        ErasedCompleter(Arc::new(move |text, _| {
            let this = Arc::clone(&this);
            Box::pin(async move { this(text).await.into_completions() })
        }))
    }
}

impl<F, Fut> Completer<OfContext> for F
where
    F: Fn(String, Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: IntoCompletions> + Send + 'static,
{
    fn erase(self) -> ErasedCompleter {
        let this = Arc::new(self);
        ErasedCompleter(Arc::new(move |text, context| {
            let this = Arc::clone(&this);
            Box::pin(async move { this(text, context).await.into_completions() })
        }))
    }
}

/// The completers of one component, by argument.
#[derive(Clone, Default)]
pub(super) struct Completers(HashMap<String, Erased>);

impl Completers {
    pub(super) fn add<M>(&mut self, argument: String, completer: impl Completer<M>) {
        self.0.insert(argument, completer.erase().0);
    }

    /// Adds completers for arguments whose schema lists the values.
    pub(super) fn with_schema(mut self, schema: &Value) -> Self {
        for (name, property) in schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let values = listed(property);
            if !values.is_empty() && !self.0.contains_key(name) {
                self.0.insert(name.clone(), words(values).0);
            }
        }
        self
    }

    pub(super) async fn answer(&self, call: Call, timeout: Option<Duration>) -> Result<Reply> {
        let params: CompleteParams = call.params().parse()?;
        let Some(completer) = self.0.get(&params.argument.name) else {
            return Ok(CompleteResult::new(Completion::new([])).into());
        };
        // A completer is guarded as the handler is beside which it stands.
        let context = Context::new(call);
        let (text, inner) = (params.argument.value, context.clone());
        let mut completing = Box::pin(async move { completer(text, inner).await.map(reply) });
        let ran = watch(completing.as_mut(), context, timeout).await;
        let (outcome, call) = dropped(ran, || drop(completing));
        settle(outcome, call, "the argument could not be completed")
    }
}

fn reply(mut found: Completions) -> Reply {
    let all = found.total.unwrap_or(0).max(found.values.len() as u64);
    found.values.truncate(MAX_VALUES);
    let mut completion = Completion::new(Vec::new());
    completion.has_more = Some(all > found.values.len() as u64);
    completion.total = Some(all);
    completion.values = found.values;
    CompleteResult::new(completion).into()
}

/// The values that a schema lists: of an enumeration, of constants, of a boolean.
fn listed(schema: &Value) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    };
    let of = |key: &str| {
        schema
            .get(key)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    let mut values: Vec<String> = of("enum").filter_map(text).collect();
    values.extend(schema.get("const").and_then(text));
    values.extend(of("anyOf").chain(of("oneOf")).flat_map(listed));
    if values.is_empty() && schema.get("type").is_some_and(|kind| kind == "boolean") {
        values.extend(["true".to_owned(), "false".to_owned()]);
    }
    values
}
