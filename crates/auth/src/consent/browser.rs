//! A user with a browser on this machine.

use std::{fmt, sync::Arc, time::Duration};

use fmcp_core::{BoxFuture, Error, Kind, Result};
use tokio::time::timeout;
use url::Url;

use super::{Consent, Paste, Visit, loopback::Loopback, open};

/// How long a user may take, unless it is set otherwise.
const WITHIN: Duration = Duration::from_secs(5 * 60);

type Open = dyn Fn(String) -> BoxFuture<'static, Result<()>> + Send + Sync;

/// Opens the user's browser, and waits on the loopback until it comes back.
///
/// ```
/// use std::time::Duration;
/// use fmcp_auth::consent::{Browser, Paste};
///
/// let browser = Browser::new()
///     .within(Duration::from_secs(120))
///     .or(Paste::new(async |url| {
///         println!("Open {url}\nand paste the address of the page that you end at:");
///         # Ok(String::new())
///     }));
/// ```
#[derive(Clone)]
pub struct Browser {
    port: Option<u16>,
    within: Duration,
    open: Arc<Open>,
    otherwise: Option<Paste>,
}

impl Browser {
    /// The browser that the system opens addresses with.
    #[must_use]
    pub fn new() -> Self {
        Self::opened_by(async |url: String| open::open(&url).await)
    }

    /// A browser that is opened by a function of the application's.
    pub fn opened_by<F, R>(function: F) -> Self
    where
        F: Fn(String) -> R + Send + Sync + 'static,
        R: Future<Output = Result<()>> + Send + 'static,
    {
        Self {
            port: None,
            within: WITHIN,
            open: Arc::new(move |url| Box::pin(function(url))),
            otherwise: None,
        }
    }

    /// Sets the port of this machine that the browser comes back to, for authorization servers that know no
    /// other. Without it, any that is free.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Sets how long the user may take. Without it, five minutes.
    #[must_use]
    pub fn within(mut self, time: Duration) -> Self {
        self.within = time;
        self
    }

    /// Sets how the user is asked where no browser can be opened.
    #[must_use]
    pub fn or(mut self, paste: Paste) -> Self {
        self.otherwise = Some(paste);
        self
    }
}

impl Default for Browser {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Browser")
            .field("port", &self.port)
            .field("within", &self.within)
            .field("otherwise", &self.otherwise)
            .finish_non_exhaustive()
    }
}

impl Consent for Browser {
    fn begin<'a>(&'a self, before: Option<&'a str>) -> BoxFuture<'a, Result<Box<dyn Visit>>> {
        Box::pin(async move {
            let loopback = Loopback::bind(self.port, before).await?;
            let browser = self.clone();
            Ok(Box::new(Opened { loopback, browser }) as Box<dyn Visit>)
        })
    }
}

struct Opened {
    loopback: Loopback,
    browser: Browser,
}

impl Visit for Opened {
    fn redirect_uri(&self) -> &str {
        self.loopback.redirect()
    }

    fn send(self: Box<Self>, url: String) -> BoxFuture<'static, Result<String>> {
        Box::pin(async move {
            let Self { loopback, browser } = *self;
            let state = state(&url)?;
            let visit = async {
                match ((browser.open)(url.clone()).await, &browser.otherwise) {
                    (Ok(()), _) => loopback.answer(&state).await,
                    // The browser elsewhere may be one on this machine after all.
                    (Err(_), Some(paste)) => tokio::select! {
                        pasted = paste.ask(url) => pasted,
                        answer = loopback.answer(&state) => answer,
                    },
                    (Err(error), None) => Err(error),
                }
            };
            let late = |_| {
                let words = format!("the user did not sign in within {:?}", browser.within);
                Error::new(Kind::Timeout, words)
            };
            timeout(browser.within, visit).await.map_err(late)?
        })
    }
}

/// What an answer has to repeat.
fn state(url: &str) -> Result<String> {
    let broken = || Error::internal("the page of the sign-in has no address with a state");
    let url = Url::parse(url).map_err(|_| broken())?;
    let mut pairs = url.query_pairs();
    let state = pairs.find(|(name, _)| name == "state");
    state
        .map(|(_, state)| state.into_owned())
        .ok_or_else(broken)
}
