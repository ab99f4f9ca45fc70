//! The work of getting a token: alone in this process and among those who share the store.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use fmcp_core::{Error, Kind, Result};
use http::HeaderValue;
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use super::{
    held::{Held, Kept, Parts},
    keep::Wants,
};
use crate::{
    challenge::Demand,
    discovery::{Authority, Search},
    dpop::{Proof, Prover},
    exchange::Exchange,
    form::Form,
    grant::{Errand, Grant},
    scope::{Scopes, Wish},
    server::Server,
    token::Outcome,
    vault::{Vault, name},
    wire::Wire,
    words::{refused, repeated},
};

/// How long it may take to get a token, without a user and with one.
const ALONE: Duration = Duration::from_secs(2 * 60);
const WITH_USER: Duration = Duration::from_secs(15 * 60);

/// Why another token is wanted.
pub(crate) struct Why {
    /// The token that does not do any more.
    pub(crate) stale: Option<Arc<Held>>,
    pub(crate) demand: Demand,
    pub(crate) revision: Option<HeaderValue>,
    pub(crate) reason: Reason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It is over, or nearly.
    Due,
    /// It was refused, or there was none.
    Login,
    /// It allows too little.
    StepUp,
}

impl Why {
    /// Whether this one will do.
    pub(crate) fn is_met_by(&self, held: &Arc<Held>) -> bool {
        let is_other = |stale: &Arc<Held>| {
            !Arc::ptr_eq(stale, held) && stale.token.access != held.token.access
        };
        let allows = |wanted: &Scopes| held.requested.has_all(wanted);
        self.stale.as_ref().is_none_or(is_other)
            && !held.is_due()
            && (self.reason != Reason::StepUp || self.demand.scopes.as_ref().is_none_or(allows))
    }
}

/// Under which name the tokens of a server are kept.
#[derive(Clone, Serialize, Deserialize)]
struct Known {
    issuer: String,
    token: String,
}

pub(crate) struct Work {
    server: Server,
    grant: Box<dyn Grant>,
    wants: Wants,
    wire: Wire,
    vault: Vault,
    /// Where it is kept which token is the server's, and who is at work on it.
    known: String,
    turn: String,
    state: Mutex<State>,
    loaded: OnceCell<()>,
}

#[derive(Default)]
struct State {
    held: Option<Arc<Held>>,
    /// The authorization server that the client has been shown to.
    issuer: Option<String>,
}

impl Work {
    pub(super) fn new(
        server: Server,
        grant: Box<dyn Grant>,
        wants: Wants,
        wire: Wire,
        vault: Vault,
    ) -> Self {
        let identity = grant.identity();
        let parts = [server.url().as_str(), &identity];
        Self {
            known: name("server", &parts),
            turn: name("turn", &parts),
            server,
            grant,
            wants,
            wire,
            vault,
            state: Mutex::default(),
            loaded: OnceCell::new(),
        }
    }

    pub(super) fn server(&self) -> &Server {
        &self.server
    }

    pub(super) fn needs_user(&self) -> bool {
        self.grant.needs_user()
    }

    pub(super) fn held(&self) -> Option<Arc<Held>> {
        self.with(|state| state.held.clone())
    }

    fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads, once, what has been kept since the last start.
    pub(super) async fn load(&self) -> Result<()> {
        let load = || async {
            if let Some((known, held)) = self.kept().await? {
                self.with(|state| {
                    state.held = held.map(Arc::new);
                    state.issuer = Some(known.issuer);
                });
            }
            Ok(())
        };
        self.loaded.get_or_try_init(load).await.map(drop)
    }

    async fn kept(&self) -> Result<Option<(Known, Option<Held>)>> {
        let Some(known) = self.vault.get::<Known>(&self.known).await? else {
            return Ok(None);
        };
        let kept = self.vault.get::<Kept>(&known.token).await?;
        let held = kept
            .and_then(|kept| kept.restore(self.grant.key()))
            .filter(|held| self.wants.allow(held));
        Ok(Some((known, held)))
    }

