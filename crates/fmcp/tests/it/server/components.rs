//! What may be said about a component, their names, and what happens to duplicates.

use std::time::Duration;

use fmcp::{
    CacheScope, Icon, Input, Key, Kind, OnDuplicate, Prompt, Resource, Server, Tool,
    core::ComponentKind, testing,
};
use serde_json::{json, to_value};

use super::*;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Id {
    #[allow(dead_code)]
    id: u64,
}

fn tool(name: &str, says: &'static str) -> Tool {
    Tool::new(name, move || async move { says })
}

#[tokio::test]
async fn a_tool_says_all_there_is_to_say() {
    let server = Server::new("s").tool(
        tool("a", "")
            .title("A")
            .description("An a")
            .tags(["y", "x"])
            .version("2")
            .icon(Icon::new("https://example.com/i.png"))
            .meta("example.com/k", json!(1))
            .read_only(true),
    );
    let client = testing::connect(&server).await;
    assert_eq!(
        to_value(&client.list_tools().await.unwrap()[0]).unwrap(),
        json!({
            "name": "a", "title": "A", "description": "An a",
            "inputSchema": {"type": "object", "additionalProperties": false},
            "annotations": {"readOnlyHint": true},
            "icons": [{"src": "https://example.com/i.png"}],
            "_meta": {"example.com/k": 1, "fastmcp": {"tags": ["x", "y"], "version": "2"}},
        })
    );
}

#[tokio::test]
async fn so_do_resources_templates_and_prompts() {
    let resource = |uri: &str| {
        Resource::new(uri, || async { "" })
            .name("r")
            .title("R")
            .description("An r")
            .mime("text/x")
            .tags(["t"])
            .audience(["user"])
            .priority(0.5)
            .icon(Icon::new("https://example.com/i.png"))
    };
    let template = Resource::new("t://{id}", |Input(_): Input<Id>| async { "" })
        .also("u://{id}")
        .name("t");
    let prompt = Prompt::new("p", |Input(_): Input<Id>| async { "" })
        .title("P")
        .tags(["t"]);
    let server = Server::new("s")
        .resource(resource("r://a").size(3))
        .resource(template)
        .prompt(prompt);
    let client = testing::connect(&server).await;
    assert_eq!(
        to_value(&client.list_resources().await.unwrap()[0]).unwrap(),
        json!({
            "uri": "r://a", "name": "r", "title": "R", "description": "An r", "mimeType": "text/x",
            "size": 3, "annotations": {"audience": ["user"], "priority": 0.5},
            "icons": [{"src": "https://example.com/i.png"}], "_meta": {"fastmcp": {"tags": ["t"]}},
        })
    );
    let templates = client.list_templates().await.unwrap();
    let uris: Vec<_> = templates.iter().map(|t| t.uri_template.as_str()).collect();
    assert_eq!(uris, ["t://{id}", "u://{id}"]);
    let prompt = to_value(&client.list_prompts().await.unwrap()[0]).unwrap();
    assert_eq!(prompt["title"], "P");
    assert_eq!(prompt["arguments"][0]["name"], "id");
    assert_eq!(prompt["arguments"][0]["required"], true);
}

#[tokio::test]
async fn what_is_disabled_is_not_there() {
    let server = Server::new("s")
        .tool(tool("on", "on"))
        .tool(tool("off", "off").enabled(false));
    let client = testing::connect(&server).await;
    assert_eq!(client.list_tools().await.unwrap().len(), 1);
    let off = client.call("off", ()).await.unwrap_err();
    let never = client.call("never", ()).await.unwrap_err();
    assert_eq!(off.kind(), Kind::NotFound);
    assert_eq!(
        off.to_string().replace("off", "never"),
        never.to_string(),
        "disabled and missing look alike"
    );
}

#[tokio::test]
async fn of_several_versions_the_newest_answers() {
    let server = Server::new("s")
        .tool(tool("a", "1.9").version("1.9"))
        .tool(tool("b", "b"))
        .tool(tool("a", "1.10").version("1.10"))
        .tool(tool("a", "1.2").version("1.2"));
    let client = testing::connect(&server).await;
    assert_eq!(testing::expect_text(&client.call("a", ()).await), "1.10");
    let names: Vec<_> = client
        .list_tools()
        .await
        .unwrap()
        .into_iter()
        .map(|tool| tool.name)
        .collect();
    assert_eq!(names, ["a", "b"], "each name once, where it first stood");
    server.remove(&Key::new(ComponentKind::Tool, "a").version("1.10"));
    assert_eq!(testing::expect_text(&client.call("a", ()).await), "1.9");
}

#[tokio::test]
async fn unusual_names_work() {
    for name in ["two words", "größe", "a,b", "", &"x".repeat(200)] {
        let server = Server::new("s").tool(tool(name, "ok"));
        let client = testing::connect(&server).await;
        let result = client.call(name, ()).await;
        assert_eq!(testing::expect_text(&result), "ok", "{name:?}");
    }
}

