//! One question: what is asked, and what a client must be able to do to be asked it.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::digest::Fnv;
use crate::{
    Call, Error, Kind, Raw, Result,
    protocol::{
        Era, Method,
        model::{ClientCapabilities, ElicitParams, ElicitationCapability, InputRequest},
    },
};

/// One question, and the name under which its answer comes back.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// Its own name, where it has one.
    pub(super) name: Option<Cow<'static, str>>,
    pub(super) request: InputRequest,
}

impl Asked {
    pub(super) fn new(request: impl Into<InputRequest>) -> Self {
        Self {
            name: None,
            request: request.into(),
        }
    }

    pub(super) fn named(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// What the question says, as a number.
    pub(super) fn digest(&self) -> u64 {
        let mut hash = Fnv::default();
        // It cannot fail: it goes into memory, and everything in a question can be written.
        let _ = serde_json::to_writer(&mut hash, &self.request);
        hash.0
    }

    /// The same question, which says what was wrong with the answer.
    pub(super) fn again(&self, fault: &str) -> InputRequest {
        let mut request = self.request.clone();
        if let InputRequest::Elicit(elicit) = &mut request {
            let message = match &mut elicit.params {
                ElicitParams::Form(form) => &mut form.message,
                ElicitParams::Url(url) => &mut url.message,
                _ => return request,
            };
            message.push_str("\n\nThe last answer cannot be used: ");
            message.push_str(fault);
        }
        request
    }

    pub(super) fn too_often_wrong(&self, fault: &str) -> Error {
        Error::invalid_params(format!(
            "the client's answers to {} cannot be used: {fault}",
            method(&self.request)
        ))
    }

    /// Whether the client can be asked this.
    ///
    /// # Errors
    /// When it cannot, in the words of its revision.
    pub(super) fn check(&self, call: &Call) -> Result<()> {
        require(&self.request, call)
    }

    /// The parameters of the question as a request of its own.
    pub(super) fn params(request: &InputRequest) -> Result<Raw> {
        let written = match request {
            InputRequest::Elicit(elicit) => Raw::from_serialize(&elicit.params),
            InputRequest::CreateMessage(sample) => Raw::from_serialize(&sample.params),
            InputRequest::ListRoots(list) => match &list.params {
                Some(params) => Raw::from_serialize(params),
                None => Ok(Raw::empty_object()),
            },
            _ => return Err(Error::internal("nobody knows how to ask this")),
        };
        written.map_err(|e| Error::internal("the question cannot be written").caused_by(e))
    }
}

/// The method by which a question is asked in a session.
pub(super) fn method(request: &InputRequest) -> Method {
    match request {
        InputRequest::CreateMessage(_) => Method::CreateMessage,
        InputRequest::ListRoots(_) => Method::ListRoots,
        _ => Method::Elicit,
    }
}

/// Whether the client of `call` can be asked `request`: it has said so.
///
/// # Errors
/// When it has not. Revisions without sessions have an error for that; in the others a tool fails.
pub(super) fn require(request: &InputRequest, call: &Call) -> Result<()> {
    let Some((words, required)) = lacking(request, &call.client_capabilities()) else {
        return Ok(());
    };
    let message = format!("the client cannot {words}, which this needs");
    Err(match call.revision().era() {
        Era::Modern => Error::new(Kind::MissingCapability, message)
            .data(json!({"requiredCapabilities": required})),
        Era::Legacy => Error::new(Kind::InvalidRequest, message),
    })
}

/// What the client would have to be able to do, and is not: in words, and in those of the protocol.
fn lacking(request: &InputRequest, client: &ClientCapabilities) -> Option<(&'static str, Value)> {
    match request {
        InputRequest::Elicit(elicit) => {
            let can = client.elicitation.as_ref();
            match &elicit.params {
                ElicitParams::Url(_) => {
                    (!can.is_some_and(ElicitationCapability::has_url)).then(|| {
                        (
                            "open an address for its user",
                            json!({"elicitation": {"url": {}}}),
                        )
                    })
                }
                _ => (!can.is_some_and(ElicitationCapability::has_form))
                    .then(|| ("ask its user", json!({"elicitation": {"form": {}}}))),
            }
        }
        InputRequest::CreateMessage(sample) => {
            let can = client.sampling.as_ref();
            if can.is_none() {
                return Some(("ask a language model", json!({"sampling": {}})));
            }
            let wants_tools = sample.params.tools.is_some() || sample.params.tool_choice.is_some();
            (wants_tools && can.is_some_and(|can| can.tools.is_none())).then(|| {
                let words = "give tools to its language model";
                (words, json!({"sampling": {"tools": {}}}))
            })
        }
        InputRequest::ListRoots(_) => client
            .roots
            .is_none()
            .then(|| ("say where its user works", json!({"roots": {}}))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::protocol::model::{
        CreateMessageParams, ElicitFormParams, ElicitUrlParams, ListRootsRequest, RequestedSchema,
        ToolChoice,
    };

    #[allow(clippy::needless_pass_by_value)]
    fn check(request: impl Into<InputRequest>, client: &str, expect: Option<Value>) {
        let client: ClientCapabilities = serde_json::from_str(client).unwrap();
        assert_eq!(
            lacking(&request.into(), &client).map(|lacks| lacks.1),
            expect
        );
    }

    #[test]
    fn a_client_is_asked_what_it_says_it_can_answer() {
        let form = || ElicitFormParams::new("m", RequestedSchema::new());
        let url = || ElicitUrlParams::new("m", "https://example.com");
        let sample = || CreateMessageParams::new([], 1_u64);
        let with_tools = || sample().tool_choice(ToolChoice::new());
        check(form(), r#"{"elicitation":{}}"#, None);
        check(
            form(),
            r#"{"elicitation":{"url":{}}}"#,
            Some(json!({"elicitation": {"form": {}}})),
        );
        check(form(), "{}", Some(json!({"elicitation": {"form": {}}})));
        check(
            url(),
            r#"{"elicitation":{}}"#,
            Some(json!({"elicitation": {"url": {}}})),
        );
        check(url(), r#"{"elicitation":{"url":{}}}"#, None);
        check(sample(), "{}", Some(json!({"sampling": {}})));
        check(sample(), r#"{"sampling":{}}"#, None);
        check(
            with_tools(),
            r#"{"sampling":{}}"#,
            Some(json!({"sampling": {"tools": {}}})),
        );
        check(with_tools(), r#"{"sampling":{"tools":{}}}"#, None);
        check(ListRootsRequest::new(), r#"{"roots":{}}"#, None);
        check(ListRootsRequest::new(), "{}", Some(json!({"roots": {}})));
    }
}
