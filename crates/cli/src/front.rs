//! A server in front of another.

use fmcp::{Kind, Proxy, Server, Target, auth::Bearer};

use crate::{
    app::App,
    connect::{header, oauth},
    outcome::{Exit, Failure},
};

/// A server that has what `target` has.
pub(crate) async fn of(
    app: &App,
    target: Target,
    name: &str,
    headers: &[String],
) -> anyhow::Result<Server> {
    let settings = &app.settings;
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
    let connected = app
        .interrupt
        .drop_at_once(async { Ok::<_, Failure>(proxy.connect().await) });
    match connected.await? {
        Ok(proxy) => Ok(proxy.into()),
        Err(error) => {
            let exit = match error.kind() {
                Kind::InvalidParams => Exit::Usage,
                Kind::Unauthenticated | Kind::Forbidden => Exit::Unauthorized,
                Kind::Timeout => Exit::Timeout,
                _ => Exit::Unreachable,
            };
            let words = format!("no connection to {name}: {error}");
            Err(Failure::new(exit, words)
                .hint("-v shows what happens")
                .into())
        }
    }
}
