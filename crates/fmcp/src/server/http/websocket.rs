//! WebSockets beside the endpoint.

use std::sync::Arc;

use fmcp_transport::{
    http::{McpService, Upgrade},
    net,
    ws::{Settings, WebSockets},
};

use super::options::{Http, rooted};

impl Http {
    /// Serves WebSockets at `path`, beside the endpoint, for clients of every revision.
    ///
    /// ```no_run
    /// use fmcp::{Http, Server};
    ///
    /// # async fn main_() -> fmcp::Result<()> {
    /// Server::new("crm").run_http(Http::new("127.0.0.1:8000").websocket("/ws")).await
    /// # }
    /// ```
    #[must_use]
    pub fn websocket(self, path: impl Into<String>) -> Self {
        self.websocket_with(path, |_| {})
    }

    /// As [`Http::websocket`], with other settings than those that follow from the endpoint's.
    #[must_use]
    pub fn websocket_with(
        mut self,
        path: impl Into<String>,
        change: impl Fn(&mut Settings) + Send + Sync + 'static,
    ) -> Self {
        let make = move |mcp: &McpService, net: &net::Settings| {
            let mut settings = Settings::of(mcp.settings());
            settings.each.write_timeout = net.write_timeout;
            settings.each.grace = net.drain_timeout;
            change(&mut settings);
            Arc::new(WebSockets::new(mcp.clone(), settings)) as Arc<dyn Upgrade>
        };
        self.upgrades.push((rooted(path.into()), Arc::new(make)));
        self
    }
}
