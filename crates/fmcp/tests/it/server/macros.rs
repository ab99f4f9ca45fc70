//! The attributes in front of the real crate.

#![allow(clippy::needless_pass_by_value, reason = "handlers own what they take")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use fmcp::{
    Context, Depends, Headers, Icon, Json, Middleware, Principal, Provide, Server, State,
    ToolError,
    model::{PromptReference, ResourceReference},
    prompt, resource, server, testing, tool,
};
use serde_json::json;

use super::*;

/// Add two numbers.
///
/// Both may be negative.
#[tool]
async fn add(
    /// First addend
    a: i64,
    /// Second addend
    #[arg(default = 1, range(-1_000_000..=1_000_000))]
    b: i64,
) -> i64 {
    a + b
}

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, Debug, PartialEq)]
struct Customer {
    id: u64,
    name: String,
}

struct Db(Vec<&'static str>);

impl Db {
    fn find(&self, id: u64) -> Option<Customer> {
        let name = self.0.get(usize::try_from(id).ok()?)?;
        Some(Customer {
            id,
            name: (*name).to_owned(),
        })
    }
}

struct Tenant(String);

impl Provide for Tenant {
    async fn provide(ctx: &Context) -> Result<Self, ToolError> {
        Ok(Self(ctx.client().map(|c| c.name).unwrap_or_default()))
    }
}

/// Fetch a customer by id.
#[tool(
    name = "crm.customer",
    title = "Customer",
    version = "1.2",
    read_only,
    destructive = false,
    idempotent,
    open_world = false,
    tags("crm", "public"),
    timeout = "5s",
    meta(cost = 3, "example.com/owner" = ["crm", "sales"]),
    icon = Icon::new("https://example.com/a.png")
)]
async fn customer(
    id: u64,
    ctx: Context,
    #[ctx] State(db): State<Db>,
    #[ctx] tenant: Depends<Tenant>,
    #[ctx] headers: Headers,
    #[ctx] who: Option<Arc<Principal>>,
) -> Result<Json<Customer>, ToolError> {
    assert!(headers.is_empty() && who.is_none());
    ctx.info(format!("looking up for {}", tenant.0.0)).await;
    ctx.progress(1, 2, "query").await;
    db.find(id)
        .map(Json)
        .ok_or_else(|| ToolError::new(format!("no customer {id}")))
}

#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Default,
    serde::Deserialize,
    serde::Serialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
enum Unit {
    #[default]
    Celsius,
    Fahrenheit,
}

const MAX: u32 = 100;

#[tool(strict)]
#[allow(clippy::too_many_arguments)]
fn search(
    /// What to look for.
    #[arg(length(1..=20), pattern = r"^\S", examples("rust", "mcp"))]
    query: String,
    #[arg(default = "en", one_of("en", "de"), rename = "lang")] language: Option<String>,
    #[arg(default, length(..5), description = "Only with all of these", title = "Tags")] tags: Vec<
        String,
    >,
    #[arg(default = 10, range(1..MAX), deprecated)] limit: u32,
    #[arg(range(0.0..=1.0))] score: Option<f64>,
    #[arg(default)] unit: Unit,
    r#type: Option<bool>,
    #[arg(default = -1)] mut offset: i64,
) -> String {
    offset += 1;
    format!("{query} {language:?} {tags:?} {limit} {score:?} {unit:?} {type:?} {offset}", type = r#type)
}

#[tool(blocking)]
fn hash(text: String) -> String {
    let ctx = Context::current().expect("blocking functions have a context");
    format!("{} {}", ctx.request_id(), text.len())
}

#[tool(timeout = Duration::from_secs(1), disabled)]
fn hidden() {}

/// The settings.
#[resource(
    "data://settings",
    mime = "application/json",
    size = 1024,
    audience("user"),
    priority = 0.5
)]
async fn settings() -> Json<Customer> {
    Json(Customer {
        id: 1,
        name: "a".into(),
    })
}