#[tokio::test]
async fn duplicates_go_by_the_policy() {
    for (policy, says) in [
        (OnDuplicate::Warn, "new"),
        (OnDuplicate::Replace, "new"),
        (OnDuplicate::Keep, "old"),
    ] {
        let server = Server::new("s")
            .on_duplicate(policy)
            .tool(tool("a", "old"))
            .tool(tool("b", "b"))
            .tool(tool("a", "new"));
        let client = testing::connect(&server).await;
        let result = client.call("a", ()).await;
        assert_eq!(testing::expect_text(&result), says, "{policy:?}");
        let first = &client.list_tools().await.unwrap()[0].name;
        assert_eq!(first, "a", "{policy:?} keeps the place");
        server.add_tool(tool("b", "later")).unwrap();
        let later = client.call("b", ()).await;
        let expect = if policy == OnDuplicate::Keep {
            "b"
        } else {
            "later"
        };
        assert_eq!(testing::expect_text(&later), expect, "{policy:?}");
    }
    let server = Server::new("s").tool(tool("a", "old"));
    let client = testing::connect(&server).await;
    let refused = server.add_tool(tool("a", "new")).unwrap_err();
    assert_eq!(refused.message(), "there is already a tool:a");
    assert_eq!(testing::expect_text(&client.call("a", ()).await), "old");
    server.check().unwrap();
}

#[test]
fn the_policy_is_for_what_is_added_after_it() {
    let server = Server::new("s")
        .tool(tool("a", "old"))
        .tool(tool("a", "new"))
        .on_duplicate(OnDuplicate::Keep)
        .tool(tool("a", "newest"));
    assert_eq!(refusal(&server), "there is already a tool:a");
}

#[tokio::test]
async fn all_faults_are_told_at_once() {
    let server = Server::new("s")
        .tool(tool("a", ""))
        .tool(tool("a", ""))
        .tool(Tool::dynamic("bad", json!({"type": 5}), |_, _| async {}))
        .tool(tool("promise", "").output_schema(json!({"$ref": "https://example.com/x"})))
        .resource(
            Resource::new("x://{id}", || async { "" })
                .also("x://{id")
                .also("y://{other}"),
        )
        .resource(Resource::new("z://plain", |Input(_): Input<Id>| async {
            ""
        }))
        .resource(Resource::new("q://{?id}", |Input(_): Input<Id>| async {
            ""
        }))
        .prompt(Prompt::new("p", || async { "" }))
        .prompt(Prompt::new("p", || async { "" }));
    let said = refusal(&server);
    for fault in [
        "there is already a tool:a",
        "tool \"bad\": the input schema cannot be used",
        "tool \"promise\": the output schema cannot be used",
        "resource \"x://{id}\": the handler takes no arguments",
        "resource \"x://{id\": ",
        "resource \"y://{other}\": ",
        "resource \"z://plain\": the handler takes arguments",
        "resource \"q://{?id}\": ",
        "there is already a prompt:p",
    ] {
        assert!(said.contains(fault), "{fault:?} in:\n{said}");
    }
    assert_eq!(said.lines().count(), 9, "{said}");
    let client = fmcp::Client::connect(&server).await.unwrap_err();
    assert!(client.to_string().contains("tool:a"), "{client}");
}

#[tokio::test]
async fn one_resource_with_a_taken_uri_gives_its_others() {
    let resource = |uri: &str| Resource::new(uri, || async { "" });
    let server = Server::new("s")
        .resource(resource("a://1"))
        .resource(resource("a://2"))
        .resource(resource("a://1").also("a://2"));
    let said = refusal(&server);
    assert!(
        said.contains("resource:a://1") && said.contains("resource:a://2"),
        "{said}"
    );
}

#[tokio::test]
async fn a_server_says_who_it_is() {
    let server = Server::new("s")
        .version("1.2")
        .title("S")
        .description("words")
        .website("https://example.com")
        .icon(Icon::new("https://example.com/i.png"))
        .instructions("do")
        .cache(Duration::from_secs(2), CacheScope::Public);
    let client = testing::connect(&server).await;
    assert_eq!(
        to_value(client.server_info().unwrap()).unwrap(),
        json!({"name": "s", "version": "1.2", "title": "S", "description": "words",
               "websiteUrl": "https://example.com", "icons": [{"src": "https://example.com/i.png"}]})
    );
    let about = client.discover().await.unwrap();
    assert_eq!(about.ttl_ms, Some(2000));
}

#[tokio::test]
async fn a_server_that_is_not_built_right_answers_nobody() {
    let twice = || fmcp::Tool::new("twice", || async { "once" });
    let server = fmcp::Server::new("s").tool(twice()).tool(twice());
    let exchange = fmcp::Exchange::new(server);
    let list = fmcp::testing::modern("tools/list", serde_json::json!({})).to_string();
    let answer = exchange.answer(list.into()).await.unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(answer["error"]["code"], -32603, "{answer}");
}
