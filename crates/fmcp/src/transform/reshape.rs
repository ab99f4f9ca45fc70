//! A tool in another shape.

use std::{borrow::Cow, collections::BTreeSet, fmt, sync::Arc};

use fmcp_core::{
    BoxFuture, Call, Component, ComponentKind, Context, Definition, Endpoint, Error, IntoReply,
    Key, Raw, Reply, Result, Transform,
    handler::AsTool,
    protocol::model::{self, CallToolResult, Content},
};
use serde_json::Value;

use super::{argument::Argument, filed::Filed, plan::Plan};
use crate::{Tool, approval::Withheld, component::Filing};

/// Makes the endpoint of a tool that is wrapped.
type Wrap = Arc<dyn Fn(&str, Value, Rest) -> Result<Component> + Send + Sync>;

/// A tool in another shape: other names, words, arguments, or a function around it. As a transform of a server it
/// reshapes the tool of its name, wherever that comes from.
///
/// ```
/// use fmcp::{Client, Input, Reshape, Server, Tool};
/// use serde_json::json;
///
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// struct Search { q: String, limit: u32 }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
/// let server = Server::new("shop")
///     .tool(Tool::new("search", |Input(s): Input<Search>| async move { format!("{} of {}", s.limit, s.q) }))
///     .transform(
///         Reshape::new("search")
///             .name("find_products")
///             .argument("q", |a| a.rename("words"))
///             .argument("limit", |a| a.default(20).hide()),
///     );
/// let client = Client::connect(&server).await?;
/// let found = client.call("find_products", json!({"words": "tea"})).await?;
/// assert_eq!(found.text(), "20 of tea");
/// # Ok(()) }
/// ```
#[derive(Clone)]
#[must_use = "a shape does nothing by itself: give it to a server"]
pub struct Reshape {
    tool: Box<str>,
    name: Option<Box<str>>,
    title: Option<String>,
    description: Option<String>,
    tags: Option<BTreeSet<Box<str>>>,
    domain: Option<Box<str>>,
    group: Option<Box<str>>,
    is_hidden: bool,
    arguments: Vec<(Box<str>, Argument)>,
    wrap: Option<Wrap>,
}

impl Reshape {
    /// The tool of this name, as it is.
    pub fn new(tool: impl Into<Box<str>>) -> Self {
        Self {
            tool: tool.into(),
            name: None,
            title: None,
            description: None,
            tags: None,
            domain: None,
            group: None,
            is_hidden: false,
            arguments: Vec::new(),
            wrap: None,
        }
    }

