//! Where what a server asks is answered.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use fmcp_core::{
    BoxFuture, Error, Kind, Raw, Result,
    protocol::{
        Method,
        model::{
            ClientCapabilities, CreateMessageParams, CreateMessageResult, ElicitFormParams,
            ElicitParams, ElicitResult, ElicitUrlParams, ElicitationCapability, Implementation,
            InputRequest, RootsCapability, SamplingCapability, SamplingContent,
        },
    },
};
use serde::Serialize;
use tokio::{sync::Semaphore, task::JoinSet};

use super::{
    Answer, Completions, Consent, Elicitation, Handler, Roots, Sampler, UrlElicitation, form,
    handler::Trouble,
};

/// How many questions are answered at once; others wait.
const AT_ONCE: usize = 16;

/// How many questions may be open, those that wait included.
const OPEN: usize = 256;

/// How long an answer may take, unless the client says otherwise: people think.
pub(in crate::client) const PATIENCE: Duration = Duration::from_mins(5);

/// Who answers what.
#[derive(Clone)]
pub(in crate::client) struct Handlers {
    pub(in crate::client) form: Option<Handler<Elicitation, Answer>>,
    pub(in crate::client) url: Option<Handler<UrlElicitation, Consent>>,
    pub(in crate::client) sampler: Option<Arc<dyn Sampler>>,
    pub(in crate::client) roots: Option<Roots>,
    pub(in crate::client) patience: Duration,
}

impl Default for Handlers {
    fn default() -> Self {
        Self {
            form: None,
            url: None,
            sampler: None,
            roots: None,
            patience: PATIENCE,
        }
    }
}

impl Handlers {
    /// What a client with these can do for its server.
    pub(in crate::client) fn capabilities(&self) -> ClientCapabilities {
        let yes = || Raw::empty_object();
        let mut all = ClientCapabilities::new();
        if self.form.is_some() || self.url.is_some() {
            let mut ways = ElicitationCapability::new();
            ways.form = self.form.as_ref().map(|_| yes());
            ways.url = self.url.as_ref().map(|_| yes());
            all.elicitation = Some(ways);
        }
        all.sampling = self.sampler.as_ref().map(|sampler| {
            let mut sampling = SamplingCapability::new();
            sampling.tools = sampler.takes_tools().then(yes);
            sampling
        });
        let changes = || RootsCapability::new().list_changed(true);
        all.roots = self.roots.as_ref().map(|_| changes());
        all
    }
}

/// Where what a server asks is answered: by the handlers, each in a task of its own, so that nothing
/// that one does harms anybody else; a bounded number at once, each in bounded time.
pub(in crate::client) struct Desk {
    handlers: Handlers,
    server: OnceLock<Arc<Implementation>>,
    completions: Completions,
    turns: Semaphore,
    open: AtomicUsize,
}

impl Desk {
    pub(in crate::client) fn new(handlers: Handlers) -> Self {
        Self {
            handlers,
            server: OnceLock::new(),
            completions: Completions::default(),
            turns: Semaphore::new(AT_ONCE),
            open: AtomicUsize::new(0),
        }
    }

    /// This is who asks.
    pub(in crate::client) fn serve(&self, server: Implementation) {
        let _ = self.server.set(Arc::new(server));
    }

    pub(in crate::client) fn roots(&self) -> Option<&Roots> {
        self.handlers.roots.as_ref()
    }

    pub(in crate::client) fn completions(&self) -> &Completions {
        &self.completions
    }

    /// How long an answer may take.
    pub(in crate::client) fn patience(&self) -> Duration {
        self.handlers.patience
    }

    /// Whether somebody is there to answer; else the words for the server.
    pub(in crate::client) fn can_answer(&self, question: &InputRequest) -> Result<()> {
        let handlers = &self.handlers;
        match question {
            InputRequest::Elicit(ask) => {
                if handlers.form.is_none() && handlers.url.is_none() {
                    return Err(unknown(&Method::Elicit));
                }
                let (way, there) = match &ask.params {
                    ElicitParams::Form(_) => ("with a form", handlers.form.is_some()),
                    ElicitParams::Url(_) => ("at an address", handlers.url.is_some()),
                    _ => ("in this way", false),
                };
                let words = || format!("the client has not said that it can ask the user {way}");
                there
                    .then_some(())
                    .ok_or_else(|| Error::invalid_params(words()))
            }
            InputRequest::CreateMessage(ask) => match &handlers.sampler {
                None => Err(unknown(&Method::CreateMessage)),
                Some(sampler) if wants_tools(&ask.params) && !sampler.takes_tools() => {
                    Err(Error::invalid_params(
                        "the client has not said that its model can be given tools",
                    ))
                }
                Some(_) => Ok(()),
            },
            InputRequest::ListRoots(_) if handlers.roots.is_some() => Ok(()),
            InputRequest::ListRoots(_) => Err(unknown(&Method::ListRoots)),
            _ => Err(Error::new(
                Kind::MethodNotFound,
                "the client does not know this question",
            )),
        }
    }

