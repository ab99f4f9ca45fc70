//! The file with settings: `fmcp.toml`, or the same as JSON.

use std::path::{Path, PathBuf};

use fmcp::config::Servers;
use serde_json::{Map, Value};

use super::known::KNOWN;
use crate::outcome::Failure;

/// How large the file may be.
const MAX_BYTES: u64 = 1 << 20;

/// Where servers stand in it.
pub(crate) const SERVERS: [&str; 2] = ["servers", "mcpServers"];

/// What the file says.
#[derive(Debug)]
pub(crate) struct File {
    /// Its name, as it was found.
    pub(crate) name: String,
    /// Its settings as text.
    pub(crate) values: Vec<(String, String)>,
    /// Its servers.
    pub(crate) servers: Servers,
}

impl File {
    /// The file that is named, or that lies here under its usual name.
    pub(crate) fn find(named: Option<&Path>) -> Result<Option<Self>, Failure> {
        let variable = std::env::var_os("FMCP_CONFIG").filter(|value| !value.is_empty());
        let named = named.map(Path::to_owned).or(variable.map(PathBuf::from));
        if let Some(path) = named {
            return Self::read(&path).map(Some);
        }
        let usual = ["fmcp.toml", "fmcp.json"].map(PathBuf::from);
        match usual.iter().find(|path| path.is_file()) {
            Some(path) => Self::read(path).map(Some),
            None => Ok(None),
        }
    }

    /// Reads and checks the file.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let refuse = |why: String| Failure::usage(format!("{name}: {why}"));
        let size = std::fs::metadata(path).map_err(|e| refuse(format!("cannot be read: {e}")))?;
        if size.len() > MAX_BYTES {
            return Err(refuse(format!("is larger than {MAX_BYTES} bytes")));
        }
        let text =
            std::fs::read_to_string(path).map_err(|e| refuse(format!("cannot be read: {e}")))?;
        let is_json = path.extension().is_some_and(|ending| ending == "json");
        let fields = parse(&text, is_json).map_err(refuse)?;
        Self::of(&name, fields).map_err(|faults| match faults.as_slice() {
            [fault] => Failure::usage(format!("{name}: {fault}")),
            faults => Failure::usage(format!(
                "{name} has {} faults:\n  {}",
                faults.len(),
                faults.join("\n  ")
            )),
        })
    }

    /// What the fields say, or all that is wrong with them.
    fn of(name: &str, fields: Map<String, Value>) -> Result<Self, Vec<String>> {
        let (mut values, mut faults) = (Vec::new(), Vec::new());
        let mut servers = Servers::new();
        for (key, value) in fields {
            if key == "$schema" {
                continue;
            }
            if SERVERS.contains(&key.as_str()) {
                let whole = serde_json::json!({"mcpServers": value}).to_string();
                match Servers::parse(&whole) {
                    Ok(read) => servers = read,
                    Err(error) => faults.extend(error.faults.iter().map(ToString::to_string)),
                }
                continue;
            }
            match setting(&key, value) {
                Ok(value) => values.push((key, value)),
                Err(why) => faults.push(why),
            }
        }
        match faults.is_empty() {
            true => Ok(Self {
                name: name.to_owned(),
                values,
                servers,
            }),
            false => Err(faults),
        }
    }
}

fn parse(text: &str, is_json: bool) -> Result<Map<String, Value>, String> {
    if is_json {
        return serde_json::from_str(text).map_err(|e| format!("is no JSON object: {e}"));
    }
    toml::from_str(text).map_err(|e| format!("is no TOML: {e}").trim_end().to_owned())
}

/// A setting as text, if there is one of this name and it may be this.
fn setting(key: &str, value: Value) -> Result<String, String> {
    let Some(known) = KNOWN.iter().find(|known| known.key == key) else {
        let nearest = KNOWN
            .iter()
            .map(|known| (strsim::damerau_levenshtein(key, known.key), known.key))
            .min()
            .filter(|(distance, _)| *distance <= 3);
        return Err(match nearest {
            Some((_, near)) => format!("{key}: there is no such setting; did you mean `{near}`?"),
            None => format!("{key}: there is no such setting"),
        });
    };
    let text = match value {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        _ => return Err(format!("{key}: expected a text, a number, true or false")),
    };
    known
        .shape
        .check(&text)
        .map_err(|why| format!("{key}: {why}"))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<File, Vec<String>> {
        File::of("fmcp.toml", parse(text, false).unwrap())
    }

    #[test]
    fn settings_and_servers_are_read() {
        let file = read(
            "timeout = 5\nlog_level = \"debug\"\n\
             [servers.crm]\nurl = \"https://example.com/mcp\"\n\
             [servers.files]\ncommand = \"npx\"\nargs = [\"-y\"]\n",
        )
        .unwrap();
        assert_eq!(file.values[0], ("timeout".to_owned(), "5".to_owned()));
        assert_eq!(file.servers.names().collect::<Vec<_>>(), ["crm", "files"]);
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let faults = read(
            "timeuot = \"5s\"\nlog_level = \"loud\"\ncolor = [1]\n\
             [servers.crm]\nurl = \"example\"\n[servers.files]\n",
        )
        .unwrap_err();
        let text = faults.join("\n");
        for part in [
            "did you mean `timeout`?",
            "log_level: expected",
            "color: expected a text",
            "mcpServers.crm.url: ",
            "mcpServers.files",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
