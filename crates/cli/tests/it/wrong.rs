//! What is refused: words that say what to do next, and documented exit codes.

use crate::door::{Place, fmcp};

#[test]
fn a_tool_that_fails_is_exit_1() {
    fmcp(&["call", "$SERVER", "fail", "why=not today"])
        .ends(1)
        .tells(&["fail failed: not today"]);
    let said = fmcp(&["call", "$SERVER", "fail", "why=no", "--json"]).ends(1);
    assert_eq!(said.json()["isError"], true);
}

#[test]
fn an_unknown_tool_names_the_nearest() {
    fmcp(&["call", "$SERVER", "ad", "a=1"])
        .ends(1)
        .tells(&["no tool \"ad\"", "did you mean \"add\"?"]);
}

#[test]
fn whatever_is_unknown_names_the_nearest() {
    let place = Place::new().file("fmcp.toml", "[servers.crm]\ncommand = \"$SERVER\"\n");
    for (words, code, hint) in [
        (
            &["prompt", "crm", "rewrok"][..],
            1,
            "did you mean \"rework\"?",
        ),
        (
            &["prompt", "crm", "zzz"],
            1,
            "`fmcp list \"crm\" --prompts`",
        ),
        (
            &["read", "crm", "bytes://fuor"],
            1,
            "did you mean \"bytes://four\"?",
        ),
        (&["bench", "crm", "ehco"], 1, "did you mean \"echo\"?"),
        (&["list", "cmr"], 2, "did you mean \"crm\", of fmcp.toml?"),
        (&["run", "cmr"], 2, "did you mean \"crm\", of fmcp.toml?"),
    ] {
        place.fmcp(words).ends(code).tells(&[hint]);
    }
    // What the server says of a note that it does not have is enough.
    let said = place.fmcp(&["read", "crm", "notes://none"]).ends(1);
    assert!(!said.err.contains("did you mean"), "{said:?}");
}

#[test]
fn wrong_arguments_of_a_prompt_are_exit_2() {
    fmcp(&["prompt", "$SERVER", "rework", "text=a", "tnoe=b"])
        .ends(2)
        .tells(&["missing required argument \"tone\"", "Expected: rework("]);
}

#[test]
fn wrong_arguments_are_all_told_before_anything_is_called() {
    fmcp(&["call", "$SERVER", "add", "a=zz", "c=1"])
        .ends(2)
        .tells(&[
            "a: expected an integer",
            "unknown argument \"c\"",
            "Expected: add(a: integer, b: integer = 1)",
        ]);
    fmcp(&["call", "$SERVER", "add", "a"])
        .ends(2)
        .tells(&["is no argument", "NAME=VALUE"]);
    fmcp(&["call", "$SERVER", "add", "--input-json", "[1]"])
        .ends(2)
        .tells(&["expected an object"]);
}

#[test]
fn what_is_no_server_is_exit_2_before_anything_is_started() {
    fmcp(&["list", "no-such-thing"])
        .ends(2)
        .tells(&["Error: there is no file no-such-thing", "Try: an address"]);
    fmcp(&["list", "example.com"])
        .ends(2)
        .tells(&["https://example.com/mcp"]);
    fmcp(&["list", "localhost:8100/mcp"])
        .ends(2)
        .tells(&["write http://localhost:8100/mcp"]);
    Place::new()
        .file("mine/Cargo.toml", "")
        .fmcp(&["list", "mine"])
        .ends(2)
        .tells(&["`fmcp run mine --http 127.0.0.1:8000` serves it"]);
    fmcp(&["list"]).ends(2).tells(&["<SERVER>"]);
    fmcp(&["frobnicate"])
        .ends(2)
        .tells(&["unrecognized subcommand"]);
}

#[test]
fn a_server_that_cannot_be_reached_is_exit_3() {
    fmcp(&["ping", "http://127.0.0.1:9/mcp"])
        .ends(3)
        .tells(&["no connection to", "Try:"]);
    fmcp(&["ping", "false"]).ends(3);
}

#[test]
fn a_program_that_ends_at_its_start_is_told_with_its_own_words() {
    let prog = "sh -c 'echo no key FOO >&2; echo bye >&2; exit 1'";
    let config = r#"{"mcpServers": {"a": {"command": "sh", "args": ["-c", "echo no key FOO >&2; echo bye >&2; exit 1"]}}}"#;
    let place = Place::new().file("one.json", config);
    for words in [
        &["list", prog][..],
        &["run", prog, "--http", "127.0.0.1:0"],
        &["list", "one.json"],
        &["run", "one.json"],
    ] {
        place.fmcp(words).ends(3).tells(&[
            "its last words:\n  no key FOO\n  bye\n",
            "does it run by itself? its own words are above",
        ]);
    }
    let said = fmcp(&["list", prog, "--json"]).ends(3).json();
    let words = said["error"]["message"].as_str().unwrap();
    assert!(words.contains("no key FOO"), "{words}");
}

#[test]
fn what_to_try_fits_what_cannot_be_reached() {
    let place = Place::new().file(
        "two.json",
        r#"{"mcpServers": {"a": {"command": "false"}, "b": {"command": "false"}}}"#,
    );
    for (server, hint) in [
        ("false", "Try: does it run by itself?\n"),
        (
            "http://127.0.0.1:9/mcp",
            "Try: is it running, and is that its address?\n",
        ),
        ("two.json", "Try: `fmcp list two.json --only NAME` tries"),
    ] {
        place.fmcp(&["ping", server]).ends(3).tells(&[hint]);
    }
}

