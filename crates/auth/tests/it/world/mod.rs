//! A protected MCP server and its authorization server. Every secret that they give begins with `SECRET-`.

mod issuer;
mod knobs;
mod proof;
mod serve;
mod site;

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex},
};

use http::HeaderMap;
use tokio::task::JoinSet;

pub(crate) use knobs::{Iss, Knobs, Prm};

/// What every secret begins with.
pub(crate) const SECRET: &str = "SECRET-";

pub(crate) struct World {
    /// Where the MCP server is.
    pub(crate) server: String,
    /// Who gives tokens.
    pub(crate) issuer: String,
    pub(crate) inner: Arc<Inner>,
    _tasks: JoinSet<()>,
}

pub(crate) struct Inner {
    pub(crate) server: String,
    pub(crate) origin: String,
    pub(crate) authority: String,
    pub(crate) knobs: Mutex<Knobs>,
    pub(crate) state: Mutex<State>,
    pub(crate) log: Mutex<Vec<Seen>>,
}

/// Who was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Mcp,
    As,
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) role: Role,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Seen {
    /// The fields of a form.
    pub(crate) fn form(&self) -> BTreeMap<String, String> {
        url::form_urlencoded::parse(self.body.as_bytes())
            .into_owned()
            .collect()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) count: usize,
    pub(crate) clients: BTreeMap<String, KnownClient>,
    pub(crate) codes: BTreeMap<String, Grant>,
    pub(crate) tokens: BTreeMap<String, Grant>,
    pub(crate) refreshes: BTreeMap<String, Grant>,
    pub(crate) proofs: HashSet<String>,
    /// What the token endpoint says before a user has typed the code; the last first.
    pub(crate) device_answers: Vec<&'static str>,
    /// What a client has done wrong.
    pub(crate) complaints: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct KnownClient {
    pub(crate) secret: Option<String>,
    pub(crate) redirects: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Grant {
    pub(crate) client: String,
    pub(crate) redirect: String,
    pub(crate) challenge: String,
    pub(crate) scope: String,
    pub(crate) resource: Option<String>,
    pub(crate) key: Option<String>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A world that is different in some way.
    pub(crate) async fn with(change: impl FnOnce(&mut Knobs)) -> Self {
        let mut knobs = Knobs::default();
        change(&mut knobs);
        let (mcp, authority) = (serve::bind().await, serve::bind().await);
        let origin = serve::origin(&mcp);
        let authority_origin = serve::origin(&authority);
        let inner = Arc::new(Inner {
            server: format!("{origin}/mcp"),
            authority: authority_origin.clone(),
            knobs: Mutex::new(knobs.clone()),
            state: Mutex::default(),
            log: Mutex::default(),
            origin,
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(serve::run(mcp, Role::Mcp, Arc::clone(&inner)));
        tasks.spawn(serve::run(authority, Role::As, Arc::clone(&inner)));
        Self {
            server: inner.server.clone(),
            issuer: format!("{authority_origin}{}", knobs.tenant),
            inner,
            _tasks: tasks,
        }
    }

    /// Changes what the servers do from now on.
    pub(crate) fn set(&self, change: impl FnOnce(&mut Knobs)) {
        change(&mut self.inner.knobs.lock().unwrap());
    }

    pub(crate) fn state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.inner.state.lock().unwrap())
    }

    /// All requests so far, as `MCP POST /mcp`.
    pub(crate) fn log(&self) -> Vec<String> {
        let log = self.inner.log.lock().unwrap();
        log.iter()
            .map(|seen| {
                let role = match seen.role {
                    Role::Mcp => "MCP",
                    Role::As => "AS",
                };
                format!("{role} {} {}", seen.method, seen.path)
            })
            .collect()
    }

    pub(crate) fn forget_log(&self) {
        self.inner.log.lock().unwrap().clear();
    }

    /// The requests to a path.
    pub(crate) fn seen(&self, path: &str) -> Vec<Seen> {
        let log = self.inner.log.lock().unwrap();
        log.iter()
            .filter(|seen| seen.path == path)
            .cloned()
            .collect()
    }

    /// How often a path was asked for.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.seen(path).len()
    }

    /// Ends all access tokens, as time does.
    pub(crate) fn expire(&self) {
        self.state(|state| state.tokens.clear());
    }

    /// Nobody has done anything wrong.
    #[track_caller]
    pub(crate) fn satisfied(&self) {
        self.state(|state| assert!(state.complaints.is_empty(), "{:?}", state.complaints));
    }
}

impl Inner {
    pub(crate) fn knobs(&self) -> Knobs {
        self.knobs.lock().unwrap().clone()
    }

    pub(crate) fn issuer(&self) -> String {
        format!("{}{}", self.authority, self.knobs().tenant)
    }

    pub(crate) fn complain(&self, words: impl Into<String>) {
        self.state.lock().unwrap().complaints.push(words.into());
    }

    /// A new secret.
    pub(crate) fn secret(&self, kind: &str) -> String {
        let mut state = self.state.lock().unwrap();
        state.count += 1;
        format!("{SECRET}{kind}-{}", state.count)
    }
}
