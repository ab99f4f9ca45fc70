//! All that one HTTP server answers: the endpoint, its health, the author's own routes.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use fmcp_core::BoxFuture;
use http::{Request, Response, StatusCode, request::Parts};

use super::{
    answer::refuse,
    body::Body,
    fallback::Fallback,
    fields::HttpFields,
    guard,
    health::Health,
    route::Routes,
    service::McpService,
    sse_2024::{Peers, Sse2024},
    upgrade::Upgrade,
};

/// All that one HTTP server answers. A clone is the same.
#[derive(Clone)]
pub struct Site(Arc<Inner>);

struct Inner {
    mcp: McpService,
    path: String,
    sse_2024: Option<Peers>,
    health: Option<Health>,
    is_started: Box<dyn Fn() -> bool + Send + Sync>,
    routes: Routes,
    fallback: Option<Fallback>,
    upgrades: Vec<(String, Arc<dyn Upgrade>)>,
}

/// A site that is being built.
pub struct SiteBuilder(Inner);

impl Site {
    /// A site with `mcp` at `path`, and nothing else yet.
    pub fn builder(mcp: McpService, path: impl Into<String>) -> SiteBuilder {
        SiteBuilder(Inner {
            mcp,
            path: path.into(),
            sse_2024: None,
            health: None,
            is_started: Box::new(|| true),
            routes: Routes::default(),
            fallback: None,
            upgrades: Vec::new(),
        })
    }
}

impl SiteBuilder {
    /// Also serves clients of revision 2024-11-05 that know no other HTTP than HTTP+SSE.
    #[must_use]
    pub fn sse_2024(mut self, paths: Option<Sse2024>) -> Self {
        self.0.sse_2024 = paths.map(Peers::new);
        self
    }

    /// Answers who asks for health.
    #[must_use]
    pub fn health(mut self, health: Option<Health>) -> Self {
        self.0.health = health;
        self
    }

    /// Says whether there is anybody behind the endpoint already. Without it, there is.
    #[must_use]
    pub fn started(mut self, is_started: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.0.is_started = Box::new(is_started);
        self
    }

    /// Adds routes.
    #[must_use]
    pub fn routes(mut self, routes: Routes) -> Self {
        self.0.routes = routes;
        self
    }

    /// Lets connections become something else at `path`: WebSockets.
    #[must_use]
    pub fn upgrade(mut self, path: impl Into<String>, upgrade: Arc<dyn Upgrade>) -> Self {
        self.0.upgrades.push((path.into(), upgrade));
        self
    }

    /// Lets a service answer where nobody else does: an axum router, for one.
    #[must_use]
    pub fn fallback(mut self, fallback: Option<Fallback>) -> Self {
        self.0.fallback = fallback;
        self
    }

    /// The site.
    #[must_use]
    pub fn build(self) -> Site {
        Site(Arc::new(self.0))
    }
}

impl<B> tower_service::Service<Request<B>> for Site
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if request.uri().path() == self.0.path {
            return Arc::clone(self.0.mcp.shared()).answer(request);
        }
        let site = Arc::clone(&self.0);
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            Ok(site.answer(parts, body).await)
        })
    }
}

impl Inner {
    /// Answers everything but the endpoint.
    async fn answer<B>(&self, mut parts: Parts, body: B) -> Response<Body>
    where
        B: http_body::Body + Send,
        B::Data: Send,
    {
        let shared = self.mcp.shared();
        let settings = &shared.settings;
        if let Err(refused) = guard::check(settings, &parts.uri, &HttpFields::of(&parts.headers)) {
            return refuse(refused.status, refused.words);
        }
        let path = parts.uri.path();
        if let Some(peers) = self.sse_2024.as_ref().filter(|peers| peers.are_at(path)) {
            return Box::pin(peers.answer(shared, parts, body)).await;
        }
        if let Some(health) = &self.health
            && let Some(answer) = health
                .answer(path, (self.is_started)(), &shared.drain)
                .await
        {
            return answer;
        }
        if let Some((_, upgrade)) = self.upgrades.iter().find(|(known, _)| known == path) {
            return upgrade.upgrade(parts).await;
        }
        let route = self.routes.find(path);
        if route.is_none() && self.fallback.is_none() {
            let words = format!("there is nothing here; the endpoint is at {}", self.path);
            return refuse(StatusCode::NOT_FOUND, words);
        }
        if (route.as_ref()).is_some_and(|(route, _)| route.wants_caller()) {
            let accepts = HttpFields::of(&parts.headers).accepts();
            // Boxed, so that what anybody may ask does not carry the room that this needs.
            match Box::pin(shared.sender(parts.clone(), accepts)).await {
                Ok(sender) => sender.principal.map(|who| parts.extensions.insert(who)),
                Err(refused) => return *refused,
            };
        }
        let (body, _held) = match shared.read(body).await {
            Ok(received) => received,
            Err(refused) => return *refused,
        };
        match (route, &self.fallback) {
            (Some((route, params)), _) => {
                let mut request = Request::from_parts(parts.clone(), body);
                request.extensions_mut().insert(params);
                route.answer(request).await
            }
            (None, Some(fallback)) => {
                let request = Request::from_parts(parts, Body::from(body));
                fallback.answer(request).await
            }
            (None, None) => refuse(StatusCode::NOT_FOUND, "there is nothing here"),
        }
    }
}
