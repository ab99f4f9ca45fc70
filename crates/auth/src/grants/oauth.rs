//! Tokens for a user, as an application asks for them.

use std::sync::Arc;

use fmcp_core::{Credentials, Result, Store};

use super::{
    code::Code,
    device::{Device, DevicePrompt, Show},
};
use crate::{
    Scheme,
    consent::{Browser, Consent},
    options::{Options, common_options},
    registration::Application,
    secret::Secret,
    signing::SigningKey,
    store::FileStore,
};

/// Tokens in the name of a user, who is asked once: the authorization code grant with PKCE.
///
/// Nothing has to be known of the server: who gives tokens for it is found out when it refuses a request, and
/// a client registers itself where that is possible. Tokens are kept encrypted in the user's own folder
/// ([`FileStore::of_user`]), so that the user is not asked at every start.
///
/// ```
/// use fmcp_auth::{OAuth, Scheme, consent::Browser};
///
/// # fn main() -> fmcp_core::Result<()> {
/// let simple = OAuth::browser();
///
/// let registered = OAuth::new(Browser::new().port(8976))
///     .client_name("My application")
///     .client_id("my-app")
///     .issuer("https://login.example.com")
///     .scopes(["files:read"])
///     .in_memory();
/// let credentials = registered.credentials("https://example.com/mcp")?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct OAuth {
    way: Way,
    application: Application,
    is_forgetful: bool,
    options: Options,
}

/// How the user is asked.
#[derive(Clone)]
enum Way {
    Consent(Arc<dyn Consent>),
    Device(Arc<Show>),
}

common_options!(OAuth);

impl OAuth {
    /// Asks the user in the browser of this machine.
    #[must_use]
    pub fn browser() -> Self {
        Self::new(Browser::new())
    }

    /// Asks the user in a way of one's own.
    pub fn new(consent: impl Consent) -> Self {
        Self::by(Way::Consent(Arc::new(consent)))
    }

    /// Shows the user an address and a code to type in there, on a telephone for one, and waits until that is
    /// done: the device authorization grant, for authorization servers that know it.
    ///
    /// ```
    /// use fmcp_auth::OAuth;
    ///
    /// let oauth = OAuth::device(async |prompt| println!("Open {} and type {}", prompt.url, prompt.code));
    /// ```
    pub fn device<F, R>(show: F) -> Self
    where
        F: Fn(DevicePrompt) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        Self::by(Way::Device(Arc::new(move |prompt| Box::pin(show(prompt)))))
    }

    fn by(way: Way) -> Self {
        Self {
            way,
            application: Application::default(),
            is_forgetful: false,
            options: Options::default(),
        }
    }

    /// Sets the name that the user reads on the page of the authorization server.
    #[must_use]
    pub fn client_name(mut self, name: impl Into<String>) -> Self {
        self.application.name = Some(name.into());
        self
    }

    /// Sets the id of a client that is registered already.
    #[must_use]
    pub fn client_id(mut self, id: impl Into<String>) -> Self {
        self.application.id = Some(id.into());
        self
    }

    /// Sets the secret of a client that is registered already. Set its [`issuer`](Self::issuer), too.
    #[must_use]
    pub fn client_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.application.secret = Some(secret.into());
        self
    }

    /// Sets the key of a client that is registered already, or whose metadata document names it.
    #[must_use]
    pub fn client_key(mut self, key: SigningKey) -> Self {
        self.application.key = Some(key);
        self
    }

    /// Sets the https address of the document that introduces the client: its id, wherever authorization
    /// servers take such documents.
    #[must_use]
    pub fn client_metadata_url(mut self, url: impl Into<String>) -> Self {
        self.application.metadata_url = Some(url.into());
        self
    }

    /// Keeps tokens no longer than the client lives.
    #[must_use]
    pub fn in_memory(mut self) -> Self {
        self.is_forgetful = true;
        self.options.store = None;
        self
    }

    fn kept_in(&self) -> Option<Arc<dyn Store>> {
        if self.options.store.is_some() || self.is_forgetful {
            return self.options.store.clone();
        }
        match FileStore::of_user() {
            Ok(store) => Some(Arc::new(store)),
            Err(error) => {
                tracing::warn!(%error, "tokens are not kept: the user has to sign in at every start");
                None
            }
        }
    }
}

impl Scheme for OAuth {
    fn credentials(&self, server: &str) -> Result<Arc<dyn Credentials>> {
        self.application.check()?;
        let (application, store) = (self.application.clone(), self.kept_in());
        match &self.way {
            Way::Consent(consent) => {
                let grant = Code::new(Arc::clone(consent), application);
                self.options.keeper(server, grant, store)
            }
            Way::Device(show) => {
                let grant = Device::new(Arc::clone(show), application);
                self.options.keeper(server, grant, store)
            }
        }
    }
}

impl std::fmt::Debug for OAuth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OAuth")
            .field("application", &self.application)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
