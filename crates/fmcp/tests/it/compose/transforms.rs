//! Components in another shape: tools, visibility, versions, and prompts and resources as tools.

use fmcp::{
    CallOptions, Client, Component, ComponentKind, Input, Kind, Prompt, Reshape, Resource,
    ResponseLimit, ToolError, Versions, Visibility, kinds, model, named, tags,
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
    let options = CallOptions::new().version(version);
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

#[derive(serde::Deserialize, fmcp::schemars::JsonSchema)]
struct Id {
    id: String,
}

/// Everything in two versions.
fn old_and_new() -> Server {
    let server = Server::new("v")
        .tool(tool("inner", "newest").version("9"))
        .tool(tool("inner", "older").version("1"));
    ["1", "2"].into_iter().fold(server, |server, version| {
        let outer = move |ctx: fmcp::Context| async move {
            let inner = ctx.call_tool("inner", &json!({})).await?;
            let inner = inner.content[0].as_text().unwrap_or_default().to_owned();
            Ok::<_, fmcp::HandlerError>(format!("{version} {inner}"))
        };
        server
            .tool(Tool::new("outer", outer).version(version))
            .prompt(Prompt::new("p", move || async move { version }).version(version))
            .resource(Resource::new("data://a", move || async move { version }).version(version))
            .resource(
                Resource::new("data://t/{id}", move |Input(one): Input<Id>| async move {
                    format!("{} {version}", one.id)
                })
                .version(version),
            )
    })
}

#[tokio::test]
async fn all_kinds_have_versions_through_mounts_and_proxies_in_every_revision() {
    let app = Server::new("app");
    app.mount_as_is("v", old_and_new()).unwrap();
    let middle = Server::new("middle");
    let upstream = Server::from(fmcp::Proxy::builder(old_and_new()).connect().await.unwrap());
    middle.mount_as_is("far", upstream).unwrap();
    for server in [old_and_new(), app, middle] {
        for revision in fmcp::Revision::ALL {
            let client = testing::connect_at(&server, revision).await;
            for (version, says) in [(None, "2"), (Some("1"), "1"), (Some("2"), "2")] {
                let options = || match version {
                    Some(version) => CallOptions::new().version(version),
                    None => CallOptions::new(),
                };
                let called = client.call_with("outer", (), options()).await;
                assert_eq!(
                    testing::expect_text(&called),
                    format!("{says} newest"),
                    "what a handler calls is not of the version that it was asked for"
                );
                let got = client.prompt_with("p", (), options()).await.unwrap();
                assert_eq!(got.messages[0].content.as_text(), Some(says), "{revision}");
                let read = client.read_with("data://a", options()).await.unwrap();
                assert_eq!(read.text(), Some(says), "{revision}");
                let read = client.read_with("data://t/7", options()).await.unwrap();
                let expected = format!("7 {says}");
                assert_eq!(read.text(), Some(&*expected), "{revision}");
            }
            let wrong = || CallOptions::new().version("3".repeat(1_000));
            let errors = [
                client.call_with("outer", (), wrong()).await.map(drop),
                client.prompt_with("p", (), wrong()).await.map(drop),
                client.read_with("data://a", wrong()).await.map(drop),
                client.read_with("data://t/7", wrong()).await.map(drop),
            ];
            for error in errors {
                let error = error.unwrap_err().to_string();
                assert!(error.contains("there are 2, 1"), "{error}");
                assert!(error.len() < 300, "{error}");
            }
        }
    }
}

#[tokio::test]
async fn a_list_says_which_versions_there_are() {
    let client = testing::connect(&old_and_new()).await;
    let tools = client.list_tools().await.unwrap();
    let meta = tools[0].meta.as_ref().unwrap();
    assert_eq!(
        meta.get("fastmcp").unwrap().to_value(),
        json!({"tags": [], "version": "9", "versions": ["9", "1"]})
    );
    let plain = testing::connect(&Server::new("s").tool(tool("a", "a").version("1"))).await;
    let tools = plain.list_tools().await.unwrap();
    let meta = tools[0]
        .meta
        .as_ref()
        .unwrap()
        .get("fastmcp")
        .unwrap()
        .to_value();
    assert!(meta.get("versions").is_none(), "there are no others");
    let called = plain
        .call_with("a", (), CallOptions::new().version("2"))
        .await;
    assert!(called.unwrap_err().to_string().contains("there are 1"));
}

fn size(result: &model::CallToolResult) -> usize {
    serde_json::to_vec(result).unwrap().len()
}

/// Says much, in the ways that there are.
fn talkative() -> Server {
    let shape = json!({"type": "object"});
    Server::new("s")
        .tool(Tool::new("much", || async { "\u{e4}\n\"".repeat(10_000) }).tags(["big"]))
        .tool(Tool::new("little", || async { "little" }))
        .tool(Tool::dynamic(
            "data",
            shape,
            |_: serde_json::Value, _: fmcp::Context| async {
                fmcp::Json(json!({"all": "x".repeat(10_000)}))
            },
        ))
        .tool(Tool::new("blocks", || async {
            let picture = model::ImageContent::new("A".repeat(10_000), "image/png".to_owned());
            vec![model::Content::from("first"), picture.into(), "last".into()]
        }))
        .resource(Resource::new("data://text", || async {
            "line\n".repeat(10_000)
        }))
        .resource(
            Resource::new("data://json", || async {
                format!("[{}1]", "1,".repeat(10_000))
            })
            .mime("application/json"),
        )
}

#[tokio::test]
async fn what_is_too_large_is_cut_or_refused_and_stays_valid() {
    let mounted = Server::new("app");
    mounted.mount_as_is("s", talkative()).unwrap();
    let proxied = Server::from(fmcp::Proxy::builder(talkative()).connect().await.unwrap());
    for server in [talkative(), mounted, proxied] {
        let server = server.transform(ResponseLimit::cut(2_000));
        for revision in [fmcp::Revision::NEWEST, fmcp::Revision::V2024_11_05] {
            let client = testing::connect_at(&server, revision).await;
            let much = client.call("much", ()).await.unwrap();
            assert!(much.text().starts_with("\u{e4}\n\""), "{revision}");
            assert!(much.text().contains("at most 2000 are given"));
            assert!(much.text().len() > 500 && much.text().len() < 2_000);
            assert_eq!(client.call("little", ()).await.unwrap().text(), "little");
            let refused = client.call("data", ()).await;
            assert!(testing::expect_tool_error(&refused).contains("ask for less"));
            let blocks = client.call("blocks", ()).await.unwrap().text().into_owned();
            assert!(
                blocks.starts_with("first") && blocks.contains("[cut:"),
                "{blocks}"
            );
            let text = client.read("data://text").await.unwrap();
            let text = text.text().unwrap();
            assert!(text.starts_with("line\n") && text.contains("[cut:") && text.len() < 2_000);
            let refused = client.read("data://json").await.unwrap_err();
            assert!(refused.to_string().contains("ask for less"), "{refused}");
        }
    }
}

#[tokio::test]
async fn a_bound_is_for_what_it_is_given_for() {
    let brief = ResponseLimit::refuse(2_000).of(tags(["big"]));
    let large = ResponseLimit::cut(5_000).of(named("bl*"));
    let server = talkative().transform(brief).transform(large);
    let client = testing::connect(&server).await;
    let refused = client.call("much", ()).await;
    assert!(testing::expect_tool_error(&refused).contains("at most 2000 are given"));
    assert!(
        client
            .call("blocks", ())
            .await
            .unwrap()
            .text()
            .contains("[cut:")
    );
    client.call("data", ()).await.unwrap();
    client.read("data://json").await.unwrap();
    // Under the whole bound, with what is around the text.
    for bytes in [1_024, 1_500, 4_000] {
        let server = talkative().transform(ResponseLimit::cut(bytes));
        let client = testing::connect(&server).await;
        let options = CallOptions::new();
        let given = client.call_raw("much", (), options).await.unwrap();
        let whole = model::CallToolResult::new(vec![given.text().into_owned().into()]);
        assert!(size(&whole) <= bytes + 64, "{} {bytes}", size(&whole));
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
