//! What a token endpoint answers.

use std::time::{Duration, SystemTime};

use fmcp_core::{Error, Kind, Result};
use http::{HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};

use crate::{
    dpop::seconds,
    form::Form,
    secret::{self, Secret},
    words::{harmless, refused, repeated},
};

/// The longest token that is taken: it has to fit in a header.
const MAX_TOKEN: usize = 16 * 1024;
/// How long before its end a token is renewed, at most; a short one is used for most of its life.
const EARLY: Duration = Duration::from_secs(30);
/// The longest life that is believed.
const MAX_LIFE: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// How a token is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum TokenType {
    Bearer,
    DPoP,
}

impl TokenType {
    fn name(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::DPoP => "DPoP",
        }
    }
}

/// A token, and what is known of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Token {
    #[serde(serialize_with = "secret::exposed")]
    pub(crate) access: Secret,
    pub(crate) scheme: TokenType,
    /// When to renew it, in seconds since 1970. Without it: when it is refused.
    pub(crate) renew_at: Option<u64>,
    #[serde(serialize_with = "secret::exposed_if_any")]
    pub(crate) refresh: Option<Secret>,
}

impl Token {
    pub(crate) fn is_due(&self, now: SystemTime) -> bool {
        self.renew_at.is_some_and(|at| at <= seconds(now))
    }

    /// The value of `Authorization` that shows it.
    pub(crate) fn header(&self) -> Result<HeaderValue> {
        let text = format!("{} {}", self.scheme.name(), self.access.expose());
        let mut value = HeaderValue::try_from(text)
            .map_err(|_| refused("the token does not fit in a header"))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// An answer with a token, as it stands on the wire.
#[derive(Deserialize)]
struct Granted {
    access_token: Secret,
    token_type: String,
    expires_in: Option<Seconds>,
    refresh_token: Option<Secret>,
    issued_token_type: Option<String>,
}

/// Some servers write numbers as texts.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(f64),
    Text(String),
}

impl Seconds {
    fn duration(&self) -> Option<Duration> {
        let seconds = match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok(),
        };
        let seconds = seconds.filter(|seconds: &f64| *seconds >= 0.0)?;
        Some(Duration::try_from_secs_f64(seconds).map_or(MAX_LIFE, |life| life.min(MAX_LIFE)))
    }
}

/// Why a token endpoint said no.
#[derive(Deserialize)]
struct Refusal {
    error: String,
    error_description: Option<String>,
}

/// What came of a request for a token.
pub(crate) enum Outcome {
    Granted(Token),
    /// Refused, with the server's code and the words for the user.
    Refused(String, Error),
}

/// Reads the answer to `form`.
///
/// # Errors
/// When it is neither a token nor a refusal.
pub(crate) fn read(
    issuer: &str,
    form: &Form,
    status: StatusCode,
    body: &[u8],
    now: SystemTime,
) -> Result<Outcome> {
    if status.is_success() {
        return granted(issuer, body, now).map(Outcome::Granted);
    }
    let code = serde_json::from_slice::<Refusal>(body)
        .ok()
        .map(|it| it.error);
    let error = refusal(issuer, form, status, body);
    match code {
        Some(code) => Ok(Outcome::Refused(code, error)),
        None => Err(error),
    }
}

/// What a server says that does not do what a form asks for, in words that betray nothing.
pub(crate) fn refusal(issuer: &str, form: &Form, status: StatusCode, body: &[u8]) -> Error {
    if let Ok(refusal) = serde_json::from_slice(body) {
        return refusal_error(issuer, form, &refusal);
    }
    let kind = match status.as_u16() {
        429 => Kind::Overloaded,
        500.. => Kind::Unavailable,
        _ => Kind::Unauthenticated,
    };
    let words = format!(
        "the authorization server {} answered {status} to the request for a token",
        repeated(issuer)
    );
    Error::new(kind, words)
}

/// The grant of a JWT that is no access token (RFC 8693): the assertion in it.
///
/// # Errors
/// When it is something else.
pub(crate) fn read_assertion(issuer: &str, body: &[u8], expected: &str) -> Result<Secret> {
    let answer: Granted = serde_json::from_slice(body).map_err(|_| unreadable(issuer))?;
    if answer.issued_token_type.as_deref() != Some(expected) {
        return Err(refused(format!(
            "the identity provider {} gave another kind of token than {expected}",
            repeated(issuer)
        )));
    }
    Ok(answer.access_token)
}

