//! Skills on a server.

use std::{path::Path, sync::Arc, time::Duration};

use fmcp_core::{
    BoxFuture, Call, Component, ComponentKind, Endpoint, Error, Extra, Key, Kind, Provider, Raw,
    Reply, Result,
    protocol::{
        Era,
        model::{CacheScope, EmptyResult},
    },
};
use serde_json::json;

use super::{EXTENSION, folder, shelf::Shelf};
use crate::Server;

const LIST: &str = "skills/list";
const GET: &str = "skills/get";
const READ_FOLDER: &str = "resources/directory/read";

/// How many skills, or files of a folder, are listed at once.
const PAGE: usize = 100;

/// The skills that a server offers. It does not follow changes: what was read is what is served, so that no file
/// is ever other than its digest says. A clone is the same skills.
///
/// See [`crate::skills`].
#[derive(Clone)]
pub struct Skills {
    shelf: Arc<Shelf>,
    page_size: usize,
    ttl: Duration,
    scope: CacheScope,
}

impl Skills {
    /// Reads every skill in a folder: each lies in a folder of its own, which has the skill's name. What begins
    /// with a dot is left out; what lies beside the skills' folders, too.
    ///
    /// This reads all files, and blocks meanwhile: it is for the beginning of a program.
    ///
    /// # Errors
    /// When the folder cannot be read, or a skill in it cannot be served: it has no `SKILL.md`, or one whose front
    /// matter is not right; a symbolic link; more than 512 files or 16 MiB. All faults are told together.
    pub fn folder(path: impl AsRef<Path>) -> Result<Self> {
        let skills = folder::read(path.as_ref())
            .map_err(|faults| Error::internal(format!("skills: {faults}")))?;
        Ok(Self {
            shelf: Arc::new(Shelf::new(skills)?),
            page_size: PAGE,
            ttl: Duration::ZERO,
            scope: CacheScope::Private,
        })
    }

    /// Lists skills, and what lies in their folders, in pages of this many. Without it, 100.
    ///
    /// # Panics
    /// When the size is zero.
    #[must_use]
    pub fn page_size(mut self, size: usize) -> Self {
        assert!(size > 0, "a page must hold something");
        self.page_size = size;
        self
    }

    /// Says how long clients may keep what is said of skills, and who may share it. Without it, not at all.
    #[must_use]
    pub fn cache(mut self, ttl: Duration, scope: CacheScope) -> Self {
        (self.ttl, self.scope) = (ttl, scope);
        self
    }

    fn answer(&self, call: &Call) -> Result<Reply> {
        let cursor = call.params().cursor();
        match call.method().as_str() {
            LIST => {
                let page = self.shelf.entries(cursor.as_deref(), self.page_size)?;
                let mut fields = Extra::from_iter([("skills", raw(&page.items)?)]);
                if let Some(next) = page.next {
                    fields.insert("nextCursor", json!(next));
                }
                Ok(self.reply(call, fields))
            }
            GET => {
                let entry = self.shelf.entry(&uri(call)?)?.clone();
                Ok(self.reply(call, Extra::from_iter([("skill", entry)])))
            }
            READ_FOLDER => {
                let mut result =
                    self.shelf
                        .folder(&uri(call)?, cursor.as_deref(), self.page_size)?;
                result.ttl_ms = Some(self.ttl_ms());
                result.cache_scope = Some(self.scope.clone());
                Ok(result.into())
            }
            other => Err(Error::new(
                Kind::MethodNotFound,
                format!("Method not found: {other}"),
            )),
        }
    }

    /// A result that consists of these fields, and of what every result has.
    fn reply(&self, call: &Call, mut fields: Extra) -> Reply {
        if call.revision().era() == Era::Modern {
            fields.insert("ttlMs", json!(self.ttl_ms()));
            fields.insert("cacheScope", json!(self.scope.as_str()));
        }
        let mut result = EmptyResult::new();
        result.extra = fields;
        result.into()
    }

    fn ttl_ms(&self) -> u64 {
        u64::try_from(self.ttl.as_millis()).unwrap_or(u64::MAX)
    }
}

fn uri(call: &Call) -> Result<String> {
    let uri = call.name().filter(|_| {
        // `name` would be found in its place, and is not what these methods have.
        call.params()
            .parse::<Extra>()
            .is_ok_and(|fields| fields.get("uri").is_some())
    });
    uri.map(std::borrow::Cow::into_owned)
        .ok_or_else(|| Error::invalid_params("`uri` is missing, or not a string"))
}

fn raw(entries: &[Raw]) -> Result<Raw> {
    Raw::from_serialize(entries)
        .map_err(|e| Error::internal("the skills cannot be written").caused_by(e))
}

impl Endpoint for Skills {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(async move { self.answer(&call) })
    }
}

/// The files, as resources. Only what a skill begins with is listed; whoever has read that knows the rest.
impl Provider for Skills {
    fn list(&self, kind: ComponentKind) -> BoxFuture<'_, Result<Vec<Arc<Component>>>> {
        let listed = match kind {
            ComponentKind::Resource => self.shelf.listed(),
            _ => Vec::new(),
        };
        Box::pin(async move { Ok(listed) })
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Arc<Component>>>> {
        let is_ours = key.kind() == ComponentKind::Resource && key.version_str().is_none();
        let found = is_ours.then(|| self.shelf.file(key.name())).flatten();
        Box::pin(async move { Ok(found) })
    }
}

impl Server {
    /// Offers skills: their files as resources, and the methods of the extension. All of it comes through
    /// the server's middleware; transforms see the files, but not what is said of skills.
    #[must_use]
    pub fn skills(self, skills: Skills) -> Self {
        let settings = json!({"directoryRead": true});
        self.provider(skills.clone()).extension(
            EXTENSION,
            settings,
            [LIST, GET, READ_FOLDER],
            skills,
        )
    }
}
