//! The authorization code grant: a user is sent to the authorization server, and comes back with a code.

use std::sync::Arc;

use fmcp_core::{BoxFuture, Kind, Result};

use crate::{
    authorization::{Asked, Question},
    client::Client,
    consent::Consent,
    form::Form,
    grant::{Errand, Gained, Grant},
    registration::{Application, Purpose},
    secret::Secret,
    token::Outcome,
    words::refused,
};

const CODE: &str = "authorization_code";

pub(super) struct Code {
    consent: Arc<dyn Consent>,
    application: Application,
}

/// What came of one way there and back.
enum Attempt {
    Gained(Gained),
    /// The server does not know the client that it has registered.
    Unknown(fmcp_core::Error),
}

impl Code {
    pub(super) fn new(consent: Arc<dyn Consent>, application: Application) -> Self {
        Self {
            consent,
            application,
        }
    }

    async fn attempt(&self, errand: &Errand<'_>) -> Result<Attempt> {
        let server = &errand.authority.server;
        let endpoint = server.authorization()?;
        errand.wire.check_page(&endpoint).await?;
        let before = self.application.redirect(errand, CODE).await?;
        let visit = self.consent.begin(before.as_deref()).await?;
        let purpose = Purpose {
            grant: CODE,
            redirect: Some(visit.redirect_uri()),
        };
        let (client, is_registered) = self.application.client(errand, purpose).await?;
        let names_itself = server.authorization_response_iss_parameter_supported;
        let asked = Asked::new(
            errand.authority.issuer(),
            names_itself,
            visit.redirect_uri(),
        )?;
        let url = asked.url(&Question {
            endpoint,
            client_id: &client.id,
            scopes: errand.scopes,
            resource: errand.authority.resource.as_deref(),
        });
        let answer = match visit.send(url.into()).await {
            Ok(answer) => answer,
            Err(error) => {
                // Perhaps the server has told the user that it does not know the client.
                if is_registered && error.kind() == Kind::Timeout {
                    self.application.forget(errand, CODE).await?;
                }
                return Err(error);
            }
        };
        let code = asked.code(&answer)?;
        self.redeem(errand, client, is_registered, (&asked, &code))
            .await
    }

    async fn redeem(
        &self,
        errand: &Errand<'_>,
        client: Client,
        is_registered: bool,
        (asked, code): (&Asked, &Secret),
    ) -> Result<Attempt> {
        let mut form = Form::grant(CODE);
        form.add_secret("code", code);
        form.add("redirect_uri", &asked.redirect);
        form.add_secret("code_verifier", asked.verifier.secret());
        errand.describe(&mut form);
        match errand.ask(&client, &form).await? {
            Outcome::Granted(token) => Ok(Attempt::Gained(Gained { client, token })),
            Outcome::Refused(code, error)
                if is_registered && matches!(&*code, "invalid_client" | "unauthorized_client") =>
            {
                self.application.forget(errand, CODE).await?;
                Ok(Attempt::Unknown(error))
            }
            Outcome::Refused(_, error) => Err(error),
        }
    }
}

impl Grant for Code {
    fn identity(&self) -> String {
        format!("code {}", self.application.identity())
    }

    fn application(&self) -> Option<&Application> {
        Some(&self.application)
    }

    fn obtain<'a>(&'a self, errand: Errand<'a>) -> BoxFuture<'a, Result<Gained>> {
        Box::pin(async move {
            // A registration may be over; then the client registers once more, and the user is asked again.
            for _ in 0..2 {
                match self.attempt(&errand).await? {
                    Attempt::Gained(gained) => return Ok(gained),
                    Attempt::Unknown(error) => {
                        tracing::info!(%error, "the client registers again");
                    }
                }
            }
            Err(refused(
                "the authorization server does not know the client that it has just registered",
            ))
        })
    }
}
