//! Telling clients of servers, and finding those that they know.

use serde_json::{Value, json};

use crate::door::{Place, server};

fn file(place: &Place, name: &str) -> Value {
    let text = std::fs::read_to_string(place.folder.path().join(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn backups(place: &Place, folder: &str) -> usize {
    let all = std::fs::read_dir(place.folder.path().join(folder)).unwrap();
    let names = all.map(|one| one.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains(".backup-")).count()
}

#[test]
fn a_client_is_told_of_a_server_and_what_was_there_is_kept() {
    let place = Place::new().file(
        ".cursor/mcp.json",
        r#"{"mcpServers": {"old": {"command": "x"}}, "other": 1}"#,
    );
    place
        .fmcp(&[
            "install", "cursor", "$SERVER", "--name", "mine", "--env", "KEY=v",
        ])
        .ends(0)
        .shows(&["+ ", "mine"])
        .tells(&["kept in", "Cursor's settings"]);
    let changed = file(&place, ".cursor/mcp.json");
    assert_eq!(
        changed["mcpServers"]["mine"],
        json!({
            "command": server(), "args": [], "env": {"KEY": "v"},
        })
    );
    assert_eq!(
        (&changed["mcpServers"]["old"]["command"], &changed["other"]),
        (&json!("x"), &json!(1))
    );
    assert_eq!(backups(&place, ".cursor"), 1);
    // What it was told works.
    place
        .fmcp(&["call", "cursor:mine", "add", "a=1"])
        .well()
        .shows(&["2"]);
}

#[test]
fn each_client_has_its_file_and_its_form() {
    for (client, path, pointer) in [
        (
            "claude-desktop",
            ".config/Claude/claude_desktop_config.json",
            "/mcpServers/n/args/1",
        ),
        ("claude-code", ".claude.json", "/mcpServers/n/url"),
        ("cursor", ".cursor/mcp.json", "/mcpServers/n/url"),
        ("vscode", ".config/Code/User/mcp.json", "/servers/n/url"),
        (
            "gemini-cli",
            ".gemini/settings.json",
            "/mcpServers/n/httpUrl",
        ),
    ] {
        let place = Place::new();
        place
            .fmcp(&["install", client, "https://example.com/mcp", "--name", "n"])
            .ends(0);
        let written = file(&place, path);
        assert_eq!(
            written.pointer(pointer),
            Some(&json!("https://example.com/mcp")),
            "{written}"
        );
    }
    let place = Place::new();
    place
        .fmcp(&["install", "goose", "https://example.com/mcp", "--name", "n"])
        .ends(0);
    place
        .fmcp(&["discover"])
        .well()
        .shows(&["goose:n", "https://example.com/mcp"]);
    let json = place
        .fmcp(&["install", "json", "https://example.com/mcp"])
        .well()
        .json();
    assert_eq!(
        json["mcpServers"]["example"]["url"],
        "https://example.com/mcp"
    );
}

#[test]
fn nothing_is_written_that_was_not_wanted() {
    let place = Place::new().file(".cursor/mcp.json", r#"{"mcpServers": {"n": {"url": "u"}}}"#);
    place
        .fmcp(&["install", "cursor", "https://a.b/mcp", "--name", "n"])
        .ends(2)
        .tells(&["has a server \"n\" already", "--force"]);
    place
        .fmcp(&[
            "install",
            "cursor",
            "https://a.b/mcp",
            "--name",
            "n",
            "--dry-run",
        ])
        .ends(0)
        .shows(&[
            "\n    \"mcpServers\": {\n-     \"n\": {\n",
            "\n+     \"n\": {\n",
        ])
        .tells(&["Nothing is written"]);
    assert_eq!(
        file(&place, ".cursor/mcp.json")["mcpServers"]["n"]["url"],
        "u"
    );
    assert_eq!(backups(&place, ".cursor"), 0);
    place
        .fmcp(&[
            "install",
            "cursor",
            "https://a.b/mcp",
            "--name",
            "n",
            "--force",
        ])
        .ends(0);
    assert_eq!(
        file(&place, ".cursor/mcp.json")["mcpServers"]["n"]["url"],
        "https://a.b/mcp"
    );

    let commented = Place::new().file(".cursor/mcp.json", "{ // mine\n}");
    commented
        .fmcp(&["install", "cursor", "https://a.b/mcp"])
        .ends(2)
        .tells(&["no plain JSON", "by hand"]);
    Place::new()
        .fmcp(&["install", "cursor", "no-such-thing"])
        .ends(2);
    Place::new()
        .fmcp(&["install", "notepad", "https://a.b/mcp"])
        .ends(2)
        .tells(&["cursor"]);
}

#[test]
fn projects_have_their_own() {
    let place = Place::new();
    place
        .fmcp(&[
            "install",
            "vscode",
            "https://a.b/mcp",
            "--name",
            "n",
            "--project",
        ])
        .ends(0);
    assert_eq!(
        file(&place, ".vscode/mcp.json")["servers"]["n"]["type"],
        "http"
    );
    place
        .fmcp(&["install", "goose", "https://a.b/mcp", "--project"])
        .ends(2)
        .tells(&["no servers of a project"]);
    // In the home folder it would be the user's own, of every project.
    place
        .fmcp(&["install", "cursor", "https://a.b/mcp", "--project"])
        .ends(2)
        .tells(&["the user's own"]);
    assert!(!place.folder.path().join(".cursor").exists());
}

#[test]
fn a_server_is_told_of_by_its_name_in_the_settings() {
    let place = Place::new().file(
        "fmcp.toml",
        "[servers.plain]\ncommand = \"$SERVER\"\n\
         [servers.narrow]\ncommand = \"$SERVER\"\nexcludeTools = [\"echo\"]\nenv = {KEY = \"sk-secret\"}\n\
         [servers.far]\nurl = \"https://a.b/mcp\"\n\
         [servers.astray]\ncommand = \"./fmcp.toml\"\ntimeout = 5\n",
    );
    for name in ["plain", "narrow", "far"] {
        place.fmcp(&["install", "cursor", name]).ends(0);
    }
    let written = file(&place, ".cursor/mcp.json")["mcpServers"].take();
    assert_eq!(written["plain"]["command"], json!(server()));
    assert_eq!(written["far"]["url"], "https://a.b/mcp");
    // What the file says of it still holds, and what may be secret is there only.
    assert!(!written.to_string().contains("sk-secret"), "{written}");
    let elsewhere = Place::new().file("mcp.json", &json!({"mcpServers": written}).to_string());
    let of_narrow = ["list", "mcp.json", "--only", "narrow", "--tools"];
    let listed = elsewhere.fmcp(&of_narrow).well().shows(&["add("]).out;
    assert!(!listed.contains("echo("), "{listed}");
    place
        .fmcp(&["install", "cursor", "astray"])
        .ends(2)
        .tells(&["not whole", "elsewhere"]);
}

#[test]
fn what_clients_know_is_found_without_its_secrets() {
    let place = Place::new()
        .file(
            ".cursor/mcp.json",
            r#"{"mcpServers": {"a": {"command": "$SERVER", "env": {"K": "sk-secret"}}}}"#,
        )
        .file(
            ".vscode/mcp.json",
            r#"{"servers": {"b": {"type": "http", "url": "https://u:sk-secret@x.y/mcp"}}}"#,
        )
        .file(".gemini/settings.json", "{ broken");
    let said =
        place
            .fmcp(&["discover"])
            .ends(0)
            .shows(&["cursor:a", "vscode:b", "https://x.y/mcp"]);
    assert!(said.err.contains("settings.json"), "{said:?}");
    assert!(!format!("{said:?}").contains("sk-secret"), "{said:?}");
    let json = place.fmcp(&["discover", "--json"]).well().json();
    let ids: Vec<_> = json["sources"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|source| source["servers"].as_array().unwrap())
        .map(|server| server["server"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids, ["cursor:a", "vscode:b"]);
    place
        .fmcp(&["list", "cursor:nothing"])
        .ends(2)
        .tells(&["cursor", "discover"]);
    Place::new()
        .fmcp(&["discover"])
        .ends(0)
        .tells(&["No client"]);
}
