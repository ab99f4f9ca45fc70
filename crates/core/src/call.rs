//! What is asked of an endpoint.

use std::{
    borrow::Cow,
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Instant,
};

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    Component, Endpoint, Error, Extensions, Extra, Home, Principal, Raw, Result, Rounds, Session,
    levels::Shelf,
    protocol::{
        Method, Params, Revision,
        model::{ClientCapabilities, Implementation, LogLevel, Meta, ProgressToken},
        revision::TaskTerms,
    },
};

/// One call: what is asked for, by whom, and what travels with it.
///
/// A call is made once, at the edge, and goes through every layer by value. Cloning is cheap (a retry
/// may run the clone); changing a call that was cloned copies it first.
#[derive(Clone)]
pub struct Call(Arc<Parts>);

#[derive(Clone)]
struct Parts {
    method: Method,
    params: Params,
    /// The parameters as they came over HTTP, where they have been replaced since.
    received: Option<Box<Params>>,
    revision: Revision,
    id: Option<Bytes>,
    /// Values found in a resource's URI, as the text of a JSON object.
    variables: Option<Raw>,
    session: Option<Arc<Session>>,
    principal: Option<Arc<Principal>>,
    headers: Option<Arc<http::HeaderMap>>,
    deadline: Option<Instant>,
    peer: Option<Arc<dyn Endpoint>>,
    home: Option<Arc<Home>>,
    component: Option<Arc<Component>>,
    extensions: Extensions,
    /// Values that middleware and handlers of one call, and of the calls that it makes, share.
    values: OnceLock<Arc<Shelf>>,
    scratch: OnceLock<Arc<Mutex<Extensions>>>,
    /// What has been asked and answered, once somebody asks.
    rounds: OnceLock<Arc<Rounds>>,
    /// What tasks have to do with it.
    task: Tasking,
    /// How many calls on behalf of others lie between the caller and this one.
    nesting: u8,
    /// Which of the calls on behalf of the caller's call it is, the same in every run of the handlers.
    path: Option<Arc<str>>,
}

/// What tasks have to do with a call.
#[derive(Clone, Default)]
enum Tasking {
    #[default]
    None,
    /// Its handler may go on as one.
    Offered(TaskOffer),
    /// It runs as this one.
    Runs(Arc<str>),
}

/// When a call may become a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskOffer {
    /// Before its handler runs.
    AtOnce,
    /// When its handler says so ([`Context::begin_task`](crate::Context::begin_task)).
    WhenToldSo,
}

/// How many calls may lie between a caller and a call made on its behalf.
const MAX_NESTING: u8 = 32;

impl Call {
    /// A call of the newest revision from within the process.
    #[must_use]
    pub fn new(method: Method, params: Params) -> Self {
        Self::received(method, params, Revision::NEWEST, None, None)
    }

    /// A call with parameters that are yet to be written.
    ///
    /// # Errors
    /// When `params` is not written as a JSON object.
    pub fn of<P: Serialize + ?Sized>(method: Method, params: &P) -> Result<Self> {
        Ok(Self::new(method, Params::of(params)?))
    }

    /// A call as it came, in `revision` and perhaps in a session.
    pub(crate) fn received(
        method: Method,
        params: Params,
        revision: Revision,
        id: Option<Bytes>,
        session: Option<Arc<Session>>,
    ) -> Self {
        Self(Arc::new(Parts {
            method,
            params,
            received: None,
            revision,
            id,
            session,
            variables: None,
            principal: None,
            headers: None,
            deadline: None,
            peer: None,
            home: None,
            component: None,
            extensions: Extensions::new(),
            values: OnceLock::new(),
            scratch: OnceLock::new(),
            rounds: OnceLock::new(),
            task: Tasking::None,
            nesting: 0,
            path: None,
        }))
    }

    /// What stands for a call where there is none: for whoever asks the client of a session, or tells it
    /// something, outside of its calls.
    #[must_use]
    pub fn outside(line: Arc<dyn crate::Line>) -> Self {
        let session = Arc::clone(line.session());
        let (revision, principal) = (session.revision(), line.principal());
        let mut call = Self::received(
            Method::Ping,
            Params::default(),
            revision,
            None,
            Some(session),
        )
        .with_peer(line as _);
        call.parts().principal = principal;
        call
    }

