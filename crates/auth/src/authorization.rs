//! The authorization request (what the user's browser is sent to) and the answer to it.

use fmcp_core::{Result, is_same_secret};
use url::{Host, Url};

use crate::{
    pkce::Verifier,
    random,
    scope::Scopes,
    secret::Secret,
    words::{harmless, refused, repeated},
};

/// The longest answer that is read.
const MAX_ANSWER: usize = 16 * 1024;

/// What is remembered between the question and the answer. Each question has one of its own.
pub(crate) struct Asked {
    pub(crate) state: Secret,
    pub(crate) verifier: Verifier,
    pub(crate) redirect: String,
    /// Who was asked.
    pub(crate) issuer: String,
    /// Whether whoever was asked says in its answers who it is.
    pub(crate) names_itself: bool,
}

/// What a question is made of.
pub(crate) struct Question<'a> {
    pub(crate) endpoint: Url,
    pub(crate) client_id: &'a str,
    pub(crate) scopes: &'a Scopes,
    pub(crate) resource: Option<&'a str>,
}

impl Asked {
    pub(crate) fn new(issuer: &str, names_itself: bool, redirect: &str) -> Result<Self> {
        Ok(Self {
            state: random::text()?.into(),
            verifier: Verifier::new()?,
            redirect: redirect.to_owned(),
            issuer: issuer.to_owned(),
            names_itself,
        })
    }

    /// Where the user is sent.
    pub(crate) fn url(&self, question: &Question<'_>) -> Url {
        let mut url = question.endpoint.clone();
        url.set_fragment(None);
        {
            let mut pairs = url.query_pairs_mut();
            pairs
                .append_pair("response_type", "code")
                .append_pair("client_id", question.client_id)
                .append_pair("redirect_uri", &self.redirect)
                .append_pair("code_challenge", &self.verifier.challenge())
                .append_pair("code_challenge_method", "S256")
                .append_pair("state", self.state.expose());
            if !question.scopes.is_empty() {
                pairs.append_pair("scope", &question.scopes.to_string());
            }
            if let Some(resource) = question.resource {
                pairs.append_pair("resource", resource);
            }
            // OpenID Connect gives no refresh token to whoever has not been asked.
            if question.scopes.has("offline_access") {
                pairs.append_pair("prompt", "consent");
            }
        }
        url
    }

    /// The code in an answer, which is whatever address the user came back to.
    ///
    /// # Errors
    /// When it is not the answer to this question, or not from whoever was asked; else when it says no.
    pub(crate) fn code(&self, answer: &str) -> Result<Secret> {
        let answer = self.address(answer)?;
        let only = |name: &str| {
            let mut found = answer.query_pairs().filter(|(key, _)| key == name);
            match (found.next(), found.next()) {
                (Some((_, value)), None) => Ok(Some(value)),
                (None, _) => Ok(None),
                _ => Err(refused(format!(
                    "the answer to the login says {name} twice"
                ))),
            }
        };
        match only("state")? {
            Some(state) if is_same_secret(&state, self.state.expose()) => {}
            _ => {
                return Err(refused(
                    "the answer to the login is to another question than ours",
                ));
            }
        }
        self.check_issuer(only("iss")?.as_deref())?;
        if let Some(error) = only("error")? {
            let why = only("error_description")?.unwrap_or_default();
            let words = match &*error {
                "access_denied" => "the login was not granted".to_owned(),
                other => format!("the login failed: {}", harmless(other)),
            };
            return Err(refused(match &*why {
                "" => words,
                why => format!("{words} ({})", harmless(why)),
            }));
        }
        match only("code")? {
            Some(code) if !code.is_empty() => Ok(Secret::new(code)),
            _ => Err(refused("the answer to the login holds no code")),
        }
    }

    /// The answer as an address that is the one to which the user was to come back.
    fn address(&self, answer: &str) -> Result<Url> {
        let strange =
            || refused("the answer to the login is not at the address that was to be come back to");
        if answer.len() > MAX_ANSWER {
            return Err(strange());
        }
        let expected = Url::parse(&self.redirect).map_err(|_| strange())?;
        let answer = expected.join(answer.trim()).map_err(|_| strange())?;
        let place = |url: &Url| {
            let host = url.host().map(|host: Host<&str>| host.to_string());
            (
                url.scheme().to_owned(),
                host,
                url.port_or_known_default(),
                url.path().to_owned(),
            )
        };
        if place(&answer) == place(&expected) {
            Ok(answer)
        } else {
            Err(strange())
        }
    }

