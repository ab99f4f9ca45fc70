//! Paths that Markdown names must exist.

use super::Fault;

const EXTENSIONS: [&str; 16] = [
    "rs", "toml", "md", "json", "yml", "yaml", "txt", "sh", "lock", "py", "html", "css", "js",
    "snap", "stderr", "svg",
];

/// `exists` is asked for paths relative to the repository; `places` are the folders, besides the root
/// and the file's own, in which a path in backticks may be meant.
pub(crate) fn faults(
    path: &str,
    text: &str,
    places: &[String],
    exists: impl Fn(&str) -> bool,
) -> Vec<Fault> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut faults = Vec::new();
    for (line, mention) in mentions(text) {
        let (target, found) = match &mention {
            Mention::Link(target) => (
                target,
                resolve(folder, target).is_some_and(|path| exists(&path)),
            ),
            Mention::Path(target) => {
                let folders = ["", folder]
                    .into_iter()
                    .chain(places.iter().map(String::as_str));
                let mut paths = folders.filter_map(|folder| resolve(folder, target));
                (target, paths.any(|path| exists(&path)))
            }
        };
        if !found {
            let message = format!("`{target}` does not exist: mend the path or the sentence");
            faults.push(Fault::new(path, line, message).exemptable(format!("path {target}")));
        }
    }
    faults
}

#[derive(Debug, PartialEq)]
enum Mention {
    /// Relative to the file it stands in.
    Link(String),
    /// In backticks.
    Path(String),
}

/// What the text names, with line numbers; fenced blocks are left out.
fn mentions(text: &str) -> Vec<(usize, Mention)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (number, line) in (1..).zip(text.lines()) {
        let start = line.trim_start();
        if start.starts_with("```") || start.starts_with("~~~") {
            fenced = !fenced;
        } else if !fenced {
            found.extend(in_line(line).into_iter().map(|mention| (number, mention)));
        }
    }
    found
}

fn in_line(line: &str) -> Vec<Mention> {
    let mut prose = String::new();
    let mut found = Vec::new();
    for (index, part) in line.split('`').enumerate() {
        if index % 2 == 0 {
            prose.push_str(part);
        } else {
            found.extend(repository_path(part).map(Mention::Path));
        }
    }
    let inline = prose
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let definition = prose
        .strip_prefix('[')
        .filter(|rest| !rest.starts_with('^'))
        .and_then(|rest| rest.split_once("]: "))
        .map(|(_, target)| target);
    found.extend(inline.chain(definition).filter_map(link).map(Mention::Link));
    found
}

/// The file a link leads to; nothing for other sites and for headings of the same file.
fn link(target: &str) -> Option<String> {
    let target = target.trim().split(' ').next()?;
    let target = target.trim_start_matches('<').trim_end_matches('>');
    let file = target.split('#').next()?;
    let elsewhere = file.is_empty() || file.contains(':');
    (!elsewhere).then(|| file.to_owned())
}

/// What stands in backticks, if it looks like a path of this repository.
fn repository_path(span: &str) -> Option<String> {
    let path = match span.rsplit_once(':') {
        Some((path, line)) if line.bytes().all(|b| b.is_ascii_digit()) => path,
        _ => span,
    };
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
    let (first, rest) = path.split_once('/')?;
    let host = first.contains('.') && !first.starts_with('.');
    let outside = first.is_empty() || first == ".." || first == "target";
    let named = rest
        .rsplit_once('.')
        .is_some_and(|(_, extension)| EXTENSIONS.contains(&extension));
    let shaped = path.chars().all(plain) && (named || path.ends_with('/'));
    (shaped && !host && !outside).then(|| path.to_owned())
}

/// `target` seen from `folder`, without `.` and `..`; nothing when it leads out of the repository.
fn resolve(folder: &str, target: &str) -> Option<String> {
    let from = if target.starts_with('/') { "" } else { folder };
    let mut parts: Vec<&str> = Vec::new();
    for part in from.split('/').chain(target.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str, missing: &[(usize, &str)]) {
        let files = [
            "",
            "README.md",
            "docs/why.md",
            "docs",
            "crates/core/src/lib.rs",
            ".ci/run",
            "docs/img/a b.svg",
        ];
        let places = ["crates/core".to_owned()];
        let faults = faults(path, text, &places, |path| files.contains(&path));
        let found: Vec<_> = faults
            .iter()
            .map(|fault| (fault.line, fault.to_string()))
            .collect();
        assert_eq!(found.len(), missing.len(), "{found:?}");
        for ((line, message), (expect_line, target)) in found.iter().zip(missing) {
            assert_eq!(line, expect_line);
            assert!(
                message.contains(&format!("`{target}` does not exist")),
                "{message}"
            );
        }
    }

    #[test]
    fn links_are_followed_from_their_file() {
        check(
            "README.md",
            "[why](docs/why.md#speed) and [`here`](docs/)",
            &[],
        );
        check(
            "docs/why.md",
            "[up](../README.md), [self](#x), [site](https://x.org/a.md)",
            &[],
        );
        check("docs/why.md", "one\n[up](README.md)", &[(2, "README.md")]);
        check(
            "README.md",
            "[out](../../other/README.md)",
            &[(1, "../../other/README.md")],
        );
        check("README.md", "[why]: docs/how.md", &[(1, "docs/how.md")]);
    }

    #[test]
    fn paths_in_backticks_are_looked_up() {
        check(
            "docs/why.md",
            "`crates/core/src/lib.rs:12`, `src/lib.rs`, `docs/`",
            &[],
        );
        check(
            "README.md",
            "`crates/core/src/gone.rs` `gone/`",
            &[(1, "crates/core/src/gone.rs"), (1, "gone/")],
        );
    }

    #[test]
    fn what_is_no_path_is_left_alone() {
        let text = "`tools/call` `application/json` `https://a.b/c.json` `example.com/mcp/` `src/*.rs` `/etc/x.toml` `~/x/y.toml` `../shared/x/` `target/doc/` `a b/c.rs` `http/1.1`";
        check("README.md", text, &[]);
        check(
            "README.md",
            "```sh\ncat `gone/x.rs`\n```\n`gone/x.rs`",
            &[(4, "gone/x.rs")],
        );
    }
}
