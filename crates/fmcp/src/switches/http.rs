//! The switches over HTTP.

use std::sync::Arc;

use fmcp_core::{Error, Kind, Principal, Result};
use fmcp_transport::http::{IntoResponse as _, PathParams, Request, Response, Route};
use http::{HeaderValue, Method, StatusCode, header};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::{
    desk::Desk,
    guard::{Caller, Guard},
    order::Order,
};
use crate::Server;

/// The longest body, in bytes: there is not much to say in it.
const MAX_BODY: usize = 16 * 1024;

/// The server with the routes of its switches.
pub(super) fn routed(server: Server, path: &str, desk: &Arc<Desk>) -> Server {
    let path = path.trim_matches('/');
    let below = if path.is_empty() {
        String::new()
    } else {
        format!("/{path}")
    };
    let (listing, switching) = (Arc::clone(desk), Arc::clone(desk));
    let list = Route::new(format!("/{path}"), move |request| {
        let desk = Arc::clone(&listing);
        async move { desk.serve(&Method::GET, &request, listed) }
    });
    let switch = Route::new(
        format!("{below}/{{kind}}/{{name}}/{{action}}"),
        move |request| {
            let desk = Arc::clone(&switching);
            async move { desk.serve(&Method::POST, &request, switched) }
        },
    );
    // Where a secret is said, the header is not for the authenticator to read.
    let is_secret = desk.guard.is_secret();
    [list, switch].into_iter().fold(server, |server, route| {
        server.add_route(if is_secret {
            route
        } else {
            route.for_callers()
        })
    })
}

impl Desk {
    fn serve(
        &self,
        method: &Method,
        request: &Request,
        order: impl FnOnce(&Request) -> Result<Order>,
    ) -> Response {
        let principal = request.extensions().get::<Arc<Principal>>();
        let caller = Caller {
            principal: principal.map(|who| &**who),
            headers: Some(request.headers()),
        };
        let mut misused = false;
        let outcome = self.answer(&caller, || {
            misused = request.method() != method;
            if misused {
                let words = format!("this is for {method}");
                return Err(Error::new(Kind::InvalidRequest, words));
            }
            order(request)
        });
        let mut response = written(&outcome);
        let headers = response.headers_mut();
        let fresh = HeaderValue::from_static("no-store");
        headers.insert(header::CACHE_CONTROL, fresh);
        if misused {
            headers.insert(header::ALLOW, allowed(method));
            *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        } else if let Some(challenge) = outcome.err().and_then(|error| self.challenge(&error)) {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }

    /// What is demanded of whoever is refused.
    fn challenge(&self, refused: &Error) -> Option<HeaderValue> {
        match refused.kind() {
            Kind::Unauthenticated => Some(HeaderValue::from_static("Bearer")),
            Kind::Forbidden => {
                let scopes = self.guard.scopes()?;
                let words = format!("Bearer error=\"insufficient_scope\", scope=\"{scopes}\"");
                HeaderValue::try_from(words).ok()
            }
            _ => None,
        }
    }
}

impl Guard {
    /// Whether the `Authorization` header is this guard's own, and not the authenticator's.
    fn is_secret(&self) -> bool {
        matches!(self, Self::Secret(_))
    }

    /// The scopes that are wanted, as a challenge names them.
    fn scopes(&self) -> Option<String> {
        match self {
            Self::Scopes(scopes) => Some(scopes.iter().map(|s| &**s).collect::<Vec<_>>().join(" ")),
            _ => None,
        }
    }
}

fn allowed(method: &Method) -> HeaderValue {
    HeaderValue::from_static(if method == Method::GET { "GET" } else { "POST" })
}

fn written(outcome: &Result<Map<String, Value>>) -> Response {
    match outcome {
        Ok(answer) => Value::from(answer.clone()).into_response(),
        Err(error) => {
            let status = match error.kind() {
                Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
                Kind::Forbidden => StatusCode::FORBIDDEN,
                Kind::NotFound => StatusCode::NOT_FOUND,
                Kind::InvalidParams | Kind::InvalidRequest => StatusCode::BAD_REQUEST,
                Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            };
            let words = json!({"error": {"code": error.code(), "message": error.message()}});
            (status, words).into_response()
        }
    }
}

fn listed(request: &Request) -> Result<Order> {
    Order::list(asked(request, "cursor")?.as_deref())
}

/// What a body may say: the version, in the place of the query.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    version: Option<String>,
}

fn switched(request: &Request) -> Result<Order> {
    let params = request.extensions().get::<PathParams>();
    let part = |name| {
        params
            .and_then(|params| params.get(name))
            .unwrap_or_default()
    };
    let on = match part("action") {
        "enable" => true,
        "disable" => false,
        _ => {
            return Err(Error::not_found(
                "components are told to `enable` or to `disable`",
            ));
        }
    };
    let body = request.body();
    if body.len() > MAX_BODY {
        return Err(Error::invalid_params(format!(
            "the body is longer than {MAX_BODY} bytes"
        )));
    }
    let said = if body.is_empty() {
        Said::default()
    } else {
        let unread = |_| Error::invalid_params("the body is JSON: {\"version\": …}, or nothing");
        serde_json::from_slice(body).map_err(unread)?
    };
    let version = match (said.version, asked(request, "version")?) {
        (Some(_), Some(_)) => return Err(Error::invalid_params("the version is said twice")),
        (body, query) => body.or(query),
    };
    Order::switch(part("kind"), part("name"), version.as_deref(), on)
}

/// The only word of a query.
fn asked(request: &Request, name: &str) -> Result<Option<String>> {
    let query = request.uri().query().unwrap_or_default();
    let mut found = None;
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        if key != name || found.is_some() {
            return Err(Error::invalid_params(format!(
                "only one `{name}` may be asked for"
            )));
        }
        found = Some(value.into_owned());
    }
    Ok(found)
}
