//! A user who is not there, for tests of clients and of authorization servers.
//!
//! What belongs here: what must never be a default. Nobody is asked anything.

use std::time::Duration;

use bytes::Bytes;
use fmcp_core::{BoxFuture, Error, Result};
use fmcp_transport::client::web::{Settings, Web};
use http::{Request, header::LOCATION};
use url::Url;

use crate::{
    consent::{Consent, Visit},
    words::refused,
};

const REDIRECT: &str = "http://127.0.0.1:47391/callback";
const WITHIN: Duration = Duration::from_secs(10);
const MOST: usize = 64 * 1024;
/// How often one is sent on before it comes to where the answer is.
const HOPS: usize = 5;

/// Consents to everything: opens the authorization server's page itself, and follows where it redirects to,
/// which only works where that server asks nobody either.
#[derive(Clone, Copy, Debug, Default)]
pub struct Follow;

impl Consent for Follow {
    fn begin<'a>(&'a self, _before: Option<&'a str>) -> BoxFuture<'a, Result<Box<dyn Visit>>> {
        Box::pin(std::future::ready(Ok(Box::new(Self) as Box<dyn Visit>)))
    }
}

impl Visit for Follow {
    fn redirect_uri(&self) -> &str {
        REDIRECT
    }

    fn send(self: Box<Self>, url: String) -> BoxFuture<'static, Result<String>> {
        Box::pin(follow(url))
    }
}

async fn follow(url: String) -> Result<String> {
    let web = Web::new(Settings::default())?;
    let mut at = Url::parse(&url).map_err(|_| Error::internal("the page has no address"))?;
    for _ in 0..HOPS {
        let request = Request::get(at.as_str())
            .body(Bytes::new())
            .map_err(|_| Error::internal("the page cannot be asked for"))?;
        let response = web.fetch(request, MOST, WITHIN).await?;
        let location = response.headers().get(LOCATION);
        let next = location
            .and_then(|location| location.to_str().ok())
            .and_then(|location| at.join(location).ok())
            .ok_or_else(|| {
                refused(format!(
                    "the authorization server answers {} instead of a redirect",
                    response.status()
                ))
            })?;
        if next.as_str().starts_with(REDIRECT) {
            return Ok(next.into());
        }
        at = next;
    }
    Err(refused("the authorization server redirects for ever"))
}
