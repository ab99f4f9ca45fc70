//! What the compiler says to those who misuse the macros and the typed handlers.
//!
//! What a macro refuses (`tests/ui/refused`) is said in the macro's words, and trybuild holds them to the
//! letter; `TRYBUILD=overwrite` writes them anew. What the types refuse (`tests/ui/mistyped`) is said half in
//! the compiler's words, which change with its version and with the length of paths: there, each line
//! `//~ words` of a file must be found in what the compiler says to it.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

#[test]
fn the_macros_teach() {
    trybuild::TestCases::new().compile_fail("tests/ui/refused/*.rs");
}

#[test]
fn the_types_teach() {
    let cases = cases();
    assert!(cases.len() >= 10, "the cases are gone");
    let said = compile(&cases);
    let mut missing = Vec::new();
    for case in &cases {
        let said = said
            .get(&name(case))
            .map(String::as_str)
            .unwrap_or_default();
        // The compiler breaks long lines and draws beside them.
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = fs::read_to_string(case).unwrap();
        let wanted: Vec<_> = text
            .lines()
            .filter_map(|line| line.strip_prefix("//~ "))
            .collect();
        assert!(!wanted.is_empty(), "{}: says no words", case.display());
        let absent = wanted.into_iter().filter(|words| !said.contains(words));
        missing.extend(
            absent.map(|words| format!("{}: not said: {words}\nbut: {said}\n", case.display())),
        );
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui/mistyped");
    let mut cases: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    cases
}

fn name(case: &Path) -> String {
    case.file_stem().unwrap().to_string_lossy().into_owned()
}

/// Lets the compiler look at all cases, each a program of one project, and says what it says to each.
fn compile(cases: &[PathBuf]) -> HashMap<String, String> {
    let fmcp = Path::new(env!("CARGO_MANIFEST_DIR"));
    let project = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mistyped");
    let programs = project.join("src/bin");
    let _ = fs::remove_dir_all(&programs);
    fs::create_dir_all(&programs).unwrap();
    for case in cases {
        fs::copy(case, programs.join(case.file_name().unwrap())).unwrap();
    }
    // The same versions as everywhere, so that nothing has to be fetched.
    fs::copy(fmcp.join("../../Cargo.lock"), project.join("Cargo.lock")).unwrap();
    let manifest = format!(
        "[workspace]\n[package]\nname = \"mistyped\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
         [dependencies]\nfmcp = {{ path = {fmcp:?} }}\n"
    );
    fs::write(project.join("Cargo.toml"), manifest).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["check", "--bins", "--keep-going", "--message-format=json"])
        .current_dir(&project)
        .env("CARGO_TARGET_DIR", project.join("target"))
        .output()
        .unwrap();
    let mut said: HashMap<String, String> = HashMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Ok(message) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        if let (Some(program), Some(words)) = (
            message["target"]["name"].as_str(),
            message["message"]["rendered"].as_str(),
        ) {
            said.entry(program.to_owned()).or_default().push_str(words);
        }
    }
    assert!(
        !said.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    said
}
