//! A user whose browser is somewhere else.

use std::{fmt, sync::Arc, time::Duration};

use fmcp_core::{BoxFuture, Error, Kind, Result};
use tokio::time::timeout;

use super::{Consent, Visit};

/// Where the browser is sent back to, unless it is set otherwise: nobody is there, so that it stops with the
/// answer in its address bar.
const REDIRECT: &str = "http://127.0.0.1:47391/callback";
/// How long a user may take, unless it is set otherwise.
const WITHIN: Duration = Duration::from_secs(10 * 60);

type Ask = dyn Fn(String) -> BoxFuture<'static, Result<String>> + Send + Sync;

/// Shows the user an address to open in a browser anywhere, and takes the address that the browser ends at.
///
/// ```
/// use fmcp_auth::consent::Paste;
///
/// let paste = Paste::new(async |url| {
///     println!("Open {url}\nand paste the address of the page that you end at:");
///     # let read = || Ok::<_, fmcp_core::Error>(String::new());
///     read()
/// });
/// ```
#[derive(Clone)]
pub struct Paste {
    ask: Arc<Ask>,
    redirect: String,
    within: Duration,
}

impl Paste {
    /// `ask` shows the user the address that it is given, and gives back what the user has pasted.
    pub fn new<F, R>(ask: F) -> Self
    where
        F: Fn(String) -> R + Send + Sync + 'static,
        R: Future<Output = Result<String>> + Send + 'static,
    {
        Self {
            ask: Arc::new(move |url| Box::pin(ask(url))),
            redirect: REDIRECT.to_owned(),
            within: WITHIN,
        }
    }

    /// Sets where the browser is sent back to: a page of yours that shows its own address, for one.
    #[must_use]
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect = uri.into();
        self
    }

    /// Sets how long the user may take. Without it, ten minutes.
    #[must_use]
    pub fn within(mut self, time: Duration) -> Self {
        self.within = time;
        self
    }

    pub(super) async fn ask(&self, url: String) -> Result<String> {
        let late = |_| {
            let words = format!("the user did not sign in within {:?}", self.within);
            Error::new(Kind::Timeout, words)
        };
        timeout(self.within, (self.ask)(url)).await.map_err(late)?
    }
}

impl fmt::Debug for Paste {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Paste")
            .field("redirect_uri", &self.redirect)
            .field("within", &self.within)
            .finish_non_exhaustive()
    }
}

impl Consent for Paste {
    fn begin<'a>(&'a self, _before: Option<&'a str>) -> BoxFuture<'a, Result<Box<dyn Visit>>> {
        let visit = Box::new(Asked(self.clone())) as Box<dyn Visit>;
        Box::pin(std::future::ready(Ok(visit)))
    }
}

struct Asked(Paste);

impl Visit for Asked {
    fn redirect_uri(&self) -> &str {
        &self.0.redirect
    }

    fn send(self: Box<Self>, url: String) -> BoxFuture<'static, Result<String>> {
        Box::pin(async move { self.0.ask(url).await })
    }
}