    /// Gets another token, unless there is no way to.
    pub(super) async fn run(&self, why: &Why) -> Result<Option<Arc<Held>>> {
        let limit = if self.grant.needs_user() {
            WITH_USER
        } else {
            ALONE
        };
        let work = Box::pin(self.vault.alone(&self.turn, self.gain(why)));
        let late = |_| {
            Error::new(
                Kind::Timeout,
                format!("no token was got within {} minutes", limit.as_secs() / 60),
            )
        };
        tokio::time::timeout(limit, work).await.map_err(late)??
    }

    async fn gain(&self, why: &Why) -> Result<Option<Arc<Held>>> {
        let mut stale = why.stale.clone();
        // Another program that shares the store may have got one while this one waited for its turn.
        if let Some((_, Some(theirs))) = self.kept().await? {
            let theirs = Arc::new(theirs);
            if why.is_met_by(&theirs) {
                self.with(|state| state.held = Some(Arc::clone(&theirs)));
                return Ok(Some(theirs));
            }
            // Whatever has been renewed since is what can be renewed again.
            let access = |held: &Arc<Held>| held.token.access.clone();
            if stale.as_ref().map(access) != Some(access(&theirs)) {
                stale = Some(theirs);
            }
        }
        match why.reason {
            Reason::Due => self.renew(stale).await,
            Reason::Login | Reason::StepUp => self.log_in(why, stale.as_ref()).await.map(Some),
        }
    }

    /// Renews a token before it is over; nothing where that is not possible without the user, whom only
    /// a refusal is a reason to ask.
    async fn renew(&self, stale: Option<Arc<Held>>) -> Result<Option<Arc<Held>>> {
        let Some(stale) = stale else {
            return Ok(None);
        };
        if let Some(renewed) = self.refresh(&stale, &stale.authority).await? {
            return Ok(Some(renewed));
        }
        if self.grant.needs_user() {
            self.forget(&stale).await?;
            return Ok(None);
        }
        let authority = Arc::clone(&stale.authority);
        let scopes = stale.requested.clone();
        self.obtain(authority, scopes, stale.proof.clone())
            .await
            .map(Some)
    }

    async fn log_in(&self, why: &Why, stale: Option<&Arc<Held>>) -> Result<Arc<Held>> {
        let agreed = self.with(|state| state.issuer.clone());
        let agreed = self.wants.issuer.clone().or(agreed);
        let search = Search {
            wire: &self.wire,
            server: self.server.url(),
            demand: &why.demand,
            preferred: agreed.as_deref(),
            revision: why.revision.as_ref(),
        };
        let authority = Arc::new(search.authority().await?);
        self.check_issuer(&authority, agreed.as_deref())?;
        // What another authorization server gave, or was asked for, is nothing to this one.
        let stale = stale.filter(|stale| stale.authority.issuer() == authority.issuer());
        if why.reason == Reason::Login
            && let Some(stale) = stale
            && let Some(renewed) = self.refresh(stale, &authority).await?
        {
            return Ok(renewed);
        }
        let offered = authority.server.scopes();
        let scopes = Wish {
            configured: &self.wants.scopes,
            challenged: why.demand.scopes.as_ref(),
            supported: authority.scopes.as_ref(),
            before: stale.map(|stale| &stale.requested),
            offered: offered.as_ref().filter(|_| self.grant.needs_user()),
        }
        .scopes();
        let known = stale.and_then(|stale| stale.proof.clone());
        let proof = self.proof(why, &authority, known)?;
        self.obtain(authority, scopes, proof).await
    }

    /// Credentials of the application's own belong to the authorization server that gave them.
    fn check_issuer(&self, authority: &Authority, agreed: Option<&str>) -> Result<()> {
        let is_bound = self.wants.issuer.is_some() || self.grant.has_own_client();
        match agreed.filter(|_| is_bound) {
            Some(agreed) if agreed != authority.issuer() => Err(refused(format!(
                "the server wants tokens of {:?} now, but this client is registered at {:?}; register it \
                 there and give the new credentials",
                repeated(authority.issuer()),
                repeated(agreed)
            ))),
            _ => Ok(()),
        }
    }