    /// Answers a question. What went wrong with a handler is the error's source: for here, not for the
    /// server.
    pub(in crate::client) async fn answer(&self, question: InputRequest) -> Result<Raw> {
        self.can_answer(&question)?;
        let _open = Open::one(&self.open)?;
        let patience = self.handlers.patience;
        // Dropped, it ends what runs in it.
        let mut task = JoinSet::new();
        let answering = async {
            let _turn = self.turns.acquire().await;
            task.spawn(self.work(question));
            task.join_next().await
        };
        let answer: Result<Raw, Trouble> = match tokio::time::timeout(patience, answering).await {
            Err(_) => Err(format!("there was no answer within {patience:?}").into()),
            Ok(Some(Ok(answer))) => answer,
            Ok(Some(Err(broken))) => Err(format!("the handler failed: {broken}").into()),
            Ok(None) => Err("the handler has not run".into()),
        };
        answer.map_err(|why| {
            Error::new(Kind::Handler, "the client could not answer the question").caused_by(why)
        })
    }

    fn work(&self, question: InputRequest) -> BoxFuture<'static, Result<Raw, Trouble>> {
        let handlers = self.handlers.clone();
        let server = self.server.get().cloned();
        let completions = self.completions.clone();
        Box::pin(async move {
            match (question, handlers) {
                (InputRequest::Elicit(ask), handlers) => match (ask.params, handlers) {
                    (
                        ElicitParams::Form(ask),
                        Handlers {
                            form: Some(handler),
                            ..
                        },
                    ) => written(&fill_in(&handler, ask, server).await?),
                    (
                        ElicitParams::Url(ask),
                        Handlers {
                            url: Some(handler), ..
                        },
                    ) => written(&consent(&handler, ask, server, completions).await?),
                    _ => Err(nobody()),
                },
                (
                    InputRequest::CreateMessage(ask),
                    Handlers {
                        sampler: Some(sampler),
                        ..
                    },
                ) => written(&plainest(sampler.sample(ask.params).await?)),
                (
                    InputRequest::ListRoots(_),
                    Handlers {
                        roots: Some(roots), ..
                    },
                ) => written(&roots.list().await?),
                _ => Err(nobody()),
            }
        })
    }
}

async fn fill_in(
    handler: &Handler<Elicitation, Answer>,
    ask: ElicitFormParams,
    server: Option<Arc<Implementation>>,
) -> Result<ElicitResult, Trouble> {
    let form = ask.requested_schema.clone();
    let answer = handler.run(Elicitation::new(ask, server)).await?;
    if answer.action != fmcp_core::protocol::model::ElicitAction::Accept {
        return Ok(answer.action.into());
    }
    let content = form::fill(&form, &answer.content?)
        .map_err(|why| format!("the answer does not fit the form: {why}"))?;
    Ok(ElicitResult::accept(content))
}

async fn consent(
    handler: &Handler<UrlElicitation, Consent>,
    ask: ElicitUrlParams,
    server: Option<Arc<Implementation>>,
    completions: Completions,
) -> Result<ElicitResult, Trouble> {
    let question = UrlElicitation::new(ask, server, completions)?;
    let consent = handler.run(question).await?;
    Ok(ElicitResult::new(consent))
}

/// One block stands alone, as revisions without lists of blocks have it.
fn plainest(mut said: CreateMessageResult) -> CreateMessageResult {
    if let SamplingContent::Many(blocks) = &mut said.content
        && blocks.len() == 1
        && let Some(block) = blocks.pop()
    {
        said.content = SamplingContent::One(block);
    }
    said
}

fn wants_tools(ask: &CreateMessageParams) -> bool {
    ask.tools.is_some() || ask.tool_choice.is_some()
}

fn written<T: Serialize>(answer: &T) -> Result<Raw, Trouble> {
    Ok(Raw::from_serialize(answer)?)
}

fn nobody() -> Trouble {
    "nobody is there to answer".into()
}

fn unknown(method: &Method) -> Error {
    Error::new(
        Kind::MethodNotFound,
        format!("the client does not answer {method}"),
    )
}

/// A question that is open.
struct Open<'a>(&'a AtomicUsize);

impl<'a> Open<'a> {
    fn one(count: &'a AtomicUsize) -> Result<Self> {
        let open = Self(count);
        if count.fetch_add(1, Ordering::Relaxed) < OPEN {
            return Ok(open);
        }
        Err(Error::new(
            Kind::Overloaded,
            format!("the client has {OPEN} questions to answer already"),
        ))
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
