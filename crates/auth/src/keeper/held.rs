//! A token that is held, with all that is needed to show it and to renew it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::SystemTime,
};

use fmcp_core::Result;
use http::{HeaderValue, header::AUTHORIZATION, request};
use serde::{Deserialize, Serialize};

use crate::{
    client::{Client, KeptClient},
    discovery::Authority,
    dpop::{Audience, DPOP, Proof, Prover},
    scope::Scopes,
    secret::{self, Secret},
    server::Server,
    signing::SigningKey,
    token::Token,
};

/// A token that is held.
pub(crate) struct Held {
    pub(crate) token: Token,
    header: HeaderValue,
    pub(crate) client: Client,
    pub(crate) authority: Arc<Authority>,
    /// What was asked for, which may be more than what was granted.
    pub(crate) requested: Scopes,
    pub(crate) proof: Proof,
    /// Whether it comes from a grant, and not from the store or from another token.
    pub(crate) is_new: bool,
    /// Whether it has ever been shown, and whether the server has ever taken it.
    shown: AtomicBool,
    accepted: AtomicBool,
}

/// What is kept of it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Kept {
    token: Token,
    client: KeptClient,
    authority: Authority,
    requested: Scopes,
    #[serde(serialize_with = "secret::exposed_if_any")]
    proof: Option<Secret>,
}

/// What a token is made of, before it is held.
pub(crate) struct Parts {
    pub(crate) token: Token,
    pub(crate) client: Client,
    pub(crate) authority: Arc<Authority>,
    pub(crate) requested: Scopes,
    pub(crate) proof: Proof,
    pub(crate) is_new: bool,
}

impl Held {
    pub(crate) fn new(parts: Parts) -> Result<Self> {
        Ok(Self {
            header: parts.token.header()?,
            token: parts.token,
            client: parts.client,
            authority: parts.authority,
            requested: parts.requested,
            proof: parts.proof,
            shown: AtomicBool::new(false),
            is_new: parts.is_new,
            accepted: AtomicBool::new(false),
        })
    }

    /// Adds it to a request.
    pub(crate) fn sign(&self, server: &Server, request: &mut request::Parts) -> Result<()> {
        if let Some(prover) = &self.proof {
            let address = server.address(request);
            let token = Some(self.token.access.expose());
            let method = request.method.as_str();
            let proof = prover.proof(Audience::Resource, method, &address, token)?;
            request.headers.insert(DPOP, proof);
        }
        request.headers.insert(AUTHORIZATION, self.header.clone());
        self.shown.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Whether to renew it before it is shown. One that has just been got is shown once however short its
    /// life is: otherwise a server with a wrong clock would never see one.
    pub(crate) fn is_due(&self) -> bool {
        self.shown.load(Ordering::Relaxed) && self.token.is_due(SystemTime::now())
    }

    /// Whether a request carried this one.
    pub(crate) fn was_in(&self, request: &request::Parts) -> bool {
        request.headers.get(AUTHORIZATION) == Some(&self.header)
    }

    pub(crate) fn accept(&self) {
        self.accepted.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_accepted(&self) -> bool {
        self.accepted.load(Ordering::Relaxed)
    }

    pub(crate) fn kept(&self) -> Kept {
        Kept {
            token: self.token.clone(),
            client: self.client.kept(),
            authority: Authority::clone(&self.authority),
            requested: self.requested.clone(),
            proof: self.proof.as_ref().map(|prover| prover.export()),
        }
    }
}

impl Kept {
    /// The token again; nothing where the application has changed so that it cannot be used.
    pub(crate) fn restore(self, key: Option<&SigningKey>) -> Option<Held> {
        let proof = match &self.proof {
            Some(text) => Some(Arc::new(Prover::import(text).ok()?)),
            None => None,
        };
        let parts = Parts {
            token: self.token,
            client: self.client.restore(key)?,
            authority: Arc::new(self.authority),
            requested: self.requested,
            proof,
            is_new: false,
        };
        let held = Held::new(parts).ok()?;
        held.shown.store(true, Ordering::Relaxed);
        Some(held)
    }
}