    /// What binds tokens to a key, where that is wanted: the key that is `known`, or a new one.
    fn proof(&self, why: &Why, authority: &Authority, known: Proof) -> Result<Proof> {
        if !(self.wants.binding || why.demand.bound || authority.wants_binding) {
            return Ok(None);
        }
        if !authority.server.binds_tokens() {
            return Err(refused(format!(
                "tokens are to be bound to a key (DPoP), but the authorization server {:?} does not do \
                 that with ES256",
                repeated(authority.issuer())
            )));
        }
        match known {
            Some(prover) => Ok(Some(prover)),
            None => Ok(Some(Arc::new(Prover::new()?))),
        }
    }

    /// A new token for an old one; nothing where there is no way to, or the server wants no more of it.
    async fn refresh(
        &self,
        stale: &Arc<Held>,
        authority: &Arc<Authority>,
    ) -> Result<Option<Arc<Held>>> {
        let Some(refresh) = &stale.token.refresh else {
            return Ok(None);
        };
        let mut form = Form::grant("refresh_token");
        form.add_secret("refresh_token", refresh);
        form.add_if_any("resource", authority.resource.as_deref());
        let exchange = Exchange {
            wire: &self.wire,
            authority,
            client: &stale.client,
            proof: &stale.proof,
        };
        match exchange.ask(&form).await? {
            Outcome::Granted(mut token) => {
                // A server that does not rotate says nothing about the old one.
                token.refresh = token.refresh.or_else(|| Some(refresh.clone()));
                let parts = Parts {
                    token,
                    client: stale.client.clone(),
                    authority: Arc::clone(authority),
                    requested: stale.requested.clone(),
                    proof: stale.proof.clone(),
                    is_new: false,
                };
                self.hold(parts).await.map(Some)
            }
            Outcome::Refused(_, error) => {
                tracing::debug!(%error, "a token could not be renewed");
                Ok(None)
            }
        }
    }

    async fn obtain(
        &self,
        authority: Arc<Authority>,
        scopes: Scopes,
        proof: Proof,
    ) -> Result<Arc<Held>> {
        tracing::debug!(
            server = self.server.url().host_str(),
            issuer = authority.issuer(),
            %scopes,
            "a token is asked for"
        );
        let gained = self
            .grant
            .obtain(Errand {
                wire: &self.wire,
                vault: &self.vault,
                authority: &authority,
                scopes: &scopes,
                proof: &proof,
            })
            .await?;
        let parts = Parts {
            token: gained.token,
            client: gained.client,
            authority,
            requested: scopes,
            proof,
            is_new: true,
        };
        self.hold(parts).await
    }

    async fn hold(&self, parts: Parts) -> Result<Arc<Held>> {
        let held = Arc::new(Held::new(parts)?);
        let issuer = held.authority.issuer().to_owned();
        self.with(|state| {
            state.held = Some(Arc::clone(&held));
            state.issuer = Some(issuer.clone());
        });
        let token = self.token_name(&held);
        // The token is good even where it cannot be kept.
        let kept = async {
            self.vault.put(&token, &held.kept()).await?;
            let known = Known {
                issuer,
                token: token.clone(),
            };
            self.vault.put(&self.known, &known).await
        };
        if let Err(error) = kept.await {
            tracing::warn!(%error, "a token could not be kept: the next start has to get another one");
        }
        Ok(held)
    }

    async fn forget(&self, stale: &Arc<Held>) -> Result<()> {
        self.with(|state| {
            if state
                .held
                .as_ref()
                .is_some_and(|held| Arc::ptr_eq(held, stale))
            {
                state.held = None;
            }
        });
        self.vault.delete(&self.token_name(stale)).await
    }

    /// Tokens are kept by who gave them, for what, and to whom.
    fn token_name(&self, held: &Held) -> String {
        let authority = &held.authority;
        let resource = authority.resource.as_deref();
        let resource = resource.unwrap_or_else(|| self.server.url().as_str());
        name("token", &[authority.issuer(), resource, &held.client.id])
    }
}
