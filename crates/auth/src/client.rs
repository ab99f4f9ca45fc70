//! How a client proves to an authorization server which client it is.

use std::time::SystemTime;

use base64::{Engine as _, prelude::BASE64_STANDARD as BASE64};
use fmcp_core::{Error, Result};
use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    dpop::seconds,
    form::Form,
    random,
    secret::{self, Secret},
    signing::SigningKey,
    words::{refused, repeated},
};

/// How long a signed statement about who a client is may be used.
const ASSERTION_SECONDS: u64 = 300;

/// A client as one authorization server knows it.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) proof: Authentication,
}

/// How the client proves that it is that one.
#[derive(Clone, Debug)]
pub(crate) enum Authentication {
    /// Not at all: a program on a user's machine can keep no secret.
    None,
    /// With a secret in a header.
    Basic(Secret),
    /// With a secret in the body.
    Post(Secret),
    /// With a signature.
    Key(SigningKey),
}

/// A client as it is kept with its tokens: everything but its key, which is the application's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KeptClient {
    pub(crate) id: String,
    pub(crate) method: String,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "secret::exposed_if_any"
    )]
    pub(crate) secret: Option<Secret>,
}

pub(crate) const NONE: &str = "none";
pub(crate) const BASIC: &str = "client_secret_basic";
pub(crate) const POST: &str = "client_secret_post";
pub(crate) const KEY: &str = "private_key_jwt";

impl Client {
    pub(crate) fn method(&self) -> &'static str {
        match self.proof {
            Authentication::None => NONE,
            Authentication::Basic(_) => BASIC,
            Authentication::Post(_) => POST,
            Authentication::Key(_) => KEY,
        }
    }

    pub(crate) fn kept(&self) -> KeptClient {
        let secret = match &self.proof {
            Authentication::Basic(secret) | Authentication::Post(secret) => Some(secret.clone()),
            Authentication::None | Authentication::Key(_) => None,
        };
        KeptClient {
            id: self.id.clone(),
            method: self.method().to_owned(),
            secret,
        }
    }

    /// Adds to a request for a token what says and proves which client asks. `audience` is the issuer.
    pub(crate) fn sign(
        &self,
        audience: &str,
        form: &mut Form,
        headers: &mut HeaderMap,
    ) -> Result<()> {
        match &self.proof {
            Authentication::None => form.add_if_any("client_id", Some(&self.id)),
            Authentication::Post(secret) => {
                form.add("client_id", &self.id);
                form.add_secret("client_secret", secret);
            }
            Authentication::Basic(secret) => {
                headers.insert(AUTHORIZATION, basic(&self.id, secret)?);
            }
            Authentication::Key(key) => {
                let assertion = assertion(key, &self.id, audience)?;
                form.add(
                    "client_assertion_type",
                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                );
                form.add_secret("client_assertion", &assertion);
            }
        }
        Ok(())
    }
}

impl KeptClient {
    /// The client again; nothing where it needs a key that the application does not give any more.
    pub(crate) fn restore(self, key: Option<&SigningKey>) -> Option<Client> {
        let proof = match (self.method.as_str(), self.secret, key) {
            (NONE, _, _) => Authentication::None,
            (BASIC, Some(secret), _) => Authentication::Basic(secret),
            (POST, Some(secret), _) => Authentication::Post(secret),
            (KEY, _, Some(key)) => Authentication::Key(key.clone()),
            _ => return None,
        };
        Some(Client { id: self.id, proof })
    }
}

