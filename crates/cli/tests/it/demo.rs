//! The demo: what a new user sees first.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Stdio},
};

use serde_json::Value;

use crate::door::Place;

/// A demo that runs until this is dropped.
struct Running {
    child: Child,
    place: Place,
    said: Value,
}

impl Running {
    fn new(words: &[&str]) -> Self {
        Self::at(Place::new(), words)
    }

    fn at(place: Place, words: &[&str]) -> Self {
        let mut command = place.command(words);
        command
            .arg("--json")
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let said = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line:?}"));
        Self { child, place, said }
    }

    fn url(&self) -> &str {
        self.said["url"].as_str().unwrap()
    }

    fn call(&self, words: &[&str]) -> crate::door::Said {
        self.place.fmcp(&[&["call", self.url()], words].concat())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
fn four_servers_stand_behind_one_endpoint() {
    let demo = Running::new(&["demo", "--http", "127.0.0.1:0"]);
    demo.place.fmcp(&["list", demo.url()]).well().shows(&[
        "discover_tools(",
        "get_tool_schema(",
        "execute_tool(",
        "calculator_compute(",
        "jobs_work(",
        "guest_welcome(",
        "notes://notes/{title}",
    ]);
    demo.call(&["calculator_compute", "expression=6 * 7"])
        .well()
        .shows(&["42"]);
    demo.call(&["calculator_compute", "expression=1/0"])
        .ends(1)
        .tells(&["divided by zero"]);
    let large = r#"arguments={"numbers": [1e308, 1e308]}"#;
    let large = [EXECUTE, "name=calculator_summarise", large, "--json"];
    let json = demo.call(&large).well().json();
    assert_eq!(json["structuredContent"]["mean"], 1e308, "{json}");
    demo.call(&["jobs_work", "steps=3", "pause_ms=1"])
        .ends(0)
        .shows(&["3 steps are done"]);
    let answers = [
        "--answer",
        "name=Ada",
        "--answer",
        "people=2",
        "--answer",
        "drink=Tea",
    ];
    demo.call(&[&["guest_welcome"], &answers[..]].concat())
        .well()
        .shows(&["Welcome, Ada! A table for 2, and Tea."]);
}

/// Runs a tool that is not in the list.
const EXECUTE: &str = "execute_tool";

#[test]
fn what_is_not_listed_is_discovered() {
    let demo = Running::new(&["demo", "--http", "127.0.0.1:0"]);
    let listed = demo.place.fmcp(&["list", demo.url()]).well().out;
    assert!(!listed.contains("notes_write("), "{listed}");
    demo.call(&["discover_tools"]).well().shows(&[
        "7 tools in 4 domains",
        "- calculator: 2 tools",
        "- guest: 1 tool\n",
        "- jobs: 1 tool\n",
        "- notes: 3 tools",
    ]);
    demo.call(&["discover_tools", "query=keep a note"])
        .well()
        .shows(&["notes_write(title: string, text: string)"]);
    demo.call(&["get_tool_schema", "name=calculator_summarise"])
        .well()
        .shows(&["\"outputSchema\"", "How many numbers there are"]);
    // Progress and questions are those of the tool that is run.
    let work = r#"arguments={"steps": 3, "pause_ms": 1}"#;
    demo.call(&[EXECUTE, "name=jobs_work", work])
        .ends(0)
        .shows(&["3 steps are done"]);
    let answers = ["--answer", "name=Ada", "--answer", "drink=Water"];
    demo.call(&[&[EXECUTE, "name=guest_welcome"], &answers[..]].concat())
        .well()
        .shows(&["Welcome, Ada! A table for 1, and Water."]);
    demo.place
        .fmcp(&["inspect", demo.url()])
        .well()
        .shows(&["The demo of fmcp", "Four small servers behind one endpoint"]);
}

/// A command line as a shell takes it apart.
fn typed(command: &str) -> Vec<String> {
    let (mut words, mut is_quoted) = (vec![String::new()], false);
    for c in command.chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words
}

#[test]
fn what_it_says_to_try_works() {
    let demo = Running::new(&["demo", "--http", "127.0.0.1:0"]);
    let commands = demo.said["try"].as_array().unwrap().clone();
    assert_eq!(commands.len(), 5);
    for command in &commands {
        let command = command.as_str().unwrap();
        let words = typed(command);
        let words: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
        let answers: &[&str] = match command.contains("guest_welcome") {
            true => &["--answer", "name=Ada", "--answer", "drink=Tea"],
            false => &[],
        };
        demo.place.fmcp(&[&words, answers].concat()).ends(0);
    }
}

#[test]
fn notes_outlive_the_demo() {
    let place = Place::new();
    let server = format!("{} demo --stdio", env!("CARGO_BIN_EXE_fmcp"));
    let home = format!("{}/home", place.folder.path().display());
    let place = place.file(
        "mcp.json",
        &serde_json::json!({"mcpServers": {"demo": {
            "command": server.split(' ').next(), "args": ["demo", "--stdio"], "env": {"FMCP_HOME": home},
        }}})
        .to_string(),
    );
    let write = [
        "call",
        "mcp.json",
        EXECUTE,
        "name=notes_write",
        r#"arguments={"title": "shopping", "text": "bread"}"#,
        "--only",
        "demo",
    ];
    place.fmcp(&write).well().shows(&["is written"]);
    place
        .fmcp(&[
            "read",
            "mcp.json",
            "notes://notes/shopping",
            "--only",
            "demo",
        ])
        .well()
        .shows(&["bread"]);
    let away = [
        "call",
        "mcp.json",
        EXECUTE,
        "name=notes_write",
        r#"arguments={"title": "../away", "text": "x"}"#,
        "--only",
        "demo",
    ];
    place.fmcp(&away).ends(1).tells(&["a title is"]);
}

#[test]
fn alone_the_program_is_the_demo() {
    let demo = Running::new(&[]);
    assert!(
        demo.url().starts_with("http://127.0.0.1:"),
        "{}",
        demo.url()
    );
    assert_eq!(
        demo.said["configuration"]["mcpServers"]["fmcp-demo"]["url"],
        demo.url()
    );
    assert!(demo.said["try"].as_array().unwrap().len() >= 3);
    demo.place.fmcp(&["ping", demo.url(), "-n", "1"]).well();
}

#[test]
fn an_answer_to_something_else_agrees_to_nothing() {
    let place = Place::new();
    let home = place.folder.path().join("home").display().to_string();
    let place = place.variable("FMCP_HOME", &home);
    let demo = Running::at(place, &["demo", "--http", "127.0.0.1:0"]);
    let write = r#"arguments={"title": "keep", "text": "me"}"#;
    demo.call(&[EXECUTE, "name=notes_write", write]).well();
    let remove = [
        EXECUTE,
        "name=notes_remove",
        r#"arguments={"title": "keep"}"#,
    ];
    let titles = || demo.call(&[EXECUTE, "name=notes_titles"]).well().out;
    demo.call(&[&remove[..], &["--answer", "foo=1"]].concat())
        .ends(0)
        .shows(&["Nothing is removed"])
        .tells(&["Remove the note", "--yes"]);
    assert!(titles().contains("keep"));
    demo.call(&["guest_welcome", "--answer", "foo=1"])
        .ends(0)
        .shows(&["Another time"]);
    demo.call(&["guest_welcome", "--yes"])
        .ends(0)
        .shows(&["Another time"]);
    demo.call(&[&remove[..], &["--yes"]].concat())
        .well()
        .shows(&["is removed"]);
    assert!(!titles().contains("keep"));
}

#[test]
fn where_the_usual_port_is_taken_there_is_another() {
    // Whoever has it, it is taken now.
    let _taken = std::net::TcpListener::bind("127.0.0.1:8000");
    let demo = Running::new(&["demo"]);
    assert!(!demo.url().contains(":8000/"), "{}", demo.url());
    demo.call(&["calculator_compute", "expression=6 * 7"])
        .well()
        .shows(&["42"]);
}
