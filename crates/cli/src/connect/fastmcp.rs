//! `fastmcp.json` of FastMCP for Python: how it says which server there is, and how it is started.

use std::path::Path;

use fmcp::{IntoTarget as _, Target, config::Command};
use serde_json::{Map, Value};

use crate::outcome::Failure;

/// How large the file may be.
const MAX_BYTES: u64 = 1 << 20;

/// The server that the file describes; nothing where it is a file of another kind.
///
/// # Errors
/// All that is wrong with it.
pub(crate) fn read(path: &Path) -> Result<Option<Target>, Failure> {
    let is_json = path.extension().is_some_and(|ending| ending == "json");
    let size = std::fs::metadata(path).map_or(u64::MAX, |about| about.len());
    if !is_json || size > MAX_BYTES {
        return Ok(None);
    }
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let Ok(Value::Object(file)) = serde_json::from_str(&text) else {
        return Ok(None);
    };
    if !file.contains_key("source") || file.contains_key("mcpServers") {
        return Ok(None);
    }
    let name = path.display();
    let variable = |name: &str| std::env::var(name).ok();
    let has = |program: &str| {
        let folders = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&folders).any(|folder| folder.join(program).is_file())
    };
    let start = Start {
        file: path,
        variable: &variable,
        is_installed: has("fastmcp"),
    };
    match start.command(&file) {
        Ok(command) => Ok(Some(command.into_target())),
        Err(faults) => match faults.as_slice() {
            [fault] => Err(Failure::usage(format!("{name}: {fault}"))),
            faults => {
                let list = faults.join("\n  ");
                Err(Failure::usage(format!(
                    "{name} has {} faults:\n  {list}",
                    faults.len()
                )))
            }
        },
    }
}

/// What is known where the file lies.
struct Start<'a> {
    file: &'a Path,
    variable: &'a dyn Fn(&str) -> Option<String>,
    /// Whether FastMCP is on the PATH; else uv fetches it.
    is_installed: bool,
}

impl Start<'_> {
    /// How it is started: by FastMCP itself, which knows what its file means.
    fn command(&self, file: &Map<String, Value>) -> Result<Command, Vec<String>> {
        let mut faults = Vec::new();
        let part = |name: &str, faults: &mut Vec<String>| match file.get(name) {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(part)) => part.clone(),
            Some(_) => {
                faults.push(format!("{name}: expected an object"));
                Map::new()
            }
        };
        let source = part("source", &mut faults);
        let deployment = part("deployment", &mut faults);
        part("environment", &mut faults);
        if !source.get("path").is_some_and(Value::is_string) {
            faults.push("source.path: expected the path of a Python file".to_owned());
        }
        if source.get("type").is_some_and(|kind| kind != "filesystem") {
            faults.push("source.type: only \"filesystem\" is known".to_owned());
        }
        let file = self
            .file
            .canonicalize()
            .unwrap_or_else(|_| self.file.to_owned());
        let file = file.display().to_string();
        let mut command = match self.is_installed {
            true => Command::new("fastmcp"),
            false => {
                let mut uv = Command::new("uvx");
                uv.args.push("fastmcp".to_owned());
                uv
            }
        };
        let words = ["run", &file, "--transport", "stdio", "--no-banner"];
        command.args.extend(words.map(str::to_owned));
        if let Some(folder) = deployment.get("cwd").and_then(Value::as_str) {
            let beside = self.file.parent().unwrap_or_else(|| Path::new("."));
            command.cwd = Some(beside.join(folder));
        }
        let variables = deployment.get("env").and_then(Value::as_object);
        for (name, value) in variables.into_iter().flatten() {
            let value = value.as_str().ok_or_else(|| "expected a text".to_owned());
            match value.and_then(|value| self.expanded(value)) {
                Ok(value) => command.env.push((name.clone(), value.into())),
                Err(why) => faults.push(format!("deployment.env.{name}: {why}")),
            }
        }
        match faults.is_empty() {
            true => Ok(command),
            false => Err(faults),
        }
    }

    /// `text` with its `${VARIABLES}`.
    fn expanded(&self, text: &str) -> Result<String, String> {
        let mut all = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            all.push_str(&rest[..at]);
            let end = rest[at..]
                .find('}')
                .ok_or_else(|| "${ is not closed".to_owned())?;
            let name = &rest[at + 2..at + end];
            let value = (self.variable)(name);
            all.push_str(&value.ok_or_else(|| format!("the variable {name} is not set"))?);
            rest = &rest[at + end + 1..];
        }
        all.push_str(rest);
        Ok(all)
    }
}

#[cfg(test)]
#[expect(
    clippy::needless_pass_by_value,
    reason = "what is read reads better as a value"
)]
mod tests {
    use serde_json::json;

    use super::*;

    fn command(file: Value) -> Result<Command, Vec<String>> {
        let variable = |name: &str| (name == "HERE").then(|| "there".to_owned());
        let start = Start {
            file: Path::new("dir/fastmcp.json"),
            variable: &variable,
            is_installed: false,
        };
        start.command(file.as_object().unwrap())
    }

    #[test]
    fn the_server_is_started_by_those_who_know_its_file() {
        let read = command(json!({
            "source": {"path": "server.py", "entrypoint": "mcp"},
            "environment": {"dependencies": ["pandas"]},
            "deployment": {"cwd": "data", "env": {"A": "over-${HERE}!", "B": "plain"}},
        }))
        .unwrap();
        assert_eq!(&*read.program, "uvx");
        assert_eq!(&read.args[..3], ["fastmcp", "run", "dir/fastmcp.json"]);
        assert_eq!(read.cwd.as_deref(), Some(Path::new("dir/data")));
        let env: Vec<_> = read
            .env
            .iter()
            .map(|(name, value)| (name.as_str(), value.expose()))
            .collect();
        assert_eq!(env, [("A", "over-there!"), ("B", "plain")]);
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let faults = command(json!({
            "source": {"type": "git"}, "environment": 5,
            "deployment": {"env": {"A": "${GONE}", "B": 1}},
        }))
        .unwrap_err();
        let text = faults.join("\n");
        for part in [
            "environment: ",
            "source.path: ",
            "source.type: ",
            "env.A: the variable GONE",
            "env.B: ",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
