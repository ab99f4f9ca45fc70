//! The link itself: finds out whom a call is for.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use fmcp_core::{
    BoxFuture, Call, Endpoint, Error, Kind, Notice, Reply, Result,
    protocol::{
        Method, Revision,
        model::{CompleteParams, DiscoverResult, EmptyResult, Reference, ServerCapabilities},
    },
};
use fmcp_transport::client::Link;
use futures_util::future::join_all;
use serde_json::json;
use tokio::task::JoinSet;

use super::upstream::{Opening, ServerStatus, Upstream};
use crate::{component::page, namespace::rename};

/// A link to many servers at once. Of several, each one's things carry its name; what stands alone is called
/// what it is. A server that is down takes nobody along: its things are missing from the lists, calls to it
/// say so, and it is tried again until it is there.
pub(crate) struct Many {
    upstreams: Vec<Arc<Upstream>>,
    about: Arc<DiscoverResult>,
    /// Those who try to connect.
    tasks: Mutex<JoinSet<()>>,
}

impl Many {
    /// Connects to all of them at once, each within `patience`.
    ///
    /// # Errors
    /// When none of them can be connected to.
    pub(in crate::client) async fn open(
        openings: Vec<Opening>,
        patience: Duration,
    ) -> Result<Self> {
        let alone = openings.len() == 1;
        let upstreams: Vec<_> = openings
            .into_iter()
            .map(|opening| Arc::new(Upstream::new(opening, alone)))
            .collect();
        let mut tasks = JoinSet::new();
        for upstream in &upstreams {
            tasks.spawn(Arc::clone(upstream).connect(patience));
        }
        join_all(upstreams.iter().map(|upstream| upstream.settled())).await;
        let refusals: Vec<Error> = upstreams
            .iter()
            .filter_map(|upstream| upstream.link().err())
            .collect();
        if refusals.len() == upstreams.len() {
            return Err(none(refusals));
        }
        Ok(Self {
            about: Arc::new(describe(&upstreams)),
            upstreams,
            tasks: Mutex::new(tasks),
        })
    }

    /// How each of them is.
    pub(in crate::client) fn servers(&self) -> Vec<ServerStatus> {
        self.upstreams
            .iter()
            .map(|upstream| upstream.status())
            .collect()
    }

    pub(super) fn upstreams(&self) -> &[Arc<Upstream>] {
        &self.upstreams
    }

    async fn answer(&self, call: Call) -> Result<Reply> {
        if let Some(kind) = page::kind(call.method()) {
            return self.list(kind, &call).await;
        }
        match call.method() {
            Method::Discover => Ok((*self.about).clone().into()),
            Method::Ping => Ok(EmptyResult::new().into()),
            Method::Listen => self.listen(call).await,
            Method::Complete => self.complete(call).await,
            Method::CallTool | Method::GetPrompt => {
                let name = call.name().unwrap_or_default().into_owned();
                let (upstream, inner) = self.find_name(&name)?;
                if *call.method() == Method::CallTool && !upstream.admits(inner) {
                    return Err(nobody(&name));
                }
                let call = renamed(call, "name", inner)?;
                let reply = upstream.answer(call).await?;
                Ok(rename::reply(reply, upstream.namespace()))
            }
            Method::ReadResource | Method::Subscribe | Method::Unsubscribe => {
                let uri = call.name().unwrap_or_default().into_owned();
                let (upstream, inner) = self.find_uri(&uri)?;
                let call = renamed(call, "uri", &inner)?;
                let reply = upstream.answer(call).await?;
                Ok(rename::reply(reply, upstream.namespace()))
            }
            Method::GetTask | Method::UpdateTask | Method::CancelTask => {
                let id = call.params().task_id().unwrap_or_default().into_owned();
                let (upstream, inner) = self.find_name(&id)?;
                let call = renamed(call, "taskId", inner)?;
                let reply = upstream.answer(call).await?;
                Ok(rename::reply(reply, upstream.namespace()))
            }
            _ => self.only(call).await,
        }
    }

    async fn complete(&self, call: Call) -> Result<Reply> {
        let mut params: CompleteParams = call.params().parse()?;
        let upstream = match &mut params.reference {
            Reference::Prompt(prompt) => {
                let (upstream, inner) = self.find_name(&prompt.name)?;
                prompt.name = inner.to_owned();
                upstream
            }
            Reference::Resource(resource) => {
                let (upstream, inner) = self.find_uri(&resource.uri)?;
                resource.uri = inner;
                upstream
            }
            _ => {
                return Err(Error::invalid_params(
                    "`ref` is neither a prompt nor a resource",
                ));
            }
        };
        let params = fmcp_core::protocol::Params::of(&params)?;
        upstream.answer(call.with_params(params)).await
    }