/// RFC 6749, section 2.3.1: both parts are form-encoded before they are joined.
fn basic(id: &str, secret: &Secret) -> Result<HeaderValue> {
    let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let (id, secret): (String, String) = (encoded(id), encoded(secret.expose()));
    let value = format!("Basic {}", BASE64.encode(format!("{id}:{secret}")));
    let mut value =
        HeaderValue::try_from(value).map_err(|_| Error::internal("base64 fits in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// RFC 7523, section 2.2, with the issuer as the only audience.
fn assertion(key: &SigningKey, id: &str, audience: &str) -> Result<Secret> {
    let now = seconds(SystemTime::now());
    let claims = json!({
        "iss": id, "sub": id, "aud": audience, "jti": random::text()?,
        "iat": now, "exp": now + ASSERTION_SECONDS,
    });
    Ok(key.token(json!({"typ": "JWT"}), &claims)?.into())
}

/// What a client has to prove itself with.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Means<'a> {
    pub(crate) secret: Option<&'a Secret>,
    pub(crate) key: Option<&'a SigningKey>,
    /// How the server itself said, when the client was registered, that this one has to.
    pub(crate) registered: Option<&'a str>,
}

/// How a client proves itself, by what it has and what the server takes. Whoever does not say what it takes,
/// takes a secret in a header.
///
/// # Errors
/// Where the server takes nothing that the client has.
pub(crate) fn choose(means: Means<'_>, taken: Option<&[String]>) -> Result<Authentication> {
    let takes = |method: &str| taken.is_none_or(|taken| taken.iter().any(|one| one == method));
    let with = |method: &str| match (method, means.secret, means.key) {
        (KEY, _, Some(key)) => Some(Authentication::Key(key.clone())),
        (BASIC, Some(secret), _) => Some(Authentication::Basic(secret.clone())),
        (POST, Some(secret), _) => Some(Authentication::Post(secret.clone())),
        (NONE, _, _) => Some(Authentication::None),
        _ => None,
    };
    if let Some(registered) = means
        .registered
        .filter(|method| takes(method))
        .and_then(with)
    {
        return Ok(registered);
    }
    let mut methods = [KEY, BASIC, POST, NONE].into_iter();
    if let Some(method) = methods.find_map(|method| takes(method).then(|| with(method)).flatten()) {
        return Ok(method);
    }
    // Servers that leave out "none" take public clients all the same.
    if means.secret.is_none() && means.key.is_none() {
        return Ok(Authentication::None);
    }
    let taken = taken.unwrap_or_default().join(", ");
    Err(refused(format!(
        "the authorization server takes clients that prove themselves by {}; this one has {}",
        repeated(&taken),
        if means.key.is_some() {
            "a key"
        } else {
            "a secret"
        },
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        secret: bool,
        key: bool,
        registered: Option<&str>,
        taken: Option<&[&str]>,
        expect: &str,
    ) {
        let (hidden, (signing, _)) = (Secret::new("s"), SigningKey::generate().unwrap());
        let means = Means {
            secret: secret.then_some(&hidden),
            key: key.then_some(&signing),
            registered,
        };
        let taken: Option<Vec<String>> =
            taken.map(|taken| taken.iter().map(|&one| one.to_owned()).collect());
        let shown = match choose(means, taken.as_deref()) {
            Ok(proof) => Client {
                id: String::new(),
                proof,
            }
            .method()
            .to_owned(),
            Err(error) => error.to_string(),
        };
        assert!(shown.contains(expect), "{shown}: {registered:?} {taken:?}");
    }

    #[test]
    fn a_client_proves_itself_as_the_server_takes_it() {
        check(false, false, None, None, NONE);
        check(true, false, None, None, BASIC);
        check(true, true, None, None, KEY);
        check(true, false, None, Some(&[POST]), POST);
        check(true, false, None, Some(&[NONE]), NONE);
        check(true, false, None, Some(&[POST, BASIC]), BASIC);
        check(true, false, Some(POST), Some(&[POST, BASIC]), POST);
        check(true, false, Some(NONE), Some(&[NONE, BASIC]), NONE);
        check(true, false, Some(POST), None, POST);
        // What the server said at registration cannot be, so what it says now is taken.
        check(true, false, Some(BASIC), Some(&[NONE]), NONE);
        check(false, false, Some(BASIC), None, NONE);
        check(false, false, None, Some(&[BASIC]), NONE);
        check(true, false, None, Some(&[KEY]), "this one has a secret");
        check(false, true, None, Some(&[BASIC]), "this one has a key");
    }

    #[test]
    fn a_secret_in_a_header_is_encoded_twice() {
        let value = basic("a:b c", &"p%ü".into()).unwrap();
        let encoded = value.to_str().unwrap().strip_prefix("Basic ").unwrap();
        assert_eq!(BASE64.decode(encoded).unwrap(), b"a%3Ab+c:p%25%C3%BC");
        assert!(value.is_sensitive());
    }

    #[test]
    fn a_kept_client_is_the_same_again() {
        let (key, _) = SigningKey::generate().unwrap();
        for proof in [
            Authentication::None,
            Authentication::Basic("s".into()),
            Authentication::Post("s".into()),
            Authentication::Key(key.clone()),
        ] {
            let client = Client {
                id: "me".into(),
                proof,
            };
            let text = serde_json::to_string(&client.kept()).unwrap();
            let kept: KeptClient = serde_json::from_str(&text).unwrap();
            let restored = kept.clone().restore(Some(&key)).unwrap();
            assert_eq!(
                (restored.method(), restored.id.as_str()),
                (client.method(), "me")
            );
            assert_eq!(kept.restore(None).is_none(), client.method() == KEY);
        }
    }
}
