//! `WWW-Authenticate`: what a server that refuses says about getting in.

use http::{HeaderMap, header::WWW_AUTHENTICATE};

use crate::scope::Scopes;

/// How much of the headers is read, and how many challenges in them.
const MAX_BYTES: usize = 16 * 1024;
const MAX_CHALLENGES: usize = 16;
const MAX_PARAMETERS: usize = 32;

/// One challenge: a scheme, and its parameters by their names in lower case.
#[derive(Debug, PartialEq, Eq)]
struct Challenge {
    scheme: String,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    fn parameter(&self, name: &str) -> Option<&str> {
        let mut named = self.parameters.iter().filter(|(key, _)| key == name);
        named.next().map(|(_, value)| value.as_str())
    }

    fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }
}

/// What a server demands of whoever it has refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Demand {
    /// Where the server's metadata is.
    pub(crate) metadata: Option<String>,
    /// What a token needs to allow.
    pub(crate) scopes: Option<Scopes>,
    /// What was wrong with the token.
    pub(crate) error: Option<String>,
    /// Whether only tokens are taken that are bound to a key.
    pub(crate) bound: bool,
}

impl Demand {
    /// What the headers of a refusal say.
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        let mut challenges = Vec::new();
        let mut left = MAX_BYTES;
        for value in headers.get_all(WWW_AUTHENTICATE) {
            // What is not ASCII is no part of the grammar; what is around it may be good.
            let text = String::from_utf8_lossy(value.as_bytes());
            let Some(rest) = left.checked_sub(text.len()) else {
                break;
            };
            left = rest;
            read(&text, &mut challenges);
        }
        Self::of(&challenges)
    }

    fn of(challenges: &[Challenge]) -> Self {
        let known = |challenge: &&Challenge| challenge.is("Bearer") || challenge.is("DPoP");
        let first = |name: &str| {
            let mut known = challenges.iter().filter(known);
            known.find_map(|challenge| challenge.parameter(name))
        };
        let offers = |scheme: &str| challenges.iter().any(|challenge| challenge.is(scheme));
        Self {
            metadata: first("resource_metadata").map(str::to_owned),
            scopes: first("scope")
                .map(Scopes::parse)
                .filter(|scopes| !scopes.is_empty()),
            error: first("error").map(str::to_owned),
            bound: offers("DPoP") && !offers("Bearer"),
        }
    }
}

/// Reads all challenges of one header, and stops where it is not understood.
fn read(text: &str, challenges: &mut Vec<Challenge>) {
    let mut reader = Reader { rest: text };
    while challenges.len() < MAX_CHALLENGES {
        reader.skip_separators();
        let Some(scheme) = reader.token() else {
            return;
        };
        let mut challenge = Challenge {
            scheme: scheme.to_owned(),
            parameters: Vec::new(),
        };
        let understood = reader.parameters(&mut challenge.parameters);
        challenges.push(challenge);
        if !understood {
            return;
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    fn skip_separators(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', ',']);
    }

    fn token(&mut self) -> Option<&'a str> {
        let end = self.rest.find(|c: char| !is_token(c));
        let (token, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        (!token.is_empty()).then_some(token)
    }

    fn take(&mut self, expected: char) -> bool {
        let rest = self.rest.strip_prefix(expected);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// The parameters of a challenge; whether what follows can be another one.
    fn parameters(&mut self, into: &mut Vec<(String, String)>) -> bool {
        loop {
            let before = self.rest;
            self.skip_separators();
            let skipped = &before[..before.len() - self.rest.len()];
            let Some(name) = self.token() else {
                return self.rest.is_empty() || self.skip_token68();
            };
            self.skip_spaces();
            if !self.take('=') {
                // Behind a comma it is the next scheme, else what some schemes have instead of parameters.
                if !skipped.contains(',') {
                    return self.skip_token68();
                }
                self.rest = before;
                return true;
            }
            self.skip_spaces();
            let Some(value) = self.value() else {
                return self.skip_token68();
            };
            if into.len() < MAX_PARAMETERS {
                into.push((name.to_ascii_lowercase(), value));
            }
        }
    }

    fn value(&mut self) -> Option<String> {
        if !self.take('"') {
            return self.token().map(str::to_owned);
        }
        let mut value = String::new();
        let mut chars = self.rest.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return Some(value);
                }
                '\\' => value.push(chars.next()?.1),
                c => value.push(c),
            }
        }
        None
    }

    /// Goes on behind the next comma; whether there is one.
    fn skip_token68(&mut self) -> bool {
        match self.rest.split_once(',') {
            Some((_, rest)) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    /// What is read, as `Scheme{name=value;…}`.
    fn check(text: &str, expect: &str) {
        let mut challenges = Vec::new();
        read(text, &mut challenges);
        let shown: Vec<String> = challenges
            .iter()
            .map(|challenge| {
                let parameters = challenge.parameters.iter();
                let shown: Vec<_> = parameters.map(|(k, v)| format!("{k}={v}")).collect();
                format!("{}{{{}}}", challenge.scheme, shown.join(";"))
            })
            .collect();
        assert_eq!(shown.join(" "), expect, "{text}");
    }

    #[test]
    fn challenges_are_read_as_the_grammar_says() {
        check("", "");
        check("Bearer", "Bearer{}");
        check(
            r#"Bearer realm="a, b", scope="x y", error=invalid_token"#,
            "Bearer{realm=a, b;scope=x y;error=invalid_token}",
        );
        check(r#"Bearer a="1" , b = "2",, c=3"#, "Bearer{a=1;b=2;c=3}");
        check(r#"Bearer A="q\"u\\o""#, r#"Bearer{a=q"u\o}"#);
        check(
            r#"DPoP algs="ES256", Bearer scope="x""#,
            "DPoP{algs=ES256} Bearer{scope=x}",
        );
        check("Negotiate, Bearer scope=x", "Negotiate{} Bearer{scope=x}");
        check(
            "Negotiate abc/+==, Bearer scope=x",
            "Negotiate{} Bearer{scope=x}",
        );
        check("Basic realm=\"x\", DPoP", "Basic{realm=x} DPoP{}");
    }

    #[test]
    fn what_is_malformed_ends_the_reading() {
        check(r#"Bearer scope="never ends"#, "Bearer{}");
        check(r#"Bearer scope="x\"#, "Bearer{}");
        check("Bearer scope=", "Bearer{}");
        check("=, Bearer scope=x", "");
        check("Bearer \u{fffd}", "Bearer{}");
        check(&"A,".repeat(1000), &vec!["A{}"; MAX_CHALLENGES].join(" "));
    }

    #[test]
    fn a_demand_is_what_the_known_schemes_say() {
        let demand = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(value));
            }
            Demand::read(&headers)
        };
        let one = demand(&[
            r#"Basic scope="no", error="no""#,
            r#"bearer resource_metadata="https://a/m", scope="x y", error="insufficient_scope""#,
        ]);
        assert_eq!(one.metadata.as_deref(), Some("https://a/m"));
        assert_eq!(one.scopes.unwrap().to_string(), "x y");
        assert_eq!(one.error.as_deref(), Some("insufficient_scope"));
        assert!(!one.bound);
        assert!(demand(&[r#"DPoP algs="ES256""#]).bound);
        assert!(!demand(&["DPoP", "Bearer"]).bound);
        assert_eq!(demand(&[]), Demand::default());
        assert_eq!(demand(&[r#"Bearer scope="""#]).scopes, None);
    }
}
