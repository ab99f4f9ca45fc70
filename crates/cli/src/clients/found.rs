//! The servers that are configured on this machine.

use std::path::{Path, PathBuf};

use fmcp::config::{Entry, Servers};
use serde_json::{Map, Value, json};

use super::{
    file,
    known::{CLIENTS, Form, Machine},
    yaml,
};

/// The servers of one file.
#[derive(Debug)]
pub(crate) struct Source {
    /// What the file is called here: `cursor`, `here`.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) file: PathBuf,
    /// The servers, or why they cannot be read.
    pub(crate) servers: Result<Servers, String>,
}

/// Every file on this machine that names servers.
pub(crate) fn sources(machine: &Machine, folder: &Path) -> Vec<Source> {
    let mut all = Vec::new();
    let mut add = |name, title, file: Option<PathBuf>, form| {
        let Some(file) = file.filter(|file| file.is_file()) else {
            return;
        };
        let is_known = all.iter().any(|one: &Source| one.file == file);
        if !is_known {
            let servers = servers(&file, form, folder);
            all.push(Source {
                name,
                title,
                file,
                servers,
            });
        }
    };
    for client in &CLIENTS {
        add(
            client.name,
            client.title,
            client.user_file(machine),
            client.form,
        );
        add(
            client.name,
            client.title,
            client.project_file(folder, machine),
            client.form,
        );
    }
    add(
        "here",
        "this folder",
        Some(folder.join("mcp.json")),
        Form::Claude,
    );
    all
}

/// The server of this name in the files of this client.
pub(crate) fn find(client: &str, name: &str, machine: &Machine, folder: &Path) -> Option<Entry> {
    let all = sources(machine, folder)
        .into_iter()
        .filter(|one| one.name == client);
    let mut servers = all.filter_map(|one| one.servers.ok());
    servers.find_map(|servers| servers.get(name).cloned())
}

fn servers(path: &Path, form: Form, folder: &Path) -> Result<Servers, String> {
    let text = file::read(path).map_err(|e| format!("cannot be read: {e}"))?;
    let all = match form {
        Form::Goose => of_goose(&text)?,
        _ => of_json(&text, folder)?,
    };
    let whole = json!({"mcpServers": all}).to_string();
    Servers::parse(&whole).map_err(|error| error.to_string())
}

/// Those of the user, and of the project where one file has both.
fn of_json(text: &str, folder: &Path) -> Result<Map<String, Value>, String> {
    let file: Map<String, Value> = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|e| format!("is no plain JSON: {e}"))?;
    let of = |value: Option<&Value>| {
        value
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default()
    };
    let mut all = of(file.get("mcpServers").or_else(|| file.get("servers")));
    let project = file
        .get("projects")
        .and_then(|all| all.get(folder.to_string_lossy().as_ref()));
    all.extend(of(project.and_then(|project| project.get("mcpServers"))));
    Ok(all)
}

fn of_goose(text: &str) -> Result<Map<String, Value>, String> {
    let file = yaml::parse(text)?;
    let all = file
        .get(yaml::KEY)
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    let entries = all.into_iter().filter_map(|(name, entry)| {
        let disabled = entry.get("enabled") == Some(&Value::Bool(false));
        let entry = match entry.get("type")?.as_str()? {
            "stdio" => json!({
                "command": entry.get("cmd"), "args": entry.get("args"), "env": entry.get("envs"),
                "disabled": disabled,
            }),
            "streamable_http" | "sse" => json!({
                "url": entry.get("uri"), "headers": entry.get("headers"), "disabled": disabled,
            }),
            // Those that are built into Goose.
            _ => return None,
        };
        Some((name, entry))
    });
    Ok(entries.collect())
}
