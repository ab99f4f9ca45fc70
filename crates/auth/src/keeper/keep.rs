//! The keeper of one server's token, as credentials.

use std::sync::Arc;

use fmcp_core::{BoxFuture, Credentials, Result};
use http::{HeaderValue, StatusCode, request, response};

use super::{
    held::Held,
    judge::{Sent, Verdict, judge},
    work::{Reason, Why, Work},
};
use crate::{
    challenge::Demand,
    discovery::REVISION,
    dpop::{Audience, USE_NONCE},
    flight::Flights,
    grant::Grant,
    scope::Scopes,
    server::Server,
    vault::Vault,
    wire::Wire,
};

/// What an application wants of its tokens.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wants {
    pub(crate) scopes: Scopes,
    /// Only tokens that are bound to a key.
    pub(crate) binding: bool,
    /// The only authorization server that the client may be shown to.
    pub(crate) issuer: Option<String>,
}

impl Wants {
    /// Whether a token will do that was got when something else may have been wanted.
    pub(super) fn allow(&self, held: &Held) -> bool {
        let issuer = self.issuer.as_deref();
        (held.proof.is_some() || !self.binding)
            && issuer.is_none_or(|issuer| issuer == held.authority.issuer())
    }
}

/// Keeps the token of one server.
pub(crate) struct Keeper {
    work: Arc<Work>,
    flights: Flights<Option<Arc<Held>>>,
}

/// How often what somebody else has got is not what was wanted, before that is an error.
const ROUNDS: usize = 4;

impl Keeper {
    pub(crate) fn new(
        server: Server,
        grant: Box<dyn Grant>,
        wants: Wants,
        wire: Wire,
        vault: Vault,
    ) -> Self {
        Self {
            work: Arc::new(Work::new(server, grant, wants, wire, vault)),
            flights: Flights::default(),
        }
    }

    /// Another token than the one that was held, unless somebody has got one meanwhile.
    async fn renew(&self, why: Why) -> Result<Option<Arc<Held>>> {
        let why = Arc::new(why);
        for _ in 0..ROUNDS {
            if let Some(held) = self.work.held()
                && why.is_met_by(&held)
            {
                return Ok(Some(held));
            }
            let (work, reason) = (Arc::clone(&self.work), Arc::clone(&why));
            let work = move || Box::pin(async move { work.run(&reason).await }) as BoxFuture<'_, _>;
            let (is_ours, outcome) = self.flights.join(work).await;
            match outcome {
                // What somebody else was refused for may not be what this is about, but it is likely, and the
                // user has just been asked.
                Err(error) => return Err(error),
                Ok(held) if is_ours => return Ok(held),
                Ok(_) => {}
            }
        }
        Ok(self.work.held())
    }
}

impl Credentials for Keeper {
    /// Without a token the request goes as it is: the refusal says where to get one.
    fn sign<'a>(&'a self, request: &'a mut request::Parts) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let server = self.work.server();
            server.check(request)?;
            self.work.load().await?;
            let Some(mut held) = self.work.held() else {
                return Ok(());
            };
            if held.is_due() {
                let why = Why {
                    stale: Some(Arc::clone(&held)),
                    demand: Demand::default(),
                    revision: None,
                    reason: Reason::Due,
                };
                match Box::pin(self.renew(why)).await {
                    Ok(Some(renewed)) => held = renewed,
                    Ok(None) => return Ok(()),
                    // It was to be renewed early, so it may still be good: the server says.
                    Err(error) if error.is_retryable() => {
                        tracing::debug!(%error, "a token could not be renewed in time");
                    }
                    Err(error) => return Err(error),
                }
            }
            held.sign(server, request)
        })
    }

    fn refused<'a>(
        &'a self,
        request: &'a request::Parts,
        response: &'a response::Parts,
    ) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let demand = Demand::read(&response.headers);
            let held = self.work.held();
            let is_held = held.as_ref().is_some_and(|held| held.was_in(request));
            if let Some(held) = held.as_ref().filter(|_| is_held)
                && let Some(prover) = &held.proof
            {
                let is_new = prover.hear(Audience::Resource, &response.headers);
                if demand.error.as_deref() == Some(USE_NONCE) {
                    return Ok(is_new);
                }
            }
            if let Some(held) = held.as_ref().filter(|_| is_held)
                && response.status == StatusCode::FORBIDDEN
            {
                // Who is known, and may not, is known.
                held.accept();
            }
            let sent = match &held {
                None => Sent::Nothing,
                Some(_) if !is_held => Sent::Another,
                Some(held) => Sent::Held {
                    requested: &held.requested,
                    is_accepted: held.is_accepted(),
                    is_new: held.is_new,
                },
            };
            let reason = match judge(response.status, &demand, sent) {
                Verdict::GiveUp => return Ok(false),
                Verdict::Again => return Ok(true),
                Verdict::Login => Reason::Login,
                Verdict::StepUp => Reason::StepUp,
            };
            let revision: Option<HeaderValue> = request.headers.get(REVISION).cloned();
            let why = Why {
                stale: held,
                demand,
                revision,
                reason,
            };
            Ok(Box::pin(self.renew(why)).await?.is_some())
        })
    }

    fn answered(&self, request: &request::Parts, response: &response::Parts) {
        let Some(held) = self.work.held().filter(|held| held.was_in(request)) else {
            return;
        };
        if response.status.is_success() {
            held.accept();
        }
        if let Some(prover) = &held.proof {
            prover.hear(Audience::Resource, &response.headers);
        }
    }

    fn is_asking(&self) -> bool {
        self.work.needs_user() && self.flights.is_under_way()
    }
}
