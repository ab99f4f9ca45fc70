//! What is read from which text, and what is said about one that is wrong.

#![allow(clippy::needless_pass_by_value, reason = "tests read better so")]

use std::time::Duration;

use fmcp_core::protocol::Revision;
use serde_json::json;

use super::{Auth, RemoteKind, Servers, Way};

fn parse(text: &str) -> Result<Servers, String> {
    let variables = |name: &str| (name == "TOKEN").then(|| "s3cret".to_owned());
    Servers::parse_with(text, variables).map_err(|error| error.to_string())
}

/// The one server of a configuration that is right.
fn one(entry: serde_json::Value) -> super::Entry {
    let servers = parse(&json!({"mcpServers": {"s": entry}}).to_string()).unwrap();
    servers.get("s").unwrap().clone()
}

/// All that is said about one that is not.
fn wrong(entry: serde_json::Value, expect: &[&str]) {
    let words = parse(&json!({"mcpServers": {"s": entry}}).to_string()).unwrap_err();
    for expect in expect {
        assert!(words.contains(expect), "{words}\nlacks {expect}");
    }
    assert!(!words.contains("s3cret"), "{words}");
}

#[test]
fn a_program_is_read_with_all_that_belongs_to_it() {
    let entry = one(json!({
        "type": "stdio", "command": "npx", "args": ["-y", "server", 8080],
        "env": {"KEY": "${TOKEN}"}, "cwd": "/srv", "stderr": "/var/log/s.log", "timeout": "30s",
        "includeTools": ["get_*"], "excludeTools": ["get_secret"], "protocolVersion": "2025-06-18"
    }));
    let Way::Command(command) = &entry.way else {
        panic!()
    };
    assert_eq!(&*command.program, "npx");
    assert_eq!(command.args, ["-y", "server", "8080"]);
    assert_eq!(command.env[0].1.expose(), "s3cret");
    assert_eq!(command.cwd.as_deref().unwrap(), "/srv");
    assert_eq!(command.stderr.as_deref().unwrap(), "/var/log/s.log");
    assert_eq!(entry.timeout, Some(Duration::from_secs(30)));
    assert_eq!(entry.revision, Revision::parse("2025-06-18"));
    assert!(entry.tools.admit("get_x") && !entry.tools.admit("get_secret"));
    assert!(!format!("{entry:?}").contains("s3cret"));
}

#[test]
fn an_address_is_read_with_all_that_belongs_to_it() {
    let entry = one(json!({
        "type": "sse", "url": "https://example.com/mcp", "timeout": 1500,
        "headers": {"X-Key": "${TOKEN}"}, "auth": "${TOKEN}"
    }));
    let Way::Remote(remote) = &entry.way else {
        panic!()
    };
    assert_eq!(remote.url, "https://example.com/mcp");
    assert_eq!(remote.kind, Some(RemoteKind::Sse));
    assert_eq!(remote.headers[0].1, "s3cret");
    assert_eq!(remote.auth, Auth::Bearer("s3cret".into()));
    assert_eq!(entry.timeout, Some(Duration::from_millis(1500)));
    assert!(!format!("{entry:?}").contains("s3cret"));
    for (auth, expect) in [
        (json!("oauth"), Auth::OAuth),
        (json!({"type": "oauth"}), Auth::OAuth),
        (json!({"token": "t"}), Auth::Bearer("t".into())),
        (json!({"type": "none"}), Auth::None),
    ] {
        let entry = one(json!({"httpUrl": "http://localhost/mcp", "auth": auth}));
        let Way::Remote(remote) = entry.way else {
            panic!()
        };
        assert_eq!(remote.auth, expect);
    }
}

#[test]
fn files_of_other_programs_are_read_as_they_are() {
    for text in [
        r#"{"mcpServers": {"s": {"command": "x", "alwaysAllow": [], "strange": 1}}, "theme": "dark"}"#,
        r#"{"servers": {"s": {"type": "stdio", "command": "x"}}, "inputs": []}"#,
        r#"{"s": {"command": "x"}}"#,
        "\u{feff}{\"s\": {\"command\": \"x\"}}",
    ] {
        assert_eq!(
            parse(text).unwrap().names().collect::<Vec<_>>(),
            ["s"],
            "{text}"
        );
    }
    assert!(one(json!({"command": "x", "disabled": true})).disabled);
    assert!(one(json!({"command": "x", "enabled": false})).disabled);
    assert!(!one(json!({"command": "x", "enabled": true, "env": null})).disabled);
}

