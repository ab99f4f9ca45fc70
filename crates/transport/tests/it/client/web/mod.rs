//! Requests that arrive, and those that must not.

mod host;
mod plain;
mod proxies;
mod tls;

use std::time::Duration;

use bytes::Bytes;
use fmcp_core::{Error, Result};
use fmcp_transport::client::web::{Proxy, Settings, Web};
use http::{Request, Response};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

/// A client that knows no proxy, changed.
fn web(change: impl FnOnce(&mut Settings)) -> Web {
    let mut settings = Settings::default();
    settings.proxy = Proxy::None;
    change(&mut settings);
    Web::new(settings).unwrap()
}

fn get(uri: &str) -> Request<Bytes> {
    Request::get(uri).body(Bytes::new()).unwrap()
}

async fn fetch(web: &Web, uri: &str) -> Result<Response<Bytes>> {
    web.fetch(get(uri), 1024, LONG).await
}

/// The words of what has gone wrong, which hold no secret.
async fn failure(web: &Web, uri: &str) -> (Error, String) {
    let error = fetch(web, uri).await.unwrap_err();
    let words = error.message().to_owned();
    assert!(
        !words.contains("secret") && !format!("{error:?}").contains("secret"),
        "{error:?}"
    );
    (error, words)
}
