//! Lists of components: what each is called, and what it is for.

use fmcp::{
    model::{Prompt, Resource, ResourceTemplate, Tool},
    schema::signature,
};
use serde_json::Value;

use super::counted;
use crate::terminal::{Output, clean, style, wrap};

/// How far the lines behind the first are in.
const INDENT: &str = "      ";

/// A component, as it is shown in a list.
pub(crate) struct Component {
    /// How it is used: a signature, or an address.
    pub(crate) head: String,
    /// What is beside it.
    pub(crate) aside: Vec<String>,
    /// What it is for.
    pub(crate) about: Option<String>,
    /// Its schemas, where somebody wants to see them.
    pub(crate) schemas: Vec<(&'static str, Value)>,
}

impl From<&Tool> for Component {
    fn from(tool: &Tool) -> Self {
        let hints = tool.annotations.as_ref().map(|hints| {
            let all = [
                (hints.read_only_hint == Some(true), "reads only"),
                (
                    hints.destructive_hint == Some(true) && hints.read_only_hint != Some(true),
                    "may destroy",
                ),
            ];
            all.into_iter()
                .filter(|(is, _)| *is)
                .map(|(_, words)| words.to_owned())
                .collect()
        });
        let output = tool
            .output_schema
            .as_ref()
            .map(|raw| ("output", raw.to_value()));
        Self {
            head: signature(&tool.name, &tool.input_schema.to_value()),
            aside: hints.unwrap_or_default(),
            about: tool.description.clone().or_else(|| tool.title.clone()),
            schemas: std::iter::once(("input", tool.input_schema.to_value()))
                .chain(output)
                .collect(),
        }
    }
}

impl From<&Resource> for Component {
    fn from(resource: &Resource) -> Self {
        let size = resource.size.map(|bytes| counted(bytes, "byte"));
        Self {
            head: resource.uri.clone(),
            aside: resource.mime_type.clone().into_iter().chain(size).collect(),
            about: resource
                .description
                .clone()
                .or_else(|| resource.title.clone())
                .or_else(|| Some(resource.name.clone())),
            schemas: Vec::new(),
        }
    }
}

impl From<&ResourceTemplate> for Component {
    fn from(template: &ResourceTemplate) -> Self {
        Self {
            head: template.uri_template.clone(),
            aside: template.mime_type.clone().into_iter().collect(),
            about: template
                .description
                .clone()
                .or_else(|| template.title.clone())
                .or_else(|| Some(template.name.clone())),
            schemas: Vec::new(),
        }
    }
}

impl From<&Prompt> for Component {
    fn from(prompt: &Prompt) -> Self {
        let arguments = prompt.arguments.iter().flatten().map(|argument| {
            let mark = if argument.required == Some(true) {
                ""
            } else {
                "?"
            };
            format!("{}{mark}", argument.name)
        });
        let arguments: Vec<_> = arguments.collect();
        Self {
            head: format!("{}({})", prompt.name, arguments.join(", ")),
            aside: Vec::new(),
            about: prompt.description.clone().or_else(|| prompt.title.clone()),
            schemas: Vec::new(),
        }
    }
}

/// A list under its heading; `whole` shows more than the first paragraph of each.
pub(crate) fn components(out: &Output, heading: &str, all: &[Component], whole: bool) -> String {
    let mut text = out.paint(style::HEADING, &format!("{heading} ({})", all.len()));
    text.push('\n');
    for one in all {
        let plain = clean(&one.head).replace('\n', " ");
        let aside = match one.aside.is_empty() {
            true => String::new(),
            false => format!("[{}]", clean(&one.aside.join(", ")).replace('\n', " ")),
        };
        let head = head(&plain, &aside, out.columns().map(|_| out.width()));
        // What is beside it stands last, and its name first: neither has the other's brackets.
        let (shown, aside) = head.split_at(head.len() - aside.len());
        let (name, rest) = match shown.find('(') {
            Some(at) if !plain.contains("://") => shown.split_at(at),
            _ => shown.split_at(shown.trim_end().len()),
        };
        text.push_str(&format!("  {}{rest}", out.paint(style::NAME, name)));
        if !aside.is_empty() {
            text.push_str(&out.paint(style::DIM, aside));
        }
        text.push('\n');
        if let Some(about) = one.about.as_ref().filter(|about| **about != one.head) {
            let about = clean(about);
            let shown = match whole {
                true => &about,
                false => about.split("\n\n").next().unwrap_or_default(),
            };
            text.push_str(&wrap(shown, out.width(), INDENT));
        }
        for (what, schema) in one.schemas.iter().filter(|_| whole) {
            let schema = serde_json::to_string_pretty(schema).unwrap_or_default();
            let label = out.paint(style::DIM, &format!("{what} schema"));
            text.push_str(&format!("      {label}\n"));
            for line in clean(&schema).lines() {
                text.push_str(&format!("      {line}\n"));
            }
        }
    }
    text
}

/// How a component is used, and what is beside it, in lines that fit behind an indent of two; as one line
/// where nobody knows what fits.
fn head(usage: &str, aside: &str, width: Option<usize>) -> String {
    let room = width.map_or(usize::MAX, |width| width.saturating_sub(2));
    let mut text = usage.to_owned();
    if usage.chars().count() > room {
        text = wrap(usage, width.unwrap_or(usize::MAX), INDENT)
            .trim()
            .to_owned();
    }
    if aside.is_empty() {
        return text;
    }
    let last = text.lines().next_back().unwrap_or_default();
    let gap = match last.chars().count() + 2 + aside.chars().count() > room {
        true => format!("\n{INDENT}"),
        false => "  ".to_owned(),
    };
    format!("{text}{gap}{aside}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_a_tool_is_used_fits_a_narrow_terminal() {
        let usage = "add(first: integer, second: integer = 1)";
        let check = |width, expect: &str| assert_eq!(head(usage, "[reads]", width), expect);
        check(None, "add(first: integer, second: integer = 1)  [reads]");
        check(
            Some(60),
            "add(first: integer, second: integer = 1)  [reads]",
        );
        check(
            Some(45),
            "add(first: integer, second: integer = 1)\n      [reads]",
        );
        check(
            Some(30),
            "add(first: integer,\n      second: integer = 1)\n      [reads]",
        );
        assert_eq!(head("notes://a", "", Some(20)), "notes://a");
    }
}