    /// A call on behalf of this one: same caller, same deadline, same named values.
    ///
    /// # Errors
    /// When `params` is not written as a JSON object, or such calls nest too deeply.
    pub fn derive<P: Serialize + ?Sized>(&self, method: Method, params: &P) -> Result<Self> {
        if self.0.nesting >= MAX_NESTING {
            return Err(Error::internal(format!(
                "calls within calls nest deeper than {MAX_NESTING} levels"
            )));
        }
        let mut params = Params::of(params)?;
        // Only these may ask.
        let may_ask = matches!(
            method,
            Method::CallTool | Method::ReadResource | Method::GetPrompt
        );
        let text = params.raw().unwrap_or_default();
        let path = may_ask.then(|| self.rounds().enter(self.path(), method.as_str(), text));
        if let (None, Some(_)) = (params.meta(), self.0.params.meta()) {
            // The client is the same, and wants the same log messages; progress is the outer call's.
            let mut meta = self.meta();
            meta.remove(Meta::PROGRESS_TOKEN);
            // Which version of a component is wanted is about that component.
            meta.remove("fastmcp");
            let meta = Raw::from_serialize(&meta)
                .map_err(|e| Error::internal("metadata cannot be written").caused_by(e))?;
            params = params.with("_meta", meta)?;
        }
        let mut call = Self::new(method, params);
        let (from, parts) = (&*self.0, call.parts());
        parts.revision = from.revision;
        parts.session.clone_from(&from.session);
        parts.principal.clone_from(&from.principal);
        parts.headers.clone_from(&from.headers);
        parts.deadline = from.deadline;
        parts.peer.clone_from(&from.peer);
        parts.extensions = from.extensions.clone();
        parts.values = OnceLock::from(Arc::clone(from.values.get_or_init(Arc::default)));
        parts.rounds = from.rounds.clone();
        if let Tasking::Runs(_) = &from.task {
            parts.task = from.task.clone();
        }
        parts.nesting = from.nesting + 1;
        parts.path = path;
        Ok(call)
    }

    /// Whether it was made on behalf of another call. Its headers, for one, are that other call's.
    #[must_use]
    pub fn is_derived(&self) -> bool {
        self.0.nesting > 0
    }

    /// What the call has asked its client and been answered, with every call on its behalf.
    #[must_use]
    pub fn rounds(&self) -> &Arc<Rounds> {
        self.0.rounds.get_or_init(|| {
            let given = self.0.params.input_responses();
            let given = given.and_then(|text| serde_json::from_slice(text).ok());
            Arc::new(Rounds::new(given.unwrap_or_default()))
        })
    }

    /// Whether anybody has asked something on the way of this call.
    #[must_use]
    pub fn has_rounds(&self) -> bool {
        self.0.rounds.get().is_some()
    }

    /// Sets what has been asked and answered: for whoever runs a handler again.
    #[must_use]
    pub fn with_rounds(mut self, rounds: Rounds) -> Self {
        self.parts().rounds = OnceLock::from(Arc::new(rounds));
        self
    }

    /// The task that the call runs as, if it runs as one.
    #[must_use]
    pub fn task_id(&self) -> Option<&str> {
        match &self.0.task {
            Tasking::Runs(id) => Some(id),
            _ => None,
        }
    }

    /// When the call may become a task.
    #[must_use]
    pub fn task_offer(&self) -> Option<TaskOffer> {
        match self.0.task {
            Tasking::Offered(offer) => Some(offer),
            _ => None,
        }
    }

    /// What the caller has said about being answered with a task.
    #[must_use]
    pub fn task_terms(&self) -> TaskTerms {
        self.0.revision.task_terms(self)
    }

    /// Lets the call become a task: it then ends with [`Kind::TaskBegins`](crate::Kind::TaskBegins).
    #[must_use]
    pub fn with_task_offer(mut self, offer: TaskOffer) -> Self {
        self.parts().task = Tasking::Offered(offer);
        self
    }

    /// Sets the task that the call runs as.
    #[must_use]
    pub fn with_task(mut self, id: impl Into<Arc<str>>) -> Self {
        self.parts().task = Tasking::Runs(id.into());
        self
    }

    /// Which of the calls on behalf of the caller's call it is; empty for that itself.
    pub(crate) fn path(&self) -> &str {
        self.0.path.as_deref().unwrap_or_default()
    }

