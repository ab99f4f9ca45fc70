//! What one does with a server.

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

use serde_json::json;

use crate::door::{Place, fmcp, server};

#[test]
fn a_list_shows_how_things_are_used() {
    fmcp(&["list", "$SERVER"]).well().shows(&[
        "Tools (8)",
        "add(a: integer, b: integer = 1)  [reads only]",
        "      Add two numbers.",
        "echo(text: string, tags: string[] = [])",
        "Resources (1)",
        "bytes://four",
        "Resource templates (1)",
        "notes://{title}  [text/plain]",
        "Prompts (1)",
        "rework(text, tone)",
    ]);
}

#[test]
fn a_list_can_be_short_long_or_json() {
    let short = fmcp(&["list", "$SERVER", "--prompts"]).well();
    assert!(
        !short.out.contains("Tools") && !short.out.contains("second paragraph"),
        "{short:?}"
    );
    fmcp(&["list", "$SERVER", "--tools", "-l"]).well().shows(&[
        "second paragraph",
        "input schema",
        "\"type\": \"integer\"",
    ]);
    let json = fmcp(&["list", "$SERVER", "--json"]).well().json();
    assert_eq!(json["tools"][0]["name"], "add");
    assert_eq!(
        json["resourceTemplates"][0]["uriTemplate"],
        "notes://{title}"
    );
    let keys: Vec<_> = json.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["tools", "resources", "resourceTemplates", "prompts"]);
}

#[test]
fn arguments_are_typed_by_the_schema() {
    let sum = fmcp(&["call", "$SERVER", "add", "a=3", "--json"])
        .well()
        .json();
    assert_eq!(sum["structuredContent"], json!({"sum": 4}));
    fmcp(&["call", "$SERVER", "add", "a=3", "b=-5"])
        .well()
        .shows(&["-2"]);
    fmcp(&["call", "$SERVER", "echo", "text=5"])
        .well()
        .shows(&["5\n"]);
    fmcp(&["call", "$SERVER", "echo", "text=x", "tags=a", "tags=b"])
        .well()
        .shows(&["x #a #b"]);
    fmcp(&["call", "$SERVER", "echo", "text=x", "tags:=[\"c\"]"])
        .well()
        .shows(&["x #c"]);
}

