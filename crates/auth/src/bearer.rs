//! Tokens that the application has already.

use std::sync::Arc;

use fmcp_core::{BoxFuture, Credentials, Result, is_same_secret};
use http::{HeaderName, HeaderValue, header::AUTHORIZATION, request, response};

use crate::{
    Scheme,
    server::Server,
    source::SecretSource,
    token::is_token,
    words::{refused, unusable},
};

/// A token of the application's own, in `Authorization: Bearer` or in a header of another name.
///
/// It gets no tokens: that is [`OAuth`](crate::OAuth). One that comes from a function or a file is asked for
/// again when the server refuses it.
///
/// ```
/// use fmcp_auth::{Bearer, Scheme, SecretSource};
///
/// # fn main() -> fmcp_core::Result<()> {
/// let fixed = Bearer::new("a token");
/// let mounted = Bearer::new(SecretSource::file("/var/run/secrets/token"));
/// let key = Bearer::new("a key").header("X-Api-Key");
/// let credentials = key.credentials("https://example.com/mcp")?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Bearer {
    source: SecretSource,
    header: Option<String>,
}

impl Bearer {
    /// A token, or where it comes from.
    pub fn new(token: impl Into<SecretSource>) -> Self {
        Self {
            source: token.into(),
            header: None,
        }
    }

    /// Sets the header in which it is sent as it is, instead of `Authorization: Bearer`.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>) -> Self {
        self.header = Some(name.into());
        self
    }
}

impl Scheme for Bearer {
    fn credentials(&self, server: &str) -> Result<Arc<dyn Credentials>> {
        let header = match &self.header {
            None => None,
            Some(name) => Some(
                HeaderName::try_from(name.as_str())
                    .map_err(|_| unusable(format!("{name:?} is no name of a header")))?,
            ),
        };
        Ok(Arc::new(Shown {
            server: Server::parse(server)?,
            source: self.source.clone(),
            header,
        }))
    }
}

struct Shown {
    server: Server,
    source: SecretSource,
    header: Option<HeaderName>,
}

impl Shown {
    async fn value(&self) -> Result<HeaderValue> {
        let secret = self.source.get().await?;
        let value = match self.header {
            None if is_token(secret.expose()) => {
                HeaderValue::try_from(format!("Bearer {}", secret.expose()))
            }
            None => {
                return Err(refused(
                    "the bearer token is empty or does not fit in a header",
                ));
            }
            Some(_) => HeaderValue::from_str(secret.expose()),
        };
        let mut value = value.map_err(|_| refused("the secret does not fit in a header"))?;
        value.set_sensitive(true);
        Ok(value)
    }

    fn name(&self) -> &HeaderName {
        self.header.as_ref().unwrap_or(&AUTHORIZATION)
    }
}

impl Credentials for Shown {
    fn sign<'a>(&'a self, request: &'a mut request::Parts) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            self.server.check(request)?;
            let value = self.value().await?;
            request.headers.insert(self.name().clone(), value);
            Ok(())
        })
    }

    /// Another token may do what one that is over does not; the same one will not.
    fn refused<'a>(
        &'a self,
        request: &'a request::Parts,
        response: &'a response::Parts,
    ) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            if response.status != http::StatusCode::UNAUTHORIZED || !self.source.varies() {
                return Ok(false);
            }
            let now = self.value().await?;
            let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
            let sent = request.headers.get(self.name()).map(text);
            Ok(sent.is_none_or(|sent| !is_same_secret(&sent, &text(&now))))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::Secret;

    fn request(uri: &str) -> request::Parts {
        http::Request::post(uri).body(()).unwrap().into_parts().0
    }

    fn response(status: u16) -> response::Parts {
        let response = http::Response::builder().status(status).body(()).unwrap();
        response.into_parts().0
    }

    #[tokio::test]
    async fn a_token_is_shown_to_its_server_alone() {
        let credentials = Bearer::new("t0k").credentials("https://a/mcp").unwrap();
        let mut one = request("https://a/mcp");
        credentials.sign(&mut one).await.unwrap();
        assert_eq!(one.headers[AUTHORIZATION], "Bearer t0k");
        assert!(!format!("{one:?}").contains("t0k"), "{one:?}");
        let mut other = request("https://b/mcp");
        assert!(credentials.sign(&mut other).await.is_err());
        assert!(other.headers.is_empty());
        assert!(!credentials.refused(&one, &response(401)).await.unwrap());
    }

    #[tokio::test]
    async fn another_header_takes_the_secret_as_it_is() {
        let bearer = Bearer::new("two words").header("X-Api-Key");
        let credentials = bearer.credentials("https://a/mcp").unwrap();
        let mut one = request("https://a/mcp");
        credentials.sign(&mut one).await.unwrap();
        assert_eq!(one.headers["x-api-key"], "two words");
        assert!(!one.headers.contains_key(AUTHORIZATION));
        assert!(
            Bearer::new("x")
                .header("a b")
                .credentials("https://a/")
                .is_err()
        );
        let split = Bearer::new("two words").credentials("https://a/").unwrap();
        let error = split.sign(&mut request("https://a/")).await.unwrap_err();
        assert!(!format!("{error:?}").contains("two words"), "{error:?}");
    }

    #[tokio::test]
    async fn a_token_that_varies_is_asked_for_again_when_it_is_refused() {
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let source = SecretSource::from_fn(move || {
            let number = counter.fetch_add(1, Ordering::Relaxed);
            async move { Ok(Secret::new(format!("t{}", number / 2))) }
        });
        let credentials = Bearer::new(source).credentials("https://a/mcp").unwrap();
        let mut one = request("https://a/mcp");
        credentials.sign(&mut one).await.unwrap();
        // It is still the same one, then another one.
        assert!(!credentials.refused(&one, &response(401)).await.unwrap());
        assert!(credentials.refused(&one, &response(401)).await.unwrap());
        assert!(!credentials.refused(&one, &response(403)).await.unwrap());
    }
}
