//! What the model makes of what authors build and of what peers get wrong.

use fmcp_core::{Raw, protocol::model::*};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;

fn writes(value: &impl Serialize, expect: &str) {
    assert_eq!(serde_json::to_string(value).unwrap(), expect);
}

fn reads<T: Serialize + DeserializeOwned>(input: &str, expect: Result<&str, &str>) {
    match (serde_json::from_str::<T>(input), expect) {
        (Ok(value), Ok(text)) => writes(&value, text),
        (Err(error), Err(words)) => assert!(error.to_string().contains(words), "{error}"),
        (Ok(_), Err(words)) => panic!("{input} is read, though {words}"),
        (Err(error), Ok(_)) => panic!("{input}: {error}"),
    }
}

#[test]
fn results_are_built_in_a_line() {
    writes(
        &CallToolResult::error("No lamp."),
        r#"{"content":[{"type":"text","text":"No lamp."}],"isError":true}"#,
    );
    writes(
        &CallToolResult::structured(json!({"lit": true})),
        concat!(
            r#"{"content":[{"type":"text","text":"{\"lit\":true}"}],"#,
            r#""structuredContent":{"lit":true}}"#
        ),
    );
    writes(
        &GetPromptResult::new([PromptMessage::user("Hi"), PromptMessage::assistant("Ho")]),
        concat!(
            r#"{"messages":[{"role":"user","content":{"type":"text","text":"Hi"}},"#,
            r#"{"role":"assistant","content":{"type":"text","text":"Ho"}}]}"#
        ),
    );
    writes(
        &ProgressParams::new("t", 50.0).total(100.5),
        r#"{"progressToken":"t","progress":50,"total":100.5}"#,
    );
}

#[test]
fn a_question_is_built_in_a_line() {
    let form = RequestedSchema::new().required_field("name", StringSchema::new());
    let mut questions = InputRequests::new();
    questions.insert(
        "who",
        ElicitParams::from(ElicitFormParams::new("Who?", form)),
    );
    writes(
        &InputRequiredResult::new()
            .input_requests(questions)
            .request_state("s"),
        concat!(
            r#"{"resultType":"input_required","inputRequests":{"who":{"method":"elicitation/create","#,
            r#""params":{"message":"Who?","requestedSchema":{"type":"object","#,
            r#""properties":{"name":{"type":"string"}},"required":["name"]}}}},"requestState":"s"}"#
        ),
    );
}

#[test]
fn one_block_and_a_list_of_one_differ_on_the_wire_only() {
    for text in [
        r#"{"role":"user","content":{"type":"text","text":"Hi"}}"#,
        r#"{"role":"user","content":[{"type":"text","text":"Hi"}]}"#,
    ] {
        let message: SamplingMessage = serde_json::from_str(text).unwrap();
        assert_eq!(message.content.blocks(), [Content::text("Hi")]);
        writes(&message, text);
    }
}

#[test]
fn a_known_kind_that_does_not_fit_is_a_fault() {
    reads::<Content>(r#"{"type":"text"}"#, Err("missing field `text`"));
    reads::<Content>(r#"{"text":"Hi"}"#, Err("missing field `type`"));
    reads::<Content>("null", Err("expected an object"));
    reads::<Reference>(
        r#"{"type":"ref/prompt","name":7}"#,
        Err("expected a string"),
    );
    reads::<ResourceContents>(r#"{"text":"Hi"}"#, Err("missing field `uri`"));
    reads::<Tool>(r#"{"name":"light"}"#, Err("missing field `inputSchema`"));
    reads::<LogMessageParams>(r#"{"level":"info"}"#, Err("missing field `data`"));
}

#[test]
fn older_and_looser_peers_are_understood() {
    reads::<CallToolResult>(
        r#"{"structuredContent":null,"_meta":null}"#,
        Ok(r#"{"content":[],"structuredContent":null}"#),
    );
    reads::<ListToolsResult>(
        r#"{"tools":[],"ttlMs":-5}"#,
        Ok(r#"{"tools":[],"ttlMs":0}"#),
    );
    reads::<ListToolsResult>(
        r#"{"tools":[],"ttlMs":1e3}"#,
        Ok(r#"{"tools":[],"ttlMs":1000}"#),
    );
}

#[test]
fn results_within_results_end_before_the_stack_does() {
    let open = r#"{"type":"tool_result","toolUseId":"i","content":["#;
    let nested = format!("{}{}", open.repeat(5_000), "]}".repeat(5_000));
    reads::<Content>(&nested, Err("nested too deeply"));
}

#[test]
fn a_tree_can_be_read_as_well_as_a_text() {
    let content: Content =
        serde_json::from_value(json!({"type": "text", "text": "Hi", "x": [1.5]})).unwrap();
    assert_eq!(content.as_text(), Some("Hi"));
    assert_eq!(serde_json::to_value(&content).unwrap()["x"], json!([1.5]));
}

#[test]
fn meta_is_read_when_asked_for() {
    let meta = Meta::new()
        .with(Meta::LOG_LEVEL, json!("loud"))
        .with(
            Meta::PROGRESS_TOKEN,
            Raw::from_text("123456789012345678901").unwrap(),
        )
        .with(Meta::CLIENT_CAPABILITIES, json!({"elicitation": {}}));
    assert!(meta.log_level().is_err());
    assert_eq!(
        meta.progress_token().unwrap().unwrap().as_json(),
        "123456789012345678901"
    );
    let capabilities = meta.client_capabilities().unwrap().unwrap();
    assert!(capabilities.elicitation.unwrap().has_form());
    assert_eq!(meta.server_info().unwrap(), None);
}
