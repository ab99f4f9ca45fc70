//! Where orders are carried out, and the methods of MCP that give them.

use std::future::ready;

use fmcp_core::{BoxFuture, Call, Endpoint, Error, Extra, Kind, Reply, Result};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    guard::{Caller, Guard},
    order::Order,
};
use crate::{
    core::protocol::{Method, model::EmptyResult},
    server::{Switchable, WeakServer},
};

/// How many components are listed at once.
const PAGE: usize = 200;

const LIST: &str = "fmcp/components/list";
const ENABLE: &str = "fmcp/components/enable";
const DISABLE: &str = "fmcp/components/disable";

/// What it answers.
pub(super) const METHODS: [&str; 3] = [LIST, ENABLE, DISABLE];

/// Whether it is a desk that answers this.
pub(crate) fn owns(method: &Method) -> bool {
    METHODS.contains(&method.as_str())
}

/// Answers whoever is let in, however they come.
pub(super) struct Desk {
    /// The server keeps the desk, not the other way round.
    pub(super) server: WeakServer,
    pub(super) guard: Guard,
}

impl Desk {
    /// Lets the caller in, and only then reads what they want, and does it.
    pub(super) fn answer(
        &self,
        caller: &Caller<'_>,
        order: impl FnOnce() -> Result<Order>,
    ) -> Result<Map<String, Value>> {
        self.guard.admit(caller)?;
        let gone = || Error::new(Kind::Unavailable, "the server is gone");
        let server = self.server.server().ok_or_else(gone)?;
        match order()? {
            Order::List { from } => Ok(page(&server.switchables(), from)),
            Order::Switch { key, on } => {
                let all = server.switchables();
                let is_it = |one: &&Switchable| {
                    let shown = &one.shown;
                    (shown.kind(), shown.name()) == (key.kind(), key.name())
                        && (key.version_str())
                            .is_none_or(|version| shown.key.version_str() == Some(version))
                };
                let chosen: Vec<_> = all.iter().filter(is_it).collect();
                if chosen.is_empty() {
                    let words = "nothing of this name has a switch here";
                    return Err(Error::not_found(words));
                }
                let changed = chosen.iter().filter(|one| one.switch(on)).count();
                if changed > 0 {
                    let by = caller.principal.map(|who| &*who.subject);
                    tracing::info!(component = %key, on, by, "switched");
                }
                Ok(fields([
                    ("kind", Some(json!(key.kind().as_str()))),
                    ("name", Some(json!(key.name()))),
                    ("version", key.version_str().map(Value::from)),
                    ("enabled", Some(on.into())),
                    ("changed", Some(changed.into())),
                ]))
            }
        }
    }
}

/// What there is, from a place on.
fn page(all: &[Switchable], from: usize) -> Map<String, Value> {
    let listed: Vec<_> = all.iter().skip(from).take(PAGE).map(described).collect();
    let next = from.saturating_add(PAGE);
    fields([
        ("components", Some(listed.into())),
        (
            "nextCursor",
            (next < all.len()).then(|| next.to_string().into()),
        ),
    ])
}

fn described(one: &Switchable) -> Value {
    let shown = &one.shown;
    let hidden = if one.is_enabled {
        one.hidden_by
    } else {
        Some("it is disabled")
    };
    let described = fields([
        ("kind", Some(shown.kind().as_str().into())),
        ("name", Some(shown.name().into())),
        ("version", shown.key.version_str().map(Value::from)),
        ("tags", Some(json!(shown.tags))),
        ("enabled", Some(one.is_enabled.into())),
        ("hidden", hidden.map(Value::from)),
        ("flag", one.flag.as_deref().map(Value::from)),
        (
            "mounts",
            (!one.mounts.is_empty()).then(|| json!(one.mounts)),
        ),
    ]);
    described.into()
}

/// Those that there are.
fn fields<const N: usize>(all: [(&str, Option<Value>); N]) -> Map<String, Value> {
    let there = all.into_iter();
    there
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

#[derive(Deserialize)]
struct Listing {
    cursor: Option<String>,
}

#[derive(Deserialize)]
struct Switching {
    kind: String,
    name: String,
    version: Option<String>,
}

fn ordered(call: &Call) -> Result<Order> {
    let params = call.params();
    let method = call.method().as_str();
    if method == LIST {
        let listing: Listing = params.parse()?;
        return Order::list(listing.cursor.as_deref());
    }
    let wanted: Switching = params.parse()?;
    let version = wanted.version.as_deref();
    Order::switch(&wanted.kind, &wanted.name, version, method == ENABLE)
}

impl Endpoint for Desk {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        let caller = Caller {
            principal: call.principal().map(|who| &**who),
            headers: call.headers().map(|headers| &**headers),
        };
        let answer = self.answer(&caller, || ordered(&call));
        Box::pin(ready(answer.map(|answer| {
            let mut result = EmptyResult::new();
            result.extra = Extra::from_iter(answer);
            result.into()
        })))
    }
}
