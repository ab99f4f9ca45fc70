//! The seam to the ways in which a token is got where there is none to renew.

use fmcp_core::{BoxFuture, Result};

use crate::{
    client::Client,
    discovery::Authority,
    dpop::Proof,
    exchange::Exchange,
    form::Form,
    registration::Application,
    scope::Scopes,
    signing::SigningKey,
    token::{Outcome, Token},
    vault::Vault,
    wire::Wire,
};

/// A way to get a token. Whoever calls it has found out who gives them.
pub(crate) trait Grant: Send + Sync + 'static {
    /// What tells this client's tokens from those of another that shares its store.
    fn identity(&self) -> String;

    /// The application that asks in the name of a user.
    fn application(&self) -> Option<&Application> {
        None
    }

    /// Whether a user has to be there.
    fn needs_user(&self) -> bool {
        self.application().is_some()
    }

    /// Whether the client was registered before, at one authorization server only.
    fn has_own_client(&self) -> bool {
        self.application()
            .is_none_or(|application| application.id.is_some())
    }

    /// The key that the client proves itself with, if it has one.
    fn key(&self) -> Option<&SigningKey> {
        self.application()?.key.as_ref()
    }

    /// Gets a token.
    fn obtain<'a>(&'a self, errand: Errand<'a>) -> BoxFuture<'a, Result<Gained>>;
}

/// What a token is wanted for, and what there is to get it with.
#[derive(Clone, Copy)]
pub(crate) struct Errand<'a> {
    pub(crate) wire: &'a Wire,
    pub(crate) vault: &'a Vault,
    pub(crate) authority: &'a Authority,
    pub(crate) scopes: &'a Scopes,
    pub(crate) proof: &'a Proof,
}

/// A token, and the client that it was given to.
pub(crate) struct Gained {
    pub(crate) client: Client,
    pub(crate) token: Token,
}

impl Errand<'_> {
    /// Adds what every request for a token says about what it is for.
    pub(crate) fn describe(&self, form: &mut Form) {
        form.add_if_any("resource", self.authority.resource.as_deref());
    }

    /// Asks the authorization server with a form.
    pub(crate) async fn ask(&self, client: &Client, form: &Form) -> Result<Outcome> {
        let exchange = Exchange {
            wire: self.wire,
            authority: self.authority,
            client,
            proof: self.proof,
        };
        exchange.ask(form).await
    }

    /// Asks, and takes a refusal for an error: there is nothing else to try.
    pub(crate) async fn gain(&self, client: Client, form: &Form) -> Result<Gained> {
        match self.ask(&client, form).await? {
            Outcome::Granted(token) => Ok(Gained { client, token }),
            Outcome::Refused(_, error) => Err(error),
        }
    }
}
