//! How an authorization server gets to know a client.

use std::time::SystemTime;

use fmcp_core::Result;
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use crate::{
    address::is_loopback,
    client::{BASIC, Client, KeptClient, Means, NONE, POST, choose},
    dpop::seconds,
    grant::Errand,
    metadata::ServerMetadata,
    scope::Scopes,
    secret::Secret,
    signing::SigningKey,
    vault::name,
    words::{harmless, refused, repeated, unusable},
};

/// The application, as it introduces itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Application {
    pub(crate) name: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) secret: Option<Secret>,
    pub(crate) key: Option<SigningKey>,
    pub(crate) metadata_url: Option<String>,
}

/// What a client is to be known for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Purpose<'a> {
    /// The way in which it gets its first token.
    pub(crate) grant: &'static str,
    /// Where its users come back to, if they do.
    pub(crate) redirect: Option<&'a str>,
}

/// How the authorization server is to know the client.
#[derive(Debug, PartialEq, Eq)]
enum Plan<'a> {
    /// It does already.
    Known(&'a str),
    /// By a document that the client's id points to.
    Document(&'a str),
    /// By being told now.
    Register(Url),
}

impl Application {
    /// Whether what is set can work.
    pub(crate) fn check(&self) -> Result<()> {
        if self.id.is_none() && self.secret.is_some() {
            return Err(unusable(
                "a client secret needs the client id that it belongs to",
            ));
        }
        let Some(text) = &self.metadata_url else {
            return Ok(());
        };
        let is_good = |url: &Url| {
            let is_bare = url.fragment().is_none() && url.username().is_empty();
            url.scheme() == "https" && url.path() != "/" && is_bare
        };
        if Url::parse(text).is_ok_and(|url| is_good(&url)) {
            return Ok(());
        }
        Err(unusable(format!(
            "the client's metadata must be at an https address with a path, not at {text:?}"
        )))
    }

    /// The order of the specification: what was agreed before, a document, a registration.
    fn plan(&self, server: &ServerMetadata) -> Result<Plan<'_>> {
        if let Some(id) = &self.id {
            return Ok(Plan::Known(id));
        }
        if let Some(url) = &self.metadata_url
            && server.client_id_metadata_document_supported
        {
            return Ok(Plan::Document(url));
        }
        if let Some(url) = server.registration()? {
            return Ok(Plan::Register(url));
        }
        let also = match self.metadata_url {
            Some(_) => "takes no client id metadata document and registers",
            None => "registers",
        };
        Err(refused(format!(
            "the authorization server {:?} {also} no clients by itself; register this one there, and give it \
             the client id (client_id, and client_secret if there is one)",
            repeated(&server.issuer)
        )))
    }

    /// The client for a purpose, and whether it was registered by us.
    pub(crate) async fn client(
        &self,
        errand: &Errand<'_>,
        purpose: Purpose<'_>,
    ) -> Result<(Client, bool)> {
        let taken = errand.authority.server.authentication();
        let means = Means {
            secret: self.secret.as_ref(),
            key: self.key.as_ref(),
            registered: None,
        };
        let known = |id: &str, means| {
            choose(means, taken).map(|proof| Client {
                id: id.to_owned(),
                proof,
            })
        };
        match self.plan(&errand.authority.server)? {
            Plan::Known(id) => Ok((known(id, means)?, false)),
            // Its document is public: without a key there is nothing to prove with.
            Plan::Document(url) => {
                let secret = None;
                Ok((known(url, Means { secret, ..means })?, false))
            }
            Plan::Register(url) => {
                let client = self.registered(errand, &url, purpose).await?;
                Ok((client, true))
            }
        }
    }

    /// Where the registration at an authorization server is kept. It is never looked for by another issuer.
    fn place(&self, issuer: &str, grant: &str) -> String {
        name("client", &[issuer, self.shown(), grant])
    }

    /// What tells its tokens from those of another that shares its store.
    pub(crate) fn identity(&self) -> String {
        match self.id.as_deref().or(self.metadata_url.as_deref()) {
            Some(id) => format!("of {id}"),
            None => format!("as {}", self.shown()),
        }
    }

    pub(crate) fn shown(&self) -> &str {
        self.name.as_deref().unwrap_or("fmcp")
    }

    /// Where a user of this client came back to before.
    pub(crate) async fn redirect(
        &self,
        errand: &Errand<'_>,
        grant: &str,
    ) -> Result<Option<String>> {
        let place = self.place(errand.authority.issuer(), grant);
        let registered = errand.vault.get::<Registered>(&place).await?;
        Ok(registered.and_then(|registered| registered.redirect))
    }

    /// Forgets a registration that the authorization server does not know any more.
    pub(crate) async fn forget(&self, errand: &Errand<'_>, grant: &str) -> Result<()> {
        let place = self.place(errand.authority.issuer(), grant);
        errand.vault.delete(&place).await
    }

    async fn registered(
        &self,
        errand: &Errand<'_>,
        at: &Url,
        purpose: Purpose<'_>,
    ) -> Result<Client> {
        let place = self.place(errand.authority.issuer(), purpose.grant);
        let wanted = errand
            .scopes
            .and(errand.authority.scopes.as_ref().unwrap_or(errand.scopes));
        if let Some(known) = errand.vault.get::<Registered>(&place).await?
            && known.fits(purpose.redirect, &wanted, seconds(SystemTime::now()))
            && let Some(client) = known.client.restore(None)
        {
            return Ok(client);
        }
        let asked = method(errand.authority.server.authentication());
        // One that names what it knows refuses whoever registers for something else. What the resource wants beyond that
        // is asked for all the same, when the user is.
        let named = errand.authority.server.named(&wanted);
        let body = self.introduction(purpose, &named, asked);
        let response = errand.wire.post_json(at, body).await?;
        let issuer = errand.authority.issuer();
        if !response.status().is_success() {
            return Err(unregistered(issuer, response.status(), response.body()));
        }
        let answer: Answer = serde_json::from_slice(response.body())
            .ok()
            .filter(|answer: &Answer| !answer.client_id.is_empty())
            .ok_or_else(|| {
                refused(format!(
                    "the authorization server {:?} answers the registration with something else than a client",
                    repeated(issuer)
                ))
            })?;
        let means = Means {
            secret: answer.client_secret.as_ref(),
            key: None,
            registered: answer.token_endpoint_auth_method.as_deref().or(Some(asked)),
        };
        let client = Client {
            proof: choose(means, errand.authority.server.authentication())?,
            id: answer.client_id,
        };
        let registered = Registered {
            client: client.kept(),
            redirect: purpose.redirect.map(str::to_owned),
            scopes: wanted,
            expires_at: answer.client_secret_expires_at.filter(|at| *at > 0),
        };
        errand.vault.put(&place, &registered).await?;
        Ok(client)
    }

    fn introduction(&self, purpose: Purpose<'_>, scopes: &Scopes, method: &str) -> String {
        let url = purpose
            .redirect
            .and_then(|redirect| Url::parse(redirect).ok());
        let kind = match url {
            Some(url) if url.scheme() == "https" && !is_loopback(&url) => "web",
            _ => "native",
        };
        let mut body = json!({
            "client_name": self.shown(),
            "redirect_uris": purpose.redirect.as_slice(),
            "grant_types": [purpose.grant, "refresh_token"],
            "response_types": purpose.redirect.map(|_| "code").as_slice(),
            "token_endpoint_auth_method": method,
            "application_type": kind,
        });
        if !scopes.is_empty() {
            body["scope"] = scopes.to_string().into();
        }
        body.to_string()
    }
}

