//! Routes of the author's own, beside the endpoint.

use std::{future::Future, sync::Arc};

use bytes::Bytes;
use fmcp_core::BoxFuture;
use futures_util::{Stream, StreamExt as _};
use http::{HeaderValue, StatusCode, header};
use http_body::Frame;
use serde::Serialize;

use super::{
    answer::{bare, json},
    body::{Body, BoxError},
};

/// A request to a route, its body read.
pub type Request = http::Request<Bytes>;

/// The response of a route.
pub type Response = http::Response<Body>;

/// A path, and who answers there.
#[derive(Clone)]
pub struct Route {
    pattern: Arc<str>,
    handler: Arc<dyn Fn(Request) -> BoxFuture<'static, Response> + Send + Sync>,
    wants_caller: bool,
}

/// Routes, the first that fits answers.
#[derive(Clone, Default)]
pub struct Routes(Vec<Route>);

/// The parts of a path that a route's pattern names, in the extensions of its request.
///
/// ```
/// use fmcp_transport::http::{PathParams, Request};
///
/// async fn order(request: Request) -> String {
///     let params = request.extensions().get::<PathParams>();
///     format!("order {}", params.and_then(|params| params.get("id")).unwrap_or("?"))
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathParams(Vec<(String, String)>);

impl PathParams {
    /// The part of this name, percent-encoding undone.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What a route may give back.
pub trait IntoResponse {
    /// Makes the response.
    fn into_response(self) -> Response;
}

impl Route {
    /// A route at `pattern`, in which `{name}` stands for one part of a path and `{*name}`, at the end, for
    /// all the rest.
    pub fn new<F, Fut>(pattern: impl Into<Arc<str>>, handler: F) -> Self
    where
        F: Fn(Request) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: IntoResponse> + Send + 'static,
    {
        Self {
            pattern: pattern.into(),
            handler: Arc::new(move |request| {
                let answer = handler(request);
                Box::pin(async move { answer.await.into_response() })
            }),
            wants_caller: false,
        }
    }

    /// Lets the authenticator of the endpoint, if it has one, find out who is calling: whom it refuses is refused
    /// here, too; who is known is an `Arc<Principal>` among the request's extensions.
    #[must_use]
    pub fn for_callers(mut self) -> Self {
        self.wants_caller = true;
        self
    }

    /// Where it is.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    pub(super) fn wants_caller(&self) -> bool {
        self.wants_caller
    }

    pub(super) async fn answer(&self, request: Request) -> Response {
        (self.handler)(request).await
    }
}

impl Routes {
    /// Adds a route after those that are there.
    pub fn push(&mut self, route: Route) {
        self.0.push(route);
    }

    /// The route that fits a path, and what its pattern names.
    pub(super) fn find(&self, path: &str) -> Option<(&Route, PathParams)> {
        (self.0.iter()).find_map(|route| Some((route, fits(&route.pattern, path)?)))
    }
}

impl IntoIterator for Routes {
    type Item = Route;
    type IntoIter = std::vec::IntoIter<Route>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Extend<Route> for Routes {
    fn extend<I: IntoIterator<Item = Route>>(&mut self, routes: I) {
        self.0.extend(routes);
    }
}

fn fits(pattern: &str, path: &str) -> Option<PathParams> {
    let mut params = PathParams::default();
    let (mut wanted, mut parts) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), parts.next()) {
            (None, None) => return Some(params),
            (Some(want), Some(part)) => {
                let Some(name) = want
                    .strip_prefix('{')
                    .and_then(|name| name.strip_suffix('}'))
                else {
                    if want == part {
                        continue;
                    }
                    return None;
                };
                if let Some(name) = name.strip_prefix('*') {
                    let rest = parts.fold(part.to_owned(), |rest, part| rest + "/" + part);
                    params.0.push((name.to_owned(), decode(&rest)?));
                    return Some(params);
                }
                if part.is_empty() {
                    return None;
                }
                params.0.push((name.to_owned(), decode(part)?));
            }
            _ => return None,
        }
    }
}