fn granted(issuer: &str, body: &[u8], now: SystemTime) -> Result<Token> {
    // What serde would say about it may repeat the token.
    let answer: Granted = serde_json::from_slice(body).map_err(|_| unreadable(issuer))?;
    let scheme = match answer.token_type.to_ascii_lowercase().as_str() {
        "bearer" => TokenType::Bearer,
        "dpop" => TokenType::DPoP,
        other => {
            return Err(refused(format!(
                "the authorization server {} gave a token of the unknown type {:?}",
                repeated(issuer),
                repeated(other)
            )));
        }
    };
    let access = answer.access_token;
    if !is_token(access.expose()) {
        return Err(refused(format!(
            "the authorization server {} gave a token that does not fit in a header",
            repeated(issuer)
        )));
    }
    let renew_at = answer
        .expires_in
        .and_then(|life| life.duration())
        .map(|life| {
            let early = EARLY.min(life / 10);
            seconds(now) + (life - early).as_secs()
        });
    Ok(Token {
        access,
        scheme,
        renew_at,
        refresh: answer.refresh_token,
    })
}

/// What a header may hold: visible ASCII.
pub(crate) fn is_token(text: &str) -> bool {
    (1..=MAX_TOKEN).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

pub(crate) fn unreadable(issuer: &str) -> Error {
    refused(format!(
        "the authorization server {} answered with something that is no token",
        repeated(issuer)
    ))
}

fn refusal_error(issuer: &str, form: &Form, refusal: &Refusal) -> Error {
    let is_clean = |text: &&str| !form.is_betrayed_by(text);
    let code = Some(refusal.error.as_str()).filter(is_clean);
    let mut words = format!(
        "the authorization server {} refuses a token: {}",
        repeated(issuer),
        harmless(code.unwrap_or("it repeats what was sent"))
    );
    let description = refusal.error_description.as_deref();
    if let Some(description) = description.filter(is_clean) {
        words.push_str(&format!(" ({})", harmless(description)));
    }
    refused(words)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    const NOW: u64 = 1_000_000;

    fn answer(status: u16, body: &str) -> Result<Outcome> {
        let mut form = Form::grant("refresh_token");
        form.add_secret("refresh_token", &"hunter2".into());
        let status = StatusCode::from_u16(status).unwrap();
        let now = UNIX_EPOCH + Duration::from_secs(NOW);
        read("https://as", &form, status, body.as_bytes(), now)
    }

    fn check(body: &str, expect: (&str, Option<u64>, bool)) {
        match answer(200, body) {
            Ok(Outcome::Granted(token)) => {
                let header = token.header().unwrap();
                let shown = header.to_str().unwrap();
                let in_seconds = token.renew_at.map(|at| at - NOW);
                assert_eq!(
                    (shown, in_seconds, token.refresh.is_some()),
                    expect,
                    "{body}"
                );
            }
            _ => panic!("it is a token: {body}"),
        }
    }

    #[test]
    fn a_token_is_read_and_renewed_early() {
        check(
            r#"{"access_token":"t","token_type":"Bearer"}"#,
            ("Bearer t", None, false),
        );
        check(
            r#"{"access_token":"t","token_type":"bearer","expires_in":3600,"refresh_token":"r"}"#,
            ("Bearer t", Some(3570), true),
        );
        check(
            r#"{"access_token":"t","token_type":"dpop","expires_in":"100"}"#,
            ("DPoP t", Some(90), false),
        );
        check(
            r#"{"access_token":"t","token_type":"Bearer","expires_in":0}"#,
            ("Bearer t", Some(0), false),
        );
        check(
            r#"{"access_token":"t","token_type":"Bearer","expires_in":1e300}"#,
            ("Bearer t", Some(MAX_LIFE.as_secs() - 30), false),
        );
        check(
            r#"{"access_token":"t","token_type":"Bearer","expires_in":-5}"#,
            ("Bearer t", None, false),
        );
    }

    #[test]
    fn what_is_no_token_is_refused_without_being_shown() {
        for (status, body) in [
            (200, r#"{"access_token":"hunter2","token_type":"mac"}"#),
            (200, r#"{"access_token":"hunter2 x","token_type":"Bearer"}"#),
            (200, r#"{"access_token":"hunter2","token_type":7}"#),
            (200, r#"{"access_token":"","token_type":"Bearer"}"#),
            (200, "hunter2"),
            (200, ""),
            (500, "hunter2"),
            (400, "[]"),
        ] {
            let Err(error) = answer(status, body) else {
                panic!("{body} is no token");
            };
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }

    #[test]
    fn a_refusal_is_told_but_never_what_was_sent() {
        for (body, expect) in [
            (
                r#"{"error":"invalid_grant","error_description":"it is over"}"#,
                "refuses a token: invalid_grant (it is over)",
            ),
            (
                r#"{"error":"invalid_grant","error_description":"hunter2 is over"}"#,
                "refuses a token: invalid_grant",
            ),
            (r#"{"error":"hunter2"}"#, "it repeats what was sent"),
        ] {
            match answer(400, body) {
                Ok(Outcome::Refused(_, error)) => {
                    assert!(error.message().ends_with(expect), "{error}");
                    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
                }
                _ => panic!("it is a refusal: {body}"),
            }
        }
    }
}