#[test]
fn arguments_come_from_files_and_standard_input() {
    let place = Place::new()
        .file("note.md", "from a file")
        .file("args.json", r#"{"text": "json"}"#);
    place
        .fmcp(&["call", "$SERVER", "echo", "text=@note.md"])
        .well()
        .shows(&["from a file"]);
    place
        .fmcp(&["call", "$SERVER", "echo", "--input-json", "@args.json"])
        .well()
        .shows(&["json"]);
    place
        .fmcp_with(
            &["call", "$SERVER", "echo", "--input-json", "-", "tags=t"],
            r#"{"text": "in"}"#,
        )
        .well()
        .shows(&["in #t"]);
    place
        .fmcp_with(&["call", "$SERVER", "echo", "text=@-"], "typed")
        .well()
        .shows(&["typed"]);
}

#[test]
fn what_a_server_writes_does_not_steer_the_terminal() {
    let said = fmcp(&["call", "$SERVER", "steer"]).well();
    assert!(!said.out.contains(['\u{1b}', '\u{7}']), "{said:?}");
    let raw = fmcp(&["call", "$SERVER", "steer", "--json"]).well().json();
    assert!(
        raw["content"][0]["text"]
            .as_str()
            .unwrap()
            .contains('\u{1b}')
    );
}

#[test]
fn resources_are_read_as_they_are() {
    assert_eq!(
        fmcp(&["read", "$SERVER", "notes://shopping"]).well().out,
        "bread, salt\n"
    );
    let place = Place::new();
    place
        .fmcp(&["read", "$SERVER", "bytes://four", "-o", "four"])
        .ends(0)
        .tells(&["4 bytes in four"]);
    assert_eq!(
        std::fs::read(place.folder.path().join("four")).unwrap(),
        [0, 1, 2, 255]
    );
    let json = place
        .fmcp(&["read", "$SERVER", "bytes://four", "--json"])
        .well()
        .json();
    assert_eq!(json["contents"][0]["blob"], "AAEC/w==");
}

#[test]
fn prompts_are_filled_in_and_completed() {
    fmcp(&["prompt", "$SERVER", "rework", "text=Pay!", "tone=friendly"])
        .well()
        .shows(&["user:\nRewrite this so that it is friendly:\nPay!"]);
    assert_eq!(
        fmcp(&["complete", "$SERVER", "rework", "tone", "f"])
            .well()
            .out,
        "friendly\nformal\n"
    );
    let of = [
        "complete",
        "$SERVER",
        "notes://{title}",
        "title",
        "sh",
        "--json",
    ];
    assert_eq!(fmcp(&of).well().json()["values"], json!(["shopping"]));
}

#[test]
fn a_server_is_inspected_in_three_forms() {
    fmcp(&["inspect", "$SERVER"]).well().shows(&[
        "under-test 1.0.0",
        "2026-07-28",
        "8 tools, 1 resource, 1 template, 1 prompt",
        "Something of every kind.",
    ]);
    let mcp = fmcp(&["inspect", "$SERVER", "--json"]).well().json();
    assert_eq!(mcp["serverInfo"]["name"], "under-test");
    assert_eq!(mcp["tools"][0]["inputSchema"]["required"], json!(["a"]));
    let python = fmcp(&["inspect", "$SERVER", "-f", "fastmcp"]).well().json();
    assert_eq!(python["server"]["name"], "under-test");
    assert_eq!(python["tools"][0]["input_schema"]["required"], json!(["a"]));
    assert_eq!(python["templates"][0]["uri_template"], "notes://{title}");
}

#[test]
fn a_server_is_asked_whether_it_is_there() {
    let said = fmcp(&["ping", "$SERVER", "-n", "2"]).well();
    assert_eq!(said.out.matches("answered in").count(), 2, "{said:?}");
    let json = fmcp(&[
        "ping",
        "$SERVER",
        "--json",
        "--protocol-version",
        "2025-06-18",
    ])
    .well()
    .json();
    assert_eq!(json["protocolVersion"], "2025-06-18");
    assert_eq!(json["pingMs"].as_array().unwrap().len(), 3);
}

#[test]
fn every_revision_does() {
    for revision in [
        "2024-11-05",
        "2025-03-26",
        "2025-06-18",
        "2025-11-25",
        "2026-07-28",
    ] {
        fmcp(&[
            "call",
            "$SERVER",
            "add",
            "a=1",
            "--protocol-version",
            revision,
        ])
        .well()
        .shows(&["2"]);
    }
}

#[test]
fn servers_of_a_configuration_are_one_or_each_its_own() {
    let place = Place::new().file(
        "mcp.json",
        r#"{"mcpServers": {"x": {"command": "$SERVER"}, "y": {"command": "$SERVER"}}}"#,
    );
    place
        .fmcp(&["call", "mcp.json", "y_add", "a=1"])
        .well()
        .shows(&["2"]);
    place
        .fmcp(&["call", "mcp.json", "add", "a=1", "--only", "x"])
        .well()
        .shows(&["2"]);
    place
        .fmcp(&["list", "mcp.json", "--only", "z"])
        .ends(2)
        .tells(&["no server \"z\"", "x, y"]);
}

#[test]
fn a_configuration_of_which_one_server_is_down_says_so() {
    let place = Place::new().file(
        "mcp.json",
        r#"{"mcpServers": {"x": {"command": "$SERVER"}, "gone": {"command": "/no/such/program"}}}"#,
    );
    place
        .fmcp(&["list", "mcp.json"])
        .ends(0)
        .shows(&["x_add"])
        .tells(&["gone is down"]);
}

#[test]
fn a_watch_shows_what_is_told_line_by_line() {
    let place = Place::new();
    let mut serving = Command::new(server());
    place.dress(&mut serving);
    let mut serving = serving
        .arg("--ticking")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(serving.stdout.take().unwrap())
        .read_line(&mut first)
        .unwrap();
    let said = place.fmcp(&["watch", first.trim(), "--json", "-n", "1", "--quiet"]);
    serving.kill().unwrap();
    serving.wait().unwrap();
    assert_eq!(
        said.well().out,
        "{\"event\":\"list_changed\",\"list\":\"tools\"}\n"
    );
}

#[test]
fn whoever_reads_no_more_has_read_enough() {
    let place = Place::new();
    let mut command = place.command(&["list", "$SERVER", "--json"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), output.stderr.as_slice()),
        (Some(0), &b""[..])
    );
}