/// How a client that registers itself asks to prove who it is: on a user's machine, rather not at all.
fn method(taken: Option<&[String]>) -> &'static str {
    let takes = |method: &&str| match taken {
        Some(taken) => taken.iter().any(|one| one == method),
        None => *method == BASIC,
    };
    [NONE, BASIC, POST].into_iter().find(takes).unwrap_or(NONE)
}

fn unregistered(issuer: &str, status: http::StatusCode, body: &[u8]) -> fmcp_core::Error {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
        error_description: Option<String>,
    }
    let why = match serde_json::from_slice::<Refusal>(body) {
        Ok(Refusal {
            error,
            error_description: None,
        }) => harmless(&error),
        Ok(Refusal {
            error,
            error_description: Some(words),
        }) => {
            format!("{} ({})", harmless(&error), harmless(&words))
        }
        Err(_) => status.to_string(),
    };
    refused(format!(
        "the authorization server {:?} refuses to register this client: {why}; register it there by hand, \
         and give it the client id",
        repeated(issuer)
    ))
}

#[derive(Deserialize)]
struct Answer {
    client_id: String,
    client_secret: Option<Secret>,
    client_secret_expires_at: Option<u64>,
    token_endpoint_auth_method: Option<String>,
}

/// A client that has been registered, as it is kept.
#[derive(Serialize, Deserialize)]
struct Registered {
    client: KeptClient,
    redirect: Option<String>,
    scopes: Scopes,
    expires_at: Option<u64>,
}

