//! Routes of the author's own, beside the endpoint.

use std::future::Future;

use fmcp_transport::http::{IntoResponse, Request, Route, Routes};

use super::super::Server;

impl Server {
    /// Answers HTTP requests to `pattern`, beside the endpoint. `{name}` in it stands for one part of a path
    /// (see [`PathParams`](crate::http::PathParams)), `{*name}` at its end for all the rest. Requests of every
    /// method come here; who may call at all is checked before.
    ///
    /// ```
    /// let server = fmcp::Server::new("crm").route("/hello", |_| async { "Hello!" });
    /// ```
    #[must_use]
    pub fn route<F, Fut>(self, pattern: &str, handler: F) -> Self
    where
        F: Fn(Request) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: IntoResponse> + Send + 'static,
    {
        self.add_route(Route::new(pattern, handler))
    }

    pub(crate) fn add_route(self, route: Route) -> Self {
        self.edit(|draft| {
            let mut routes = draft.state.get::<Routes>().cloned().unwrap_or_default();
            routes.push(route);
            draft.state.insert(routes);
        });
        self
    }

    /// The routes that it has, then those of the servers that are mounted in it: the first that fits answers.
    pub(super) fn routes(&self) -> Routes {
        let (mut routes, mounts) = {
            let draft = self.0.lock();
            let routes = draft.state.get::<Routes>().cloned();
            (routes.unwrap_or_default(), draft.mounts.clone())
        };
        for mount in mounts {
            routes.extend(mount.door().child.routes());
        }
        routes
    }
}