#[test]
fn all_faults_are_named_at_once_each_with_its_place() {
    wrong(
        json!({"command": "x", "args": ["${NONE}", {}], "env": {"A": ["b"]}, "timeout": "soon"}),
        &[
            "has 4 faults",
            "mcpServers.s.args[0]: the environment variable NONE is not set",
            "mcpServers.s.args[1]: expected a text, not an object",
            "mcpServers.s.env.A: expected a text, not a list",
            "mcpServers.s.timeout: expected a time",
        ],
    );
    wrong(
        json!({"command": "x", "url": "http://h/"}),
        &["both `command` and `url`"],
    );
    wrong(json!({}), &["mcpServers.s: it needs `command`"]);
    wrong(json!({"command": " "}), &["s.command: it is empty"]);
    wrong(json!([]), &["expected an object, not a list"]);
    wrong(json!({"url": "example.com"}), &["s.url: it is no address"]);
    wrong(json!({"url": "ftp://h/"}), &["s.url: it is no address"]);
    wrong(
        json!({"url": "http://h/", "headers": {"a b": "x", "ok": "${TOKEN}\n"}}),
        &[
            "headers.a b: that is no name",
            "headers.ok: its value holds characters",
        ],
    );
    wrong(
        json!({"url": "http://h/", "auth": {"type": "magic"}}),
        &["s.auth: expected {"],
    );
    wrong(
        json!({"url": "http://h/", "auth": {"token": "${NONE}"}}),
        &["s.auth.token: the environment"],
    );
    wrong(
        json!({"url": "http://h/", "transport": "pigeon"}),
        &["no transport `pigeon`"],
    );
    wrong(
        json!({"command": "x", "protocolVersion": "2031"}),
        &["no revision \"2031\""],
    );
    wrong(json!({"command": "x", "timeout": -1}), &["expected a time"]);
}

#[test]
fn a_text_that_is_no_configuration_says_so() {
    for (text, expect) in [
        ("", "it is no JSON object"),
        ("[]", "it is no JSON object"),
        ("{}", "there is no `mcpServers` in it"),
        (r#"{"theme": "dark"}"#, "there is no `mcpServers` in it"),
        (
            r#"{"mcp_server": {"a": {"command": "x"}}}"#,
            "did you mean `mcpServers` by `mcp_server`?",
        ),
        (
            r#"{"Server": {"a": {"command": "x"}}}"#,
            "did you mean `servers` by `Server`?",
        ),
        (
            r#"{"mcpServers": []}"#,
            "mcpServers: expected an object of servers, not a list",
        ),
        (
            r#"{"mcpServers": {"a b": {"command": "x"}}}"#,
            "mcpServers.a b: a server's name is",
        ),
        (
            r#"{"mcpServers": {"a": {"command": "x"}, "a": {"command": "y"}}}"#,
            "`a` stands there twice",
        ),
        (
            r#"{"mcpServers": {}, "mcpServers": {}}"#,
            "`mcpServers` stands there twice",
        ),
    ] {
        let words = parse(text).unwrap_err();
        assert!(words.contains(expect), "{text}: {words}");
    }
    assert!(parse(r#"{"mcpServers": {}}"#).unwrap().is_empty());
}

#[test]
fn a_file_names_itself_in_its_faults() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mcp.json");
    let words = Servers::read(&file).unwrap_err().to_string();
    assert!(words.contains("mcp.json: it cannot be read: "), "{words}");
    std::fs::write(&file, r#"{"mcpServers": {"s": {}}}"#).unwrap();
    let words = Servers::read(&file).unwrap_err().to_string();
    assert!(
        words.contains("mcp.json: mcpServers.s: it needs `command`"),
        "{words}"
    );
    std::fs::write(&file, " ".repeat(1024 * 1024 + 1)).unwrap();
    assert!(
        Servers::read(&file)
            .unwrap_err()
            .to_string()
            .contains("larger than")
    );
}
