//! Manifests and the lock file: what core may need, who takes the lints, whose code is never used.

use super::Fault;

const RUNTIMES: [&str; 6] = ["tokio", "hyper", "reqwest", "axum", "async-std", "smol"];
const CORE: &str = "crates/core/Cargo.toml";
/// Their licence forbids use here; deny.toml can name single crates only, hence the beginnings here.
const BANNED: [&str; 2] = ["fastmcp", "asupersync"];

/// One `Cargo.toml`.
pub(crate) fn faults(path: &str, text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    let member = has_section(text, "[package]") && !has_section(text, "[workspace]");
    if member && !takes_lints(text) {
        let message = "the workspace's lints are not taken: add `[lints]` with `workspace = true`";
        faults.push(Fault::new(path, 1, message));
    }
    if path == CORE {
        faults.extend(runtimes(text));
    }
    faults
}

/// One `Cargo.lock`.
pub(crate) fn lock(path: &str, text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let name = line
            .strip_prefix("name = \"")
            .and_then(|rest| rest.strip_suffix('"'));
        if let Some(name) = name.filter(|name| BANNED.iter().any(|banned| name.starts_with(banned)))
        {
            let message = format!("`{name}` must not be used here (licence): remove what needs it");
            faults.push(Fault::new(path, number, message));
        }
    }
    faults
}

fn has_section(text: &str, section: &str) -> bool {
    text.lines().any(|line| line.trim() == section)
}

fn takes_lints(text: &str) -> bool {
    let after = text
        .lines()
        .map(str::trim)
        .skip_while(|&line| line != "[lints]")
        .skip(1);
    let mut section = after.take_while(|line| !line.starts_with('['));
    section.any(|line| line.replace(' ', "") == "workspace=true")
}

fn runtimes(text: &str) -> Vec<Fault> {
    let inside = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let mut faults = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let told = line.split('#').next().unwrap_or_default();
        let told = told.strip_prefix("description").map_or(told, |_| "");
        let names = |runtime: &&&str| {
            let mut words = told.split(|c| !inside(c));
            words.any(|word| word.split('-').next() == Some(**runtime) || word == **runtime)
        };
        if let Some(runtime) = RUNTIMES.iter().find(names) {
            let message = format!(
                "core names `{runtime}`: core knows no runtime and no socket, put it behind a seam"
            );
            faults.push(Fault::new(CORE, number, message));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAKEN: &str =
        "[package]\nname = \"a\"\n[dependencies]\nserde = \"1\"\n[lints]\nworkspace = true\n";

    #[test]
    fn every_member_takes_the_lints() {
        assert_eq!(faults("a/Cargo.toml", TAKEN), []);
        let without = TAKEN.replace("[lints]", "[other]");
        assert_eq!(faults("a/Cargo.toml", &without).len(), 1);
        let own = format!("[workspace]\n{without}");
        assert_eq!(faults("fuzz/Cargo.toml", &own), []);
    }

    #[test]
    fn core_names_no_runtime() {
        assert_eq!(faults(CORE, &format!("{TAKEN}# tokio is not for us\n")), []);
        for (line, runtime) in [
            ("tokio.workspace = true", "tokio"),
            ("tokio-util = \"0.7\"", "tokio"),
            (
                "clock = { package = \"async-std\", version = \"1\" }",
                "async-std",
            ),
            ("x = [\"dep:reqwest\"]", "reqwest"),
        ] {
            let faults = faults(CORE, &format!("{TAKEN}{line}\n"));
            assert_eq!(faults.len(), 1, "{line}");
            assert!(
                faults[0]
                    .to_string()
                    .starts_with(&format!("{CORE}:7: core names `{runtime}`"))
            );
        }
        assert_eq!(
            faults("crates/fmcp/Cargo.toml", &format!("{TAKEN}tokio = \"1\"\n")),
            []
        );
    }

    #[test]
    fn banned_families_are_found_in_the_lock_file() {
        let lock_file = "[[package]]\nname = \"fmcp\"\n\n[[package]]\nname = \"fastmcp-anything\"\n\nname = \"asupersync2\"\n";
        let lines: Vec<_> = lock("Cargo.lock", lock_file)
            .iter()
            .map(|fault| fault.line)
            .collect();
        assert_eq!(lines, [5, 7]);
    }
}
