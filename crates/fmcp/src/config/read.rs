//! From text to a checked configuration.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use fmcp_core::protocol::Revision;
use http::{HeaderName, HeaderValue, Uri};
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::{Map, Value};

use super::{
    entry::{Auth, Command, Entry, Remote, RemoteKind, Servers, Way},
    error::{ConfigError, Fault},
    expand::Variables,
    fields::{Fields, kind},
    names::Names,
};
use crate::Reshape;

/// How large a file may be.
const MAX_BYTES: u64 = 1024 * 1024;

/// How many servers there may be.
const MAX_SERVERS: usize = 1_000;

/// What programs call the object of servers: most of them, and VS Code.
const KEYS: [&str; 2] = ["mcpServers", "servers"];

impl Servers {
    /// Reads a file: JSON with `mcpServers` as Claude, Cursor and others write it, or `servers` as VS Code
    /// does. Variables come from the environment.
    ///
    /// # Errors
    /// When the file cannot be read; otherwise all that is wrong with it.
    pub fn read(file: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let file = file.as_ref();
        let name = file.display().to_string();
        load(file)
            .map_err(ConfigError::whole)
            .and_then(|text| Self::parse(&text))
            .map_err(|error| error.in_file(name))
    }

    /// Reads text. Variables come from the environment.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        Self::parse_with(text, |name| std::env::var(name).ok())
    }

    /// Reads text, with variables from elsewhere.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse_with(
        text: &str,
        variables: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let text = text.trim_start_matches('\u{feff}');
        let Unique(file) = serde_json::from_str(text)
            .map_err(|error| ConfigError::whole(format!("it is no JSON object: {error}")))?;
        check(&file, &variables).map_err(ConfigError::new)
    }
}

fn load(file: &Path) -> Result<String, String> {
    let size = std::fs::metadata(file).map_err(|e| format!("it cannot be read: {e}"))?;
    if size.len() > MAX_BYTES {
        return Err(format!("it is larger than {MAX_BYTES} bytes"));
    }
    std::fs::read_to_string(file).map_err(|e| format!("it cannot be read: {e}"))
}

/// An object in which no key stands twice, nor in the objects right within it: of two servers of one name,
/// one would be lost.
struct Unique(Map<String, Value>);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Outer;
        impl<'de> Visitor<'de> for Outer {
            type Value = Unique;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with `mcpServers`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unique, A::Error> {
                let mut fields = Map::new();
                while let Some(key) = map.next_key::<String>()? {
                    let value = if KEYS.contains(&key.as_str()) {
                        map.next_value::<Inner>()?.0
                    } else {
                        map.next_value()?
                    };
                    add(&mut fields, key, value)?;
                }
                Ok(Unique(fields))
            }
        }
        deserializer.deserialize_map(Outer)
    }
}

/// The same, one level further in; anything but an object stays as it is.
struct Inner(Value);

impl<'de> Deserialize<'de> for Inner {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&serde_json::value::RawValue>::deserialize(deserializer)?.get();
        if !text.starts_with('{') {
            return serde_json::from_str(text)
                .map(Self)
                .map_err(D::Error::custom);
        }
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Map<String, Value>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of servers")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Map::new();
                while let Some((key, value)) = map.next_entry()? {
                    add(&mut fields, key, value)?;
                }
                Ok(fields)
            }
        }
        serde_json::Deserializer::from_str(text)
            .deserialize_map(Fields)
            .map(|fields| Self(fields.into()))
            .map_err(D::Error::custom)
    }
}

fn add<E: serde::de::Error>(
    fields: &mut Map<String, Value>,
    key: String,
    value: Value,
) -> Result<(), E> {
    if fields.contains_key(&key) {
        return Err(E::custom(format!("`{key}` stands there twice")));
    }
    fields.insert(key, value);
    Ok(())
}