    /// A method that names nothing can only be for somebody who is alone.
    async fn only(&self, call: Call) -> Result<Reply> {
        match self.upstreams.as_slice() {
            [upstream] => upstream.answer(call).await,
            _ => Err(Error::new(
                Kind::MethodNotFound,
                format!(
                    "of many servers, nobody can tell which {} is for",
                    call.method()
                ),
            )),
        }
    }

    /// Whose tool or prompt it is, and what it is called there. Where the names of several fit, the longest is
    /// meant.
    pub(super) fn find_name<'a>(&self, name: &'a str) -> Result<(&Arc<Upstream>, &'a str)> {
        let fits = self.upstreams.iter().filter_map(|upstream| {
            let inner = match upstream.namespace() {
                Some(namespace) => namespace.strip_name(name)?,
                None => name,
            };
            Some((upstream, inner))
        });
        fits.min_by_key(|(_, inner)| inner.len())
            .ok_or_else(|| nobody(name))
    }

    /// Whose resource it is, and what it is called there.
    pub(super) fn find_uri(&self, uri: &str) -> Result<(&Arc<Upstream>, String)> {
        let fits = self.upstreams.iter().find_map(|upstream| {
            let inner = match upstream.namespace() {
                Some(namespace) => namespace.strip_uri(uri)?,
                None => uri.to_owned(),
            };
            Some((upstream, inner))
        });
        fits.ok_or_else(|| nobody(uri))
    }
}

/// The same call about what is called `inner`.
fn renamed(call: Call, field: &'static str, inner: &str) -> Result<Call> {
    let params = call.params().with(field, json!(inner))?;
    Ok(call.with_params(params))
}

fn nobody(name: &str) -> Error {
    Error::not_found(format!("none of the servers has {name:?}"))
}

fn none(refusals: Vec<Error>) -> Error {
    let mut refusals = refusals.into_iter();
    let Some(first) = refusals.next() else {
        return Error::invalid_params("the configuration names no server that is not disabled");
    };
    let rest = refusals.map(|refusal| refusal.to_string());
    let words: Vec<String> = std::iter::once(first.to_string()).chain(rest).collect();
    if let [alone] = words.as_slice() {
        return Error::new(first.kind(), alone.clone())
            .unsent()
            .caused_by(first);
    }
    let words = format!(
        "none of the servers can be connected to: {}",
        words.join("; ")
    );
    Error::new(Kind::Unavailable, words).unsent()
}

/// What they are and can do, together.
fn describe(upstreams: &[Arc<Upstream>]) -> DiscoverResult {
    let mut can = ServerCapabilities::new();
    let mut about = DiscoverResult::new(
        [Revision::NEWEST.as_str().to_owned()],
        ServerCapabilities::new(),
    );
    let mut instructions = Vec::new();
    for upstream in upstreams {
        let Some(theirs) = upstream.about() else {
            continue;
        };
        if let (None, Some(said)) = (upstream.namespace(), &theirs.meta) {
            about.meta = Some(said.clone());
        }
        let could = theirs.capabilities.clone();
        can.tools = can.tools.or(could.tools);
        can.resources = can.resources.or(could.resources);
        can.prompts = can.prompts.or(could.prompts);
        can.completions = can.completions.or(could.completions);
        can.logging = can.logging.or(could.logging);
        match (&theirs.instructions, upstream.namespace()) {
            (Some(words), Some(namespace)) => {
                instructions.push(format!("# {}\n\n{words}", namespace.as_str()));
            }
            (Some(words), None) => instructions.push(words.clone()),
            (None, _) => {}
        }
    }
    about.capabilities = can;
    about.instructions = (!instructions.is_empty()).then(|| instructions.join("\n\n"));
    about
}

impl Endpoint for Many {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(self.answer(call))
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let links = self
                .upstreams
                .iter()
                .filter_map(|upstream| upstream.link().ok());
            let told = links.map(|link| {
                let notice = notice.clone();
                async move { link.notify(notice).await }
            });
            join_all(told).await;
        })
    }
}

impl Link for Many {
    fn revision(&self) -> Revision {
        Revision::NEWEST
    }

    fn about(&self) -> Arc<DiscoverResult> {
        Arc::clone(&self.about)
    }

    fn carries_headers(&self) -> bool {
        let mut links = self
            .upstreams
            .iter()
            .filter_map(|upstream| upstream.link().ok());
        links.any(|link| link.carries_headers())
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            (self.tasks.lock().unwrap_or_else(PoisonError::into_inner)).abort_all();
            join_all(self.upstreams.iter().map(|upstream| upstream.close())).await;
        })
    }
}
