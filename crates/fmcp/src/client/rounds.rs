//! Rounds: a server without sessions asks by answering with questions, and the call is made again with the
//! answers.

use std::borrow::Cow;

use fmcp_core::{
    BoxFuture, Error, Extra, Kind, Raw, Reply, Result,
    protocol::{
        Method, Params,
        model::{
            ElicitAction, ElicitResult, ErrorObject, InputRequest, InputRequests,
            InputRequiredResult, InputResponses, UrlElicitationRequired,
        },
    },
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;
use tokio::time::Duration;

use super::answers::Desk;

/// How often one call is made again with answers, unless the client says otherwise.
pub(super) const ROUNDS: usize = 10;

/// How many questions one reply may ask.
const QUESTIONS: usize = 100;

/// How many of them are answered at once.
const AT_ONCE: usize = 8;

/// The longest wait before a server is asked again that wants nothing but to be asked again.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// What a call is refused by, in the revision that has it, until the user has been to an address.
const URL_REQUIRED: Kind = Kind::Other(ErrorObject::URL_ELICITATION_REQUIRED);

/// Whether a call of this method may be answered with questions.
pub(super) fn may_ask(method: &Method) -> bool {
    matches!(
        method,
        Method::CallTool | Method::ReadResource | Method::GetPrompt
    )
}

/// Whether the outcome of a call is questions.
pub(super) fn asks(outcome: Result<&Reply, &Error>) -> bool {
    match outcome {
        Ok(reply) => matches!(reply, Reply::InputRequired(_)),
        Err(error) => error.kind() == Kind::InputRequired || error.kind() == URL_REQUIRED,
    }
}

/// Makes a call again with answers, with `once`, for as long as it asks back, at most `most` times.
/// `params` are those that it was made with, `outcome` what came of it.
///
/// Questions that nobody here can answer are the reply: the caller may know how.
pub(super) async fn go<F>(
    desk: &Desk,
    most: usize,
    params: Params,
    mut outcome: Result<Reply>,
    mut once: impl FnMut(Params) -> F,
) -> Result<Reply>
where
    F: Future<Output = Result<Reply>>,
{
    let mut round = 0;
    loop {
        let asked = match outcome {
            Ok(Reply::InputRequired(asked)) => *asked,
            Err(error) if error.kind() == Kind::InputRequired => error.into_questions()?,
            Err(error) if error.kind() == URL_REQUIRED && round < most => {
                if !visit(desk, &error).await? {
                    return Err(error);
                }
                outcome = once(params.clone()).await;
                round += 1;
                continue;
            }
            answer => return answer,
        };
        if most == 0 || !can_answer(desk, &asked) {
            return Ok(asked.into());
        }
        if round >= most {
            return Err(Error::new(
                Kind::InputRequired,
                format!("the server has asked back {most} times, and asks again; see `rounds`"),
            ));
        }
        outcome = once(answered(desk, &params, asked, round).await?).await;
        round += 1;
    }
}

/// Sends the user to the addresses that a call was refused by, and waits until the server says that the user
/// is done there, as far as it does. Whether the user has gone to all of them.
async fn visit(desk: &Desk, refused: &Error) -> Result<bool> {
    let data = refused.to_object().data;
    let required = data.and_then(|data| data.parse::<UrlElicitationRequired>().ok());
    let urls = required.map(|required| required.elicitations);
    let urls = urls.filter(|urls| (1..=QUESTIONS).contains(&urls.len()));
    let mut done = Vec::new();
    for url in urls.unwrap_or_default() {
        let id = url.elicitation_id.clone();
        let question = InputRequest::from(url);
        if desk.can_answer(&question).is_err() {
            return Ok(false);
        }
        // Heard from here on: the user may be quick.
        let completed = desk.completions().wait(id.as_deref());
        let answer = answer_one(desk, "url".into(), question).await?.1;
        let answer = answer.parse::<ElicitResult>();
        if !answer.is_ok_and(|answer| answer.action == ElicitAction::Accept) {
            return Ok(false);
        }
        done.push(completed);
    }
    if done.is_empty() {
        return Ok(false);
    }
    // A server need not say so. Then the user has had time enough.
    let all = futures_util::future::join_all(done);
    let _ = tokio::time::timeout(desk.patience(), all).await;
    Ok(true)
}

/// The call once more, with the answers: the questions' own, and the state as it came.
async fn answered(
    desk: &Desk,
    params: &Params,
    asked: InputRequiredResult,
    round: usize,
) -> Result<Params> {
    let mut fields: Extra = params.parse()?;
    fields.remove("inputResponses");
    fields.remove("requestState");
    match asked.input_requests {
        Some(questions) => {
            let answers = answer_all(desk, questions).await?;
            let answers = Raw::from_serialize(&answers)
                .map_err(|e| Error::internal("the answers cannot be written").caused_by(e))?;
            fields.insert("inputResponses", answers);
        }
        None => tokio::time::sleep(wait(round)).await,
    }
    if let Some(state) = asked.request_state {
        fields.insert("requestState", Value::from(state));
    }
    Params::of(&fields)
}

fn can_answer(desk: &Desk, asked: &InputRequiredResult) -> bool {
    match &asked.input_requests {
        // Nothing is asked: the server wants its state back, and nothing else.
        None => asked.request_state.is_some(),
        Some(questions) => questions
            .iter()
            .all(|(_, one)| desk.can_answer(one).is_ok()),
    }
}

pub(super) async fn answer_all(desk: &Desk, questions: InputRequests) -> Result<InputResponses> {
    if questions.len() > QUESTIONS {
        return Err(Error::new(
            Kind::InvalidRequest,
            format!("the server asks more than {QUESTIONS} questions at once"),
        ));
    }
    let answers = questions
        .into_iter()
        .map(|(name, question)| answer_one(desk, name, question));
    // Gathered first: the compiler cannot see that a stream of them may move between threads.
    let answers: Vec<_> = answers.collect();
    let answers = stream::iter(answers).buffer_unordered(AT_ONCE);
    answers
        .try_collect::<Vec<_>>()
        .await
        .map(InputResponses::from_iter)
}

type Answered<'a> = BoxFuture<'a, Result<(Cow<'static, str>, Raw)>>;

fn answer_one<'a>(desk: &'a Desk, name: Cow<'static, str>, question: InputRequest) -> Answered<'a> {
    Box::pin(async move {
        let error = match desk.answer(question).await {
            Ok(answer) => return Ok((name, answer)),
            Err(error) => error,
        };
        let why = std::error::Error::source(&error).map(ToString::to_string);
        let shown: String = name.chars().take(100).collect();
        let words = format!(
            "the server's question {shown:?} was not answered: {}",
            why.as_deref().unwrap_or(error.message())
        );
        Err(Error::new(Kind::Handler, words).caused_by(error))
    })
}

/// At once the first time; then longer and longer, for the server is not ready.
fn wait(round: usize) -> Duration {
    let doubled = |times: usize| Duration::from_millis(250) * 2_u32.pow(times.min(8) as u32);
    round
        .checked_sub(1)
        .map_or(Duration::ZERO, |times| doubled(times).min(LONGEST_WAIT))
}
