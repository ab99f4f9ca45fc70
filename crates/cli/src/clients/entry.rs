//! One server, as each client writes it.

use std::path::Path;

use fmcp::{
    IntoTarget as _,
    config::{Auth, Entry, Way},
};
use serde_json::{Map, Value, json};

use super::known::Form;
use crate::{connect::target::is_shaped, outcome::Failure};

/// One server: a program with its environment, or an address with its headers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Server {
    Program {
        command: String,
        args: Vec<String>,
        env: Vec<(String, String)>,
    },
    Address {
        url: String,
        headers: Vec<(String, String)>,
    },
}

/// The server that somebody means who types `text`, with whole paths, since clients start it elsewhere.
pub(crate) fn of_text(text: &str) -> Result<Server, Failure> {
    let refuse = |why: String| {
        Failure::usage(why).hint("an address (https://…/mcp), a program, or a command in quotes")
    };
    if let Some(folder) = crate::project::folder(text) {
        return Ok(run(&[&whole(&folder.display().to_string())]));
    }
    let way = text
        .into_target()
        .way()
        .map_err(|error| refuse(error.to_string()))?;
    match way {
        Some(Way::Command(command)) => Ok(Server::Program {
            command: whole_program(&command.program),
            args: command.args.iter().map(|word| whole(word)).collect(),
            env: Vec::new(),
        }),
        Some(Way::Remote(remote)) => Ok(Server::Address {
            url: remote.url.to_string(),
            headers: Vec::new(),
        }),
        _ => Err(refuse(format!(
            "{text} is neither one program nor one address"
        ))),
    }
}

/// The server of this name in this file with settings. What only this program understands of it, and what may be
/// secret, stays there: the client gets this program, which runs it.
pub(crate) fn of_named(name: &str, entry: &Entry, file: &str) -> Result<Server, Failure> {
    match &entry.way {
        Way::Command(command) => {
            let program = whole_program(&command.program);
            let args: Vec<_> = command.args.iter().map(|word| whole(word)).collect();
            let is_whole = match &command.cwd {
                Some(folder) => folder.is_absolute(),
                None => *program == *command.program && args == command.args,
            };
            if !is_shaped(entry) && command.env.is_empty() && command.cwd.is_none() {
                return Ok(Server::Program {
                    command: program,
                    args,
                    env: Vec::new(),
                });
            }
            if !is_whole {
                let why = format!(
                    "{name} has paths in {file} that are not whole, and clients start it elsewhere"
                );
                return Err(Failure::usage(why).hint("write them whole there"));
            }
        }
        Way::Remote(remote) => {
            let is_plain = remote.kind.is_none() && remote.headers.is_empty();
            if !is_shaped(entry) && is_plain && matches!(remote.auth, Auth::None) {
                return Ok(Server::Address {
                    url: remote.url.to_string(),
                    headers: Vec::new(),
                });
            }
        }
        _ => {}
    }
    Ok(run(&[name, "--config", &whole(file)]))
}

/// This program, running something.
fn run(words: &[&str]) -> Server {
    let this = std::env::current_exe();
    let command = this.map_or_else(|_| "fmcp".to_owned(), |path| path.display().to_string());
    let args = std::iter::once("run")
        .chain(words.iter().copied())
        .map(str::to_owned)
        .collect();
    Server::Program {
        command,
        args,
        env: Vec::new(),
    }
}

/// The whole path of a word that names a file here.
fn whole(word: &str) -> String {
    let path = Path::new(word);
    match path.is_relative() && path.exists() {
        true => path
            .canonicalize()
            .map_or_else(|_| word.to_owned(), |path| path.display().to_string()),
        false => word.to_owned(),
    }
}

/// The whole path of a program that is named by one; others are found on the PATH.
fn whole_program(word: &str) -> String {
    match word.contains(std::path::is_separator) {
        true => whole(word),
        false => word.to_owned(),
    }
}

