//! New projects. That what they contain compiles and passes is shown by the example `new-project`, which is
//! the same file.

use std::process::Command;

use crate::door::Place;

#[test]
fn a_project_is_what_the_example_is() {
    let place = Place::new();
    place
        .fmcp(&["new", "weather"])
        .well()
        .shows(&["\n  cd weather\n  cargo test\n  fmcp run . --http 127.0.0.1:8000\n"]);
    let read = |file: &str| {
        std::fs::read_to_string(place.folder.path().join("weather").join(file)).unwrap()
    };
    assert_eq!(
        read("src/main.rs"),
        include_str!("../../template/src/main.rs")
    );
    assert!(read("Cargo.toml").contains("name = \"weather\""));
    // Cargo can read it, and finds the crate.
    let manifest = place.folder.path().join("weather/Cargo.toml");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let said = Command::new(cargo)
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
            "--manifest-path",
        ])
        .arg(manifest)
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
    let dependencies = metadata["packages"][0]["dependencies"].as_array().unwrap();
    let fmcp = dependencies
        .iter()
        .find(|one| one["name"] == "fmcp")
        .unwrap();
    assert!(
        fmcp["path"].as_str().unwrap().ends_with("crates/fmcp"),
        "{fmcp}"
    );
}

#[test]
fn a_name_stays_as_it_is() {
    let place = Place::new();
    place.fmcp(&["new", "my-FMCP-NAME"]).well();
    let manifest = place.folder.path().join("my-FMCP-NAME/Cargo.toml");
    let text = std::fs::read_to_string(manifest).unwrap();
    assert!(text.contains("name = \"my-FMCP-NAME\""), "{text}");
    assert!(text.contains("fmcp = { path = \"/"), "{text}");
}

#[test]
fn nothing_is_written_over() {
    let place = Place::new().file("weather/notes.txt", "mine");
    place
        .fmcp(&["new", "weather"])
        .ends(2)
        .tells(&["is there already"]);
    place.fmcp(&["new", "9lives"]).ends(2).tells(&[
        "no name for a project",
        "a letter, then letters, digits, - and _, 64 at most",
    ]);
    for name in ["test", "build"] {
        place
            .fmcp(&["new", name])
            .ends(2)
            .tells(&["is taken: test, fmcp, build, deps, examples, incremental are"]);
    }
    place
        .fmcp(&["new", "x", "--fmcp", "nowhere"])
        .ends(2)
        .tells(&["no crate fmcp in nowhere"]);
}