    /// RFC 9207, section 2.4: who answers is compared with who was asked, as it is written.
    fn check_issuer(&self, named: Option<&str>) -> Result<()> {
        match named {
            Some(named) if named == self.issuer => Ok(()),
            None if !self.names_itself => Ok(()),
            Some(named) => Err(refused(format!(
                "the login was answered by {:?}, but {:?} was asked; its answer is not used",
                repeated(named),
                repeated(&self.issuer)
            ))),
            None => Err(refused(format!(
                "the answer to the login does not say that it is from {:?}, which always does; it is \
                 not used",
                repeated(&self.issuer)
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(names_itself: bool) -> Asked {
        let redirect = "http://127.0.0.1:1234/callback";
        let mut asked = Asked::new("https://as.example", names_itself, redirect).unwrap();
        asked.state = "STATE".into();
        asked
    }

    fn check(names_itself: bool, answer: &str, expect: &str) {
        let outcome = asked(names_itself).code(answer);
        let shown = match &outcome {
            Ok(code) => code.expose().to_owned(),
            Err(error) => error.to_string(),
        };
        assert!(shown.contains(expect), "{answer}: {shown}");
        assert_eq!(outcome.is_ok(), expect == "CODE", "{answer}: {shown}");
    }

    #[test]
    fn only_the_answer_to_our_question_from_whom_was_asked_holds_a_code() {
        const AT: &str = "http://127.0.0.1:1234/callback";
        const GOOD: &str = "iss=https%3A%2F%2Fas.example";
        for (names, query, expect) in [
            (false, "code=CODE&state=STATE", "CODE"),
            (false, &format!("code=CODE&state=STATE&{GOOD}"), "CODE"),
            (true, &format!("code=CODE&state=STATE&{GOOD}"), "CODE"),
            (true, "code=CODE&state=STATE", "does not say"),
            (
                true,
                "code=CODE&state=STATE&iss=https://evil.example",
                "but",
            ),
            (
                false,
                "code=CODE&state=STATE&iss=https://evil.example",
                "but",
            ),
            (true, "code=CODE&state=STATE&iss=https://as.example/", "but"),
            (true, "code=CODE&state=STATE&iss=https://AS.example", "but"),
            (false, "code=CODE&state=STATE&iss=", "but"),
            (
                false,
                &format!("code=CODE&state=STATE&{GOOD}&{GOOD}"),
                "iss twice",
            ),
            (false, "code=CODE", "another question"),
            (false, "code=CODE&state=state", "another question"),
            (false, "code=CODE&state=STATE&state=STATE", "state twice"),
            (false, "code=CODE&code=OTHER&state=STATE", "code twice"),
            (false, "state=STATE", "no code"),
            (false, "code=&state=STATE", "no code"),
            (false, "error=access_denied&state=STATE", "not granted"),
            (
                false,
                "error=server_error&error_description=on%0Afire&state=STATE",
                "server_error (on fire)",
            ),
            (
                false,
                "error=access_denied&code=CODE&state=STATE",
                "not granted",
            ),
            // Nothing of an answer from somebody else is repeated.
            (true, "error=EVIL&state=STATE", "does not say"),
            (false, "error=EVIL", "another question"),
        ] {
            check(names, &format!("{AT}?{query}"), expect);
        }
    }

    #[test]
    fn an_answer_stands_at_the_address_that_was_to_be_come_back_to() {
        for (answer, expect) in [
            ("?code=CODE&state=STATE", "CODE"),
            (" /callback?code=CODE&state=STATE\n", "CODE"),
            (
                "http://127.0.0.1:1234/callback?code=CODE&state=STATE#_",
                "CODE",
            ),
            (
                "http://127.0.0.1:1/callback?code=CODE&state=STATE",
                "not at the address",
            ),
            (
                "https://127.0.0.1:1234/callback?code=CODE&state=STATE",
                "not at the address",
            ),
            (
                "https://evil/callback?code=CODE&state=STATE",
                "not at the address",
            ),
            ("/other?code=CODE&state=STATE", "not at the address"),
            ("", "another question"),
            (
                &format!("?code={}", "x".repeat(MAX_ANSWER)),
                "not at the address",
            ),
        ] {
            check(false, answer, expect);
        }
    }

    #[test]
    fn a_question_holds_all_that_the_specification_asks_for() {
        let asked = asked(true);
        let url = asked.url(&Question {
            endpoint: Url::parse("https://as.example/authorize?tenant=1#x").unwrap(),
            client_id: "https://app.example/client.json",
            scopes: &Scopes::parse("a b offline_access"),
            resource: Some("https://mcp.example"),
        });
        let pairs: Vec<_> = url.query_pairs().map(|(k, v)| format!("{k}={v}")).collect();
        let challenge = format!("code_challenge={}", asked.verifier.challenge());
        assert_eq!(
            pairs,
            [
                "tenant=1",
                "response_type=code",
                "client_id=https://app.example/client.json",
                "redirect_uri=http://127.0.0.1:1234/callback",
                &challenge,
                "code_challenge_method=S256",
                "state=STATE",
                "scope=a b offline_access",
                "resource=https://mcp.example",
                "prompt=consent",
            ]
        );
        assert_eq!(url.fragment(), None);
    }
}
