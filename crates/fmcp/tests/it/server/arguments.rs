//! Wrong types, unknown and missing arguments, broken rules: every fault in one answer.

use fmcp::{Input, Kind, Prompt, Server, Tool, testing, testing::Wire};
use serde_json::json;

use super::*;

#[derive(Clone, Copy, Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Unit {
    Metre,
    Foot,
}

#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[allow(dead_code, reason = "shown by `Debug`")]
#[serde(deny_unknown_fields)]
struct Place {
    lat: f64,
    tags: Vec<String>,
}

#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[allow(dead_code, reason = "shown by `Debug`")]
#[serde(deny_unknown_fields)]
struct Args {
    count: u32,
    #[serde(default)]
    unit: Option<Unit>,
    #[serde(default)]
    place: Option<Place>,
    #[serde(default)]
    #[schemars(range(min = 0))]
    height: i64,
}

fn tool() -> Tool {
    Tool::new("measure", |Input(args): Input<Args>| async move {
        format!("{args:?}")
    })
}

fn server() -> Server {
    Server::new("s").tool(tool())
}

#[tokio::test]
async fn what_can_be_read_is_read() {
    for (given, count) in [
        (json!({"count": 5}), "5"),
        (json!({"count": "5"}), "5"),
        (json!({"count": 5.0}), "5"),
    ] {
        let result = run(&server(), "measure", given.clone()).await;
        assert!(!result.is_error(), "{given}: {}", result.text());
        assert!(
            result
                .text()
                .starts_with(&format!("Args {{ count: {count},")),
            "{given}"
        );
    }
    let given = json!({"count": 1, "place": "{\"lat\": \"1.5\", \"tags\": \"[\\\"a\\\"]\"}"});
    let result = run(&server(), "measure", given).await;
    assert!(
        result.text().contains("Place { lat: 1.5, tags: [\"a\"] }"),
        "{}",
        result.text()
    );
}

#[tokio::test]
async fn every_fault_is_named_with_its_path() {
    let given = json!({"counts": 5, "unit": "mile", "place": {"lat": "north", "tags": [1, {}]}, "height": -1});
    let said = words(&run(&server(), "measure", given).await);
    for fault in [
        "Invalid arguments for tool \"measure\":\n",
        "- missing required argument \"count\" (integer)",
        "- unknown argument \"counts\"; did you mean \"count\"?",
        "- unit: must be one of \"metre\", \"foot\"",
        "- place.lat: expected a number, got a string \"north\"",
        "- place.tags[1]: expected a string",
        "- height: must be at least 0, got -1",
        "\nExpected: measure(count: integer, ",
    ] {
        assert!(said.contains(fault), "{fault:?} in:\n{said}");
    }
}

#[tokio::test]
async fn strict_is_said_by_the_server_or_the_tool() {
    for server in [
        server().strict_input(true),
        Server::new("s").tool(tool().strict(true)),
    ] {
        let said = words(&run(&server, "measure", json!({"count": "5"})).await);
        assert!(
            said.contains("- count: expected an integer, got a string \"5\""),
            "{said}"
        );
        assert!(
            !run(&server, "measure", json!({"count": 5}))
                .await
                .is_error()
        );
    }
}

#[tokio::test]
async fn the_type_alone_refuses_what_it_cannot_hold() {
    for given in [json!({"count": -1}), json!({"count": 4_294_967_296_u64})] {
        let said = words(&run(&server(), "measure", given).await);
        assert!(said.contains("count"), "{said}");
        assert!(said.contains("Expected: measure("), "{said}");
    }
}

#[tokio::test]
async fn no_arguments_are_none_in_every_form() {
    let server = Server::new("s")
        .tool(Tool::new("none", || async { "ok" }))
        .tool(Tool::new("some", |Input(a): Input<Optional>| async move {
            format!("{:?}", a.a)
        }));
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Optional {
        a: Option<i64>,
    }
    let wire = Wire::new(&server);
    for (name, text) in [("none", "ok"), ("some", "None")] {
        for params in [
            json!({"name": name}),
            json!({"name": name, "arguments": {}}),
            json!({"name": name, "arguments": null}),
        ] {
            let answer = wire
                .send(testing::modern("tools/call", params.clone()))
                .await;
            assert_eq!(
                testing::expect_result(&answer)["content"][0]["text"],
                text,
                "{params}"
            );
        }
    }
    let said = words(&run(&server, "none", json!({"a": 1})).await);
    assert!(said.contains("unknown argument \"a\""), "{said}");
    let said = words(&run(&server, "none", json!({"a": 1, "b": 2})).await);
    assert_eq!(said.matches("unknown argument").count(), 2, "{said}");
}

#[tokio::test]
async fn a_tool_known_at_run_time_is_held_to_its_schema() {
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer", "minimum": 0}},
                        "required": ["n"], "additionalProperties": false});
    let server = Server::new("s").tool(Tool::dynamic(
        "count",
        schema,
        |args: Value, _| async move { args["n"].to_string() },
    ));
    assert_eq!(run(&server, "count", json!({"n": "3"})).await.text(), "3");
    let said = words(&run(&server, "count", json!({"n": -1, "m": 1})).await);
    assert!(
        said.contains("n: must be at least 0") && said.contains("unknown argument \"m\""),
        "{said}"
    );
}

#[tokio::test]
async fn prompts_take_text_and_refuse_what_they_do_not_know() {
    let server = Server::new("s").prompt(Prompt::new("p", |Input(a): Input<Args>| async move {
        format!("{} {:?}", a.count, a.unit)
    }));
    let client = testing::connect(&server).await;
    let filled = client
        .prompt("p", json!({"count": 3, "unit": "foot"}))
        .await
        .unwrap();
    assert_eq!(filled.messages[0].content.as_text(), Some("3 Some(Foot)"));
    let error = client
        .prompt("p", json!({"conut": "x", "unit": "mile"}))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::InvalidParams);
    let said = error.to_string();
    for fault in [
        "Invalid arguments for prompt \"p\"",
        "unknown argument \"conut\"; did you mean \"count\"?",
        "missing required argument \"count\"",
        "unit: must be one of",
    ] {
        assert!(said.contains(fault), "{fault:?} in:\n{said}");
    }
}

#[tokio::test]
async fn an_unknown_argument_is_refused_though_the_type_would_take_it() {
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    struct Open {
        #[serde(default)]
        verbose: bool,
    }
    let server = Server::new("s").tool(Tool::new("t", |Input(open): Input<Open>| async move {
        open.verbose
    }));
    let refused = testing::call(&server, "t", json!({"verbos": true})).await;
    let words = refused.unwrap_err().to_string();
    assert!(words.contains("did you mean \"verbose\"?"), "{words}");
    let taken = testing::call(&server, "t", json!({"verbose": true})).await;
    assert!(taken.unwrap().parse::<bool>().unwrap());
}
