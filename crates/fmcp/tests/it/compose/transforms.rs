//! Components in another shape: tools, visibility, versions, and prompts and resources as tools.

use fmcp::{
    Client, Component, ComponentKind, Input, Kind, Prompt, Reshape, Resource, ToolError, Versions,
    Visibility, kinds, model, named, tags,
    transform::{Inner, prompts_as_tools, resources_as_tools},
};
use serde_json::json;

use super::*;

#[derive(serde::Deserialize, fmcp::schemars::JsonSchema)]
struct Search {
    /// Words to look for
    q: String,
    limit: u32,
}

fn search() -> Tool {
    Tool::new("search", |Input(s): Input<Search>| async move {
        format!("{} of {}", s.limit, s.q)
    })
    .tags(["shop"])
}

fn shape() -> Reshape {
    Reshape::new("search")
        .name("find")
        .description("Find things")
        .argument("q", |a| a.rename("words").examples(["tea"]))
        .argument("limit", |a| a.default(20).hide())
}

#[tokio::test]
async fn a_tool_in_another_shape_is_what_is_listed_and_called() {
    let mounted = Server::new("app");
    mounted
        .mount_as_is("s", Server::new("s").tool(search()))
        .unwrap();
    for server in [Server::new("s").tool(search()), mounted] {
        let server = server.transform(shape());
        let client = testing::connect(&server).await;
        let tool = client.list_tools().await.unwrap().remove(0);
        assert_eq!(
            (&*tool.name, tool.description.as_deref()),
            ("find", Some("Find things"))
        );
        let schema = tool.input_schema.to_value();
        assert_eq!(schema["required"], json!(["words"]));
        assert_eq!(
            schema["properties"]["words"]["description"],
            "Words to look for"
        );
        assert!(schema["properties"].get("limit").is_none());
        let found = client.call("find", json!({"words": "tea"})).await;
        assert_eq!(testing::expect_text(&found), "20 of tea");
        for wrong in [
            json!({"q": "tea"}),
            json!({"words": "tea", "limit": 5}),
            json!({}),
        ] {
            assert!(client.call("find", wrong.clone()).await.is_err(), "{wrong}");
        }
        assert_eq!(
            client.call("search", json!({})).await.unwrap_err().kind(),
            Kind::NotFound
        );
    }
}

#[tokio::test]
async fn shapes_go_on_top_of_each_other_and_beside_the_tool() {
    let server = Server::new("s")
        .tool(search())
        .component(
            search()
                .reshape(|r| r.name("first").argument("limit", |a| a.default(1).hide()))
                .unwrap(),
        )
        .transform(shape())
        .transform(
            Reshape::new("find")
                .name("look")
                .argument("words", |a| a.rename("for")),
        );
    assert_eq!(tools(&server).await, ["look", "first"]);
    let client = testing::connect(&server).await;
    let found = client.call("look", json!({"for": "tea"})).await;
    assert_eq!(testing::expect_text(&found), "20 of tea");
    let found = client.call("first", json!({"q": "tea"})).await;
    assert_eq!(testing::expect_text(&found), "1 of tea");
}

#[tokio::test]
async fn a_function_around_a_tool_validates_forwards_and_answers_by_itself() {
    let careful = shape().wrap(|arguments: serde_json::Value, tool: Inner| async move {
        if arguments["words"] == "everything" {
            return Err(ToolError::new("that is too much"));
        }
        let mut result = tool
            .call(arguments)
            .await
            .map_err(|e| ToolError::new(e.to_string()))?;
        result.content.push("(checked)".into());
        Ok::<model::CallToolResult, _>(result)
    });
    let server = Server::new("s").tool(search()).transform(careful);
    let client = testing::connect(&server).await;
    let found = client.call("find", json!({"words": "tea"})).await.unwrap();
    assert!(found.text().starts_with("20 of tea") && found.text().contains("(checked)"));
    let refused = client.call("find", json!({"words": "everything"})).await;
    assert_eq!(testing::expect_tool_error(&refused), "that is too much");
    let wrong = client
        .call("find", json!({"words": 5, "no": 1}))
        .await
        .unwrap_err();
    assert!(wrong.to_string().contains("no"), "{wrong}");
}

