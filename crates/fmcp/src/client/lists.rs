//! Lists, page by page or whole.

use std::collections::HashSet;

use fmcp_core::protocol::{
    Method,
    model::{
        ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
        PaginatedParams, Prompt, Resource, ResourceTemplate, Tool,
    },
};
use serde_json::Value;

use super::{
    error::ClientError,
    handle::{Client, Subject},
    methods::not_read,
    options::CallOptions,
};

/// How many pages of one list are read.
const MAX_PAGES: usize = 1_000;

/// How many components of one kind are read.
const MAX_ITEMS: usize = 100_000;

/// Whether a list that a server gives in pages has an end.
#[derive(Default)]
struct Pages {
    seen: HashSet<String>,
    items: usize,
}

impl Pages {
    /// Where to go on behind a page of `items`, if there is more; else why to stop.
    fn next(&mut self, items: usize, cursor: Option<String>) -> Result<Option<String>, String> {
        self.items += items;
        let Some(cursor) = cursor else {
            return Ok(None);
        };
        if self.seen.len() + 1 >= MAX_PAGES {
            return Err(format!("the list has more than {MAX_PAGES} pages"));
        }
        if self.items >= MAX_ITEMS {
            return Err(format!("the list has more than {MAX_ITEMS} entries"));
        }
        if !self.seen.insert(cursor.clone()) {
            return Err(format!(
                "the list runs in a circle: its server gave the cursor {cursor:?} twice"
            ));
        }
        Ok(Some(cursor))
    }
}

macro_rules! lists {
    ($(
        $(#[$doc:meta])* $whole:ident,
        $(#[$page_doc:meta])* $page:ident: $method:ident, $into:ident -> $result:ty, $field:ident: $item:ty;
    )*) => {
        impl Client { $(
            $(#[$doc])*
            ///
            /// # Errors
            /// When the server cannot list them, or its list has no end.
            pub async fn $whole(&self) -> Result<Vec<$item>, ClientError> {
                let (mut all, mut cursor, mut pages) = (Vec::new(), None::<String>, Pages::default());
                loop {
                    let page = self.$page(cursor.as_deref()).await?;
                    let next = pages.next(page.$field.len(), page.next_cursor);
                    all.extend(page.$field);
                    cursor = next.map_err(|why| ClientError::Endless {
                        what: Method::$method.as_str().into(),
                        why,
                    })?;
                    if cursor.is_none() {
                        return Ok(all);
                    }
                }
            }

            $(#[$page_doc])*
            ///
            /// # Errors
            /// When the server cannot list them, or does not know the cursor.
            pub async fn $page(&self, cursor: Option<&str>) -> Result<$result, ClientError> {
                let subject = || Subject { method: Method::$method, name: None };
                let mut params = PaginatedParams::new();
                params.cursor = cursor.map(str::to_owned);
                let reply = self.ask(subject(), &params, CallOptions::new()).await?;
                let page = reply.$into().map_err(|e| not_read(&subject(), e))?;
                self.learn(&page);
                Ok(page)
            }
        )* }
    };
}

lists! {
    /// The server's tools.
    list_tools,
    /// One page of the server's tools.
    list_tools_page: ListTools, into_tools -> ListToolsResult, tools: Tool;
    /// The server's resources.
    list_resources,
    /// One page of the server's resources.
    list_resources_page: ListResources, into_resources -> ListResourcesResult, resources: Resource;
    /// The server's resource templates.
    list_templates,
    /// One page of the server's resource templates.
    list_templates_page: ListTemplates, into_templates -> ListResourceTemplatesResult,
        resource_templates: ResourceTemplate;
    /// The server's prompts.
    list_prompts,
    /// One page of the server's prompts.
    list_prompts_page: ListPrompts, into_prompts -> ListPromptsResult, prompts: Prompt;
}

impl Client {
    /// Remembers of tools whether they wrap their values.
    fn learn(&self, page: &impl Page) {
        let Some(tools) = page.tools() else { return };
        let mut wraps = self.wraps();
        if wraps.len() >= MAX_ITEMS {
            wraps.clear();
        }
        wraps.extend(
            tools
                .iter()
                .map(|tool| (tool.name.as_str().into(), does_wrap(tool))),
        );
    }
}

/// A page of any list, of which only tools are looked at.
trait Page {
    fn tools(&self) -> Option<&[Tool]> {
        None
    }
}

impl Page for ListToolsResult {
    fn tools(&self) -> Option<&[Tool]> {
        Some(&self.tools)
    }
}
impl Page for ListResourcesResult {}
impl Page for ListResourceTemplatesResult {}
impl Page for ListPromptsResult {}

fn does_wrap(tool: &Tool) -> bool {
    const MARK: &str = "x-fastmcp-wrap-result";
    tool.output_schema.as_ref().is_some_and(|schema| {
        schema.as_str().contains(MARK) && schema.to_value().get(MARK) == Some(&Value::Bool(true))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_ends_or_is_ended() {
        let mut pages = Pages::default();
        assert_eq!(pages.next(1, Some("a".into())), Ok(Some("a".into())));
        assert_eq!(pages.next(1, Some("b".into())), Ok(Some("b".into())));
        assert_eq!(pages.next(1, None), Ok(None));
        let words = pages.next(1, Some("a".into())).unwrap_err();
        assert!(words.contains("\"a\" twice"), "{words}");
        assert!(Pages::default().next(MAX_ITEMS, Some("a".into())).is_err());
        assert!(Pages::default().next(MAX_ITEMS, None).is_ok());
        let mut pages = Pages::default();
        let end = (0..).find(|n| pages.next(1, Some(n.to_string())).is_err());
        assert_eq!(end, Some(MAX_PAGES - 1));
    }
}
