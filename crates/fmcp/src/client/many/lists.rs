//! What all the servers have, as one list.

use std::{sync::Arc, time::Duration};

use fmcp_core::{Call, ComponentKind, Definition, Error, Kind, Reply, Result, protocol::Method};
use futures_util::future::join_all;
use serde_json::json;
use tokio::time::timeout;

use super::{link::Many, upstream::Upstream};
use crate::{client::lists::Pages, component::page, namespace::rename};

/// How long one of several servers may take to list all that it has, where it has no limit of its own.
const LISTING: Duration = Duration::from_secs(10);

impl Many {
    /// Everything of one kind. A server that cannot list it is left out, unless nobody can.
    pub(super) async fn list(&self, kind: ComponentKind, call: &Call) -> Result<Reply> {
        if call.params().cursor().is_some() {
            return Err(Error::invalid_params(
                "this list has one page, and gives no cursors",
            ));
        }
        let method = page::method(kind);
        let method = &method;
        let asked = self
            .upstreams()
            .iter()
            .map(async |upstream| (upstream, self.in_time(upstream, method, call).await));
        let (mut merged, mut refusal, mut any) = (Vec::new(), None, false);
        for (upstream, outcome) in join_all(asked).await {
            match outcome {
                Ok(definitions) => {
                    any = true;
                    merged.extend(self.outside(upstream, definitions));
                }
                Err(error) => {
                    if upstream.is_down() {
                        tracing::debug!(server = upstream.name(), %error, "a list lacks what a server has");
                    } else {
                        tracing::warn!(server = upstream.name(), %error, "a list lacks what a server has");
                    }
                    refusal = refusal.or(Some(error));
                }
            }
        }
        match refusal {
            Some(error) if !any => Err(error),
            _ => Ok(page::write(kind, merged.into_iter(), None)),
        }
    }

    /// What a server has, if it says so in time: one that is silent does not keep the others' things back.
    async fn in_time(
        &self,
        upstream: &Upstream,
        method: &Method,
        call: &Call,
    ) -> Result<Vec<Definition>> {
        let listing = all(upstream, method, call);
        if self.upstreams().len() == 1 {
            return listing.await;
        }
        let limit = upstream.limit().unwrap_or(LISTING);
        timeout(limit, listing).await.unwrap_or_else(|_| {
            let words = format!("it did not list what it has within {limit:?}");
            Err(Error::new(Kind::Timeout, words).from_origin(upstream.origin()))
        })
    }

    /// What a server has, as it is called outside; without what nobody could reach by that name.
    fn outside(&self, upstream: &Arc<Upstream>, definitions: Vec<Definition>) -> Vec<Definition> {
        let named = definitions.into_iter().filter_map(|mut definition| {
            let is_tool = definition.kind() == ComponentKind::Tool;
            if is_tool && !upstream.admits(definition.name()) {
                return None;
            }
            rename::definition(&mut definition, upstream.namespace());
            let found = match &definition {
                Definition::Tool(_) | Definition::Prompt(_) => {
                    self.find_name(definition.name()).map(|(found, _)| found)
                }
                _ => self.find_uri(definition.name()).map(|(found, _)| found),
            };
            if !found.is_ok_and(|found| Arc::ptr_eq(found, upstream)) {
                let (server, name) = (upstream.name(), definition.name());
                tracing::warn!(
                    server,
                    name,
                    "left out: another server's name fits it better"
                );
                return None;
            }
            Some(definition)
        });
        named.collect()
    }
}

/// All pages of one server's list.
pub(crate) async fn all(
    upstream: &Upstream,
    method: &Method,
    call: &Call,
) -> Result<Vec<Definition>> {
    upstream.link()?;
    if !upstream.has(method) {
        return Ok(Vec::new());
    }
    let (mut all, mut pages, mut cursor) = (Vec::new(), Pages::default(), None::<String>);
    loop {
        let asked = match cursor {
            None => call.clone(),
            Some(cursor) => {
                let params = call.params().with("cursor", json!(cursor))?;
                call.clone().with_params(params)
            }
        };
        let reply = match upstream.reply(asked).await {
            // It has others of the capability, but none of these.
            Err(error) if error.kind() == Kind::MethodNotFound => return Ok(all),
            reply => reply?,
        };
        let bytes = match &reply {
            Reply::Raw(_, text) => Some(text.as_str().len()),
            _ => None,
        };
        let (definitions, next) = page::read(upstream.raise(method, reply)?)?;
        let next = pages.next(definitions.len(), bytes, next);
        all.extend(definitions);
        cursor = next.map_err(|why| Error::internal(why).from_origin(upstream.origin()))?;
        if cursor.is_none() {
            return Ok(all);
        }
    }
}
