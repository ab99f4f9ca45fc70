//! Lists of components: whole and written once where they can be, in pages where that is asked for.

use std::{borrow::Cow, sync::Arc};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use fmcp_core::{
    Call, Component, ComponentKind, Error, Reply, Result, protocol::model::PaginatedParams,
};

use super::{config::CacheHint, snapshot::Snapshot};
use crate::component::page;

impl Snapshot {
    pub(super) async fn list_page(&self, kind: ComponentKind, call: &Call) -> Result<Reply> {
        let (snapshot, cursor) = (self, cursor(call)?);
        let Some(size) = snapshot.config.page_size else {
            if cursor.is_some() {
                return Err(bad_cursor());
            }
            if !snapshot.has_fixed_lists() || snapshot.sight(call).is_some() {
                let all = whole(kind, &snapshot.list(kind, call).await?, None);
                return Ok(self.hint_list(all, call));
            }
            let cell = &snapshot.lists[kind as usize];
            let reply = cell.get_or_init(|| {
                self.hint(whole(kind, snapshot.shown().listed(kind), None))
                    .shared()
            });
            return Ok(reply.clone());
        };
        let all = snapshot.list(kind, call).await?;
        let start = match cursor {
            None => 0,
            Some(cursor) => Cursor::read(&cursor)
                .and_then(|cursor| cursor.find(kind, &all))
                .ok_or_else(bad_cursor)?,
        };
        let end = all.len().min(start + size);
        let next = (end < all.len()).then(|| Cursor::after(kind, end, &all).write());
        Ok(self.hint_list(whole(kind, &all[start..end], next), call))
    }

    /// Adds the server's word on how long its answers keep.
    pub(super) fn hint(&self, mut reply: Reply) -> Reply {
        let Some(CacheHint { ttl, scope }) = &self.config.cache else {
            return reply;
        };
        let ttl = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
        let (ttl_ms, cache_scope) = match &mut reply {
            Reply::Discover(result) => (&mut result.ttl_ms, &mut result.cache_scope),
            Reply::ListTools(result) => (&mut result.ttl_ms, &mut result.cache_scope),
            Reply::ListResources(result) => (&mut result.ttl_ms, &mut result.cache_scope),
            Reply::ListTemplates(result) => (&mut result.ttl_ms, &mut result.cache_scope),
            Reply::ListPrompts(result) => (&mut result.ttl_ms, &mut result.cache_scope),
            Reply::ReadResource(result) => (&mut result.ttl_ms, &mut result.cache_scope),
            _ => return reply,
        };
        ttl_ms.get_or_insert(ttl);
        cache_scope.get_or_insert_with(|| scope.clone());
        reply
    }
}

/// The cursor; one that is no text is none that this server has given.
fn cursor(call: &Call) -> Result<Option<Cow<'_, str>>> {
    let (params, word) = (call.params(), b"\"cursor\"");
    let cursor = params.cursor();
    let text = params.raw().unwrap_or_default();
    if cursor.is_none() && text.windows(word.len()).any(|part| part == word) {
        params
            .parse::<PaginatedParams>()
            .map_err(|e| bad_cursor().caused_by(e))?;
    }
    Ok(cursor)
}

fn bad_cursor() -> Error {
    Error::invalid_params("the cursor is none that this server has given")
}

/// A list of these components, which are all of `kind`.
fn whole(kind: ComponentKind, components: &[Arc<Component>], next: Option<String>) -> Reply {
    let definitions = components
        .iter()
        .map(|component| component.definition.clone());
    page::write(kind, definitions, next)
}

/// Where a page begins: behind the last component of the page before, by its name, so that a list that
/// changes in between loses and repeats nothing; and by its place, should that component be gone.
#[derive(Debug, PartialEq)]
struct Cursor {
    kind: ComponentKind,
    place: usize,
    last: String,
}

impl Cursor {
    fn after(kind: ComponentKind, place: usize, all: &[Arc<Component>]) -> Self {
        Self {
            kind,
            place,
            last: all[place - 1].name().to_owned(),
        }
    }

    fn write(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(format!("{} {} {}", self.kind, self.place, self.last))
    }

    fn read(text: &str) -> Option<Self> {
        let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let mut parts = text.splitn(3, ' ');
        let kind = parts.next()?;
        let kind = ComponentKind::ALL
            .into_iter()
            .find(|known| known.as_str() == kind)?;
        let place = parts.next()?.parse().ok()?;
        Some(Self {
            kind,
            place,
            last: parts.next()?.to_owned(),
        })
    }

    fn find(&self, kind: ComponentKind, all: &[Arc<Component>]) -> Option<usize> {
        if kind != self.kind || self.place == 0 {
            return None;
        }
        if all
            .get(self.place - 1)
            .is_some_and(|component| component.name() == self.last)
        {
            return Some(self.place);
        }
        let moved = all
            .iter()
            .position(|component| component.name() == self.last);
        Some(moved.map_or(self.place.min(all.len()), |place| place + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_nothing_else_does() {
        let cursor = Cursor {
            kind: ComponentKind::Tool,
            place: 3,
            last: "a tool".into(),
        };
        assert_eq!(Cursor::read(&cursor.write()), Some(cursor));
        for text in ["", "x", "AAAA", "dG9vbA", "\u{1F600}"] {
            assert_eq!(Cursor::read(text), None, "{text}");
        }
    }
}
