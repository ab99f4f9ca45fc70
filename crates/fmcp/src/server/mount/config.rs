//! The servers of a configuration, mounted.

use std::{path::Path, sync::Arc, time::Duration};

use fmcp_core::{Component, Result};
use futures_util::future::join_all;

use super::super::Server;
use crate::{
    Approvals, Proxy, Visibility,
    client::Target,
    config::{Entry, Servers},
    transform::Filed,
};

/// How long a start waits for upstreams, all at once.
const WAIT: Duration = Duration::from_millis(1_500);

impl Server {
    /// Mounts every server of a configuration (`mcpServers`) under its name, each behind a [`Proxy`]. One that is down
    /// takes nobody along, and is there when it is.
    ///
    /// Besides what every program understands, an entry may say: `includeTools` and `excludeTools` (names with `*` and
    /// `?`), `include_tags` and `exclude_tags`, `tools` (what becomes of each: `name`, `title`, `description`, `tags`,
    /// `domain`, `group`, `enabled`, `arguments`), `domain` and `group` (of all its tools, where they are discovered),
    /// `passHeaders` (headers of callers that are passed on), `timeout`.
    ///
    /// ```no_run
    /// # async fn example() -> fmcp::Result<()> {
    /// let app = fmcp::Server::new("app");
    /// app.mount_config("mcp.json").await?;
    /// app.run_stdio().await
    /// # }
    /// ```
    ///
    /// # Errors
    /// All that is wrong with the configuration, or that one of the names is taken.
    pub async fn mount_config(&self, file: impl AsRef<Path>) -> Result<()> {
        let servers = Servers::read(file)?;
        self.mount_servers(&servers).await
    }

    /// As [`Server::mount_config`], of a configuration that has been read.
    ///
    /// # Errors
    /// When one of the names is taken.
    pub async fn mount_servers(&self, servers: &Servers) -> Result<()> {
        let mut mounted = Vec::new();
        for (name, entry) in servers.iter().filter(|(_, entry)| !entry.disabled) {
            let server = upstream(name, entry, servers.approvals.as_ref())?;
            self.mount(name, &server)?;
            mounted.push(server);
        }
        if self.0.lifespan.is_running() {
            let me = Arc::downgrade(&self.0);
            let starting = mounted.iter().map(|server| server.start_for(&me));
            for outcome in join_all(starting).await {
                outcome?;
            }
        }
        Ok(())
    }
}

/// The server of one entry.
fn upstream(name: &str, entry: &Entry, approvals: Option<&Approvals>) -> Result<Server> {
    let mut proxy = Proxy::builder(Target::of(entry))
        .name(name)
        .tools(entry.tools.clone());
    if let Some(timeout) = entry.timeout {
        proxy = proxy.timeout(timeout);
    }
    for header in &entry.pass_headers {
        proxy = proxy.pass_header(header.clone());
    }
    if let Some(approvals) = approvals {
        proxy = proxy.approvals(approvals);
    }
    let mut server = Server::from(proxy.lazy(WAIT)?);
    if let Some(tags) = entry.include_tags.clone() {
        let none =
            move |component: &Component| !tags.iter().any(|tag| component.tags.contains(tag));
        server = server.transform(Visibility::new().hide(none));
    }
    if !entry.exclude_tags.is_empty() {
        let tags = crate::tags(entry.exclude_tags.clone());
        server = server.transform(Visibility::new().hide(tags));
    }
    if entry.domain.is_some() || entry.group.is_some() {
        server = server.transform(Filed {
            domain: entry.domain.clone(),
            group: entry.group.clone(),
        });
    }
    for reshape in &entry.reshapes {
        server = server.transform(reshape.clone());
    }
    Ok(server)
}
