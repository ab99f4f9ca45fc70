//! The device authorization grant (RFC 8628): a user types a code on another machine.

use std::{fmt, sync::Arc, time::Duration};

use fmcp_core::{BoxFuture, Error, Kind, Result};
use serde::Deserialize;
use tokio::time::{Instant, sleep, timeout};

use crate::{
    address,
    client::Client,
    exchange::Exchange,
    form::Form,
    grant::{Errand, Gained, Grant},
    registration::{Application, Purpose},
    secret::Secret,
    token::{self, Outcome},
    words::{refused, repeated},
};

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// How long to wait between two questions: what the server says within this, and at first.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);
const USUAL: Duration = Duration::from_secs(5);
/// How long a user may take at most, whatever the server says.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// How long it may take to show the user the code.
const SHOWING: Duration = Duration::from_secs(30);
/// The longest code that anybody would type.
const MAX_CODE: usize = 64;

/// What shows a user what to do.
pub(super) type Show = dyn Fn(DevicePrompt) -> BoxFuture<'static, ()> + Send + Sync;

/// What a user is to do on another machine.
#[derive(Clone)]
#[non_exhaustive]
pub struct DevicePrompt {
    /// The page to open.
    pub url: String,
    /// What to type in there.
    pub code: String,
    /// The page with the code in its address, where the server has one: for a QR code, or a link.
    pub complete_url: Option<String>,
    /// How long there is time.
    pub within: Duration,
}

/// The code lets whoever types it first in.
impl fmt::Debug for DevicePrompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevicePrompt")
            .field("url", &self.url)
            .field("within", &self.within)
            .finish_non_exhaustive()
    }
}

pub(super) struct Device {
    show: Arc<Show>,
    application: Application,
}

/// What the server says at first.
#[derive(Deserialize)]
struct Begun {
    device_code: Secret,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: Option<String>,
    expires_in: u64,
    interval: Option<u64>,
}

impl Device {
    pub(super) fn new(show: Arc<Show>, application: Application) -> Self {
        Self { show, application }
    }

    async fn begin(&self, errand: &Errand<'_>, client: &Client) -> Result<Begun> {
        let endpoint = errand.authority.server.device()?;
        let mut form = Form::default();
        form.add_if_any("scope", Some(&errand.scopes.to_string()));
        errand.describe(&mut form);
        let exchange = Exchange {
            wire: errand.wire,
            authority: errand.authority,
            client,
            // Only the token is bound; this is asked without one.
            proof: &None,
        };
        let issuer = errand.authority.issuer();
        let response = exchange.send(&endpoint, &form).await?;
        if !response.status().is_success() {
            return Err(token::refusal(
                issuer,
                &form,
                response.status(),
                response.body(),
            ));
        }
        serde_json::from_slice(response.body()).map_err(|_| {
            refused(format!(
                "the authorization server {} answers the request for a code with something else",
                repeated(issuer)
            ))
        })
    }

    /// What the user is shown, once it is sure that it leads nowhere strange.
    async fn prompt(errand: &Errand<'_>, begun: &Begun) -> Result<DevicePrompt> {
        let url = address::endpoint("the page to type the code in", &begun.verification_uri)?;
        errand.wire.check_page(&url).await?;
        let complete = begun.verification_uri_complete.as_deref();
        let complete = complete.map(|complete| address::endpoint("the page of the code", complete));
        let complete = complete.transpose()?;
        if let Some(complete) = &complete {
            errand.wire.check_page(complete).await?;
        }
        let is_code = |code: &str| {
            let is_good = |c: char| c.is_alphanumeric() || "-_. ".contains(c);
            (1..=MAX_CODE).contains(&code.len()) && code.chars().all(is_good)
        };
        if !is_code(&begun.user_code) {
            return Err(refused(
                "the authorization server gives a code that nobody can type",
            ));
        }
        Ok(DevicePrompt {
            url: url.into(),
            code: begun.user_code.clone(),
            complete_url: complete.map(Into::into),
            within: Duration::from_secs(begun.expires_in).min(PATIENCE),
        })
    }

    async fn wait(
        errand: &Errand<'_>,
        client: Client,
        begun: &Begun,
        end: Instant,
    ) -> Result<Gained> {
        let mut form = Form::grant(DEVICE);
        form.add_secret("device_code", &begun.device_code);
        errand.describe(&mut form);
        let mut pause = begun.interval.map_or(USUAL, Duration::from_secs);
        loop {
            pause = pause.clamp(SHORTEST, LONGEST);
            if Instant::now() + pause > end {
                return Err(Error::new(
                    Kind::Timeout,
                    "the user did not type the code in time",
                ));
            }
            sleep(pause).await;
            let (code, error) = match errand.ask(&client, &form).await {
                Ok(Outcome::Granted(token)) => return Ok(Gained { client, token }),
                Ok(Outcome::Refused(code, error)) => (code, error),
                // Whoever cannot answer is asked less often.
                Err(error) if error.is_retryable() => (SLOW_DOWN.to_owned(), error),
                Err(error) => return Err(error),
            };
            pause = next(pause, &code).ok_or(error)?;
        }
    }
}

const SLOW_DOWN: &str = "slow_down";

/// How long to wait after a refusal; nothing where waiting does not help.
fn next(pause: Duration, code: &str) -> Option<Duration> {
    match code {
        "authorization_pending" => Some(pause),
        SLOW_DOWN => Some(pause + Duration::from_secs(5)),
        _ => None,
    }
}

impl Grant for Device {
    fn identity(&self) -> String {
        format!("device {}", self.application.identity())
    }

    fn application(&self) -> Option<&Application> {
        Some(&self.application)
    }

    fn obtain<'a>(&'a self, errand: Errand<'a>) -> BoxFuture<'a, Result<Gained>> {
        Box::pin(async move {
            let purpose = Purpose {
                grant: DEVICE,
                redirect: None,
            };
            let (client, is_registered) = self.application.client(&errand, purpose).await?;
            let begun = match self.begin(&errand, &client).await {
                // It may not know a client any more that it has registered; the next time it is another one.
                Err(error) if is_registered && error.kind() == Kind::Unauthenticated => {
                    self.application.forget(&errand, DEVICE).await?;
                    return Err(error);
                }
                begun => begun?,
            };
            let prompt = Self::prompt(&errand, &begun).await?;
            let end = Instant::now() + prompt.within;
            let late = |_| Error::new(Kind::Timeout, "the user could not be shown the code");
            timeout(SHOWING, (self.show)(prompt)).await.map_err(late)?;
            Self::wait(&errand, client, &begun, end).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_says_how_often_it_is_asked() {
        let five = Duration::from_secs(5);
        assert_eq!(next(five, "authorization_pending"), Some(five));
        assert_eq!(next(five, "slow_down"), Some(five * 2));
        for end in ["access_denied", "expired_token", "invalid_grant", ""] {
            assert_eq!(next(five, end), None, "{end}");
        }
    }
}