fn check(file: &Map<String, Value>, variables: Variables<'_>) -> Result<Servers, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut servers = Servers::new();
    let (path, entries) = find(file).map_err(|fault| vec![fault])?;
    if entries.len() > MAX_SERVERS {
        let why = format!("there are more than {MAX_SERVERS} servers");
        return Err(vec![Fault {
            path: path.to_owned(),
            why,
        }]);
    }
    for (name, value) in entries {
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        if let Err(why) = check_name(name) {
            faults.push(Fault {
                path: path.clone(),
                why,
            });
        }
        match Fields::of(value, path, variables) {
            Err(fault) => faults.push(fault),
            Ok(mut fields) => {
                let entry = entry(&mut fields);
                faults.extend(fields.finish());
                if let Some(entry) = entry {
                    servers.entries.insert(name.as_str().into(), entry);
                }
            }
        }
    }
    if faults.is_empty() {
        Ok(servers)
    } else {
        Err(faults)
    }
}

/// The object of servers, and where it stands. A bare object of servers will do, too.
fn find(file: &Map<String, Value>) -> Result<(&str, &Map<String, Value>), Fault> {
    for key in KEYS {
        match file.get(key) {
            Some(Value::Object(entries)) => return Ok((key, entries)),
            Some(other) => {
                let why = format!("expected an object of servers, not {}", kind(other));
                return Err(Fault {
                    path: key.to_owned(),
                    why,
                });
            }
            None => {}
        }
    }
    let looks_like_one =
        |value: &Value| value.get("command").is_some() || value.get("url").is_some();
    if !file.is_empty() && file.values().all(looks_like_one) {
        return Ok(("", file));
    }
    Err(Fault {
        path: String::new(),
        why: match misspelt(file) {
            Some((key, meant)) => {
                format!("there is no `mcpServers` in it; did you mean `{meant}` by `{key}`?")
            }
            None => "there is no `mcpServers` in it".to_owned(),
        },
    })
}

/// The key that was meant to be that of the servers, and how it is written.
fn misspelt(file: &Map<String, Value>) -> Option<(&str, &'static str)> {
    let objects = file.iter().filter(|(_, value)| value.is_object());
    let pairs = objects.flat_map(|(key, _)| KEYS.map(|meant| (key.as_str(), meant)));
    pairs
        .map(|(key, meant)| {
            let distance = strsim::damerau_levenshtein(
                &key.to_lowercase().replace(['_', '-'], ""),
                &meant.to_lowercase(),
            );
            (distance, key, meant)
        })
        .min()
        .filter(|(distance, ..)| *distance <= 2)
        .map(|(_, key, meant)| (key, meant))
}

/// Names become part of the names of tools.
fn check_name(name: &str) -> Result<(), String> {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() || name.len() > 64 || !name.chars().all(is_fine) {
        let words = "a server's name is at most 64 letters, digits, `_`, `-` and `.`";
        return Err(words.to_owned());
    }
    Ok(())
}

fn entry(fields: &mut Fields<'_>) -> Option<Entry> {
    let kind = transport(fields);
    let command = fields.text("command");
    let url = fields.text_of(&["url", "httpUrl", "serverUrl"]);
    let way = match (command, url) {
        (Some(_), Some(_)) => {
            fields.fault(
                "",
                "it has both `command` and `url`: a server is either started or called",
            );
            None
        }
        (None, None) => {
            fields.fault(
                "",
                "it needs `command` (a program to start) or `url` (an address to call)",
            );
            None
        }
        (Some(command), None) => Some(Way::Command(self::command(fields, &command))),
        (None, Some(url)) => remote(fields, &url, kind).map(Way::Remote),
    };
    let timeout = fields.duration("timeout");
    let revision = revision(fields);
    let mut tools = names(fields);
    let reshapes = reshapes(fields, &mut tools);
    let include_tags = tags(fields, "include_tags", "includeTags");
    let exclude_tags = tags(fields, "exclude_tags", "excludeTags").unwrap_or_default();
    let (domain, group) = (fields.text("domain"), fields.text("group"));
    let pass_headers = pass_headers(fields);
    let disabled = fields.flag("disabled").unwrap_or(false);
    // Said by others, and of no consequence here.
    for known in [
        "type",
        "description",
        "icon",
        "enabled",
        "keep_alive",
        "autoApprove",
        "alwaysAllow",
        "trust",
    ] {
        fields.value(known);
    }
    let mut entry = Entry::new(way?);
    (entry.timeout, entry.revision) = (timeout, revision);
    (entry.reshapes, entry.pass_headers) = (reshapes, pass_headers);
    (entry.include_tags, entry.exclude_tags) = (include_tags, exclude_tags);
    (entry.domain, entry.group) = (domain.map(Into::into), group.map(Into::into));
    (entry.tools, entry.disabled) = (tools, disabled || fields.flag("enabled") == Some(false));
    Some(entry)
}

