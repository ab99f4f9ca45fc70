//! What the client knows of the server's tools, because it has listed them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use fmcp_core::{Raw, protocol::model::Tool};
use serde_json::Value;

use super::output::Promise;
use crate::mirrored::{KEYWORD, Mirrored};

/// How many tools are remembered, and how many bytes of their schemas.
const MOST: (usize, usize) = (100_000, 64 << 20);

/// What the client knows of the server's tools.
///
/// When the server says that its tools have changed, all of it is old: the next list takes its place. Until
/// then an old tool is good for one thing only, the headers of its calls, because the server refuses
/// the wrong ones before it does anything.
#[derive(Debug, Default)]
pub(super) struct Catalog(Mutex<Tools>);

#[derive(Debug, Default)]
struct Tools {
    by_name: HashMap<Box<str>, Arc<Known>, foldhash::fast::RandomState>,
    bytes: usize,
    is_old: bool,
}

/// What is known of one tool.
#[derive(Debug)]
pub(super) struct Known {
    /// Whether its values are wrapped in an object of one field.
    pub(super) wraps: bool,
    /// Whether calling it twice is as good as once, by its own words.
    pub(super) is_repeatable: bool,
    /// Whether it can only be called as a task (2025-11-25).
    pub(super) must_be_task: bool,
    /// What it gives back.
    pub(super) promise: Option<Arc<Promise>>,
    /// Which arguments go into headers, or why it cannot be called over HTTP.
    pub(super) mirrored: Result<Mirrored, String>,
    bytes: usize,
}

impl Catalog {
    /// Everything that is known may be wrong from now on.
    pub(super) fn age(&self) {
        self.tools().is_old = true;
    }

    /// What is known of a tool, if it still holds.
    pub(super) fn get(&self, tool: &str) -> Option<Arc<Known>> {
        let tools = self.tools();
        if tools.is_old {
            return None;
        }
        tools.by_name.get(tool).cloned()
    }

    /// What is known, or was, of the headers of a tool's calls.
    pub(super) fn last(&self, tool: &str) -> Option<Arc<Known>> {
        self.tools().by_name.get(tool).cloned()
    }

    /// Remembers a page of tools. `is_first` says that a list begins with it; `headers`, that arguments may
    /// have to be repeated in headers. Gives those that cannot be called for it, each with the reason.
    pub(super) fn learn(&self, page: &[Tool], is_first: bool, headers: bool) -> Vec<Invalid> {
        let learnt: Vec<_> = page.iter().map(|tool| Known::of(tool, headers)).collect();
        let invalid = page.iter().zip(&learnt);
        let invalid = invalid.filter_map(|(tool, known)| {
            let why = known.mirrored.as_ref().err()?.clone();
            Some(Invalid {
                tool: tool.name.clone(),
                why,
            })
        });
        let invalid = invalid.collect();
        let mut tools = self.tools();
        if is_first && tools.is_old {
            // Compiled schemas are kept where the text is the same, so that listing again costs little.
            tools.is_old = false;
            let before = std::mem::take(&mut tools.by_name);
            tools.bytes = 0;
            for (tool, known) in page.iter().zip(learnt) {
                let old = before.get(tool.name.as_str()).map(Arc::clone);
                tools.put(&tool.name, known, old.as_deref());
            }
            return invalid;
        }
        for (tool, known) in page.iter().zip(learnt) {
            let old = tools.by_name.get(tool.name.as_str()).map(Arc::clone);
            tools.put(&tool.name, known, old.as_deref());
        }
        invalid
    }

