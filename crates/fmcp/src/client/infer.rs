//! What somebody means who names a server in one text.

use std::path::{Path, PathBuf};

use fmcp_core::{Error, Result};
use http::Uri;

use super::bare;
use crate::config::address;

/// What is meant.
#[derive(Debug, PartialEq)]
pub(super) enum Meant {
    /// An address, on HTTP or WebSocket.
    Address(Uri),
    /// A Unix socket.
    Socket(PathBuf),
    /// A file that says which servers there are.
    File(PathBuf),
    /// The same as text.
    Text(String),
    /// A program with its arguments.
    Program(Vec<String>),
}

/// What there is on this machine.
pub(super) trait Place {
    /// Whether there is a file of this path.
    fn has_file(&self, path: &Path) -> bool;

    /// Whether there is a folder of this path.
    fn has_folder(&self, path: &Path) -> bool;

    /// Whether there is a program of this name, or path.
    fn has_program(&self, name: &str) -> bool;
}

/// The machine that this runs on.
pub(super) struct Here;

impl Place for Here {
    fn has_file(&self, path: &Path) -> bool {
        path.is_file()
    }

    fn has_folder(&self, path: &Path) -> bool {
        path.is_dir()
    }

    fn has_program(&self, name: &str) -> bool {
        if name.contains(std::path::is_separator) {
            return is_executable(Path::new(name));
        }
        let folders = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&folders).any(|folder| {
            let file = folder.join(name);
            is_executable(&file)
                || (cfg!(windows)
                    && ["exe", "cmd", "bat"]
                        .iter()
                        .any(|end| file.with_extension(end).is_file()))
        })
    }
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(file)
        .is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    file.is_file()
}

/// What is meant by `text`. The first of these that it is: JSON, an address, a file, a command.
///
/// # Errors
/// When it is none of them: what it could be, and what is missing for that.
pub(super) fn infer(text: &str, place: &dyn Place) -> Result<Meant> {
    let text = text.trim();
    if text.is_empty() {
        return Err(refuse("it names no server"));
    }
    if text.starts_with('{') {
        return Ok(Meant::Text(text.to_owned()));
    }
    if let Some(path) = text.strip_prefix("unix:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        return Ok(Meant::Socket(path.into()));
    }
    let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
    if ["http:", "https:", "ws:", "wss:"]
        .iter()
        .any(|scheme| lower.starts_with(scheme))
    {
        return address(text)
            .map(Meant::Address)
            .map_err(|why| refuse(&format!("{text:?}: {why}")));
    }
    let path = Path::new(text);
    if place.has_file(path) {
        return file(path, place);
    }
    command(text, place)
}

/// What is meant by the path of a file.
///
/// # Errors
/// When it is not there, or nobody knows how to start it.
pub(super) fn file(path: &Path, place: &dyn Place) -> Result<Meant> {
    if !place.has_file(path) {
        return Err(refuse(&format!("there is no file {}", path.display())));
    }
    let text = path.to_string_lossy().into_owned();
    let with = |program: &str| Ok(Meant::Program(vec![program.to_owned(), text.clone()]));
    let ending = path
        .extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or_default();
    match ending.to_ascii_lowercase().as_str() {
        "json" => Ok(Meant::File(path.into())),
        "py" if place.has_program("python3") => with("python3"),
        "py" => with("python"),
        "js" | "mjs" | "cjs" => with("node"),
        "ts" | "mts" => Err(refuse(&format!(
            "{text} needs something that runs TypeScript: give the command, such as `npx tsx {text}`"
        ))),
        _ => {
            let is_bare = !text.contains(std::path::is_separator);
            let program = if is_bare { format!("./{text}") } else { text };
            if place.has_program(&program) {
                return Ok(Meant::Program(vec![program]));
            }
            Err(refuse(&format!(
                "{program} is no program: it may not be executed (chmod +x), nor does it end in .json, .py or .js"
            )))
        }
    }
}

fn command(text: &str, place: &dyn Place) -> Result<Meant> {
    let Some(words) = shlex::split(text) else {
        return Err(refuse(&format!("{text:?} has a quote that is not closed")));
    };
    let Some(program) = words.first() else {
        return Err(refuse("it names no server"));
    };
    if place.has_program(program) {
        return Ok(Meant::Program(words));
    }
    let folder = Path::new(text);
    if place.has_folder(folder) {
        return Err(refuse(&match place.has_file(&folder.join("Cargo.toml")) {
            true => format!(
                "{text} is a crate: `fmcp run {text} --http 127.0.0.1:8000` serves it at http://127.0.0.1:8000/mcp"
            ),
            false => format!("{text} is a folder, and no program"),
        }));
    }
    let what = if program.contains(std::path::is_separator) {
        format!("there is no program {program}")
    } else {
        format!("there is no file {program}, and no program of that name on the PATH")
    };
    let address = match words.as_slice() {
        [word] => bare::address(word),
        _ => None,
    };
    let hint = address.map(|address| format!("; for a server at that address, write {address}"));
    Err(refuse(&format!("{what}{}", hint.unwrap_or_default())))
}