fn transport(fields: &mut Fields<'_>) -> Option<RemoteKind> {
    let field = if fields.value("type").is_some() {
        "type"
    } else {
        "transport"
    };
    let name = fields.text(field)?;
    match name.as_str() {
        "stdio" => None,
        "http" | "streamable-http" | "streamableHttp" | "streamable_http" => Some(RemoteKind::Http),
        "sse" => Some(RemoteKind::Sse),
        "ws" | "websocket" => Some(RemoteKind::WebSocket),
        _ => {
            fields.fault(field, format!("there is no transport `{name}`: \"stdio\", \"http\", \"sse\" and \"ws\" there are"));
            None
        }
    }
}

fn command(fields: &mut Fields<'_>, program: &str) -> Command {
    if program.trim().is_empty() {
        fields.fault("command", "it is empty");
    }
    let mut command = Command::new(home(program));
    command.args = fields.texts("args").unwrap_or_default();
    command.env = fields
        .table("env")
        .into_iter()
        .map(|(name, value)| (name, value.into()))
        .collect();
    command.cwd = fields
        .text("cwd")
        .map(|folder| PathBuf::from(home(&folder)));
    command.stderr = fields.text("stderr").map(|file| PathBuf::from(home(&file)));
    command
}

/// `~/` is the home folder, as people expect who know shells.
fn home(path: &str) -> String {
    match (path.strip_prefix("~/"), std::env::var("HOME")) {
        (Some(rest), Ok(home)) => format!("{home}/{rest}"),
        _ => path.to_owned(),
    }
}

fn remote(fields: &mut Fields<'_>, url: &str, kind: Option<RemoteKind>) -> Option<Remote> {
    let url = address(url).map_err(|why| fields.fault("url", why)).ok();
    let mut headers = Vec::new();
    for (name, value) in fields.table("headers") {
        match header(&name, &value) {
            Ok(header) => headers.push(header),
            Err(why) => fields.fault(&format!("headers.{name}"), why),
        }
    }
    let auth = auth(fields);
    let mut remote = Remote::new(url?);
    (remote.kind, remote.headers, remote.auth) = (kind, headers, auth);
    Some(remote)
}

/// An address that servers can be at.
pub(crate) fn address(url: &str) -> Result<Uri, String> {
    // Schemes are the same in capitals, but `Uri` keeps them as they are.
    let url = url.trim();
    let (scheme, rest) = url.split_at(url.find(':').unwrap_or_default());
    let url = scheme.to_ascii_lowercase() + rest;
    let parsed: Uri = url.parse().map_err(|e| format!("it is no URL: {e}"))?;
    let has_host = parsed.host().is_some_and(|host| !host.is_empty());
    match parsed.scheme_str() {
        Some("http" | "https" | "ws" | "wss") if has_host => Ok(parsed),
        _ => Err("it is no address: write it whole, such as https://example.com/mcp".to_owned()),
    }
}

