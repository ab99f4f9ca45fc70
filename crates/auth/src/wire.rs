//! How servers are asked about authorization: bounded in size and time, and only where that is allowed.

use std::{net::IpAddr, time::Duration};

use bytes::Bytes;
use fmcp_core::{Error, Result};
use fmcp_transport::client::web::{Reach, Settings, Web};
use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode,
    header::{ACCEPT, CONTENT_TYPE},
};
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;
use url::{Host, Url};

use crate::{
    address::{is_loopback, origin},
    words::{refused, repeated, unusable},
};

/// The largest answer that is read.
const MOST: usize = 64 * 1024;
/// How long an answer may take.
const WITHIN: Duration = Duration::from_secs(20);
/// How long a name server may take.
const RESOLVE: Duration = Duration::from_secs(5);

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// What is asked of servers that the user has not named.
///
/// Where the MCP server's own address is public, none of them may be in a private network: a hostile
/// server would else have us knock at doors that it cannot reach itself.
pub(crate) struct Wire {
    server: Url,
    settings: Settings,
    web: OnceCell<(Web, bool)>,
}

/// What stands at an address where a document may be.
pub(crate) enum Place<T> {
    Found(T),
    /// Nothing, and how that showed.
    Nothing(String),
}

impl Wire {
    pub(crate) fn new(server: Url, settings: Settings) -> Self {
        Self {
            server,
            settings,
            web: OnceCell::new(),
        }
    }

    async fn web(&self) -> Result<&(Web, bool)> {
        let make = || async {
            let mut settings = self.settings.clone();
            let is_private = is_private(&self.server).await;
            if !is_private {
                settings.reach = Reach::Public;
            }
            Ok((Web::new(settings)?, is_private))
        };
        self.web.get_or_try_init(make).await
    }

    /// Refuses to send a user to this machine because of what a server elsewhere says.
    pub(crate) async fn check_page(&self, url: &Url) -> Result<()> {
        let (_, is_private) = self.web().await?;
        if *is_private || !is_loopback(url) {
            return Ok(());
        }
        Err(refused(format!(
            "the login of {} is on this machine, which only a server on it or near it may say",
            origin(&self.server)
        )))
    }

    /// The JSON document at an address, if there is one.
    pub(crate) async fn document<T: DeserializeOwned>(
        &self,
        url: &Url,
        headers: HeaderMap,
    ) -> Result<Place<T>> {
        let response = self.fetch(Method::GET, url, headers, Bytes::new()).await?;
        let status = response.status();
        if status != StatusCode::OK {
            // Redirects are not followed: whoever can set one could send us anywhere.
            return Ok(Place::Nothing(format!("{url} answers {status}")));
        }
        // Some servers answer everything with a page of theirs.
        Ok(match serde_json::from_slice(response.body()) {
            Ok(document) => Place::Found(document),
            Err(why) => Place::Nothing(format!(
                "{url} holds something else: {}",
                repeated(&why.to_string())
            )),
        })
    }

    /// Sends a form.
    pub(crate) async fn post(
        &self,
        url: &Url,
        mut headers: HeaderMap,
        form: &str,
    ) -> Result<Response<Bytes>> {
        headers.insert(CONTENT_TYPE, FORM);
        let body = Bytes::copy_from_slice(form.as_bytes());
        self.fetch(Method::POST, url, headers, body).await
    }

    /// Sends a JSON document.
    pub(crate) async fn post_json(&self, url: &Url, body: String) -> Result<Response<Bytes>> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, JSON)]);
        self.fetch(Method::POST, url, headers, body.into()).await
    }

    async fn fetch(
        &self,
        method: Method,
        url: &Url,
        mut headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response<Bytes>> {
        headers.insert(ACCEPT, JSON);
        let mut request = Request::builder()
            .method(method)
            .uri(url.as_str())
            .body(body)
            .map_err(|_| unusable(format!("{url} cannot be asked")))?;
        *request.headers_mut() = headers;
        let (web, _) = self.web().await?;
        web.fetch(request, MOST, WITHIN).await
    }
}

/// Whether the user's own server is in a network that is not public.
async fn is_private(server: &Url) -> bool {
    let is_private = |address: IpAddr| !Reach::Public.allows(address);
    match server.host() {
        Some(Host::Ipv4(address)) => is_private(address.into()),
        Some(Host::Ipv6(address)) => is_private(address.into()),
        Some(Host::Domain(_)) if is_loopback(server) => true,
        Some(Host::Domain(name)) => {
            let port = server.port_or_known_default().unwrap_or(443);
            let looked_up = tokio::net::lookup_host((name, port));
            match tokio::time::timeout(RESOLVE, looked_up).await {
                Ok(Ok(mut found)) => found.any(|found| is_private(found.ip())),
                // Behind a proxy there may be no name server; then nothing is allowed but the public.
                _ => false,
            }
        }
        None => false,
    }
}

/// The error of a document that was to be found in one of many places.
pub(crate) fn nowhere(what: &str, tried: &[String]) -> Error {
    refused(format!("{what} was not found: {}", tried.join("; ")))
}
