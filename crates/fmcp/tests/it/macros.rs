//! What the macros make of a function, as users see it. How they write it is tested in `fmcp-macros`.

use std::time::Duration;

use fmcp::{Client, Context, Json, Server, prompt, resource, server, tool};
use serde_json::{Value, json};

mod elsewhere {
    use fmcp::tool;

    /// Shout.
    ///
    /// Nobody will mind.
    #[tool]
    pub(crate) fn shout(mut text: String) -> String {
        text.make_ascii_uppercase();
        text
    }

    #[tool]
    pub(super) async fn whisper(text: String) -> String {
        text.to_lowercase()
    }
}

/// Look for words.
#[tool(
    title = "Search",
    read_only,
    tags("text"),
    version = "2.0",
    timeout = "1s",
    meta(cost = 3)
)]
async fn search(
    /// What to look for.
    #[arg(length(1..=200), pattern = r"^\S", examples("rust", "mcp"))]
    query: String,
    #[arg(rename = "lang", one_of("en", "de"), default = "en")] language: Option<String>,
    #[arg(title = "Most", deprecated, range(1..=9), default = 3)] limit: u8,
    #[arg(header = "Region", default = "eu")] region: String,
    ctx: Context,
) -> Json<Vec<String>> {
    ctx.info("searching").await;
    let language = language.unwrap_or_default();
    Json(vec![query, language, limit.to_string(), region])
}

#[resource("data://numbers/{number}", name = "numbers")]
fn number(number: u8) -> String {
    number.to_string()
}

#[prompt]
async fn ask(
    /// About what?
    topic: String,
) -> String {
    format!("What is {topic}?")
}

struct Counter;

#[server]
impl Counter {
    #[tool]
    pub(crate) fn double(&self, n: u8) -> u8 {
        n * 2
    }
}

async fn schema_of(tool: fmcp::Tool) -> Value {
    let client = Client::connect(Server::new("s").tool(tool)).await.unwrap();
    let tools = client.list_tools().await.unwrap();
    tools[0].input_schema.to_value()
}

#[tokio::test]
async fn functions_stay_functions() {
    assert_eq!(elsewhere::shout("a".into()), "A");
    assert_eq!(elsewhere::whisper("B".into()).await, "b");
    assert_eq!(number(7), "7");
    assert_eq!(ask("life".into()).await, "What is life?");
    assert_eq!(Counter.double(4), 8);
    let context = Context::new(fmcp::Call::of(fmcp::Method::Ping, &json!({})).unwrap());
    let Json(found) = search("rust".into(), None, 1, "eu".into(), context).await;
    assert_eq!(found, ["rust", "", "1", "eu"]);
}

#[tokio::test]
async fn what_is_visible_outside_can_be_registered_outside() {
    let server = Server::new("s")
        .tool(elsewhere::shout::tool())
        .tool(elsewhere::whisper::tool());
    let client = Client::connect(server).await.unwrap();
    let result = client.call("shout", json!({"text": "a"})).await.unwrap();
    assert_eq!(result.text(), "A");
}

#[tokio::test]
async fn words_about_a_function_are_what_clients_read() {
    let server = Server::new("s")
        .tool(elsewhere::shout::tool())
        .tool(search::tool().timeout(Duration::from_secs(2)))
        .resource(number::resource())
        .prompt(ask::prompt());
    let client = Client::connect(server).await.unwrap();
    let tools = client.list_tools().await.unwrap();
    let words = tools[0].description.as_deref();
    assert_eq!(words, Some("Shout.\n\nNobody will mind."));
    assert_eq!(tools[1].title.as_deref(), Some("Search"));
    let hints = tools[1].annotations.as_ref().unwrap();
    assert_eq!(hints.read_only_hint, Some(true));
    let meta = tools[1].meta.as_ref().unwrap();
    assert_eq!(meta.get("cost").unwrap().to_value(), 3);
    assert_eq!(
        meta.get("fastmcp").unwrap().to_value(),
        json!({"tags": ["text"], "version": "2.0"})
    );
    let templates = client.list_templates().await.unwrap();
    assert_eq!(templates[0].name, "numbers");
    let prompts = client.list_prompts().await.unwrap();
    let arguments = prompts[0].arguments.as_ref().unwrap();
    assert_eq!(arguments[0].description.as_deref(), Some("About what?"));
    assert_eq!(arguments[0].required, Some(true));
}

#[tokio::test]
async fn what_is_said_of_an_argument_stands_in_the_schema() {
    let schema = schema_of(search::tool()).await;
    let expect = json!({
        "type": "object",
        "properties": {
            "query": {
                "description": "What to look for.",
                "type": "string",
                "minLength": 1,
                "maxLength": 200,
                "pattern": r"^\S",
                "examples": ["rust", "mcp"],
            },
            "lang": {"type": ["string", "null"], "enum": ["en", "de", null], "default": "en"},
            "limit": {
                "title": "Most",
                "type": "integer",
                "minimum": 1,
                "maximum": 9,
                "deprecated": true,
                "default": 3,
            },
            "region": {"type": "string", "x-mcp-header": "Region", "default": "eu"},
        },
        "required": ["query"],
        "additionalProperties": false,
    });
    assert_eq!(schema, expect);
}

#[tokio::test]
async fn what_the_schema_promises_is_checked() {
    let client = Client::connect(Server::new("s").tool(search::tool()))
        .await
        .unwrap();
    let found: Vec<String> = client
        .call("search", json!({"query": "rust", "limit": "4"}))
        .await
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(found, ["rust", "en", "4", "eu"]);
    for (arguments, words) in [
        (json!({"query": ""}), "query"),
        (json!({"query": " x"}), "query"),
        (json!({"query": "x", "lang": "fr"}), "lang"),
        (json!({"query": "x", "limit": 10}), "limit"),
        (
            json!({"query": "x", "langs": "en"}),
            "did you mean \"lang\"?",
        ),
        (json!({}), "query"),
    ] {
        let refusal = client.call("search", &arguments).await.unwrap_err();
        let said = refusal.to_string();
        assert!(said.contains(words), "{arguments}: {said}");
    }
}