/// A header, of which no fault repeats the value.
fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), &'static str> {
    let name = name.parse().map_err(|_| "that is no name of a header")?;
    let mut value: HeaderValue = value
        .parse()
        .map_err(|_| "its value holds characters that no header may")?;
    value.set_sensitive(true);
    Ok((name, value))
}

/// `"oauth"`, a token, or an object `{"type": "bearer", "token": …}`.
fn auth(fields: &mut Fields<'_>) -> Auth {
    let Some(value) = fields.value("auth") else {
        return Auth::None;
    };
    match value {
        Value::String(_) => match fields.text("auth") {
            Some(text) if text == "oauth" => Auth::OAuth,
            Some(token) => Auth::Bearer(token.into()),
            None => Auth::None,
        },
        Value::Object(_) => {
            let inner = Fields::of(value, "auth".to_owned(), fields.variables());
            let Ok(mut inner) = inner else {
                return Auth::None;
            };
            let (kind, token) = (inner.text("type"), inner.text("token"));
            for fault in inner.finish() {
                fields.fault(&fault.path, fault.why);
            }
            match (kind.as_deref(), token) {
                (Some("oauth"), _) => Auth::OAuth,
                (Some("bearer") | None, Some(token)) => Auth::Bearer(token.into()),
                (Some("none"), _) => Auth::None,
                _ => {
                    fields.fault(
                        "auth",
                        "expected {\"type\": \"oauth\"} or {\"type\": \"bearer\", \"token\": …}",
                    );
                    Auth::None
                }
            }
        }
        other => {
            let why = format!(
                "expected \"oauth\", a token or an object, not {}",
                kind(other)
            );
            fields.fault("auth", why);
            Auth::None
        }
    }
}

fn revision(fields: &mut Fields<'_>) -> Option<Revision> {
    let name = fields.text("protocolVersion")?;
    let revision = Revision::parse(&name);
    if revision.is_none() {
        let known = Revision::ALL.map(Revision::as_str).join(", ");
        fields.fault(
            "protocolVersion",
            format!("there is no revision {name:?}: {known} there are"),
        );
    }
    revision
}

fn names(fields: &mut Fields<'_>) -> Names {
    let mut names = Names::new();
    if let Some(include) = fields.texts("includeTools") {
        names = names.include(include);
    }
    if let Some(exclude) = fields.texts("excludeTools") {
        names = names.exclude(exclude);
    }
    names
}

/// Tools in another shape, as FastMCP writes it; a list of names, as others do, says which there are.
fn reshapes(fields: &mut Fields<'_>, tools: &mut Names) -> Vec<Reshape> {
    let mut all = Vec::new();
    match fields.value("tools") {
        None => {}
        Some(Value::Array(_)) => {
            if let Some(names) = fields.texts("tools") {
                *tools = std::mem::take(tools).include(names);
            }
        }
        Some(Value::Object(shapes)) => {
            for (tool, value) in shapes {
                match Reshape::read(tool, value) {
                    Ok(shape) => all.push(shape),
                    Err(faults) => {
                        for (field, why) in faults {
                            fields.fault(&format!("tools.{tool}.{field}"), why);
                        }
                    }
                }
            }
        }
        Some(other) => {
            let why = format!(
                "expected an object of tools or a list of names, not {}",
                kind(other)
            );
            fields.fault("tools", why);
        }
    }
    all
}

fn tags(fields: &mut Fields<'_>, name: &'static str, other: &'static str) -> Option<Vec<Box<str>>> {
    let tags = fields.texts(name).or_else(|| fields.texts(other))?;
    Some(tags.into_iter().map(Into::into).collect())
}

fn pass_headers(fields: &mut Fields<'_>) -> Vec<HeaderName> {
    let mut headers = Vec::new();
    for name in fields.texts("passHeaders").unwrap_or_default() {
        match name.parse() {
            Ok(header) => headers.push(header),
            Err(_) => fields.fault("passHeaders", format!("{name:?} is no name of a header")),
        }
    }
    headers
}
