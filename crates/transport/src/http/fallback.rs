//! Who answers where nobody else does.

use std::{future::poll_fn, sync::Arc};

use bytes::Bytes;
use fmcp_core::BoxFuture;
use http::{Request, Response, StatusCode};
use tower_service::Service;

use super::{
    answer::refuse,
    body::{Body, BoxError},
};

/// A service that answers where nobody else does: an axum router, for one. A clone is the same.
#[derive(Clone)]
pub struct Fallback(Arc<Answer>);

type Answer = dyn Fn(Request<Body>) -> BoxFuture<'static, Response<Body>> + Send + Sync;

impl Fallback {
    /// Lets `service` answer. What it fails with is logged, and answered with 500.
    pub fn new<S, B>(service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Error: Into<BoxError> + Send,
        S::Future: Send,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self(Arc::new(move |request| {
            let mut service = service.clone();
            Box::pin(async move {
                let ready = poll_fn(|cx| service.poll_ready(cx)).await;
                let answered = match ready {
                    Ok(()) => service.call(request).await,
                    Err(error) => Err(error),
                };
                match answered {
                    Ok(response) => response.map(Body::stream),
                    Err(error) => {
                        let error: BoxError = error.into();
                        tracing::error!(%error, "the fallback service failed");
                        refuse(StatusCode::INTERNAL_SERVER_ERROR, "this did not work")
                    }
                }
            })
        }))
    }

    pub(super) async fn answer(&self, request: Request<Body>) -> Response<Body> {
        (self.0)(request).await
    }
}
