//! Tools that a language model may use while it answers.

use std::sync::Arc;

use serde_json::json;

use crate::{
    Component, Context, Definition, Error, Kind, Result,
    protocol::{
        Method,
        model::{CallToolResult, Content, Tool, ToolResultContent, ToolUseContent},
    },
};

/// A tool that a language model may use: one of the server's own, by its name, or one that only the model
/// gets to know.
#[derive(Clone, Debug)]
pub struct ModelTool(Source);

#[derive(Clone, Debug)]
enum Source {
    Named(String),
    Given(Arc<Component>),
    /// It cannot be used; the reason.
    Broken(String),
}

impl ModelTool {
    /// A tool that cannot be used, and why: whoever asks the model hears of it.
    #[must_use]
    pub fn broken(why: &Error) -> Self {
        Self(Source::Broken(why.message().to_owned()))
    }
}

impl From<&str> for ModelTool {
    fn from(name: &str) -> Self {
        Self(Source::Named(name.to_owned()))
    }
}

impl From<String> for ModelTool {
    fn from(name: String) -> Self {
        Self(Source::Named(name))
    }
}

impl From<Component> for ModelTool {
    fn from(component: Component) -> Self {
        match component.definition {
            Definition::Tool(_) => Self(Source::Given(Arc::new(component))),
            _ => Self(Source::Broken(format!("{} is no tool", component.key))),
        }
    }
}

/// The tools of one question, as the model sees them.
pub(super) struct Toolbox {
    pub(super) tools: Vec<ModelTool>,
    pub(super) definitions: Vec<Tool>,
}

impl Toolbox {
    /// Looks up what the tools say of themselves: of the server's own, those that the caller may see.
    pub(super) async fn open(context: &Context, tools: Vec<ModelTool>) -> Result<Self> {
        let by_name = tools.iter().any(|tool| matches!(tool.0, Source::Named(_)));
        let listed = if by_name {
            context.list_tools().await?
        } else {
            Vec::new()
        };
        let definition = |tool: &ModelTool| match &tool.0 {
            Source::Given(component) => match &component.definition {
                Definition::Tool(tool) => Ok((**tool).clone()),
                _ => Err(Error::internal("it is no tool")),
            },
            Source::Named(name) => {
                let own = listed.iter().find(|tool| tool.name == *name).cloned();
                own.ok_or_else(|| {
                    Error::internal(format!(
                        "a model cannot use {name:?}: there is no such tool"
                    ))
                })
            }
            Source::Broken(why) => Err(Error::internal(why.clone())),
        };
        let definitions = tools.iter().map(definition).collect::<Result<_>>()?;
        Ok(Self { tools, definitions })
    }

    /// Uses a tool as the model wishes. What goes wrong, the model reads; only questions to the user, and
    /// what no tool decides, end the handler.
    pub(super) async fn run(
        &self,
        context: &Context,
        wish: &ToolUseContent,
    ) -> Result<ToolResultContent> {
        let known = self
            .definitions
            .iter()
            .position(|tool| tool.name == wish.name);
        let outcome = match known.map(|at| &self.tools[at].0) {
            Some(Source::Given(component)) => call_given(context, component, wish).await,
            Some(_) => context.call_tool(&wish.name, &wish.input).await,
            None => Err(Error::not_found("there is no tool of this name")),
        };
        match outcome {
            Ok(result) => {
                let mut answer = ToolResultContent::new(wish.id.as_str(), result.content);
                answer.structured_content = result.structured_content;
                answer.is_error = result.is_error;
                Ok(answer)
            }
            Err(error) if ends_the_handler(error.kind()) => Err(error),
            Err(error) => {
                let words = vec![Content::text(error.message())];
                Ok(ToolResultContent::new(wish.id.as_str(), words).is_error(true))
            }
        }
    }
}

fn ends_the_handler(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::InputRequired
            | Kind::MissingCapability
            | Kind::Unauthenticated
            | Kind::Forbidden
            | Kind::Cancelled
    )
}

/// Uses a tool that is not the server's own, on behalf of the call that is running.
async fn call_given(
    context: &Context,
    component: &Arc<Component>,
    wish: &ToolUseContent,
) -> Result<CallToolResult> {
    let params = json!({"name": wish.name, "arguments": wish.input});
    let mut call = context.call().derive(Method::CallTool, &params)?;
    if let Some(home) = context.call().home() {
        call = call.with_component(Arc::clone(component), Arc::clone(home));
    }
    match component.endpoint.call(call).await {
        // What a library said is for the log, as it is where a server answers.
        Err(error) if error.kind() == Kind::Handler => {
            Err(Error::internal("the tool failed").caused_by(error))
        }
        outcome => outcome?.into_tool(),
    }
}