async fn categories(text: String) -> Vec<String> {
    vec![format!("{text}s")]
}

#[resource(
    "data://{category}/{record-id}{?format,tag*}",
    "legacy://{category}/{record-id}",
    name = "records"
)]
async fn record(
    #[complete(categories)] category: String,
    record_id: u64,
    format: Option<String>,
    tag: Vec<String>,
) -> String {
    format!("{category} {record_id} {format:?} {tag:?}")
}

/// Review a change.
#[prompt(title = "Code review", tags("code"))]
fn review(
    /// The code
    code: String,
    #[complete(["rust", "python"])] language: Option<String>,
    unit: Option<Unit>,
) -> String {
    format!("{code} {language:?} {unit:?}")
}

fn all() -> Server {
    Server::new("all")
        .state(Db(vec!["zero", "one"]))
        .tool(add::tool())
        .tool(customer::tool())
        .tool(search::tool())
        .tool(hash::tool())
        .tool(hidden::tool())
        .resource(settings::resource())
        .resource(record::resource())
        .prompt(review::prompt())
}

#[tokio::test]
async fn a_function_stays_callable_and_is_a_tool() {
    assert_eq!(add(1, 2).await, 3);
    let client = testing::connect(all()).await;
    let sum = client.call("add", json!({"a": 41})).await.unwrap();
    assert_eq!(sum.parse::<i64>().unwrap(), 42);
    let tools = client.list_tools().await.unwrap();
    let names: Vec<_> = tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, ["add", "crm.customer", "search", "hash"]);
    assert_eq!(
        tools[0].description.as_deref(),
        Some("Add two numbers.\n\nBoth may be negative.")
    );
    assert_eq!(
        tools[0].input_schema.to_value(),
        json!({
            "type": "object",
            "properties": {
                "a": {"type": "integer", "description": "First addend"},
                "b": {"type": "integer", "description": "Second addend", "default": 1,
                      "minimum": -1_000_000, "maximum": 1_000_000},
            },
            "required": ["a"],
            "additionalProperties": false,
        })
    );
}

#[tokio::test]
async fn what_is_injected_is_no_argument() {
    let client = testing::connect(all()).await;
    let tools = client.list_tools().await.unwrap();
    let tool = serde_json::to_value(&tools[1]).unwrap();
    assert_eq!(
        tool["inputSchema"]["properties"],
        json!({"id": {"type": "integer", "minimum": 0}})
    );
    assert_eq!(
        tool["annotations"],
        json!({"readOnlyHint": true, "destructiveHint": false, "idempotentHint": true, "openWorldHint": false})
    );
    assert_eq!(tool["title"], "Customer");
    assert_eq!(tool["icons"][0]["src"], "https://example.com/a.png");
    assert_eq!(
        tool["_meta"],
        json!({"cost": 3, "example.com/owner": ["crm", "sales"],
               "fastmcp": {"tags": ["crm", "public"], "version": "1.2"}})
    );
    let found = client.call("crm.customer", json!({"id": 1})).await.unwrap();
    assert_eq!(found.parse::<Customer>().unwrap().name, "one");
    assert_eq!(
        client.logs()[0].data.as_str(),
        "\"looking up for fmcp-testing\""
    );
    assert_eq!(client.progress()[0].message.as_deref(), Some("query"));
    let missing = client.call("crm.customer", json!({"id": 7})).await;
    assert_eq!(testing::expect_tool_error(&missing), "no customer 7");
}

