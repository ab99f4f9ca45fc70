//! Which tools a question is about.

use fmcp_core::{Result, protocol::model::Tool};
use serde::Deserialize;

use super::{
    shelf::View,
    spelling::{Pattern, Phrase},
};
use crate::config::Names;

/// How many tools are shown where nobody says how many.
const LIMIT: usize = 20;

/// The most that are shown at once.
const MOST: usize = 200;

/// What is asked of `discover_tools`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Asked {
    pub(super) domain: Option<String>,
    pub(super) group: Option<String>,
    pub(super) tag: Option<String>,
    pub(super) query: Option<String>,
    pub(super) r#match: Match,
    pub(super) format: Format,
    pub(super) limit: Option<usize>,
}

/// How a query is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Match {
    /// By meaning, the best first; words in quotes must stand there so.
    #[default]
    Ranked,
    /// The name itself; or words in quotes, and nothing else.
    Exact,
    /// The name, with `*` and `?`.
    Glob,
    /// A regular expression, anywhere in name, title or description.
    Regex,
}

/// How much is said about a tool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    /// The name.
    Names,
    /// The name with its arguments, and a sentence.
    #[default]
    Signatures,
    /// Everything.
    Full,
}

impl Asked {
    /// Whether nothing in particular is asked.
    pub(super) fn is_open(&self) -> bool {
        self.domain.is_none() && self.group.is_none() && self.tag.is_none() && self.query.is_none()
    }

    pub(super) fn limit(&self) -> usize {
        self.limit.unwrap_or(LIMIT).clamp(1, MOST)
    }

    /// The numbers of the tools that are meant, the best first.
    ///
    /// # Errors
    /// When the query is to be a regular expression, and is none.
    pub(super) fn meant(&self, view: &View) -> Result<Vec<usize>> {
        let found: Vec<usize> = match (self.query.as_deref(), self.r#match) {
            (None, _) => (0..view.tools.len()).collect(),
            (Some(query), Match::Ranked) => {
                let phrases = Phrase::quoted(query);
                let mut found = view.index.find(query);
                found.retain(|at| has_all(&phrases, &view.tools[*at]));
                found
            }
            (Some(query), Match::Exact) => match Phrase::quoted(query) {
                none if none.is_empty() => those(view, |tool| tool.name == query),
                phrases => those(view, |tool| has_all(&phrases, tool)),
            },
            (Some(pattern), Match::Glob) => {
                let names = Names::new().include([pattern]);
                those(view, |tool| names.admit(&tool.name))
            }
            (Some(pattern), Match::Regex) => {
                let pattern = Pattern::new(pattern)?;
                those(view, |tool| pattern.is_in(tool))
            }
        };
        let is_here = |at: &usize| {
            let place = &view.places[*at];
            let domain = self
                .domain
                .as_ref()
                .is_none_or(|domain| *domain == place.domain);
            let group = self
                .group
                .as_ref()
                .is_none_or(|group| Some(group) == place.group.as_ref());
            let tag = self.tag.as_ref().is_none_or(|tag| place.tags.contains(tag));
            domain && group && tag
        };
        Ok(found.into_iter().filter(is_here).collect())
    }
}

fn has_all(phrases: &[Phrase], tool: &Tool) -> bool {
    phrases.iter().all(|phrase| phrase.is_in(tool))
}

fn those(view: &View, fits: impl Fn(&Tool) -> bool) -> Vec<usize> {
    let tools = view.tools.iter().enumerate();
    tools
        .filter(|(_, tool)| fits(tool))
        .map(|(at, _)| at)
        .collect()
}
