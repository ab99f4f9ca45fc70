//! What callers read, and how much of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use fmcp_core::protocol::model::Tool;
use serde_json::{Value, json};

use super::{
    rank::{Asked, Format},
    shelf::View,
};
use crate::schema::signature;

/// How many bytes one answer may have, where it can say less.
const BUDGET: usize = 12 * 1024;

/// How many characters of a description are shown beside a signature.
const SENTENCE: usize = 160;

/// How many domains an overview names.
const DOMAINS: usize = 200;

/// How many groups of a domain it names.
const GROUPS: usize = 8;

/// The domains that there are, with how many tools each has, and which of them are down. Of those that have been there
/// before, only whoever sees their tools hears.
pub(super) fn overview(view: &View, down: &BTreeMap<String, bool>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut groups: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for place in &view.places {
        *counts.entry(&place.domain).or_default() += 1;
        if let Some(group) = &place.group {
            groups.entry(&place.domain).or_default().insert(group);
        }
    }
    for (domain, _) in down.iter().filter(|(_, has_been)| !**has_been) {
        counts.entry(domain).or_default();
    }
    let mut text = format!(
        "{} in {}. Narrow down with `domain` or `query`.\n",
        many(view.tools.len(), "tool"),
        many(counts.len(), "domain")
    );
    let mut shown = 0;
    for (domain, count) in counts.iter().take(DOMAINS) {
        let state = if down.contains_key(*domain) {
            ", down"
        } else {
            ""
        };
        let groups = groups.get(domain).map(named).unwrap_or_default();
        let tools = many(*count, "tool");
        let line = format!("- {domain}: {tools}{state}{groups}\n");
        if text.len() + line.len() > BUDGET {
            break;
        }
        text.push_str(&line);
        shown += 1;
    }
    if shown < counts.len() {
        let _ = writeln!(text, "and {} more", counts.len() - shown);
    }
    text
}

fn many(count: usize, what: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {what}{s}")
}

/// The groups of a domain, so that one can be asked for.
fn named(groups: &BTreeSet<&str>) -> String {
    let names: Vec<&str> = groups.iter().copied().take(GROUPS).collect();
    let more = if groups.len() > GROUPS { ", …" } else { "" };
    format!("; groups: {}{more}", names.join(", "))
}

/// The tools that were found.
pub(super) fn found(view: &View, asked: &Asked, found: &[usize]) -> String {
    if found.is_empty() {
        return "No tool fits. Without arguments, discover_tools lists the domains.".to_owned();
    }
    let mut text = String::new();
    let mut shown = 0;
    for at in found.iter().take(asked.limit()) {
        let line = line(&view.tools[*at], asked.format);
        if shown > 0 && text.len() + line.len() > BUDGET {
            break;
        }
        text.push_str(&line);
        text.push('\n');
        shown += 1;
    }
    if shown < found.len() {
        let _ = writeln!(
            text,
            "{} more fit; narrow down, or set `limit`",
            found.len() - shown
        );
    }
    text
}

fn line(tool: &Tool, format: Format) -> String {
    match format {
        Format::Names => tool.name.clone(),
        Format::Signatures => {
            let signature = signature(&tool.name, &tool.input_schema.to_value());
            match tool.description.as_deref().map(first_sentence) {
                Some(sentence) if !sentence.is_empty() => format!("{signature}: {sentence}"),
                _ => signature,
            }
        }
        Format::Full => full(tool).to_string(),
    }
}

/// Everything about a tool.
pub(super) fn full(tool: &Tool) -> Value {
    serde_json::to_value(tool).unwrap_or_else(|_| json!({"name": tool.name}))
}

fn first_sentence(text: &str) -> String {
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    let end = line.find(". ").map_or(line.len(), |at| at + 1);
    cut(&line[..end], SENTENCE)
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