#[test]
fn a_shape_that_cannot_be_says_why() {
    let error = search()
        .reshape(|r| {
            r.argument("none", |a| a)
                .argument("q", fmcp::transform::Argument::hide)
        })
        .unwrap_err();
    assert!(
        error.message().contains("none") && error.message().contains("\"q\""),
        "{error}"
    );
}

#[tokio::test]
async fn what_is_hidden_can_be_neither_seen_nor_called() {
    let far = Server::new("far")
        .tool(search())
        .tool(tool("get_it", "it").tags(["internal"]));
    let server = Server::new("s")
        .tool(tool("own", "mine").tags(["internal"]))
        .resource(Resource::new("data://a", || async { "a" }));
    server.mount("far", far).unwrap();
    let server = server.transform(
        Visibility::new()
            .hide(tags(["internal"]))
            .hide(kinds([ComponentKind::Resource]))
            .show(named("*get_*")),
    );
    assert_eq!(tools(&server).await, ["far_search", "far_get_it"]);
    let client = testing::connect(&server).await;
    assert!(client.list_resources().await.unwrap().is_empty());
    assert!(client.read("data://a").await.is_err());
    assert_eq!(
        client.call("own", ()).await.unwrap_err().kind(),
        Kind::NotFound
    );
    assert_eq!(text(&server, "far_get_it").await, "it");
}

async fn of_version(
    server: &Server,
    tool: &str,
    version: &str,
) -> Result<String, fmcp::ClientError> {
    let client = Client::connect(server).await.unwrap();
    let meta = json!({"version": version});
    let options = fmcp::CallOptions::new().meta("fastmcp", meta);
    client
        .call_with(tool, (), options)
        .await
        .map(|answer| answer.text().into_owned())
}

#[tokio::test]
async fn the_newest_version_answers_unless_another_is_asked_for() {
    let versions = || {
        Server::new("v")
            .tool(tool("add", "one").version("1.4"))
            .tool(tool("add", "ten").version("1.10"))
            .tool(tool("add", "two").version("2.0-beta"))
    };
    let app = Server::new("app");
    app.mount("v", versions()).unwrap();
    for (server, name) in [(versions(), "add"), (app, "v_add")] {
        assert_eq!(tools(&server).await, [name]);
        assert_eq!(text(&server, name).await, "two");
        for (version, says) in [("1.4", "one"), ("1.10", "ten"), ("2.0-beta", "two")] {
            assert_eq!(of_version(&server, name, version).await.unwrap(), says);
        }
        assert_eq!(
            of_version(&server, name, "3").await.unwrap_err().kind(),
            Kind::NotFound
        );
        let server = server.transform(Versions::parse(">=1, <2").unwrap());
        assert_eq!(text(&server, name).await, "ten");
        assert!(of_version(&server, name, "2.0-beta").await.is_err());
    }
}

#[tokio::test]
async fn prompts_and_resources_for_clients_that_know_only_tools() {
    let server = Server::new("s")
        .prompt(Prompt::new(
            "review",
            |Input(s): Input<Search>| async move { s.q },
        ))
        .resource(Resource::new("data://a", || async { "the a" }));
    let server = prompts_as_tools()
        .into_iter()
        .chain(resources_as_tools())
        .fold(server, Server::tool);
    let client = testing::connect(&server).await;
    let listed = client
        .call("list_prompts", ())
        .await
        .unwrap()
        .text()
        .into_owned();
    assert!(
        listed.contains("review") && listed.contains("limit"),
        "{listed}"
    );
    let arguments = json!({"name": "review", "arguments": {"q": "tea", "limit": "3"}});
    let got = client.call("get_prompt", arguments).await.unwrap();
    assert!(got.text().contains("tea"));
    let listed = client
        .call("list_resources", ())
        .await
        .unwrap()
        .text()
        .into_owned();
    assert!(listed.contains("data://a"), "{listed}");
    let read = client
        .call("read_resource", json!({"uri": "data://a"}))
        .await
        .unwrap();
    assert!(read.text().contains("the a"));
    assert!(
        client
            .call("read_resource", json!({"uri": "data://none"}))
            .await
            .is_err()
    );
    let _: Option<&Component> = None;
}
