//! The tools behind, as one caller may see them.

use std::{
    hash::{BuildHasher as _, DefaultHasher, Hasher as _, RandomState},
    sync::{Arc, Mutex, PoisonError},
};

use fmcp_core::{Call, Error, Result, protocol::model::Tool};
use serde_json::json;

use super::index::Index;
use crate::{
    Server,
    client::Pages,
    component::{Filing, page},
};
use fmcp_core::{Definition, Endpoint as _, protocol::Method};

/// How many views of the tools are remembered: callers who may see different tools have different ones.
const VIEWS: usize = 8;

/// How many characters the name of a domain or group has at most.
const LABEL: usize = 64;

/// Where a tool belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) domain: String,
    pub(super) group: Option<String>,
    pub(super) tags: Vec<String>,
}

/// Says where a tool belongs.
pub(super) type Rule = Arc<dyn Fn(&Tool) -> Option<(String, Option<String>)> + Send + Sync>;

/// The tools that one caller may see, with an index of them.
pub(super) struct View {
    pub(super) tools: Vec<Tool>,
    pub(super) places: Vec<Place>,
    pub(super) index: Index,
}

impl View {
    pub(super) fn get(&self, name: &str) -> Option<&Tool> {
        self.tools.iter().find(|tool| tool.name == name)
    }
}

/// What is written here becomes one number.
struct Digest(DefaultHasher);

impl std::io::Write for Digest {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0.write(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The tools behind.
pub(super) struct Shelf {
    pub(super) server: Server,
    rule: Option<Rule>,
    seed: RandomState,
    views: Mutex<Vec<(u64, Arc<View>)>>,
}

impl Shelf {
    pub(super) fn new(server: Server, rule: Option<Rule>) -> Self {
        Self {
            server,
            rule,
            seed: RandomState::new(),
            views: Mutex::default(),
        }
    }

    /// What this caller may see: what the server lists for it.
    ///
    /// # Errors
    /// When the tools cannot be listed.
    pub(super) async fn view(&self, call: &Call) -> Result<Arc<View>> {
        let tools = self.list(call).await?;
        let names = self.server.mounts();
        let mut digest = Digest(self.seed.build_hasher());
        serde_json::to_writer(&mut digest, &(&names, &tools))
            .map_err(|e| Error::internal("the tools cannot be told apart").caused_by(e))?;
        let digest = digest.0.finish();
        let known = |views: &[(u64, Arc<View>)]| {
            let view = views.iter().find(|(of, _)| *of == digest);
            view.map(|(_, view)| Arc::clone(view))
        };
        if let Some(view) = known(&self.views()) {
            return Ok(view);
        }
        let view = Arc::new(self.index(tools, &names));
        let mut views = self.views();
        if views.len() >= VIEWS {
            views.remove(0);
        }
        views.push((digest, Arc::clone(&view)));
        Ok(view)
    }

    fn views(&self) -> std::sync::MutexGuard<'_, Vec<(u64, Arc<View>)>> {
        self.views.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn list(&self, call: &Call) -> Result<Vec<Tool>> {
        let (mut all, mut pages, mut cursor) = (Vec::new(), Pages::default(), None::<String>);
        loop {
            let params = cursor.map_or_else(|| json!({}), |cursor| json!({"cursor": cursor}));
            let asked = call.derive(Method::ListTools, &params)?;
            let (definitions, next) = page::read(self.server.call(asked).await?)?;
            let next = pages.next(definitions.len(), None, next);
            all.extend(
                definitions
                    .into_iter()
                    .filter_map(|definition| match definition {
                        Definition::Tool(tool) => Some(*tool),
                        _ => None,
                    }),
            );
            cursor = next.map_err(Error::internal)?;
            if cursor.is_none() {
                return Ok(all);
            }
        }
    }

    fn index(&self, tools: Vec<Tool>, mounts: &[Box<str>]) -> View {
        let places: Vec<Place> = tools.iter().map(|tool| self.place(tool, mounts)).collect();
        let parameters: Vec<String> = tools.iter().map(parameters).collect();
        let tags: Vec<String> = places.iter().map(|place| place.tags.join(" ")).collect();
        let index = {
            let texts = tools.iter().zip(&places).zip(&parameters).zip(&tags);
            Index::new(texts.map(|(((tool, place), parameters), tags)| {
                [
                    (3.0, tool.name.as_str()),
                    (2.0, tool.title.as_deref().unwrap_or_default()),
                    (1.5, place.domain.as_str()),
                    (1.5, place.group.as_deref().unwrap_or_default()),
                    (1.5, tags.as_str()),
                    (1.0, tool.description.as_deref().unwrap_or_default()),
                    (0.5, parameters.as_str()),
                ]
            }))
        };
        View {
            tools,
            places,
            index,
        }
    }

    fn place(&self, tool: &Tool, mounts: &[Box<str>]) -> Place {
        let filing = Filing::of(tool.meta.as_ref());
        let tags = filing.tags().filter_map(label).collect();
        if let Some(rule) = &self.rule
            && let Some((domain, group)) = rule(tool)
            && let Some(domain) = label(&domain)
        {
            let group = group.as_deref().and_then(label);
            return Place {
                domain,
                group,
                tags,
            };
        }
        let of_mount = mounts
            .iter()
            .filter(|name| {
                let rest = tool.name.strip_prefix(&***name);
                rest.is_some_and(|rest| rest.starts_with('_'))
            })
            .max_by_key(|name| name.len());
        let domain = filing.text("domain").and_then(label);
        let domain = domain.or_else(|| of_mount.map(ToString::to_string));
        Place {
            domain: domain.unwrap_or_else(|| "general".to_owned()),
            group: filing.text("group").and_then(label),
            tags,
        }
    }
}

/// A text of somebody else's as it stands in a line of its own: short, and without what nobody sees.
fn label(text: &str) -> Option<String> {
    let is_seen = |c: &char| {
        let is_direction = matches!(*c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}');
        !c.is_control() && !is_direction
    };
    let seen: String = text.chars().filter(is_seen).take(LABEL).collect();
    let seen = seen.trim();
    (!seen.is_empty()).then(|| seen.to_owned())
}

/// The names of a tool's arguments and what is said about them.
fn parameters(tool: &Tool) -> String {
    let schema = tool.input_schema.to_value();
    let mut text = String::new();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        text.push_str(name);
        text.push(' ');
        text.push_str(property["description"].as_str().unwrap_or_default());
        text.push(' ');
    }
    text
}
