//! Skills that a server offers.

use fmcp_core::{
    Raw,
    protocol::{Method, model::PaginatedParams},
};
use serde::Deserialize;
use serde_json::json;

use super::{error::ClientError, handle::Client, lists::Pages, options::CallOptions};
use crate::skills::{Entry, Skill};

const LIST: &str = "skills/list";
const GET: &str = "skills/get";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    skills: Vec<Raw>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct One {
    skill: Entry,
}

impl Client {
    /// What the server says of its skills. None of their files is read: [`Skill::load`] does that, when the skill
    /// is wanted. A skill of which the server says what cannot be is left out, with a warning in the log.
    ///
    /// # Errors
    /// When the server has no skills, cannot list them, or its list has no end.
    pub async fn list_skills(&self) -> Result<Vec<Skill>, ClientError> {
        let options = CallOptions::new();
        let options = options.ending(self.end(&options));
        let (mut all, mut cursor, mut pages) = (Vec::new(), None, Pages::default());
        loop {
            let mut params = PaginatedParams::new();
            params.cursor = cursor;
            let raw = self
                .request_raw(Method::from(LIST), &params, options.clone())
                .await?;
            let page: Page = raw
                .parse()
                .map_err(|e| ClientError::unreadable(LIST, e.to_string()))?;
            let next = pages.next(
                page.skills.len(),
                Some(raw.as_str().len()),
                page.next_cursor,
            );
            all.extend(page.skills.iter().filter_map(read));
            cursor = next.map_err(|why| ClientError::Endless {
                what: LIST.into(),
                why,
            })?;
            if cursor.is_none() {
                return Ok(all);
            }
        }
    }

    /// What the server says of the skill whose `SKILL.md` has this URI, listed or not.
    ///
    /// # Errors
    /// When there is none, or the server says of it what cannot be.
    pub async fn skill(&self, uri: &str) -> Result<Skill, ClientError> {
        let unreadable = |why: String| ClientError::unreadable(&format!("{GET} {uri}"), why);
        let raw = self
            .request_raw(Method::from(GET), &json!({"uri": uri}), CallOptions::new())
            .await?;
        let One { skill } = raw.parse().map_err(|e| unreadable(e.to_string()))?;
        if skill.uri != uri {
            return Err(unreadable("the server speaks of another skill".into()));
        }
        Skill::new(skill).map_err(unreadable)
    }
}

fn read(raw: &Raw) -> Option<Skill> {
    let entry = raw.parse::<Entry>().map_err(|e| e.to_string());
    entry
        .and_then(Skill::new)
        .inspect_err(|why| tracing::warn!("a skill is left out of the list: {why}"))
        .ok()
}
