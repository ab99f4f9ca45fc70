//! What is set, and by whom.

use crate::door::Place;

#[test]
fn a_file_names_servers() {
    let place = Place::new().file("fmcp.toml", "[servers.mine]\ncommand = \"$SERVER\"\n");
    place
        .fmcp(&["call", "mine", "add", "a=1"])
        .well()
        .shows(&["2"]);
}

#[test]
fn what_a_configuration_says_of_a_server_holds_by_its_name_too() {
    let place = Place::new()
        .file(
            "fmcp.toml",
            "[servers.mine]\ncommand = \"$SERVER\"\nexcludeTools = [\"echo\"]\ntimeout = \"300ms\"\n\
             [servers.mine.tools.add]\nname = \"plus\"\n",
        )
        .file(
            "mcp.json",
            r#"{"mcpServers": {"one": {"command": "$SERVER", "includeTools": ["add"]}, "two": {"command": "x"}}}"#,
        )
        .file(
            ".cursor/mcp.json",
            r#"{"mcpServers": {"c": {"command": "$SERVER", "excludeTools": ["echo"]}}}"#,
        );
    for words in [&["mine"][..], &["cursor:c"], &["mcp.json", "--only", "one"]] {
        let listed = place.fmcp(&[&["list", "--tools"], words].concat()).well();
        let listed = listed.shows(&["add("]).out;
        assert!(!listed.contains("echo("), "{words:?}: {listed}");
    }
    place.fmcp(&["call", "mine", "echo", "text=x"]).ends(1);
    let slow = ["call", "mine", "work", "steps=1", "pause_ms=20000"];
    place.fmcp(&slow).ends(5);
    // Whoever runs it runs what is left of it, in the shape that it has.
    let run = format!("{} run mine", env!("CARGO_BIN_EXE_fmcp"));
    let listed = place.fmcp(&["list", &run, "--tools"]).ends(0).out;
    assert!(listed.contains("plus("), "{listed}");
    assert!(
        !listed.contains("add(") && !listed.contains("echo("),
        "{listed}"
    );
}

#[test]
fn each_setting_says_where_it_comes_from() {
    let place = Place::new()
        .file("fmcp.toml", "timeout = \"7s\"\nconnect_timeout = 8\n")
        .variable("FMCP_TIMEOUT", "9s")
        .variable("FASTMCP_LOG_LEVEL", "INFO")
        .variable("FMCP_AUTH", "sk-secret");
    let said = place
        .fmcp(&["config", "explain", "--json", "--color", "never"])
        .well();
    let json = said.json();
    let of = |key: &str| {
        let all = json["settings"].as_array().unwrap();
        let one = all.iter().find(|one| one["setting"] == key).unwrap();
        let text = |field: &str| one[field].as_str().unwrap_or("-").to_owned();
        format!("{} from {}", text("value"), text("source"))
    };
    assert_eq!(of("timeout"), "9s from FMCP_TIMEOUT");
    assert_eq!(of("connect_timeout"), "8 from fmcp.toml");
    assert_eq!(of("log_level"), "INFO from FASTMCP_LOG_LEVEL");
    assert_eq!(of("color"), "never from --color");
    assert_eq!(of("auth"), "(a secret) from FMCP_AUTH");
    assert_eq!(of("protocol_version"), "- from default");
    place
        .fmcp(&["config", "explain"])
        .ends(0)
        .shows(&["setting", "timeout", "FMCP_TIMEOUT"]);
}

#[test]
fn all_faults_are_told_at_once() {
    let place = Place::new().file(
        "fmcp.toml",
        "timeuot = 1\ncolor = \"blue\"\n[servers.x]\nurl = \"nonsense\"\n",
    );
    place.fmcp(&["version"]).ends(2).tells(&[
        "fmcp.toml has 3 faults",
        "did you mean `timeout`?",
        "color: expected",
        "mcpServers.x.url: ",
    ]);
    Place::new()
        .variable("FMCP_TIMEOUT", "soon")
        .variable("FMCP_COLOR", "blue")
        .fmcp(&["version"])
        .ends(2)
        .tells(&[
            "2 settings are wrong",
            "FMCP_TIMEOUT: expected a time",
            "FMCP_COLOR: expected",
        ]);
    Place::new()
        .fmcp(&["version", "--config", "none.toml"])
        .ends(2)
        .tells(&["none.toml"]);
}

#[test]
fn files_are_checked_for_what_they_are() {
    let place = Place::new()
        .file(
            "fmcp.toml",
            "timeout = \"5s\"\n[servers.mine]\ncommand = \"$SERVER\"\n",
        )
        .file(
            "mcp.json",
            r#"{"mcpServers": {"x": {"command": "a"}, "y": {"url": "https://b.c/mcp"}}}"#,
        )
        .file("fastmcp.json", r#"{"source": {"path": "server.py"}}"#)
        .file(
            "bad.json",
            r#"{"mcpServers": {"x": {}, "y": {"url": "nonsense"}}}"#,
        )
        .file(
            "worse/fastmcp.json",
            r#"{"source": {"type": "git"}, "deployment": 1}"#,
        );
    place
        .fmcp(&["config", "check", "fmcp.toml"])
        .well()
        .shows(&["1 server, no fault"]);
    place
        .fmcp(&["config", "check", "mcp.json"])
        .well()
        .shows(&["2 servers, no fault"]);
    place
        .fmcp(&["config", "check", "fastmcp.json"])
        .well()
        .shows(&["1 server, no fault"]);
    place
        .fmcp(&["config", "check", "bad.json"])
        .ends(2)
        .tells(&["2 faults", "mcpServers.y.url"]);
    place
        .fmcp(&["config", "check", "worse/fastmcp.json"])
        .ends(2)
        .tells(&["3 faults", "source.path", "deployment"]);
    let schema = place.fmcp(&["config", "schema"]).well().json();
    assert_eq!(schema["additionalProperties"], false);
}

#[cfg(unix)]
#[test]
fn a_file_of_fastmcp_for_python_is_a_server() {
    use std::os::unix::fs::PermissionsExt as _;

    let place = Place::new()
        .file(
            "bin/fastmcp",
            "#!/bin/sh\necho \"$@ $KEY\" > called\nexec $SERVER\n",
        )
        .file(
            "fastmcp.json",
            r#"{"source": {"path": "s.py"}, "deployment": {"env": {"KEY": "v"}}}"#,
        );
    let program = place.folder.path().join("bin/fastmcp");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!(
        "{}:/usr/bin:/bin",
        place.folder.path().join("bin").display()
    );
    let place = place.variable("PATH", &path);
    place
        .fmcp(&["call", "fastmcp.json", "add", "a=1"])
        .well()
        .shows(&["2"]);
    let called = std::fs::read_to_string(place.folder.path().join("called")).unwrap();
    assert!(
        called.starts_with("run /") && called.ends_with("--transport stdio --no-banner v\n"),
        "{called}"
    );
}
