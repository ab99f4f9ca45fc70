//! A server in front of another.

use fmcp::{
    Component, Kind, Proxy, ProxyBuilder, Server, auth::Bearer, config::Entry, tags,
    transform::Visibility,
};

use crate::{
    app::App,
    connect::{header, oauth, refused, target::Found},
    outcome::Failure,
};

/// A server that has what the one has that was found, as its configuration shapes it.
pub(crate) async fn of(
    app: &App,
    found: Found,
    name: &str,
    headers: &[String],
) -> anyhow::Result<Server> {
    let settings = &app.settings;
    let is_kept = found.keeps_secrets(name, headers, &settings.auth);
    is_kept.map_err(|refused| refused.hint("give each its `auth` or `headers` in it"))?;
    let manner = found.manner();
    let Found { target, entry, .. } = found;
    let mut proxy = Proxy::builder(target);
    if let Some(timeout) = settings.timeout {
        proxy = proxy.timeout(timeout);
    }
    if let Some(timeout) = settings.connect_timeout {
        proxy = proxy.connect_timeout(timeout);
    }
    for typed in headers {
        let (name, value) = header(typed)?;
        proxy = proxy.header(name, value);
    }
    proxy = match settings.auth.as_str() {
        "" | "none" => proxy,
        "oauth" => proxy.auth(oauth(&app.out)),
        token => proxy.auth(Bearer::new(token.trim_start_matches("Bearer ").to_owned())),
    };
    if let Some(entry) = &entry {
        proxy = narrowed(proxy, entry);
    }
    let connected = app
        .interrupt
        .drop_at_once(async { Ok::<_, Failure>(proxy.connect().await) });
    match connected.await? {
        Ok(proxy) => Ok(match &entry {
            Some(entry) => shaped(proxy.into(), entry),
            None => proxy.into(),
        }),
        Err(error) => {
            let failure = refused(name, manner, error.kind(), &error);
            Err(match error.kind() {
                Kind::Timeout => failure.hint("FMCP_CONNECT_TIMEOUT=5m waits longer"),
                _ => failure,
            }
            .into())
        }
    }
}

/// What of the upstream there is, and how long it may take.
fn narrowed(proxy: ProxyBuilder, entry: &Entry) -> ProxyBuilder {
    let mut proxy = proxy.tools(entry.tools.clone());
    if let Some(timeout) = entry.timeout {
        proxy = proxy.timeout(timeout);
    }
    for header in &entry.pass_headers {
        proxy = proxy.pass_header(header.clone());
    }
    proxy
}

/// What is left of it, in which shape.
fn shaped(mut server: Server, entry: &Entry) -> Server {
    if let Some(wanted) = entry.include_tags.clone() {
        let none =
            move |component: &Component| !wanted.iter().any(|tag| component.tags.contains(tag));
        server = server.transform(Visibility::new().hide(none));
    }
    if !entry.exclude_tags.is_empty() {
        server = server.transform(Visibility::new().hide(tags(entry.exclude_tags.clone())));
    }
    for reshape in &entry.reshapes {
        server = server.transform(reshape.clone());
    }
    server
}
