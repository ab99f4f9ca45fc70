//! The last steps of every request: the endpoint answers, and the answer is written for its caller.

use super::{Era, Method, Revision, jsonrpc::Answer};
use crate::{Call, Endpoint, Error, Kind};

/// The answer to one request, as its caller's revision writes it.
#[derive(Debug)]
pub struct Answered {
    /// The JSON-RPC response.
    pub body: Vec<u8>,
    /// What went wrong, where the response is an error: some transports say it once more.
    pub fault: Option<Kind>,
}

/// Lets the endpoint answer, and writes what comes of it: a result, or else an error.
pub async fn answer_call(endpoint: &dyn Endpoint, call: Call) -> Answered {
    let (revision, method) = (call.revision(), call.method().clone());
    let answer = Answer::to(call.id().map(AsRef::as_ref));
    let outcome = match endpoint.call(call).await {
        Err(error) if error.kind() == Kind::InputRequired => error.into_questions().map(Into::into),
        outcome => outcome,
    };
    match outcome {
        Err(error) => refused(answer, &error, revision, &method),
        Ok(reply) => {
            let signs = revision.era() == Era::Modern || method == Method::Discover;
            let identity = if signs { endpoint.identity() } else { None };
            match answer.result(|out| revision.write(&method, reply, identity.as_deref(), out)) {
                Ok(body) => Answered { body, fault: None },
                Err((answer, error)) => refused(answer, &error, revision, &method),
            }
        }
    }
}

#[cold]
fn refused(answer: Answer, error: &Error, revision: Revision, method: &Method) -> Answered {
    Answered {
        body: answer.error(&revision.lower_error(error, method)),
        fault: Some(error.kind()),
    }
}
