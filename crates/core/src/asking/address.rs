//! Addresses that the user must have been to before a call can be answered.

use serde_json::json;

use super::ask::own_id;
use crate::{
    Context, Error, Kind, Notice,
    protocol::{
        Era, Params, Topic,
        model::{
            ElicitUrlParams, ElicitationCapability, ErrorObject, InputRequest, InputRequiredResult,
            UrlElicitationRequired,
        },
    },
};

impl Context {
    /// What a call ends with that cannot be answered before the user has been to these addresses: to sign in
    /// elsewhere, say. The client sends the user there and makes the call again; the handler then finds out by
    /// itself whether the user is done, and may end so again.
    ///
    /// In revision 2025-11-25 that is the error −32042, in 2026-07-28 questions; other clients cannot be asked.
    /// (To ask and go on in the same run there is [`Context::elicit_url`].)
    ///
    /// ```
    /// use fmcp_core::{Context, ToolError, protocol::model::ElicitUrlParams};
    ///
    /// async fn files(ctx: Context) -> Result<String, ToolError> {
    ///     # let has_signed_in = false;
    ///     if !has_signed_in {
    ///         let url = ElicitUrlParams::new("Sign in to see your files.", "https://example.com/connect");
    ///         return Err(ctx.require_urls([url.elicitation_id("7c3f…")]).into());
    ///     }
    ///     Ok("files".into())
    /// }
    /// ```
    #[must_use]
    pub fn require_urls(&self, urls: impl IntoIterator<Item = ElicitUrlParams>) -> Error {
        let urls: Vec<_> = urls.into_iter().map(with_id).collect();
        for url in &urls {
            let mut question = InputRequest::from(url.clone());
            let can = self
                .can_ask(&question)
                .and_then(|()| self.revision().lower_question(&mut question));
            if let Err(error) = can {
                return error;
            }
        }
        if self.revision().era() == Era::Modern {
            let questions = urls.into_iter().enumerate();
            let ask = |all: InputRequiredResult, (n, url): (usize, ElicitUrlParams)| {
                all.ask(format!("url-{n}"), url)
            };
            return Error::ask(questions.fold(InputRequiredResult::new(), ask));
        }
        let data = serde_json::to_value(UrlElicitationRequired::new(urls)).unwrap_or_default();
        let words = "the user must go to an address first";
        Error::new(Kind::Other(ErrorObject::URL_ELICITATION_REQUIRED), words).data(data)
    }

    /// Tells the client that the user is done at the address of the question that goes by `id` (see
    /// [`Ask::elicitation_id`](crate::Ask::elicitation_id)). Revision 2025-11-25 has that; other clients are told
    /// nothing.
    pub async fn elicitation_complete(&self, id: &str) {
        let can = self.client_capabilities().elicitation;
        let has_url = can.as_ref().is_some_and(ElicitationCapability::has_url);
        if self.revision().era() == Era::Modern || !has_url {
            return;
        }
        if let (Some(peer), Ok(params)) = (
            self.call().peer(),
            Params::of(&json!({"elicitationId": id})),
        ) {
            let notice = Notice::Other(Topic::ElicitationComplete, params);
            peer.notify(notice).await;
        }
    }
}

fn with_id(mut url: ElicitUrlParams) -> ElicitUrlParams {
    url.elicitation_id.get_or_insert_with(own_id);
    url
}