    fn tools(&self) -> MutexGuard<'_, Tools> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A tool that cannot be called over HTTP.
#[derive(Debug)]
pub(super) struct Invalid {
    pub(super) tool: String,
    pub(super) why: String,
}

impl Tools {
    fn put(&mut self, name: &str, mut known: Known, old: Option<&Known>) {
        if let (Some(new), Some(old)) = (&known.promise, old.and_then(|old| old.promise.as_ref()))
            && new.is_as(old)
        {
            known.promise = Some(Arc::clone(old));
        }
        if self.by_name.len() >= MOST.0 || self.bytes + known.bytes > MOST.1 {
            // Whoever has so many tools is known anew; nothing depends on knowing them all.
            self.by_name.clear();
            self.bytes = 0;
        }
        self.bytes += known.bytes;
        if let Some(old) = self.by_name.insert(name.into(), Arc::new(known)) {
            self.bytes = self.bytes.saturating_sub(old.bytes);
        }
    }
}

impl Known {
    fn of(tool: &Tool, headers: bool) -> Self {
        let hints = tool.annotations.as_ref();
        let says = |hint: Option<bool>| hint == Some(true);
        Self {
            wraps: tool.output_schema.as_ref().is_some_and(does_wrap),
            is_repeatable: hints
                .is_some_and(|hints| says(hints.read_only_hint) || says(hints.idempotent_hint)),
            must_be_task: tool
                .extra
                .get("execution")
                .is_some_and(|execution| execution.to_value()["taskSupport"] == "required"),
            promise: tool.output_schema.clone().map(Promise::new).map(Arc::new),
            mirrored: if headers {
                mirrored(&tool.input_schema)
            } else {
                Ok(Mirrored::default())
            },
            bytes: tool.name.len()
                + tool
                    .output_schema
                    .as_ref()
                    .map_or(0, |schema| schema.as_str().len()),
        }
    }
}

fn does_wrap(schema: &Raw) -> bool {
    const MARK: &str = "x-fastmcp-wrap-result";
    schema.as_str().contains(MARK) && schema.to_value().get(MARK) == Some(&Value::Bool(true))
}

fn mirrored(schema: &Raw) -> Result<Mirrored, String> {
    let text = schema.as_str();
    // A schema that does not have the word, not even spelt with escapes, need not be read.
    if !text.contains(KEYWORD) && !text.contains("\\u") {
        return Ok(Mirrored::default());
    }
    Mirrored::of(&schema.to_value()).map_err(|mut why| {
        const SAID: usize = 500;
        if why.len() > SAID {
            why.truncate(why.floor_char_boundary(SAID));
            why.push('…');
        }
        why
    })
}

#[cfg(test)]
mod tests {
    use fmcp_core::protocol::model::ToolAnnotations;
    use serde_json::json;

    use super::*;

    fn tool(name: &str, output: &Value) -> Tool {
        Tool::new(name, json!({"type": "object"})).output_schema(Raw::from(output))
    }

    #[test]
    fn what_has_changed_is_known_no_more() {
        let catalog = Catalog::default();
        catalog.learn(&[tool("a", &json!({})), tool("b", &json!({}))], true, false);
        let before = catalog.get("a").unwrap();
        catalog.age();
        assert!(catalog.get("a").is_none());
        assert!(catalog.last("a").is_some());
        catalog.learn(&[tool("a", &json!({}))], true, false);
        assert!(catalog.last("b").is_none(), "the new list does not have it");
        let after = catalog.get("a").unwrap();
        let promises = [before, after].map(|known| known.promise.clone().unwrap());
        assert!(Arc::ptr_eq(&promises[0], &promises[1]), "the same schema");
        catalog.learn(&[tool("a", &json!({"type": "null"}))], true, false);
        let other = catalog.get("a").unwrap().promise.clone().unwrap();
        assert!(!Arc::ptr_eq(&promises[0], &other));
    }

    #[test]
    fn a_page_in_the_middle_of_a_list_does_not_make_the_rest_new() {
        let catalog = Catalog::default();
        catalog.age();
        catalog.learn(&[tool("b", &json!({}))], false, false);
        assert!(catalog.get("b").is_none());
    }

    #[test]
    fn tools_are_repeatable_by_their_own_words_only() {
        let check = |annotations: Option<ToolAnnotations>, expect| {
            let mut tool = tool("t", &json!({}));
            tool.annotations = annotations;
            assert_eq!(Known::of(&tool, false).is_repeatable, expect);
        };
        check(None, false);
        check(Some(ToolAnnotations::new()), false);
        check(Some(ToolAnnotations::new().read_only_hint(true)), true);
        check(Some(ToolAnnotations::new().idempotent_hint(true)), true);
        check(Some(ToolAnnotations::new().read_only_hint(false)), false);
        check(Some(ToolAnnotations::new().destructive_hint(false)), false);
    }

    #[test]
    fn annotations_count_only_where_headers_go_and_escapes_hide_nothing() {
        let schema = r#"{"properties": {"a": {"type": "number", "x\u002dmcp-header": "A"}}}"#;
        let tool = Tool::new("t", Raw::from_text(schema).unwrap());
        let catalog = Catalog::default();
        assert!(
            catalog
                .learn(std::slice::from_ref(&tool), true, false)
                .is_empty()
        );
        let invalid = catalog.learn(&[tool], true, true);
        assert_eq!(invalid[0].tool, "t");
        assert!(invalid[0].why.contains("`a`"), "{}", invalid[0].why);
    }

    #[test]
    fn memory_has_a_bound() {
        let catalog = Catalog::default();
        for name in ["a", "b", "c", "d", "e"] {
            let mut large = Known::of(&tool(name, &json!({})), false);
            large.bytes = MOST.1 / 4;
            catalog.tools().put(name, large, None);
        }
        assert!(catalog.get("a").is_none() && catalog.get("e").is_some());
        let again = Known::of(&tool("e", &json!({})), false);
        let mut tools = catalog.tools();
        tools.put("e", again, None);
        assert!(tools.bytes < MOST.1 / 4, "what is replaced takes no room");
    }
}
