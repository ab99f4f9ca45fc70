//! Calls of tools over HTTP, whose arguments stand in headers once more.

use std::sync::Arc;

use fmcp_core::{Kind, Raw, protocol::Era};
use http::HeaderMap;

use super::{
    ask::Answer,
    error::ClientError,
    handle::{Client, Subject},
    options::CallOptions,
    outgoing::Outgoing,
};

impl Client {
    /// Whether arguments that a tool wants in headers are repeated there.
    pub(super) fn mirrors(&self) -> bool {
        self.parts().link.carries_headers() && self.revision().era() == Era::Modern
    }

    /// Asks with the headers that the tool wants, as far as the client knows it. A server that refuses them has
    /// changed the tool: it is looked up once, and asked again if the headers come out otherwise.
    pub(super) async fn ask_mirrored(
        &self,
        subject: &Subject<'_>,
        params: &Outgoing,
        arguments: Option<&Raw>,
        options: &CallOptions,
    ) -> Result<Answer, ClientError> {
        let options = &options.ending(self.end(options));
        let headers = self.headers(subject, arguments)?;
        let outcome = self
            .ask_written(subject, params, headers.as_ref(), options)
            .await;
        let refusal = match outcome {
            Err(error) if error.kind() == Kind::HeaderMismatch => error,
            outcome => return outcome,
        };
        self.parts().catalog.age();
        if let Err(error) = self.list_tools_with(options.anew()).await {
            tracing::debug!(%error, "tools whose headers were refused cannot be listed anew");
            return Err(refusal);
        }
        let again = self.headers(subject, arguments)?;
        if again == headers {
            return Err(refusal);
        }
        self.ask_written(subject, params, again.as_ref(), options)
            .await
    }

    fn headers(
        &self,
        subject: &Subject<'_>,
        arguments: Option<&Raw>,
    ) -> Result<Option<Arc<HeaderMap>>, ClientError> {
        let tool = subject.name.unwrap_or_default();
        let refuse = |why: String| ClientError::unwritable(&subject.to_string(), why);
        let catalog = &self.parts().catalog;
        let known = catalog.last(tool);
        let mirrored = match known.as_deref().map(|known| &known.mirrored) {
            Some(Ok(mirrored)) if !mirrored.is_empty() => mirrored,
            // Who has changed may have been mended meanwhile; the server knows.
            Some(Err(why)) if catalog.get(tool).is_some() => {
                return Err(refuse(format!(
                    "the tool must not be called over HTTP, for its definition is not valid: {why}"
                )));
            }
            _ => return Ok(None),
        };
        let headers = mirrored.headers(arguments).map_err(refuse)?;
        Ok((!headers.is_empty()).then(|| Arc::new(headers)))
    }
}
