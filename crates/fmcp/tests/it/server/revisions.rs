//! One script, five revisions.

use fmcp::{
    Content, Context, Input, Json, Prompt, Resource, Revision, Server, Tool, ToolError,
    testing::{self, Wire, legacy, modern},
};
use serde_json::{Value, json};

#[derive(serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
struct Point {
    x: i64,
}

fn server() -> Server {
    Server::new("s")
        .version("1.0.0")
        .title("S")
        .instructions("Ask.")
        .tool(
            Tool::new("double", |Input(Point { x }), ctx: Context| async move {
                ctx.info("doubling").await;
                Json(Point { x: 2 * x })
            })
            .title("Double")
            .read_only(true),
        )
        .tool(Tool::new("fail", || async {
            Err::<String, _>(ToolError::new("no"))
        }))
        .tool(Tool::new("sound", || async {
            vec![Content::audio("AA==", "audio/wav"), Content::text("a")]
        }))
        .resource(Resource::new("r://a", || async { "ra" }))
        .resource(Resource::new(
            "t://{x}",
            |Input(p): Input<Point>| async move { p.x.to_string() },
        ))
        .prompt(
            Prompt::new("p", |Input(p): Input<Point>| async move { p.x.to_string() })
                .complete("x", ["10", "11", "2"]),
        )
}

/// A peer that speaks one revision.
struct Peer(Wire, Revision);

impl Peer {
    async fn new(revision: Revision) -> Self {
        let wire = Wire::new(server());
        if revision != Revision::NEWEST {
            let opened = wire.initialize(revision).await;
            assert_eq!(opened["protocolVersion"], revision.as_str());
            assert_eq!(opened["serverInfo"]["name"], "s");
            assert_eq!(opened["instructions"], "Ask.");
        }
        Self(wire, revision)
    }

    async fn ask(&self, method: &str, params: Value) -> Value {
        let message = if self.1 == Revision::NEWEST {
            modern(method, params)
        } else {
            legacy(method, params)
        };
        self.0.send(message).await.unwrap()
    }
}

#[tokio::test]
async fn the_same_script_is_answered_in_every_revision() {
    for revision in Revision::ALL {
        let peer = Peer::new(revision).await;
        let at = revision.as_str();

        let tools = &peer.ask("tools/list", json!({})).await["result"]["tools"];
        assert_eq!(tools.as_array().map(Vec::len), Some(3), "{at}");
        assert_eq!(tools[0]["inputSchema"]["required"], json!(["x"]), "{at}");
        assert_eq!(
            tools[0].get("outputSchema").is_some(),
            revision >= Revision::V2025_06_18,
            "{at}"
        );
        assert_eq!(
            tools[0].get("annotations").is_some(),
            revision >= Revision::V2025_03_26,
            "{at}"
        );

        let double = peer
            .ask(
                "tools/call",
                json!({"name": "double", "arguments": {"x": "21"}}),
            )
            .await;
        let result = &double["result"];
        assert_eq!(
            result["content"],
            json!([{"type": "text", "text": "{\"x\":42}"}]),
            "{at}"
        );
        assert_eq!(
            result.get("structuredContent").is_some(),
            revision >= Revision::V2025_06_18,
            "{at}"
        );
        assert_eq!(
            result.get("resultType").is_some(),
            revision == Revision::NEWEST,
            "{at}"
        );

        let fail = peer.ask("tools/call", json!({"name": "fail"})).await;
        assert_eq!(fail["result"]["isError"], true, "{at}");
        let bad = peer
            .ask(
                "tools/call",
                json!({"name": "double", "arguments": {"y": 1}}),
            )
            .await;
        assert_eq!(bad["result"]["isError"], true, "{at}: {bad}");
        let sound = peer.ask("tools/call", json!({"name": "sound"})).await;
        let kind = &sound["result"]["content"][0]["type"];
        assert_eq!(*kind == "audio", revision >= Revision::V2025_03_26, "{at}");

        let read = peer.ask("resources/read", json!({"uri": "r://a"})).await;
        assert_eq!(read["result"]["contents"][0]["text"], "ra", "{at}");
        let read = peer.ask("resources/read", json!({"uri": "t://7"})).await;
        assert_eq!(read["result"]["contents"][0]["text"], "7", "{at}");
        let missing = peer.ask("resources/read", json!({"uri": "r://b"})).await;
        let code = if revision == Revision::NEWEST {
            -32602
        } else {
            -32002
        };
        assert_eq!(missing["error"]["code"], code, "{at}");

        let listed = peer.ask("resources/templates/list", json!({})).await;
        assert_eq!(
            listed["result"]["resourceTemplates"][0]["uriTemplate"], "t://{x}",
            "{at}"
        );
        let filled = peer
            .ask("prompts/get", json!({"name": "p", "arguments": {"x": "5"}}))
            .await;
        assert_eq!(
            filled["result"]["messages"][0]["content"]["text"], "5",
            "{at}"
        );
        let params = json!({"ref": {"type": "ref/prompt", "name": "p"}, "argument": {"name": "x", "value": "1"}});
        let found = peer.ask("completion/complete", params).await;
        assert_eq!(
            found["result"]["completion"]["values"],
            json!(["10", "11"]),
            "{at}"
        );
        let unknown = peer.ask("tools/call", json!({"name": "x"})).await;
        testing::expect_rpc_error(&Some(unknown), -32602);
        let unknown = peer.ask("no/such", json!({})).await;
        testing::expect_rpc_error(&Some(unknown), -32601);
        let ping = peer.ask("ping", json!({})).await;
        assert_eq!(
            ping.get("result").is_some(),
            revision != Revision::NEWEST,
            "{at}: {ping}"
        );
    }
}