impl Server {
    /// A name that it could have.
    pub(crate) fn name(&self) -> String {
        let raw = match self {
            Self::Program { command, args, .. } => {
                let runs_another = [
                    "npx", "uvx", "node", "python", "python3", "uv", "cargo", "fmcp",
                ];
                let stem = |word: &str| {
                    let word = word.trim_end_matches(['/', '\\']);
                    let last = Path::new(word)
                        .file_stem()
                        .map(|stem| stem.to_string_lossy().into_owned());
                    last.unwrap_or_default()
                };
                let program = stem(command);
                let script = args.iter().rev().find(|word| !word.starts_with('-'));
                match script.filter(|_| runs_another.contains(&program.as_str())) {
                    Some(script) => stem(script),
                    None => program,
                }
            }
            Self::Address { url, .. } => {
                let url = url::Url::parse(url).ok();
                let host = match url.as_ref().and_then(url::Url::host) {
                    Some(url::Host::Domain(name)) => name.to_owned(),
                    // A number says nothing to anybody.
                    _ => "server".to_owned(),
                };
                let host = host.trim_start_matches("www.").trim_start_matches("mcp.");
                host.split('.').next().unwrap_or(host).to_owned()
            }
        };
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let name: String = raw
            .chars()
            .map(|c| if fits(c) { c } else { '-' })
            .take(64)
            .collect();
        match name.trim_matches('-') {
            "" => "server".to_owned(),
            name => name.to_owned(),
        }
    }

    /// As the client writes it.
    pub(crate) fn written(&self, form: Form, name: &str) -> Value {
        match (self, form) {
            (Self::Program { command, args, env }, Form::Goose) => json!({
                "name": name, "enabled": true, "type": "stdio", "cmd": command, "args": args,
                "envs": table(env), "timeout": 300,
            }),
            (Self::Address { url, headers }, Form::Goose) => json!({
                "name": name, "enabled": true, "type": "streamable_http", "uri": url,
                "headers": table(headers), "timeout": 300,
            }),
            (Self::Program { command, args, env }, _) => {
                let mut entry = match form {
                    Form::VsCode | Form::Claude => json!({"type": "stdio"}),
                    _ => json!({}),
                };
                entry["command"] = command.as_str().into();
                entry["args"] = json!(args);
                if !env.is_empty() {
                    entry["env"] = table(env);
                }
                entry
            }
            // What only knows programs gets one that goes on to the address.
            (Self::Address { url, headers }, Form::Programs) => {
                let mut words = vec![url.clone()];
                for (name, value) in headers {
                    words.extend(["--header".to_owned(), format!("{name}: {value}")]);
                }
                let words: Vec<_> = words.iter().map(String::as_str).collect();
                run(&words).written(form, name)
            }
            (Self::Address { url, headers }, _) => {
                let mut entry = match form {
                    Form::VsCode | Form::Claude => json!({"type": "http", "url": url}),
                    Form::Gemini => json!({"httpUrl": url}),
                    _ => json!({"url": url}),
                };
                if !headers.is_empty() {
                    entry["headers"] = table(headers);
                }
                entry
            }
        }
    }
}

fn table(pairs: &[(String, String)]) -> Value {
    let pairs = pairs
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().into()));
    Value::Object(pairs.collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(command: &str, args: &[&str]) -> Server {
        let args = args.iter().map(|word| (*word).to_owned()).collect();
        Server::Program {
            command: command.to_owned(),
            args,
            env: Vec::new(),
        }
    }

    fn address(url: &str) -> Server {
        Server::Address {
            url: url.to_owned(),
            headers: Vec::new(),
        }
    }

    #[test]
    fn names_follow_from_what_it_is() {
        for (server, name) in [
            (program("/opt/my server", &[]), "my-server"),
            (
                program("npx", &["-y", "@scope/server-files"]),
                "server-files",
            ),
            (program("python3", &["/a/crm.py"]), "crm"),
            (address("https://mcp.example.com/mcp"), "example"),
            (address("http://127.0.0.1:8000/mcp"), "server"),
        ] {
            assert_eq!(server.name(), name);
        }
    }

    #[test]
    fn each_client_gets_its_own_form() {
        let (it, url) = (program("x", &["-a"]), address("https://a.b/mcp"));
        let http = json!({"type": "http", "url": "https://a.b/mcp"});
        assert_eq!(
            it.written(Form::Cursor, "n"),
            json!({"command": "x", "args": ["-a"]})
        );
        assert_eq!(it.written(Form::VsCode, "n")["type"], "stdio");
        assert_eq!(url.written(Form::VsCode, "n"), http);
        assert_eq!(url.written(Form::Claude, "n"), http);
        assert_eq!(
            url.written(Form::Gemini, "n"),
            json!({"httpUrl": "https://a.b/mcp"})
        );
        assert_eq!(url.written(Form::Goose, "n")["uri"], "https://a.b/mcp");
        assert_eq!(
            url.written(Form::Programs, "n")["args"],
            json!(["run", "https://a.b/mcp"])
        );
    }
}
