//! Which model is asked.

use std::{fmt, sync::Arc};

use fmcp_core::protocol::model::ModelPreferences;

/// Which model is asked: one, or another for a server that would like it.
#[derive(Clone, Default)]
pub(super) struct Models {
    pub(super) usual: Option<String>,
    pub(super) choose: Option<Arc<Choose>>,
}

pub(super) type Choose = dyn Fn(&ModelPreferences) -> Option<String> + Send + Sync;

impl Models {
    /// The model for a question.
    pub(super) fn pick(&self, wanted: Option<&ModelPreferences>) -> Result<String, &'static str> {
        let chosen = wanted.and_then(|wanted| self.choose.as_ref()?(wanted));
        chosen
            .or_else(|| self.usual.clone())
            .ok_or("no model has been chosen; see `model`")
    }
}

impl fmt::Debug for Models {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Models").field(&self.usual).finish()
    }
}

/// The first of `models` that a server has in mind: its hints, the best first, are parts of names.
///
/// ```
/// use fmcp::{model::{ModelHint, ModelPreferences}, sampling::by_hints};
///
/// let hint = |name: &str| ModelHint::new().name(name);
/// let wanted = ModelPreferences::new().hints([hint("opus"), hint("Haiku")]);
/// let mine = ["claude-sonnet-4-5", "claude-haiku-4-5"];
/// assert_eq!(by_hints(&wanted, &mine), Some("claude-haiku-4-5"));
/// ```
#[must_use]
pub fn by_hints<'a>(wanted: &ModelPreferences, models: &[&'a str]) -> Option<&'a str> {
    let hints = wanted.hints.iter().flatten();
    let parts = hints.filter_map(|hint| hint.name.as_deref());
    let mut parts = parts.filter(|part| !part.is_empty()).map(str::to_lowercase);
    parts.find_map(|part| {
        let mut models = models.iter();
        models
            .find(|model| model.to_lowercase().contains(&part))
            .copied()
    })
}
