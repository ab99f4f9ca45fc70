//! Lists, page by page or whole.

use std::collections::HashSet;

use fmcp_core::{
    Kind,
    protocol::{
        Method,
        model::{
            ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
            PaginatedParams, Prompt, Resource, ResourceTemplate, Tool,
        },
    },
};

use super::{
    ask::Answer, catalog::Invalid, error::ClientError, handle::Client, methods::not_read,
    options::CallOptions,
};

/// How many pages of one list are read.
const MAX_PAGES: usize = 1_000;

/// How many components of one kind are read.
const MAX_ITEMS: usize = 100_000;

/// How many bytes of one list are read.
const MAX_BYTES: usize = 64 << 20;

/// Whether a list that a server gives in pages has an end.
#[derive(Default)]
pub(crate) struct Pages {
    seen: HashSet<String>,
    items: usize,
    bytes: usize,
    /// Whether a page was kept from before, so that its cursor may be good no more.
    was_kept: bool,
    began_anew: bool,
}

impl Pages {
    /// Where to go on behind a page of `items`, if there is more; else why to stop.
    pub(crate) fn next(
        &mut self,
        items: usize,
        bytes: Option<usize>,
        cursor: Option<String>,
    ) -> Result<Option<String>, String> {
        self.items += items;
        self.bytes = self.bytes.saturating_add(bytes.unwrap_or_default());
        let Some(cursor) = cursor else {
            return Ok(None);
        };
        let read = format!("{} entries were read", self.items);
        if self.seen.len() + 1 >= MAX_PAGES {
            return Err(format!("the list has more than {MAX_PAGES} pages; {read}"));
        }
        if self.items >= MAX_ITEMS {
            return Err(format!("the list has more than {MAX_ITEMS} entries"));
        }
        if self.bytes >= MAX_BYTES {
            return Err(format!("the list has more than {MAX_BYTES} bytes; {read}"));
        }
        if !self.seen.insert(cursor.clone()) {
            let mut cursor = cursor;
            cursor.truncate(cursor.floor_char_boundary(100));
            return Err(format!(
                "the list runs in a circle: its server gave the cursor {cursor:?} twice; {read}"
            ));
        }
        Ok(Some(cursor))
    }

    /// Whether to read the list from its beginning after an error, because pages that were kept do not go
    /// together with the server's any more. Once.
    fn begin_anew(&mut self, error: &ClientError) -> bool {
        let may = self.was_kept && !self.began_anew && error.kind() == Kind::InvalidParams;
        if may {
            *self = Self {
                began_anew: true,
                ..Self::default()
            };
        }
        may
    }
}