    /// What is asked for.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.0.method
    }

    /// The name of the tool or prompt, or the URI of the resource.
    #[must_use]
    pub fn name(&self) -> Option<Cow<'_, str>> {
        self.0.params.name()
    }

    /// The parameters.
    #[must_use]
    pub fn params(&self) -> &Params {
        &self.0.params
    }

    /// The parameters that the call's headers speak of: as they came, whatever middleware has made of
    /// them since.
    #[must_use]
    pub fn received_params(&self) -> &Params {
        self.0.received.as_deref().unwrap_or(&self.0.params)
    }

    /// The arguments of a tool or prompt, or the values in a resource's URI, as JSON text.
    #[must_use]
    pub fn arguments(&self) -> Option<&[u8]> {
        match &self.0.variables {
            Some(variables) => Some(variables.as_str().as_bytes()),
            None => self.0.params.arguments(),
        }
    }

    /// The arguments as a `T`. Absent arguments read as an empty object.
    ///
    /// # Errors
    /// [`Kind::BadArguments`](crate::Kind::BadArguments) when they are not a `T`.
    pub fn parse_arguments<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(self.arguments().unwrap_or(b"{}")).map_err(|e| {
            Error::new(crate::Kind::BadArguments, crate::protocol::shorten(&e)).caused_by(e)
        })
    }

    /// The revision that the peer speaks.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.0.revision
    }

    /// The request's id as it came, where the call came as a request.
    #[must_use]
    pub fn id(&self) -> Option<&Bytes> {
        self.0.id.as_ref()
    }

    /// The legacy session that the call belongs to.
    #[must_use]
    pub fn session(&self) -> Option<&Arc<Session>> {
        self.0.session.as_ref()
    }

    /// Who is calling.
    #[must_use]
    pub fn principal(&self) -> Option<&Arc<Principal>> {
        self.0.principal.as_ref()
    }

    /// The headers of the HTTP request, where there was one.
    #[must_use]
    pub fn headers(&self) -> Option<&Arc<http::HeaderMap>> {
        self.0.headers.as_ref()
    }

    /// When the caller stops waiting.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.0.deadline
    }

    /// The way back to the caller while the call runs: takes notices, and on legacy sessions questions.
    #[must_use]
    pub fn peer(&self) -> Option<&Arc<dyn Endpoint>> {
        self.0.peer.as_ref()
    }

    /// The server that answers, with its state.
    #[must_use]
    pub fn home(&self) -> Option<&Arc<Home>> {
        self.0.home.as_ref()
    }

    /// The component that answers.
    #[must_use]
    pub fn component(&self) -> Option<&Arc<Component>> {
        self.0.component.as_ref()
    }

    /// The application's own state.
    #[must_use]
    pub fn state(&self) -> Option<&Arc<Extensions>> {
        self.0.home.as_ref().map(|home| home.state())
    }

    /// Typed values that travel with the call.
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        &self.0.extensions
    }

    /// Who the client says it is.
    #[must_use]
    pub fn client(&self) -> Option<Implementation> {
        match self.0.params.client_info() {
            Some(text) => serde_json::from_slice(text).ok(),
            None => self.0.session.as_ref()?.client().cloned(),
        }
    }

    /// What the client can do.
    #[must_use]
    pub fn client_capabilities(&self) -> ClientCapabilities {
        match (self.0.params.client_capabilities(), &self.0.session) {
            (Some(text), _) => serde_json::from_slice(text).unwrap_or_default(),
            (None, Some(session)) => session.capabilities().clone(),
            (None, None) => ClientCapabilities::default(),
        }
    }

    /// From which level on the caller wants log messages for this call; `None`: not at all.
    #[must_use]
    pub fn log_level(&self) -> Option<LogLevel> {
        match &self.0.session {
            Some(session) => session.log_level(),
            None => self.0.params.log_level()?.parse().ok(),
        }
    }

    /// What the caller wants progress to be reported under.
    #[must_use]
    pub fn progress_token(&self) -> Option<ProgressToken> {
        serde_json::from_slice(&self.0.params.progress_token()?).ok()
    }

    /// Whether the caller wants to hear of progress.
    #[must_use]
    pub fn wants_progress(&self) -> bool {
        self.0.params.progress_token().is_some()
    }

    /// The request's metadata.
    #[must_use]
    pub fn meta(&self) -> Extra {
        self.0
            .params
            .meta()
            .and_then(|text| serde_json::from_slice(text).ok())
            .unwrap_or_default()
    }

    /// A named value that middleware or a handler left with this call.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<Value> {
        self.0.values.get()?.get(key)
    }

    /// Leaves a named value with this call; clones of the call see it, too.
    pub fn set_value(&self, key: impl Into<String>, value: impl Into<Value>) {
        let values = self.0.values.get_or_init(Arc::default);
        values.put(&key.into(), value.into());
    }

    /// What middleware and handlers have left with this call, if anything.
    pub(crate) fn shelf(&self) -> Option<&Arc<Shelf>> {
        self.0.values.get()
    }

    /// Where middleware and handlers leave values with this call.
    pub(crate) fn own_shelf(&self) -> Arc<Shelf> {
        Arc::clone(self.0.values.get_or_init(Arc::default))
    }

    /// A value that belongs to this call alone, made when it is first asked for.
    #[must_use]
    pub fn scratch<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        let scratch = self.0.scratch.get_or_init(Arc::default);
        let mut values = scratch.lock().unwrap_or_else(PoisonError::into_inner);
        values.get_arc().unwrap_or_else(|| {
            let value = Arc::new(T::default());
            values.insert_arc(Arc::clone(&value));
            value
        })
    }

    /// A value that belongs to this call alone, if it has been made.
    #[must_use]
    pub fn scratch_if_any<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        let scratch = self.0.scratch.get()?;
        let values = scratch.lock().unwrap_or_else(PoisonError::into_inner);
        values.get_arc()
    }

    /// Replaces the parameters.
    #[must_use]
    pub fn with_params(mut self, params: Params) -> Self {
        self.replace_params(params);
        self
    }

    /// Replaces the arguments.
    ///
    /// # Errors
    /// When the parameters are not an object.
    pub fn with_arguments(mut self, arguments: impl Into<Raw>) -> Result<Self> {
        self.set_arguments(arguments)?;
        Ok(self)
    }

    /// Replaces the arguments in place.
    ///
    /// # Errors
    /// When the parameters are not an object.
    pub fn set_arguments(&mut self, arguments: impl Into<Raw>) -> Result<()> {
        let arguments = arguments.into();
        if self.0.variables.is_some() {
            self.parts().variables = Some(arguments);
        } else {
            let params = self.0.params.with("arguments", arguments)?;
            self.replace_params(params);
        }
        Ok(())
    }

    /// Sets the values that were found in a resource's URI.
    #[must_use]
    pub fn with_variables(mut self, variables: Raw) -> Self {
        self.parts().variables = Some(variables);
        self
    }

    /// The same call, for another server to answer as if it had come there: about what is called `name`
    /// there, where that is another name than here.
    #[must_use]
    pub fn forwarded(mut self, name: Option<&str>) -> Self {
        if let Some(name) = name {
            let params = self.0.params.renamed(name);
            self.replace_params(params);
        }
        if self.0.variables.is_some() {
            self.parts().variables = None;
        }
        self
    }

    /// Sets the request's id.
    #[must_use]
    pub fn with_id(mut self, id: Bytes) -> Self {
        self.parts().id = Some(id);
        self
    }

    /// Sets the legacy session.
    #[must_use]
    pub fn with_session(mut self, session: Arc<Session>) -> Self {
        self.parts().session = Some(session);
        self
    }

    /// Sets who is calling.
    #[must_use]
    pub fn with_principal(mut self, principal: Arc<Principal>) -> Self {
        self.parts().principal = Some(principal);
        self
    }

    /// Sets the headers.
    #[must_use]
    pub fn with_headers(mut self, headers: Arc<http::HeaderMap>) -> Self {
        self.parts().headers = Some(headers);
        self
    }

    /// Sets when the caller stops waiting.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Instant) -> Self {
        self.parts().deadline = Some(deadline);
        self
    }

    /// Sets the way back to the caller.
    #[must_use]
    pub fn with_peer(mut self, peer: Arc<dyn Endpoint>) -> Self {
        self.parts().peer = Some(peer);
        self
    }

    /// Sets the server that answers, with its state.
    #[must_use]
    pub fn with_home(mut self, home: Arc<Home>) -> Self {
        self.parts().home = Some(home);
        self
    }

    /// Sets the component that answers, and the server that it belongs to.
    #[must_use]
    pub fn with_component(mut self, component: Arc<Component>, home: Arc<Home>) -> Self {
        let parts = self.parts();
        parts.component = Some(component);
        parts.home = Some(home);
        self
    }

    /// Typed values that travel with the call.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        &mut self.parts().extensions
    }

    fn replace_params(&mut self, params: Params) {
        let parts = self.parts();
        let before = std::mem::replace(&mut parts.params, params);
        if parts.headers.is_some() && parts.received.is_none() {
            parts.received = Some(Box::new(before));
        }
    }

    fn parts(&mut self) -> &mut Parts {
        if Arc::strong_count(&self.0) > 1 {
            // A clone is about to be changed; what is shared must be there before the two part.
            self.0.values.get_or_init(Arc::default);
        }
        Arc::make_mut(&mut self.0)
    }
}

/// Arguments and headers may hold what nobody should read in a log.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("method", &self.method().as_str())
            .field("name", &self.name())
            .field("revision", &self.revision())
            .finish_non_exhaustive()
    }
}