#[tokio::test]
async fn rules_are_shown_and_enforced() {
    let server = all();
    let given = run(&server, "search", json!({"query": "mcp"})).await;
    assert_eq!(given.text(), "mcp Some(\"en\") [] 10 None Celsius None 0");
    let given = run(
        &server,
        "search",
        json!({"query": "q", "lang": null, "tags": ["a"], "limit": 1, "score": 1, "unit": "fahrenheit", "type": true, "offset": 4}),
    )
    .await;
    assert_eq!(
        given.text(),
        "q None [\"a\"] 1 Some(1.0) Fahrenheit Some(true) 5"
    );
    let broken = run(
        &server,
        "search",
        json!({"query": " ", "lang": "fr", "tags": ["", "", "", "", ""], "limit": 100, "score": 1.5, "unit": "kelvin", "offset": "1", "langs": 1}),
    )
    .await;
    let said = words(&broken);
    for fault in [
        "query: ",
        "lang: ",
        "tags: ",
        "limit: ",
        "score: ",
        "unit: ",
        "offset: ",
        "\"langs\"",
    ] {
        assert!(said.contains(fault), "{fault} in {said}");
    }
    let client = testing::connect(&server).await;
    let tools = client.list_tools().await.unwrap();
    let properties = &tools[2].input_schema.to_value()["properties"];
    assert_eq!(properties["lang"]["enum"], json!(["en", "de", null]));
    assert_eq!(properties["limit"]["exclusiveMaximum"], 100);
    assert_eq!(properties["limit"]["deprecated"], true);
    assert_eq!(properties["tags"]["maxItems"], 4);
    assert_eq!(properties["query"]["examples"], json!(["rust", "mcp"]));
}

#[tokio::test]
async fn blocking_functions_have_a_context() {
    let given = run(&all(), "hash", json!({"text": "abc"})).await;
    assert!(given.text().ends_with(" 3"), "{}", given.text());
}

#[tokio::test]
async fn resources_and_templates_are_read() {
    let client = testing::connect(all()).await;
    let settings = client.read("data://settings").await.unwrap();
    assert_eq!(settings.mime_type(), Some("application/json"));
    assert_eq!(settings.parse::<Customer>().unwrap().id, 1);
    for (uri, text) in [
        ("data://a/7", "a 7 None []"),
        (
            "data://a/7?format=x&tag=1&tag=2",
            r#"a 7 Some("x") ["1", "2"]"#,
        ),
        ("legacy://b/0", "b 0 None []"),
    ] {
        assert_eq!(client.read(uri).await.unwrap().text(), Some(text), "{uri}");
    }
    let bad = client.read("data://a/seven").await.unwrap_err();
    assert_eq!(bad.kind(), fmcp::Kind::InvalidParams);
    assert!(bad.to_string().contains("record-id"), "{bad}");
    let listed = client.list_resources().await.unwrap();
    assert_eq!(listed[0].name, "settings");
    assert_eq!(listed[0].description.as_deref(), Some("The settings."));
    assert_eq!(client.list_templates().await.unwrap().len(), 2);
    let found = client
        .complete(
            ResourceReference::new("legacy://{category}/{record-id}"),
            "category",
            "cat",
        )
        .await
        .unwrap();
    assert_eq!(found.values, ["cats"]);
}

#[tokio::test]
async fn prompts_are_filled_in_and_completed() {
    let client = testing::connect(all()).await;
    let filled = client
        .prompt("review", json!({"code": "x", "unit": "celsius"}))
        .await
        .unwrap();
    assert_eq!(
        filled.messages[0].content.as_text(),
        Some("x None Some(Celsius)")
    );
    let listed = client.list_prompts().await.unwrap();
    let arguments = listed[0].arguments.as_ref().unwrap();
    let required: Vec<_> = arguments
        .iter()
        .map(|a| (a.name.as_str(), a.required))
        .collect();
    assert_eq!(
        required,
        [
            ("code", Some(true)),
            ("language", Some(false)),
            ("unit", Some(false))
        ]
    );
    for (argument, typed, values) in [
        ("language", "p", vec!["python"]),
        ("unit", "", vec!["celsius", "fahrenheit"]),
        ("code", "", vec![]),
    ] {
        let found = client
            .complete(PromptReference::new("review"), argument, typed)
            .await
            .unwrap();
        assert_eq!(found.values, values, "{argument}");
    }
}

