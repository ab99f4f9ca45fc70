//! Questions of an upstream that asks in replies, for a caller who is asked while its call runs.

use std::{borrow::Cow, time::Duration};

use fmcp_core::{
    Call, Endpoint as _, Error, Extra, Kind, Raw, Reply, Result,
    protocol::{
        Method, Params, Revision,
        model::{
            CreateMessageParams, CreateMessageRequest, ElicitParams, ElicitRequest, InputRequest,
            InputRequiredResult, ListRootsRequest,
        },
    },
};
use serde_json::{Value, json};

use super::back::Back;

/// How often one call is asked back.
const ROUNDS: u32 = 20;

/// How many questions one reply may ask.
const QUESTIONS: usize = 100;

/// Whether a caller without a session may be asked something for this call.
pub(super) fn may_be_asked(call: &Call) -> bool {
    let can = call.client_capabilities();
    let asks = matches!(
        call.method(),
        Method::CallTool | Method::ReadResource | Method::GetPrompt
    );
    asks && !call.is_derived()
        && (can.elicitation.is_some() || can.sampling.is_some() || can.roots.is_some())
}

/// The questions, where a reply is some.
pub(super) fn questions(reply: &Reply) -> Result<Option<InputRequiredResult>> {
    let raised = match reply {
        Reply::InputRequired(asked) => return Ok(Some((**asked).clone())),
        Reply::Raw(revision, text) if text.as_str().contains("\"input_required\"") => {
            revision.raise(&Method::Ping, text)?
        }
        _ => return Ok(None),
    };
    Ok(match raised {
        Reply::InputRequired(asked) => Some(*asked),
        _ => None,
    })
}

/// Asks the caller what the upstream has asked, and calls `again` with the answers, until there is a result.
pub(super) async fn go<F>(
    call: &Call,
    mut asked: InputRequiredResult,
    again: impl Fn(Call) -> F,
) -> Result<Reply>
where
    F: Future<Output = Result<Reply>>,
{
    let back = Back::new(call, None, None);
    for round in 0..ROUNDS {
        let params = answered(&back, call, asked, round).await?;
        let reply = again(call.clone().with_params(params)).await?;
        match questions(&reply)? {
            Some(more) => asked = more,
            None => return Ok(reply),
        }
    }
    let words = format!("the upstream has asked back {ROUNDS} times, and asks again");
    Err(Error::new(Kind::InvalidRequest, words))
}

async fn answered(
    back: &Back,
    call: &Call,
    asked: InputRequiredResult,
    round: u32,
) -> Result<Params> {
    let mut fields: Extra = call.params().parse()?;
    match asked.input_requests {
        Some(questions) if questions.len() > QUESTIONS => {
            let words = format!("the upstream asks more than {QUESTIONS} questions at once");
            return Err(Error::new(Kind::InvalidRequest, words));
        }
        Some(questions) => {
            let mut answers: Vec<(Cow<'static, str>, Raw)> = Vec::new();
            for (name, question) in questions {
                answers.push((name, answer(back, question).await?));
            }
            let answers = Extra::from_iter(answers);
            let answers = Raw::from_serialize(&answers)
                .map_err(|e| Error::internal("answers cannot be written").caused_by(e))?;
            fields.insert("inputResponses", answers);
        }
        // It wants nothing but to be asked again.
        None => {
            let pause = Duration::from_millis(250) * 2_u32.pow(round.min(4));
            tokio::time::sleep(pause).await;
        }
    }
    if let Some(state) = asked.request_state {
        fields.insert("requestState", Value::from(state));
    }
    Params::of(&fields)
}

/// The caller's answer to a question that stands in a reply.
pub(super) async fn answer(back: &Back, question: InputRequest) -> Result<Raw> {
    let call = match question {
        InputRequest::Elicit(asked) => Call::of(Method::Elicit, &asked.params)?,
        InputRequest::CreateMessage(asked) => Call::of(Method::CreateMessage, &asked.params)?,
        InputRequest::ListRoots(_) => Call::of(Method::ListRoots, &json!({}))?,
        _ => {
            let words = "the upstream asks what this gateway does not know";
            return Err(Error::new(Kind::MissingCapability, words));
        }
    };
    match back.call(call).await? {
        Reply::Raw(_, text) => Ok(text),
        reply => {
            let mut text = Vec::new();
            Revision::NEWEST.write(&Method::Ping, reply, None, &mut text)?;
            serde_json::from_slice(&text)
                .map_err(|e| Error::internal("the answer cannot be read").caused_by(e))
        }
    }
}

/// A question of an upstream with a session, as it stands in a reply.
pub(super) fn request(question: &Call) -> Result<InputRequest> {
    let params = question.params();
    Ok(match question.method() {
        Method::Elicit => ElicitRequest::new(params.parse::<ElicitParams>()?).into(),
        Method::CreateMessage => {
            CreateMessageRequest::new(params.parse::<CreateMessageParams>()?).into()
        }
        Method::ListRoots => ListRootsRequest::new().into(),
        method => {
            let words = format!("the caller does not answer {method}");
            return Err(Error::new(Kind::MethodNotFound, words));
        }
    })
}