macro_rules! lists {
    ($(
        $(#[$doc:meta])* $whole:ident, $with:ident,
        $(#[$page_doc:meta])* $page:ident: $method:ident, $into:ident -> $result:ty, $field:ident: $item:ty;
    )*) => {
        impl Client { $(
            $(#[$doc])*
            ///
            /// # Errors
            /// When the server cannot list them, or its list has no end.
            pub async fn $whole(&self) -> Result<Vec<$item>, ClientError> {
                self.$with(CallOptions::new()).await
            }

            /// The same, in a way that is different from the client's other calls.
            ///
            /// # Errors
            /// When the server cannot list them, or its list has no end.
            pub async fn $with(&self, options: CallOptions) -> Result<Vec<$item>, ClientError> {
                let mut options = options.ending(self.end(&options));
                let (mut all, mut cursor, mut pages) = (Vec::new(), None::<String>, Pages::default());
                loop {
                    let page = self.page(Method::$method, cursor.as_deref(), &options).await;
                    let answer = match page {
                        Err(error) if pages.begin_anew(&error) => {
                            self.forget_pages(&Method::$method);
                            (all, cursor, options.fresh) = (Vec::new(), None, true);
                            continue;
                        }
                        page => page?,
                    };
                    pages.was_kept |= answer.was_kept;
                    let (bytes, was_kept) = (answer.bytes(), answer.was_kept);
                    let mut page = answer.reply.$into().map_err(|e| not_read(&Method::$method.into(), e))?;
                    let next = pages.next(page.$field.len(), bytes, page.next_cursor.take());
                    self.learn(&mut page, cursor.is_none(), was_kept);
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
                let answer = self.page(Method::$method, cursor, &CallOptions::new()).await?;
                let was_kept = answer.was_kept;
                let mut page = answer.reply.$into().map_err(|e| not_read(&Method::$method.into(), e))?;
                self.learn(&mut page, cursor.is_none(), was_kept);
                Ok(page)
            }
        )* }
    };
}

lists! {
    /// The server's tools.
    list_tools, list_tools_with,
    /// One page of the server's tools.
    list_tools_page: ListTools, into_tools -> ListToolsResult, tools: Tool;
    /// The server's resources.
    list_resources, list_resources_with,
    /// One page of the server's resources.
    list_resources_page: ListResources, into_resources -> ListResourcesResult, resources: Resource;
    /// The server's resource templates.
    list_templates, list_templates_with,
    /// One page of the server's resource templates.
    list_templates_page: ListTemplates, into_templates -> ListResourceTemplatesResult,
        resource_templates: ResourceTemplate;
    /// The server's prompts.
    list_prompts, list_prompts_with,
    /// One page of the server's prompts.
    list_prompts_page: ListPrompts, into_prompts -> ListPromptsResult, prompts: Prompt;
}

impl Client {
    async fn page(
        &self,
        method: Method,
        cursor: Option<&str>,
        options: &CallOptions,
    ) -> Result<Answer, ClientError> {
        let mut params = PaginatedParams::new();
        params.cursor = cursor.map(str::to_owned);
        let about = cursor.unwrap_or_default();
        self.ask_or_recall(&method.into(), about, &params, options)
            .await
    }

    fn forget_pages(&self, method: &Method) {
        if let Some(cache) = &self.parts().cache {
            cache.drop_list(method);
        }
    }

    /// Remembers of tools what calls depend on, and leaves out those that must not be called.
    fn learn(&self, page: &mut impl Page, is_first: bool, was_kept: bool) {
        let Some(tools) = page.tools() else { return };
        let catalog = &self.parts().catalog;
        let invalid = catalog.learn(tools, is_first, self.mirrors());
        if invalid.is_empty() {
            return;
        }
        // What is kept has been warned of when it came.
        for Invalid { tool, why } in invalid.iter().filter(|_| !was_kept) {
            tracing::warn!(
                tool,
                why,
                "a tool is left out, for it cannot be called over HTTP"
            );
        }
        let invalid: HashSet<_> = invalid.into_iter().map(|invalid| invalid.tool).collect();
        tools.retain(|tool| !invalid.contains(&tool.name));
    }
}

/// A page of any list, of which only tools are looked at.
trait Page {
    fn tools(&mut self) -> Option<&mut Vec<Tool>> {
        None
    }
}

impl Page for ListToolsResult {
    fn tools(&mut self) -> Option<&mut Vec<Tool>> {
        Some(&mut self.tools)
    }
}
impl Page for ListResourcesResult {}
impl Page for ListResourceTemplatesResult {}
impl Page for ListPromptsResult {}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(
        pages: &mut Pages,
        items: usize,
        cursor: Option<&str>,
    ) -> Result<Option<String>, String> {
        pages.next(items, Some(10), cursor.map(str::to_owned))
    }

    #[test]
    fn a_list_ends_or_is_ended() {
        let mut pages = Pages::default();
        assert_eq!(next(&mut pages, 1, Some("a")), Ok(Some("a".into())));
        assert_eq!(next(&mut pages, 1, Some("b")), Ok(Some("b".into())));
        assert_eq!(next(&mut pages, 1, None), Ok(None));
        let words = next(&mut pages, 1, Some("a")).unwrap_err();
        assert!(words.contains("\"a\" twice; 4 entries"), "{words}");
        assert!(next(&mut Pages::default(), MAX_ITEMS, Some("a")).is_err());
        assert!(next(&mut Pages::default(), MAX_ITEMS, None).is_ok());
        let mut pages = Pages::default();
        let end = (0..).find(|n| next(&mut pages, 1, Some(&n.to_string())).is_err());
        assert_eq!(end, Some(MAX_PAGES - 1));
        let mut pages = Pages::default();
        let half = |pages: &mut Pages, cursor: &str| {
            pages.next(1, Some(MAX_BYTES / 2), Some(cursor.to_owned()))
        };
        assert!(half(&mut pages, "a").is_ok());
        let words = half(&mut pages, "b").unwrap_err();
        assert!(words.contains("bytes; 2 entries were read"), "{words}");
    }

    #[test]
    fn a_list_begins_anew_once_where_kept_pages_do_not_fit() {
        let error = |kind| ClientError::call("tools/list", fmcp_core::Error::new(kind, "no"));
        let mut pages = Pages::default();
        assert!(!pages.begin_anew(&error(Kind::InvalidParams)));
        pages.was_kept = true;
        assert!(!pages.begin_anew(&error(Kind::Unavailable)));
        assert!(pages.begin_anew(&error(Kind::InvalidParams)));
        pages.was_kept = true;
        assert!(!pages.begin_anew(&error(Kind::InvalidParams)));
    }
}