struct WeatherStation {
    asked: AtomicU32,
}

#[server(version = "1.0.0", title = "Weather", instructions = "Ask for a city")]
impl WeatherStation {
    const DAYS: u8 = 3;

    /// The forecast for a city.
    #[tool(read_only)]
    async fn forecast(
        &self,
        /// Its name
        city: String,
        #[arg(default = Self::DAYS)] days: u8,
        ctx: Context,
    ) -> Result<Json<Vec<u8>>, ToolError> {
        ctx.info("asked").await;
        self.asked.fetch_add(1, Ordering::SeqCst);
        if city.is_empty() {
            return Err(ToolError::new("which city?"));
        }
        Ok(Json((0..days).collect()))
    }

    #[fmcp::tool(blocking)]
    fn asked(&self) -> u32 {
        self.not_exposed()
    }

    #[resource("weather://stations/{id}")]
    async fn station(&self, id: u64) -> String {
        format!("station {id}")
    }

    #[prompt]
    fn ask_for(city: String) -> String {
        format!("How is the weather in {city}?")
    }

    fn not_exposed(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn a_type_is_a_server() {
    let station = WeatherStation {
        asked: AtomicU32::new(0),
    };
    let client = testing::connect(station.into_server()).await;
    assert_eq!(client.server_info().unwrap().name, "weather-station");
    assert_eq!(client.instructions(), Some("Ask for a city"));
    let days = client
        .call("forecast", json!({"city": "Ulm"}))
        .await
        .unwrap();
    assert_eq!(days.parse::<Vec<u8>>().unwrap(), [0, 1, 2]);
    let refused = client.call("forecast", json!({"city": ""})).await;
    assert_eq!(testing::expect_tool_error(&refused), "which city?");
    let asked = client.call("asked", ()).await.unwrap();
    assert_eq!(asked.parse::<u32>().unwrap(), 2);
    let station = client.read("weather://stations/5").await.unwrap();
    assert_eq!(station.text(), Some("station 5"));
    let asking = client
        .prompt("ask_for", json!({"city": "Ulm"}))
        .await
        .unwrap();
    assert_eq!(
        asking.messages[0].content.as_text(),
        Some("How is the weather in Ulm?")
    );
    assert_eq!(client.list_tools().await.unwrap().len(), 2);
}

/// Counts, and lets through.
struct Count(Arc<AtomicU32>);

impl Middleware for Count {
    async fn handle(&self, call: fmcp::Call, next: fmcp::Next<'_>) -> fmcp::Result<fmcp::Reply> {
        self.0.fetch_add(1, Ordering::SeqCst);
        next.run(call).await
    }
}

static COUNTED: std::sync::LazyLock<Arc<AtomicU32>> = std::sync::LazyLock::new(Arc::default);

fn promised() -> serde_json::Value {
    json!({"type": "object", "properties": {"n": {"type": "integer", "maximum": 3}}, "required": ["n"]})
}

#[tool(layer = Count(Arc::clone(&COUNTED)), output_schema = promised())]
async fn layered(n: i64) -> serde_json::Value {
    json!({"n": n})
}

#[tokio::test]
async fn a_tool_has_middleware_and_a_promise_of_its_own() {
    let server = Server::new("s").tool(layered::tool()).tool(add::tool());
    run(&server, "add", json!({"a": 1})).await;
    assert_eq!(COUNTED.load(Ordering::SeqCst), 0);
    let kept = run(&server, "layered", json!({"n": 3})).await;
    assert_eq!(kept.structured().unwrap().to_value(), json!({"n": 3}));
    let broken = run(&server, "layered", json!({"n": 4})).await;
    assert!(words(&broken).contains("the tool's result is not what it promises"));
    assert_eq!(COUNTED.load(Ordering::SeqCst), 2);
}