impl Registered {
    /// Whether it can be used for this, and for some minutes yet.
    fn fits(&self, redirect: Option<&str>, scopes: &Scopes, now: u64) -> bool {
        self.redirect.as_deref() == redirect
            && self.scopes.has_all(scopes)
            && self.expires_at.is_none_or(|at| at > now + 300)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const DOCUMENT: &str = "https://app.example/client.json";

    fn check(id: Option<&str>, document: Option<&str>, server: Value, expect: &str) {
        let application = Application {
            id: id.map(str::to_owned),
            metadata_url: document.map(str::to_owned),
            ..Application::default()
        };
        let mut server: ServerMetadata = serde_json::from_value(server).unwrap();
        server.issuer = "https://as".into();
        let plan = match application.plan(&server) {
            Ok(plan) => format!("{plan:?}"),
            Err(error) => error.to_string(),
        };
        assert!(plan.contains(expect), "{plan}");
    }

    #[test]
    fn a_client_is_known_by_its_id_by_its_document_or_by_a_registration() {
        let both = json!({
            "issuer": "", "client_id_metadata_document_supported": true,
            "registration_endpoint": "https://as/register",
        });
        let register = json!({"issuer": "", "registration_endpoint": "https://as/register"});
        let nothing = json!({"issuer": ""});
        check(Some("me"), Some(DOCUMENT), both.clone(), r#"Known("me")"#);
        check(None, Some(DOCUMENT), both.clone(), "Document(");
        check(None, None, both, "Register(");
        check(None, Some(DOCUMENT), register, "Register(");
        check(
            None,
            None,
            nothing.clone(),
            "registers no clients by itself",
        );
        check(
            None,
            Some(DOCUMENT),
            nothing,
            "takes no client id metadata document",
        );
        let open = json!({"issuer": "", "registration_endpoint": "http://as/register"});
        check(None, None, open, "neither https");
    }

    #[test]
    fn what_cannot_work_is_said_before_anybody_is_asked() {
        let of = |url: &str| Application {
            metadata_url: Some(url.to_owned()),
            ..Application::default()
        };
        assert!(of(DOCUMENT).check().is_ok());
        for bad in [
            "http://app.example/c.json",
            "https://app.example/",
            "https://a/c#x",
            "c",
        ] {
            assert!(of(bad).check().is_err(), "{bad}");
        }
        let secret = Application {
            secret: Some("hunter2".into()),
            ..Application::default()
        };
        assert!(!format!("{:?}", secret.check().unwrap_err()).contains("hunter2"));
    }

    #[test]
    fn a_client_introduces_itself_as_what_it_is() {
        let application = Application::default();
        let kind = |redirect: &str| {
            let purpose = Purpose {
                grant: "authorization_code",
                redirect: Some(redirect),
            };
            let text = application.introduction(purpose, &Scopes::parse("a b"), NONE);
            let body: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(body["scope"], "a b");
            assert_eq!(body["redirect_uris"], json!([redirect]));
            assert_eq!(
                body["grant_types"],
                json!(["authorization_code", "refresh_token"])
            );
            body["application_type"].as_str().unwrap().to_owned()
        };
        assert_eq!(kind("http://127.0.0.1:1234/callback"), "native");
        assert_eq!(kind("http://localhost/callback"), "native");
        assert_eq!(kind("app.example:/callback"), "native");
        assert_eq!(kind("https://app.example/callback"), "web");
    }

    #[test]
    fn a_client_on_a_users_machine_rather_has_no_secret() {
        let taken = |methods: &[&str]| -> Vec<String> {
            methods.iter().map(|&one| one.to_owned()).collect()
        };
        assert_eq!(method(None), BASIC);
        assert_eq!(method(Some(&taken(&[POST, NONE]))), NONE);
        assert_eq!(method(Some(&taken(&[POST, BASIC]))), BASIC);
        assert_eq!(method(Some(&taken(&[POST]))), POST);
        assert_eq!(method(Some(&taken(&["tls_client_auth"]))), NONE);
    }

    #[test]
    fn a_registration_is_used_again_for_the_same_and_while_it_lasts() {
        let registered = Registered {
            client: KeptClient {
                id: "me".into(),
                method: NONE.into(),
                secret: None,
            },
            redirect: Some("r".into()),
            scopes: Scopes::parse("a b"),
            expires_at: Some(1000),
        };
        for (redirect, scopes, now, expect) in [
            ("r", "a", 0, true),
            ("r", "a b", 699, true),
            ("r", "a b", 700, false),
            ("other", "a", 0, false),
            ("r", "c", 0, false),
        ] {
            let fits = registered.fits(Some(redirect), &Scopes::parse(scopes), now);
            assert_eq!(fits, expect, "{redirect} {scopes} {now}");
        }
    }
}
