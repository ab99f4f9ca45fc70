//! The server of a provider: one request and its answer, in bounded time and size.

use std::{fmt, sync::OnceLock, time::Duration};

use bytes::Bytes;
use fmcp_transport::client::web::{Settings, Web};
use http::{HeaderName, HeaderValue, Method, Request, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Why there is no answer.
pub(super) type Trouble = Box<dyn std::error::Error + Send + Sync>;

/// How large an answer may be.
const MOST: usize = 8 << 20;

/// How long an answer may take, unless it is said otherwise.
const PATIENCE: Duration = Duration::from_mins(2);

/// How much of what a provider says about a failure is passed on.
const SHOWN: usize = 300;

/// The server of a provider.
pub(super) struct Provider {
    url: String,
    key: Key,
    web: OnceLock<Web>,
    pub(super) timeout: Duration,
}

/// What nobody may see.
struct Key(String);

impl Provider {
    pub(super) fn new(base_url: &str, path: &str, key: String) -> Self {
        Self {
            url: format!("{}{path}", base_url.trim_end_matches('/')),
            key: Key(key),
            web: OnceLock::new(),
            timeout: PATIENCE,
        }
    }

    /// Sends requests through this.
    pub(super) fn through(&mut self, web: Web) {
        self.web = OnceLock::from(web);
    }

    /// The host, without what else stands in the address.
    pub(super) fn host(&self) -> String {
        let url = url::Url::parse(&self.url).ok();
        let host = url.and_then(|url| url.host_str().map(str::to_owned));
        host.unwrap_or_default()
    }

    /// Asks, and reads what is answered. The key goes into the header `under`, after `scheme`.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        (under, scheme): (HeaderName, &str),
        more: &[(&'static str, &'static str)],
        body: &Value,
    ) -> Result<T, Trouble> {
        let mut key = HeaderValue::try_from(format!("{scheme}{}", self.key.0))
            .map_err(|_| "the key has characters that no key has")?;
        key.set_sensitive(true);
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(&self.url)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json")
            .header(under, key);
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        let request = request
            .body(Bytes::from(serde_json::to_vec(body)?))
            .map_err(|_| "the address of the provider is no address")?;
        let answer = self.web()?.fetch(request, MOST, self.timeout).await?;
        if answer.status() != StatusCode::OK {
            return Err(self.failure(answer.status(), answer.body()).into());
        }
        serde_json::from_slice(answer.body())
            .map_err(|why| format!("{} answered what cannot be read: {why}", self.host()).into())
    }

    /// What a provider says about a failure, shortened, and without the key if it should say that.
    fn failure(&self, status: StatusCode, body: &[u8]) -> String {
        let said: Option<Value> = serde_json::from_slice(body).ok();
        let said = said.and_then(|said| Some(said.pointer("/error/message")?.as_str()?.to_owned()));
        let mut words = format!("{} answered {status}", self.host());
        if let Some(said) = said {
            let said = if self.key.0.is_empty() {
                said
            } else {
                said.replace(&self.key.0, "…")
            };
            words.push_str(": ");
            words.extend(said.chars().take(SHOWN));
        }
        words
    }

    fn web(&self) -> Result<&Web, Trouble> {
        if let Some(web) = self.web.get() {
            return Ok(web);
        }
        let web = Web::new(Settings::default())?;
        Ok(self.web.get_or_init(|| web))
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("host", &self.host())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
