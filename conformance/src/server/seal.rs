//! A state that goes through the client's hands, signed.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use fmcp::{Call, Error, Middleware, Next, Reply, Result};
use ring::{hmac, rand::SystemRandom};
use serde_json::Value;

/// Signs the state that a component leaves behind, and refuses what it has not signed. The state can be
/// read by anybody, and used again as long as this process runs. It stands around one component.
pub(super) struct Seal(std::result::Result<hmac::Key, ring::error::Unspecified>);

impl Seal {
    /// With a key of its own.
    pub(super) fn new() -> Self {
        Self(hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()))
    }

    fn key(&self) -> Result<&hmac::Key> {
        self.0
            .as_ref()
            .map_err(|_| Error::internal("there is no key to sign with"))
    }
}

impl Middleware for Seal {
    async fn handle(&self, call: Call, next: Next<'_>) -> Result<Reply> {
        let key = self.key()?;
        let state = match call.params().request_state() {
            Some(sealed) => Some(open(key, &sealed).ok_or_else(not_ours)?),
            None => None,
        };
        let call = match state {
            Some(state) => {
                let params = call.params().with("requestState", Value::from(state))?;
                call.with_params(params)
            }
            None => call,
        };
        let mut questions = match next.run(call).await {
            Ok(Reply::InputRequired(questions)) => *questions,
            Ok(reply) => return Ok(reply),
            Err(error) => error.into_questions()?,
        };
        questions.request_state = questions.request_state.map(|state| close(key, &state));
        Ok(questions.into())
    }
}

fn not_ours() -> Error {
    Error::invalid_params("`requestState` is not as this server has given it")
}

fn close(key: &hmac::Key, state: &str) -> String {
    let tag = hmac::sign(key, state.as_bytes());
    format!("{state}.{}", BASE64_URL_SAFE_NO_PAD.encode(tag))
}

fn open(key: &hmac::Key, sealed: &str) -> Option<String> {
    let (state, tag) = sealed.rsplit_once('.')?;
    let tag = BASE64_URL_SAFE_NO_PAD.decode(tag).ok()?;
    hmac::verify(key, state.as_bytes(), &tag).ok()?;
    Some(state.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_closed_opens_and_nothing_else_does() {
        let key = Seal::new().0.unwrap();
        let sealed = close(&key, "a state.with a dot");
        assert_eq!(open(&key, &sealed).unwrap(), "a state.with a dot");
        let other = Seal::new().0.unwrap();
        for (key, sealed) in [
            (&key, format!("{sealed}-TAMPERED")),
            (&key, format!("x{sealed}")),
            (&key, "a state".to_owned()),
            (&key, String::new()),
            (&other, sealed),
        ] {
            assert_eq!(open(key, &sealed), None, "{sealed}");
        }
    }
}
