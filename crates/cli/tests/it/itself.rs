//! What the program says of itself.

use std::time::{Duration, Instant};

use crate::door::{Place, fmcp};

#[test]
fn help_has_examples_and_exit_codes() {
    fmcp(&["--help"])
        .well()
        .shows(&["Examples:", "Exit codes:", "list", "call"]);
    for command in [
        "list", "call", "read", "prompt", "complete", "inspect", "watch", "doctor",
    ] {
        fmcp(&[command, "--help"])
            .well()
            .shows(&["Examples:", "Usage: fmcp"]);
    }
}

#[test]
fn the_version_names_the_revisions() {
    fmcp(&["version"])
        .well()
        .shows(&[env!("CARGO_PKG_VERSION"), "2024-11-05", "2026-07-28"]);
    let json = fmcp(&["version", "--json"]).well().json();
    assert_eq!(json["protocolVersions"].as_array().unwrap().len(), 5);
}

#[test]
fn shells_get_what_they_need() {
    for (shell, part) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef fmcp"),
        ("fish", "complete -c"),
    ] {
        fmcp(&["completions", shell]).well().shows(&[part]);
    }
}

#[test]
fn the_doctor_looks_at_the_machine_and_at_a_server() {
    fmcp(&["doctor"])
        .ends(0)
        .shows(&["fmcp", "loopback", "tokens"]);
    fmcp(&["doctor", "$SERVER"])
        .ends(0)
        .shows(&["under-test 1.0.0"]);
    let json = fmcp(&["doctor", "false", "--json"]).ends(1).json();
    let last = json["findings"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (last["check"].as_str(), last["state"].as_str()),
        (Some("connection"), Some("fault"))
    );
}

#[test]
fn it_starts_at_once() {
    let place = Place::new();
    // The fastest of many: the machine may be busy.
    let fastest = (0..20).map(|_| {
        let began = Instant::now();
        place.fmcp(&["version"]).well();
        began.elapsed()
    });
    let fastest = fastest.min().unwrap();
    assert!(fastest < Duration::from_millis(20), "{fastest:?}");
}