#[test]
fn faults_of_a_configuration_stand_by_themselves() {
    let place = Place::new()
        .file("bad.json", r#"{"mcpServers": {"a": {"comand": "x"}}}"#)
        .file("typo.json", r#"{"mcpServer": {"a": {"command": "x"}}}"#)
        .file("empty.json", r#"{"mcpServers": {}}"#)
        .file(
            "off.json",
            r#"{"mcpServers": {"a": {"command": "x", "disabled": true}}}"#,
        );
    for command in ["list", "run"] {
        let said = place.fmcp(&[command, "bad.json"]).ends(2).tells(&[
            "Error: bad.json: mcpServers.a: it needs `command`",
            "Try: `fmcp config check bad.json`",
        ]);
        assert_eq!(
            said.err.matches("did you mean `command`?").count(),
            1,
            "{said:?}"
        );
        place
            .fmcp(&[command, "typo.json"])
            .ends(2)
            .tells(&["did you mean `mcpServers` by `mcpServer`?"]);
        place
            .fmcp(&[command, "empty.json"])
            .ends(2)
            .tells(&["Error: empty.json names no server\n"]);
        place
            .fmcp(&[command, "off.json"])
            .ends(2)
            .tells(&["Error: off.json names no server that is not disabled\n"]);
    }
    place
        .fmcp(&["config", "check", "empty.json"])
        .ends(2)
        .tells(&["Error: empty.json names no server\n"]);
    let text = r#"{"mcpServers": {"a": {}}}"#;
    place
        .fmcp(&["list", text])
        .ends(2)
        .tells(&["Error: the configuration: mcpServers.a: it needs"]);
}

#[test]
fn what_is_odd_in_a_configuration_is_told_once() {
    let config = r#"{"mcpServers": {"a": {"command": "$SERVER", "timeuot": 5}}}"#;
    let place = Place::new().file("odd.json", config);
    for words in [&["list", "odd.json"][..], &["run", "odd.json"]] {
        let said = place.fmcp(words).ends(0);
        assert_eq!(
            said.err.matches("did you mean `timeout`?").count(),
            1,
            "{said:?}"
        );
    }
}

#[test]
fn a_server_that_takes_too_long_is_exit_5() {
    let slow = [
        "call",
        "$SERVER",
        "work",
        "steps=100",
        "pause_ms=1000",
        "--timeout",
        "300ms",
    ];
    fmcp(&slow).ends(5).tells(&["no answer", "--timeout"]);
    fmcp(&["ping", "sleep 100", "--connect-timeout", "300ms"])
        .ends(5)
        .tells(&["--connect-timeout"]);
}

#[test]
fn errors_are_json_where_results_are() {
    let said = fmcp(&["list", "no-such-thing", "--json"]).ends(2);
    let error = &said.json()["error"];
    assert_eq!(error["kind"], "usage");
    assert!(error["hint"].is_string(), "{said:?}");
    assert_eq!(
        fmcp(&["list", "--json"]).ends(2).json()["error"]["kind"],
        "usage"
    );
    assert_eq!(
        fmcp(&["ping", "false", "--json"]).ends(3).json()["error"]["kind"],
        "unreachable"
    );
}

#[test]
fn a_question_that_nobody_can_answer_says_how_to() {
    fmcp(&["call", "$SERVER", "meet"])
        .ends(1)
        .tells(&["--answer"]);
}

#[test]
fn secrets_are_in_no_error() {
    let secret = "sk-very-secret";
    for words in [
        ["ping", "http://127.0.0.1:9/mcp", "--auth", secret],
        ["ping", "http://127.0.0.1:9/mcp", "--header", secret],
        ["config", "explain", "--quiet", "--json"],
    ] {
        let place = Place::new().variable("FMCP_AUTH", secret);
        let said = place.fmcp(&words);
        assert!(!format!("{said:?}").contains(secret), "{said:?}");
    }
}

#[test]
fn of_several_servers_none_is_given_what_is_for_another() {
    let place = Place::new()
        .file(
            "mcp.json",
            r#"{"mcpServers": {"a": {"url": "http://127.0.0.1:9/a"}, "b": {"url": "http://127.0.0.1:9/b"}}}"#,
        )
        .file(
            "programs.json",
            r#"{"mcpServers": {"a": {"command": "$SERVER"}, "b": {"command": "$SERVER"}}}"#,
        );
    let secret = ["--header", "X-Key: sk-secret"];
    let whole = [&["ping", "mcp.json"], &secret[..]].concat();
    let said = place.fmcp(&whole).ends(2);
    assert!(!said.err.contains("sk-secret"), "{said:?}");
    said.tells(&["every server of mcp.json", "--only NAME", "`headers`"]);
    place.fmcp(&[&whole[..], &["--only", "a"]].concat()).ends(3);
    let run = [&["run", "mcp.json"], &secret[..]].concat();
    place.fmcp(&run).ends(2).tells(&["every server"]);
    let place = place.variable("FMCP_AUTH", "sk-secret");
    place
        .fmcp(&["ping", "mcp.json"])
        .ends(2)
        .tells(&["FMCP_AUTH", "--only NAME", "`auth`"]);
    // What is started on this machine is sent no token.
    place.fmcp(&["ping", "programs.json", "-n", "1"]).ends(0);
}

#[test]
fn errors_of_servers_do_not_steer_the_terminal() {
    let steering = "why=\u{1b}[31mred\u{9b}2J";
    for words in [
        &["read", "$SERVER", "notes://steering"][..],
        &["call", "$SERVER", "fail", steering],
        &["bench", "$SERVER", "fail", steering],
        &[
            "ping",
            "sh -c 'printf \"\\033[31mred\\n\" >&2; exit 1'",
            "-v",
        ],
    ] {
        let said = Place::new().fmcp(words);
        assert!(said.code != 0 && said.err.contains("red"), "{said:?}");
        assert!(!said.err.contains(['\u{1b}', '\u{9b}']), "{:?}", said.err);
    }
}
