//! What the compiler says to those who misuse the macros and the typed handlers: each file of
//! `tests/ui` must not compile, with the words that stand beside it. `TRYBUILD=overwrite` writes the
//! words anew; read the difference before committing it.
//!
//! Half of the words are the compiler's, and it changes them; only the compiler that wrote them is asked.

use std::process::Command;

/// Whose words stand beside the cases.
const COMPILER: &str = "rustc 1.95.";

#[test]
fn the_compiler_teaches() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().unwrap();
    if !String::from_utf8_lossy(&version.stdout).starts_with(COMPILER) {
        return;
    }
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
