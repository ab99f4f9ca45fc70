//! A user with a browser: follows where it is led, keeps cookies, and agrees to everything.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use fmcp_auth::consent;
use fmcp_transport::client::web::{Settings, Web};
use http::{Request, header};
use url::Url;

/// How often one page may lead to another.
const HOPS: usize = 20;

const PAGE: usize = 1 << 20;
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone, Default)]
pub(crate) struct User {
    /// How often they were asked.
    pub(crate) asked: Arc<AtomicU32>,
    /// Whether they say no.
    pub(crate) refuses: bool,
}

impl User {
    pub(crate) fn browser(&self) -> consent::Browser {
        let user = self.clone();
        consent::Browser::opened_by(move |url| {
            user.asked.fetch_add(1, Ordering::Relaxed);
            let refuses = user.refuses;
            // A browser is opened, and goes on by itself.
            tokio::spawn(async move {
                if let Err(error) = visit(&url, refuses).await {
                    eprintln!("the browser: {error:#}");
                }
            });
            std::future::ready(Ok(()))
        })
    }

    pub(crate) fn count(&self) -> u32 {
        self.asked.load(Ordering::Relaxed)
    }
}

async fn visit(url: &str, refuses: bool) -> Result<()> {
    let web = Web::new(Settings::default())?;
    let mut url = Url::parse(url)?;
    if refuses {
        url.query_pairs_mut().append_pair("login_hint", "nobody");
    }
    let mut cookies = BTreeMap::new();
    for _ in 0..HOPS {
        let jar: Vec<_> = cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = Request::get(url.as_str()).header(header::COOKIE, jar.join("; "));
        let page = web
            .fetch(request.body(bytes::Bytes::new())?, PAGE, PATIENCE)
            .await?;
        for cookie in page.headers().get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str()?.split(';').next().unwrap_or_default();
            let (name, value) = cookie.split_once('=').context("a cookie")?;
            cookies.insert(name.to_owned(), value.to_owned());
        }
        let Some(location) = page.headers().get(header::LOCATION) else {
            ensure!(page.status().is_success(), "{url} says {}", page.status());
            return Ok(());
        };
        url = url.join(location.to_str()?)?;
    }
    bail!("led from page to page without an end")
}
