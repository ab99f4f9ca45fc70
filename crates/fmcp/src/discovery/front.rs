//! The server that has the three tools, and what they do.

use std::{collections::BTreeMap, fmt, sync::Arc};

use fmcp_core::{
    BoxFuture, Call, Component, ComponentKind, Context, Definition, Endpoint, Error, Extra, Kind,
    Raw, Reply, Result, ToolError,
    protocol::{Params, model},
};
use http::{HeaderMap, HeaderName};
use serde_json::{Value, json};

use super::{
    rank::Asked,
    shelf::{Rule, Shelf},
    show,
};
use crate::{
    Select, Server, ServerState, Tool, Visibility,
    mirrored::{KEYWORD, is_mirror},
    schema::{Arguments, Subject},
};

type Pin = Arc<dyn Fn(&Component) -> bool + Send + Sync>;

/// Puts three tools in front of a server's, so that a model need not read them all: `discover_tools` finds some,
/// `get_tool_schema` says what one takes, `execute_tool` runs it. Prompts and resources stay as they are.
///
/// Whoever may not see a tool cannot discover or run it: what a caller finds is what the server lists for it.
///
/// ```
/// use fmcp::{Client, Discovery, Server, Tool};
/// use serde_json::json;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
/// let many = Server::new("many").tool(Tool::new("forecast", || async { "sun" }).description("The weather to come"));
/// let few = Discovery::new().in_front_of(&many)?;
///
/// let client = Client::connect(&few).await?;
/// assert_eq!(client.list_tools().await?.len(), 3);
/// let found = client.call("discover_tools", json!({"query": "wether"})).await?;
/// assert_eq!(found.text(), "forecast(): The weather to come\n");
/// let ran = client.call("execute_tool", json!({"name": "forecast"})).await?;
/// assert_eq!(ran.text(), "sun");
/// # Ok(()) }
/// ```
#[derive(Clone, Default)]
#[must_use = "it discovers nothing by itself: put it in front of a server"]
pub struct Discovery {
    pins: Vec<Pin>,
    rule: Option<Rule>,
}

impl Discovery {
    /// All tools are behind the three.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps the selected tools in the list, beside the three.
    pub fn pin(mut self, select: impl Select + Send + Sync + 'static) -> Self {
        self.pins.push(Arc::new(move |component: &Component| {
            select.selects(component)
        }));
        self
    }

    /// Sets which domain and group a tool belongs to. Without it, and where it says nothing, they are what the tool's
    /// metadata says (`fastmcp.domain`, `fastmcp.group`), which a configuration may have set; else the domain is the
    /// name of the mounted server that the tool is from. The names lose what nobody sees, and what is beyond 64
    /// characters.
    pub fn domains(
        mut self,
        rule: impl Fn(&model::Tool) -> Option<(String, Option<String>)> + Send + Sync + 'static,
    ) -> Self {
        self.rule = Some(Arc::new(rule));
        self
    }

    /// The server that has the three tools. It introduces itself as the one behind it does, and calls to what is behind
    /// go through that server's middleware.
    ///
    /// # Errors
    /// When the server was given something that it cannot use.
    pub fn in_front_of(self, server: impl Into<Server>) -> Result<Server> {
        let server = server.into();
        let shelf = Arc::new(Shelf::new(server.clone(), self.rule));
        let pins = self.pins;
        let pinned = move |component: &Component| {
            component.kind() != ComponentKind::Tool || pins.iter().any(|pin| pin(component))
        };
        let own = |component: &Component| component.extensions.contains::<Own>();
        let front = Server::new("discovery")
            .introduced_as(&server)
            .component(discover(&shelf)?)
            .component(schema(&shelf)?)
            .component(execute(&shelf))
            .transform(
                Visibility::new()
                    .hide(|_: &Component| true)
                    .show(pinned)
                    .show(own),
            );
        front.mount_as_is("behind", &server)?;
        Ok(front)
    }
}

/// One of the three.
struct Own;

fn own(mut component: Component) -> Component {
    component.extensions.insert(Own);
    component
}

fn discover(shelf: &Arc<Shelf>) -> Result<Component> {
    let shelf = Arc::clone(shelf);
    let schema = json!({"type": "object", "additionalProperties": false, "properties": {
        "query": {"type": "string", "description": "What the tool should do, in a few words"},
        "domain": {"type": "string", "description": "Only tools of this domain"},
        "group": {"type": "string", "description": "Only tools of this group"},
        "tag": {"type": "string", "description": "Only tools with this tag"},
        "match": {"enum": ["ranked", "exact", "glob", "regex"], "default": "ranked",
            "description": "ranked: by meaning, \"words in quotes\" as they stand; exact and glob: the tool's name; \
                regex: in name or description"},
        "format": {"enum": ["names", "signatures", "full"], "default": "signatures"},
        "limit": {"type": "integer", "minimum": 1, "maximum": 200},
    }});
    let tool = Tool::dynamic(
        "discover_tools",
        schema,
        move |given: Value, ctx: Context| {
            let shelf = Arc::clone(&shelf);
            async move {
                let asked: Asked = serde_json::from_value(given)
                    .map_err(|e| Error::new(Kind::BadArguments, e.to_string()))?;
                let view = shelf.view(ctx.call()).await?;
                if asked.is_open() {
                    return Ok::<_, Error>(show::overview(&view, &down(&shelf.server)));
                }
                Ok(show::found(&view, &asked, &asked.meant(&view)?))
            }
        },
    );
    let tool = tool
        .description("Find tools. Without arguments it lists the domains; with a query, the tools that fit best")
        .read_only(true);
    tool.into_component().map(own)
}