    /// Gives it another name.
    pub fn name(mut self, name: impl Into<Box<str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets what people see instead of the name.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Says something else about it.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Files it under these tags, and no others.
    pub fn tags<S: Into<Box<str>>>(mut self, tags: impl IntoIterator<Item = S>) -> Self {
        self.tags = Some(tags.into_iter().map(Into::into).collect());
        self
    }

    /// Says which domain it belongs to, where tools are [discovered](crate::Discovery).
    pub fn domain(mut self, domain: impl Into<Box<str>>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// Says which group of its domain it belongs to.
    pub fn group(mut self, group: impl Into<Box<str>>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// Hides it.
    pub fn hide(mut self) -> Self {
        self.is_hidden = true;
        self
    }

    /// Changes one of its arguments, by the tool's own name for it.
    pub fn argument(
        mut self,
        name: impl Into<Box<str>>,
        change: impl FnOnce(Argument) -> Argument,
    ) -> Self {
        self.arguments.push((name.into(), change(Argument::new())));
        self
    }

    /// Runs a function in its place, which is given the arguments and the tool: it looks at them, changes them, calls
    /// the tool once, several times or not at all, and makes its own answer.
    ///
    /// ```
    /// use fmcp::{Reshape, ToolError, transform::Inner};
    ///
    /// let careful = Reshape::new("delete").wrap(|arguments: serde_json::Value, tool: Inner| async move {
    ///     if arguments["path"] == "/" {
    ///         return Err(ToolError::new("not everything"));
    ///     }
    ///     Ok(tool.call(arguments).await?)
    /// });
    /// ```
    pub fn wrap<F, Fut, R>(mut self, function: F) -> Self
    where
        F: Fn(Value, Inner) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = R> + Send + 'static,
        R: IntoReply<AsTool> + 'static,
    {
        self.wrap = Some(Arc::new(move |name, schema, rest| {
            let function = function.clone();
            let handler = move |arguments: Value, context: Context| {
                let rest = rest.clone();
                function(arguments, Inner { rest, context })
            };
            Tool::dynamic(name, schema, handler).into_component()
        }));
        self
    }

    /// The component in its new shape.
    ///
    /// # Errors
    /// When it is no tool, or what is to become of its arguments does not go together.
    pub fn of(&self, component: &Arc<Component>) -> Result<Component> {
        let Definition::Tool(tool) = &component.definition else {
            return Err(Error::invalid_params(format!(
                "{} is no tool",
                component.key
            )));
        };
        let refuse = |fault: String| {
            Error::invalid_params(format!(
                "the tool {:?} cannot be reshaped: {fault}",
                tool.name
            ))
        };
        let schema = tool.input_schema.to_value();
        let (plan, shown) = Plan::of(&self.arguments, schema).map_err(refuse)?;
        let name = self.name.as_deref().unwrap_or(component.name());
        let mut outer = (**component).clone().renamed(name);
        if let Definition::Tool(tool) = &mut outer.definition {
            self.describe(tool);
            if !self.arguments.is_empty() {
                tool.input_schema = Raw::from(&shown);
            }
        }
        if let Some(tags) = &self.tags {
            outer.tags.clone_from(tags);
            let mut filing = Filing::of(outer.definition.meta_mut().as_ref());
            filing.set(
                "tags",
                tags.iter().map(ToString::to_string).collect::<Vec<_>>(),
            );
            filing.write(outer.definition.meta_mut());
        }
        let filed = Filed {
            domain: self.domain.clone(),
            group: self.group.clone(),
        };
        if !filed.is_empty() {
            filed.file(&mut outer.definition);
        }
        outer.enabled &= !self.is_hidden;
        let rest = Rest {
            component: Arc::clone(component),
            plan: Arc::new(plan),
        };
        outer.contained = false;
        outer.endpoint = match &self.wrap {
            None if rest.plan.is_empty() => Arc::clone(&component.endpoint),
            None => Arc::new(rest),
            Some(wrap) => wrap(name, shown, rest)?.endpoint,
        };
        Ok(outer)
    }

    fn describe(&self, tool: &mut model::Tool) {
        if let Some(title) = &self.title {
            tool.title = Some(title.clone());
        }
        if let Some(description) = &self.description {
            tool.description = Some(description.clone());
        }
    }
}

impl Transform for Reshape {
    fn outward(&self, component: Arc<Component>) -> Option<Arc<Component>> {
        if component.kind() != ComponentKind::Tool || component.name() != &*self.tool {
            return Some(component);
        }
        if component.extensions.contains::<Withheld>() {
            // Of what is held only the name is known.
            let name = self.name.as_deref().unwrap_or(component.name());
            return (!self.is_hidden).then(|| Arc::new((*component).clone().renamed(name)));
        }
        match self.of(&component) {
            Ok(reshaped) => reshaped.enabled.then(|| Arc::new(reshaped)),
            Err(error) => {
                tracing::error!(%error, "left out");
                None
            }
        }
    }

    fn inward<'a>(&self, key: &'a Key) -> Option<Cow<'a, Key>> {
        if key.kind() != ComponentKind::Tool {
            return Some(Cow::Borrowed(key));
        }
        match &self.name {
            Some(name) if **name == *key.name() => {
                Some(Cow::Owned(key.clone().renamed(self.tool.clone())))
            }
            // Under its old name there is nothing any more.
            Some(_) if *key.name() == *self.tool => None,
            _ => Some(Cow::Borrowed(key)),
        }
    }
}

impl Tool {
    /// The tool in another shape, as a component of its own: [`Server::component`](crate::Server::component) takes it.
    ///
    /// ```
    /// use fmcp::{Server, Tool};
    ///
    /// # fn main() -> fmcp::Result<()> {
    /// let now = Tool::new("now", || async { "late" });
    /// let server = Server::new("clock").tool(now.clone()).component(now.reshape(|r| r.name("time"))?);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When the tool cannot be used, or what is to become of its arguments does not go together.
    pub fn reshape(self, change: impl FnOnce(Reshape) -> Reshape) -> Result<Component> {
        let component = Arc::new(self.into_component()?);
        change(Reshape::new(component.name())).of(&component)
    }
}

/// The tool behind a new shape, with what is done to its arguments.
#[derive(Clone)]
struct Rest {
    component: Arc<Component>,
    plan: Arc<Plan>,
}

impl Rest {
    fn inner(&self, call: Call) -> Result<Call, String> {
        let context = Context::new(call);
        let given = context.call().arguments().unwrap_or(b"{}");
        let arguments = self.plan.apply(given, &context)?;
        let mut call = context.into_call();
        call.set_arguments(arguments)
            .map_err(|error| error.to_string())?;
        Ok(match call.home().cloned() {
            Some(home) => call.with_component(Arc::clone(&self.component), home),
            None => call,
        })
    }

    async fn run(&self, call: Call) -> Result<Reply> {
        match self.inner(call) {
            Ok(call) => self.component.endpoint.call(call).await,
            Err(fault) => {
                let mut result = CallToolResult::new(vec![Content::text(fault)]);
                result.is_error = Some(true);
                Ok(result.into())
            }
        }
    }
}

impl Endpoint for Rest {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(self.run(call))
    }
}

/// The tool that a function stands around.
pub struct Inner {
    rest: Rest,
    context: Context,
}

impl Inner {
    /// The context of the call.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Calls the tool with these arguments, in the new shape.
    ///
    /// # Errors
    /// When the call cannot be made.
    pub async fn call(&self, arguments: Value) -> Result<CallToolResult> {
        let call = self.context.call().clone().with_arguments(&arguments)?;
        self.rest.run(call).await?.into_tool()
    }
}

impl fmt::Debug for Reshape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reshape")
            .field("tool", &self.tool)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