fn refuse(why: &str) -> Error {
    Error::invalid_params(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Machine {
        files: &'static [&'static str],
        programs: &'static [&'static str],
    }

    impl Place for Machine {
        fn has_file(&self, path: &Path) -> bool {
            self.files.iter().any(|file| Path::new(file) == path)
        }

        fn has_folder(&self, path: &Path) -> bool {
            [".", "docs", "crates/srv"]
                .iter()
                .any(|folder| Path::new(folder) == path)
        }

        fn has_program(&self, name: &str) -> bool {
            self.programs.contains(&name)
        }
    }

    const MACHINE: Machine = Machine {
        files: &[
            "mcp.json",
            "my server.py",
            "src/s.js",
            "s.ts",
            "server",
            "notes.txt",
            "crates/srv/Cargo.toml",
        ],
        programs: &["python3", "node", "npx", "./server", "/bin/srv"],
    };

    fn check(text: &str, expect: impl Into<Meant>) {
        assert_eq!(infer(text, &MACHINE).unwrap(), expect.into(), "{text}");
    }

    fn program(words: &[&str]) -> Meant {
        Meant::Program(words.iter().map(|&word| word.to_owned()).collect())
    }

    fn refused(text: &str, expect: &str) {
        let words = infer(text, &MACHINE).unwrap_err().to_string();
        assert!(words.contains(expect), "{text}: {words}");
    }

    #[test]
    fn addresses() {
        check(
            "https://h/mcp",
            Meant::Address(Uri::from_static("https://h/mcp")),
        );
        check(
            " WS://h:1/ws ",
            Meant::Address(Uri::from_static("ws://h:1/ws")),
        );
        check("unix:/tmp/s", Meant::Socket("/tmp/s".into()));
        check("unix:///tmp/s", Meant::Socket("/tmp/s".into()));
        refused("http://", "\"http://\": it is no");
        refused("example.com", "write https://example.com/mcp");
    }

    #[test]
    fn files() {
        check("mcp.json", Meant::File("mcp.json".into()));
        check(
            "{\"mcpServers\": {}}",
            Meant::Text("{\"mcpServers\": {}}".into()),
        );
        check("my server.py", program(&["python3", "my server.py"]));
        check("src/s.js", program(&["node", "src/s.js"]));
        check("server", program(&["./server"]));
        refused("s.ts", "npx tsx s.ts");
        refused("notes.txt", "./notes.txt is no program");
        refused("none.json", "there is no file none.json");
    }

    #[test]
    fn what_looks_like_an_address_is_shown_whole() {
        refused("localhost:8100/mcp", "write http://localhost:8100/mcp");
        refused("example.com:444", "write https://example.com:444/mcp");
        for text in ["none.json", "..", "no.py", "example.com x"] {
            let words = infer(text, &MACHINE).unwrap_err().to_string();
            assert!(!words.contains("address"), "{text}: {words}");
        }
    }

    #[test]
    fn folders() {
        refused(
            "crates/srv",
            "`fmcp run crates/srv --http 127.0.0.1:8000` serves it",
        );
        refused("docs", "docs is a folder, and no program");
        refused(".", ". is a folder");
    }

    #[test]
    fn commands() {
        check("npx -y '@scope/a b'", program(&["npx", "-y", "@scope/a b"]));
        check("/bin/srv --port 1", program(&["/bin/srv", "--port", "1"]));
        refused("uvx server", "there is no file uvx, and no program");
        refused("/bin/none x", "there is no program /bin/none");
        refused("npx 'a", "a quote that is not closed");
        refused("  ", "names no server");
        refused("''", "there is no file ");
    }

    #[cfg(unix)]
    #[test]
    fn this_machine_has_a_shell() {
        assert!(Here.has_program("sh") && Here.has_program("/bin/sh"));
        assert!(!Here.has_program("no-such-program-as-this"));
        assert!(!Here.has_program("/etc/passwd"), "it may not be executed");
        assert!(Here.has_file(Path::new("/etc/passwd")) && !Here.has_file(Path::new("/etc")));
    }
}
