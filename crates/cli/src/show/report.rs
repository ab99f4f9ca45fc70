//! A server on one page.

use std::fmt;

use fmcp::Client;

use super::{Component, components};
use crate::{
    offers::Offers,
    terminal::{Output, clean, style, wrap},
};

/// What the server is, what it can do, and what it offers.
pub(crate) fn report(out: &Output, client: &Client, offers: &Offers) -> String {
    let mut lines = Vec::new();
    let mut line = |label: &str, words: &str| {
        let label = out.paint(style::DIM, &format!("{label:<13}"));
        lines.push(format!("{label} {}", clean(words).replace('\n', " ")));
    };
    if let Some(info) = client.server_info() {
        line(
            "server",
            &format!(
                "{} {}",
                info.title.as_ref().unwrap_or(&info.name),
                info.version
            ),
        );
        if let Some(words) = &info.description {
            line("", words);
        }
        if let Some(url) = &info.website_url {
            line("website", url);
        }
    }
    line("revision", client.revision().as_str());
    line("capabilities", &abilities(client));
    let counts = [
        counted(offers.tools.len(), "tool"),
        counted(offers.resources.len(), "resource"),
        counted(offers.templates.len(), "template"),
        counted(offers.prompts.len(), "prompt"),
    ];
    let counts = counts.join(", ");
    line("offers", &counts);
    let mut text = lines.join("\n");
    text.push('\n');
    if let Some(words) = client.instructions() {
        text.push_str(&format!(
            "\n{}\n",
            out.paint(style::HEADING, "Instructions")
        ));
        text.push_str(&wrap(&clean(words), out.width(), "  "));
    }
    let groups = [
        (
            "Tools",
            offers.tools.iter().map(Component::from).collect::<Vec<_>>(),
        ),
        (
            "Resources",
            offers.resources.iter().map(Component::from).collect(),
        ),
        (
            "Resource templates",
            offers.templates.iter().map(Component::from).collect(),
        ),
        (
            "Prompts",
            offers.prompts.iter().map(Component::from).collect(),
        ),
    ];
    for (heading, all) in groups.iter().filter(|(_, all)| !all.is_empty()) {
        text.push('\n');
        text.push_str(&components(out, heading, all, false));
    }
    text
}

fn abilities(client: &Client) -> String {
    let can = serde_json::to_value(client.capabilities()).unwrap_or_default();
    let words = can.as_object().into_iter().flatten().map(|(name, how)| {
        let on = how
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(_, on)| **on == true);
        let details: Vec<_> = on.map(|(detail, _)| detail.as_str()).collect();
        match details.is_empty() {
            true => name.clone(),
            false => format!("{name} ({})", details.join(", ")),
        }
    });
    let words: Vec<_> = words.collect();
    match words.is_empty() {
        true => "none".to_owned(),
        false => words.join(", "),
    }
}

/// How many there are, in words.
pub(crate) fn counted<N: fmt::Display + From<u8> + PartialEq + Copy>(many: N, one: &str) -> String {
    match many == N::from(1) {
        true => format!("1 {one}"),
        false => format!("{many} {one}s"),
    }
}
