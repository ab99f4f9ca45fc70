//! Which tools a question is about.

use serde::Deserialize;

use super::shelf::View;
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
    pub(super) query: Option<String>,
    pub(super) r#match: Match,
    pub(super) format: Format,
    pub(super) limit: Option<usize>,
}

/// How a query is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Match {
    /// By meaning, the best first.
    #[default]
    Ranked,
    /// The name itself.
    Exact,
    /// The name, with `*` and `?`.
    Glob,
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
        self.domain.is_none() && self.group.is_none() && self.query.is_none()
    }

    pub(super) fn limit(&self) -> usize {
        self.limit.unwrap_or(LIMIT).clamp(1, MOST)
    }

    /// The numbers of the tools that are meant, the best first.
    pub(super) fn meant(&self, view: &View) -> Vec<usize> {
        let found: Vec<usize> = match (self.query.as_deref(), self.r#match) {
            (None, _) => (0..view.tools.len()).collect(),
            (Some(query), Match::Ranked) => view.index.find(query),
            (Some(name), Match::Exact) => named(view, |tool| tool == name),
            (Some(pattern), Match::Glob) => {
                let names = Names::new().include([pattern]);
                named(view, |tool| names.admit(tool))
            }
        };
        let is_here = |at: &usize| {
            let place = &view.places[*at];
            let domain = self
                .domain
                .as_ref()
                .is_none_or(|domain| *domain == place.domain);
            domain
                && self
                    .group
                    .as_ref()
                    .is_none_or(|group| Some(group) == place.group.as_ref())
        };
        found.into_iter().filter(is_here).collect()
    }
}

fn named(view: &View, fits: impl Fn(&str) -> bool) -> Vec<usize> {
    let tools = view.tools.iter().enumerate();
    tools
        .filter(|(_, tool)| fits(&tool.name))
        .map(|(at, _)| at)
        .collect()
}