fn decode(part: &str) -> Option<String> {
    let decoded = percent_encoding::percent_decode_str(part).decode_utf8();
    decoded.ok().map(std::borrow::Cow::into_owned)
}

impl IntoResponse for Response {
    fn into_response(self) -> Response {
        self
    }
}

impl IntoResponse for &'static str {
    fn into_response(self) -> Response {
        text(Body::from(self))
    }
}

impl IntoResponse for String {
    fn into_response(self) -> Response {
        text(Body::from(self))
    }
}

impl IntoResponse for StatusCode {
    fn into_response(self) -> Response {
        bare(self)
    }
}

impl IntoResponse for serde_json::Value {
    fn into_response(self) -> Response {
        json(StatusCode::OK, self.to_string())
    }
}

impl<T: IntoResponse> IntoResponse for (StatusCode, T) {
    fn into_response(self) -> Response {
        let mut response = self.1.into_response();
        *response.status_mut() = self.0;
        response
    }
}

impl<T: IntoResponse, E: IntoResponse> IntoResponse for Result<T, E> {
    fn into_response(self) -> Response {
        match self {
            Ok(response) => response.into_response(),
            Err(response) => response.into_response(),
        }
    }
}

fn text(body: Body) -> Response {
    let mut response = Response::new(body);
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response
}

impl Body {
    /// Values as they come, one line of JSON each. What cannot be written ends the body.
    pub fn lines<S>(values: S) -> Self
    where
        S: Stream<Item: Serialize> + Send + 'static,
    {
        Self::frames(values.map(|value| {
            let mut line = serde_json::to_vec(&value)?;
            line.push(b'\n');
            Ok(line)
        }))
    }

    /// Values as they come, an event of JSON each. What cannot be written ends the body.
    pub fn events<S>(values: S) -> Self
    where
        S: Stream<Item: Serialize> + Send + 'static,
    {
        Self::frames(values.map(|value| {
            let mut event = b"data: ".to_vec();
            serde_json::to_writer(&mut event, &value)?;
            event.extend_from_slice(b"\n\n");
            Ok(event)
        }))
    }

    fn frames<S>(pieces: S) -> Self
    where
        S: Stream<Item = Result<Vec<u8>, BoxError>> + Send + 'static,
    {
        Self::stream(Pieces(Box::pin(pieces)))
    }
}

/// A response of values as they come, one line of JSON each (NDJSON).
pub fn ndjson<S>(values: S) -> Response
where
    S: Stream<Item: Serialize> + Send + 'static,
{
    streamed(Body::lines(values), "application/x-ndjson")
}

/// A response of values as they come, as server-sent events.
pub fn sse<S>(values: S) -> Response
where
    S: Stream<Item: Serialize> + Send + 'static,
{
    streamed(Body::events(values), "text/event-stream")
}

fn streamed(body: Body, content_type: &'static str) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

struct Pieces<S>(std::pin::Pin<Box<S>>);

impl<S: Stream<Item = Result<Vec<u8>, BoxError>>> http_body::Body for Pieces<S> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let piece = self.0.as_mut().poll_next(cx);
        piece.map(|piece| piece.map(|piece| piece.map(|piece| Frame::data(piece.into()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_name_parts_of_paths() {
        for (pattern, path, expect) in [
            ("/hello", "/hello", Some(vec![])),
            ("/hello", "/hello/", None),
            ("/hello", "/hell", None),
            ("/orders/{id}", "/orders/7", Some(vec![("id", "7")])),
            ("/orders/{id}", "/orders/a%2Fb", Some(vec![("id", "a/b")])),
            ("/orders/{id}", "/orders/", None),
            ("/orders/{id}", "/orders/7/lines", None),
            ("/files/{*path}", "/files/a/b", Some(vec![("path", "a/b")])),
            ("/{a}/{b}", "/x/y", Some(vec![("a", "x"), ("b", "y")])),
        ] {
            let found = fits(pattern, path);
            let expect = expect.map(|params| {
                let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
                PathParams(params.into_iter().map(own).collect())
            });
            assert_eq!(found, expect, "{pattern} {path}");
        }
    }
}