fn schema(shelf: &Arc<Shelf>) -> Result<Component> {
    let shelf = Arc::clone(shelf);
    let schema = json!({"type": "object", "required": ["name"], "additionalProperties": false, "properties": {
        "name": {"type": "string", "description": "The tool's name, as discover_tools says it"},
    }});
    let tool = Tool::dynamic(
        "get_tool_schema",
        schema,
        move |given: Value, ctx: Context| {
            let shelf = Arc::clone(&shelf);
            async move {
                let name = given["name"].as_str().unwrap_or_default();
                let view = shelf.view(ctx.call()).await?;
                let tool = view
                    .get(name)
                    .ok_or_else(|| ToolError::new(unknown(&view.index, &view.tools, name)))?;
                Ok::<_, fmcp_core::HandlerError>(show::full(tool).to_string())
            }
        },
    );
    let tool = tool
        .description("Everything about one tool: what it takes and gives back")
        .read_only(true);
    tool.into_component().map(own)
}

fn execute(shelf: &Arc<Shelf>) -> Component {
    let schema = json!({"type": "object", "required": ["name"], "additionalProperties": false, "properties": {
        "name": {"type": "string", "description": "The tool's name, as discover_tools says it"},
        "arguments": {"type": "object", "description": "Its arguments"},
    }});
    let mut tool = model::Tool::new("execute_tool", schema);
    tool.description = Some("Run a tool that discover_tools has found".to_owned());
    let execute = Execute(Arc::clone(shelf));
    own(Component::new(
        Definition::Tool(Box::new(tool)),
        Arc::new(execute),
    ))
}

/// Which domains are down, and whether each has been there before. Why stands in the log: it is not for callers, for
/// it may say how the upstream is reached.
fn down(server: &Server) -> BTreeMap<String, bool> {
    let states = server.upstreams().into_iter();
    let down = states.filter(|(_, status)| status.state != ServerState::Connected);
    down.map(|(name, status)| (name.into(), status.revision.is_some()))
        .collect()
}

fn unknown(index: &super::index::Index, tools: &[model::Tool], name: &str) -> String {
    let near: Vec<&str> = index
        .find(name)
        .into_iter()
        .take(3)
        .map(|at| tools[at].name.as_str())
        .collect();
    let name: String = name.chars().take(100).collect();
    if near.is_empty() {
        format!("there is no tool {name:?}; discover_tools finds some")
    } else {
        format!(
            "there is no tool {name:?}; did you mean {}?",
            near.join(", ")
        )
    }
}

/// Runs a tool: the call goes on as if it had been made to that tool, and its answer comes back whole.
struct Execute(Arc<Shelf>);

#[derive(serde::Deserialize)]
struct Wanted {
    name: String,
    #[serde(default)]
    arguments: Option<Value>,
}

impl Execute {
    async fn run(&self, call: Call) -> Result<Reply> {
        let wanted: Wanted = match call.parse_arguments() {
            Ok(wanted) => wanted,
            Err(error) => return Ok(refusal(error.message())),
        };
        let view = self.0.view(&call).await?;
        let Some(tool) = view.get(&wanted.name) else {
            let held = self.why_held(call, &wanted.name).await;
            let unknown = || refusal(&unknown(&view.index, &view.tools, &wanted.name));
            return Ok(held.unwrap_or_else(unknown));
        };
        let given = wanted.arguments.unwrap_or_else(|| json!({}));
        let arguments = Arguments::new(tool.input_schema.to_value(), false);
        let arguments = match arguments.prepare(Subject::tool(&tool.name), given) {
            Ok(arguments) => arguments,
            Err(faults) => return Ok(refusal(&faults.to_string())),
        };
        let mut fields: Extra = call.params().parse()?;
        fields.insert("name", json!(tool.name));
        fields.insert("arguments", Raw::from(arguments));
        let mirrors = tool.input_schema.as_str().contains(KEYWORD);
        let mut call = call.with_params(Params::of(&fields)?).forwarded(None);
        if let (Some(headers), true) = (call.headers(), mirrors) {
            // Those that repeat arguments repeat what was said to this tool, not to that one.
            let mut headers = HeaderMap::clone(headers);
            let repeating: Vec<HeaderName> = headers
                .keys()
                .filter(|name| is_mirror(name))
                .cloned()
                .collect();
            for name in repeating {
                headers.remove(name);
            }
            call = call.with_headers(Arc::new(headers));
        }
        self.0.server.call(call).await
    }

    /// What the server says of a tool whose definition is not approved, to a caller that may call it.
    async fn why_held(&self, call: Call, tool: &str) -> Option<Reply> {
        if !self.0.server.withholds(tool) {
            return None;
        }
        let mut fields: Extra = call.params().parse().ok()?;
        fields.insert("name", json!(tool));
        fields.insert("arguments", Raw::empty_object());
        let call = call.with_params(Params::of(&fields).ok()?);
        self.0.server.call(call.forwarded(None)).await.ok()
    }
}

impl Endpoint for Execute {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(self.run(call))
    }
}

/// A failure that a model can mend.
fn refusal(words: &str) -> Reply {
    let mut result = model::CallToolResult::new(vec![words.to_owned().into()]);
    result.is_error = Some(true);
    result.into()
}

impl fmt::Debug for Discovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Discovery")
            .field("pins", &self.pins.len())
            .finish_non_exhaustive()
    }
}
