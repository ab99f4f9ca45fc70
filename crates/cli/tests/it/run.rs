//! Servers that are run.

use crate::door::Place;

const MANIFEST: &str =
    "[package]\nname = \"hello\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n";

#[test]
fn a_program_speaks_for_itself() {
    let place = Place::new();
    let fmcp = env!("CARGO_BIN_EXE_fmcp");
    let server = crate::door::server();
    place
        .fmcp(&["call", &format!("{fmcp} run {server}"), "add", "a=1"])
        .well()
        .shows(&["2"]);
    let said = place.fmcp(&[
        "run",
        "sh",
        "--",
        "-c",
        "echo $0 $FMCP_TRANSPORT; exit 7",
        "there",
    ]);
    assert_eq!((said.code, said.out.as_str()), (7, "there\n"));
    let http = [
        "run",
        "sh",
        "--http",
        "127.0.0.1:1",
        "--",
        "-c",
        "echo $FMCP_TRANSPORT $FMCP_ADDRESS",
    ];
    assert_eq!(place.fmcp(&http).well().out, "http 127.0.0.1:1\n");
    place
        .fmcp(&["run", "https://a.b/mcp"])
        .ends(2)
        .tells(&["no program"]);
}

#[test]
fn a_crate_is_built_first() {
    let place = Place::new()
        .file("hello/Cargo.toml", MANIFEST)
        .file("hello/src/main.rs", "fn main() { println!(\"built\"); }")
        .with_rust();
    let said = place.fmcp(&["run", "hello"]).ends(0);
    assert_eq!(
        said.out, "built\n",
        "nothing but the server writes to standard output"
    );
}

#[test]
fn a_crate_that_does_not_compile_says_why() {
    let place = Place::new()
        .file("hello/Cargo.toml", MANIFEST)
        .file("hello/src/main.rs", "fn main() { let x: u8 = \"text\"; }")
        .with_rust();
    let said = place.fmcp(&["run", "hello"]).ends(1);
    assert!(said.out.is_empty(), "{said:?}");
    said.tells(&["mismatched types", "does not compile"]);
}
