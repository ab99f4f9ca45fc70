//! What one call has been answered so far, across the runs of its handler.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};

use super::{digest::digest, question::Asked};
use crate::{
    Error, Extra, Named, Raw, Result,
    protocol::model::{InputRequest, InputRequests, InputRequiredResult, InputResponses},
};

/// How many questions one run of a handler may ask.
const MAX_QUESTIONS: usize = 200;

/// How many times one call may come back.
const MAX_ROUNDS: u32 = 200;

/// How many wrong answers to one question there may be.
pub(super) const MAX_WRONG: u8 = 3;

/// What one call has asked and been answered: in this run of its handler, and, in revisions without
/// sessions, in those before. Calls on behalf of the call share it.
///
/// Whoever runs a handler makes it of what the client has sent ([`Rounds::resume`]), and gives what is left
/// at the end ([`Rounds::close`]) to the client. On the way it must be sealed: the client is not to be
/// trusted with it.
#[derive(Debug, Default)]
pub struct Rounds(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    memory: Memory,
    /// The answers that came with this run's call.
    given: InputResponses,
    /// What this run has asked in vain.
    pending: InputRequests,
    /// The names of what this run has asked.
    names: HashSet<String>,
    /// How often this run has done the same: asked the same question, made the same call.
    times: HashMap<String, u32>,
}

/// What is left for the next run.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Memory {
    /// Answers, by the name of the question.
    #[serde(rename = "a", default, skip_serializing_if = "Named::is_empty")]
    answers: Extra,
    /// Values that the handler keeps.
    #[serde(rename = "k", default, skip_serializing_if = "Named::is_empty")]
    kept: Extra,
    /// How many answers were wrong, by the name of the question.
    #[serde(rename = "w", default, skip_serializing_if = "Named::is_empty")]
    wrong: Named<u8>,
    /// The state of a handler that asks by hand.
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    by_hand: Option<String>,
    /// How many rounds there have been.
    #[serde(rename = "r", default)]
    rounds: u32,
}

/// What a run leaves that has ended with questions.
#[derive(Debug)]
#[non_exhaustive]
pub struct Left {
    /// The questions, with no state yet.
    pub questions: InputRequiredResult,
    /// What the next run wants to know: to be sealed, and sent along.
    pub memory: Vec<u8>,
}

impl Rounds {
    /// The first run of a call with these answers, which need not be any.
    #[must_use]
    pub fn new(given: InputResponses) -> Self {
        Self(Mutex::new(State {
            given,
            ..State::default()
        }))
    }

    /// A further run, with what the one before has left.
    ///
    /// # Errors
    /// When `memory` is not what a run has left.
    pub fn resume(memory: &[u8], given: InputResponses) -> Result<Self> {
        let memory = serde_json::from_slice(memory)
            .map_err(|e| Error::invalid_params("`requestState` cannot be read").caused_by(e))?;
        Ok(Self(Mutex::new(State {
            memory,
            given,
            ..State::default()
        })))
    }

    /// What this run leaves, which has ended with `asked`: those questions and all that it has asked
    /// besides, in one round.
    ///
    /// # Errors
    /// When there have been too many rounds.
    pub fn close(&self, mut asked: InputRequiredResult) -> Result<Left> {
        let mut state = self.lock();
        state.memory.rounds += 1;
        if state.memory.rounds > MAX_ROUNDS {
            return Err(Error::internal(format!(
                "this call has asked in more than {MAX_ROUNDS} rounds"
            )));
        }
        for (name, request) in std::mem::take(&mut state.pending) {
            asked = asked.ask(name, request);
        }
        state.memory.by_hand = asked.request_state.take();
        let memory = serde_json::to_vec(&state.memory)
            .map_err(|e| Error::internal("what a round leaves cannot be written").caused_by(e))?;
        Ok(Left {
            questions: asked,
            memory,
        })
    }

    /// The state that a handler which asks by hand has left.
    #[must_use]
    pub fn by_hand(&self) -> Option<String> {
        self.lock().memory.by_hand.clone()
    }

    /// The answers that came with this run's call, as they came.
    #[must_use]
    pub fn given(&self) -> InputResponses {
        self.lock().given.clone()
    }

    /// The answer to a question, if there is one that `read` can read.
    ///
    /// # Errors
    /// The question itself when there is none; another error when there have been too many wrong ones.
    pub(super) fn answer<A>(
        &self,
        path: &str,
        asked: &Asked,
        read: impl Fn(&Raw) -> Result<A, String>,
    ) -> Result<A> {
        let mut state = self.lock();
        let name = state.name(path, asked)?;
        // What could be read once may not be, should the server have changed in between.
        if let Some(Ok(answer)) = state.memory.answers.get(&name).map(&read) {
            return Ok(answer);
        }
        let Some(given) = state.given.get(&name).cloned() else {
            return Err(state.ask(name, asked.request.clone()));
        };
        match read(&given) {
            Ok(answer) => {
                state.memory.answers.insert(name, given);
                Ok(answer)
            }
            Err(fault) => {
                let wrong = state.memory.wrong.get(&name).copied().unwrap_or(0) + 1;
                if wrong >= MAX_WRONG {
                    return Err(asked.too_often_wrong(&fault));
                }
                state.memory.wrong.insert(name.clone(), wrong);
                let again = asked.again(&fault);
                Err(state.ask(name, again))
            }
        }
    }

    /// The name of a question, and the answer to it that is remembered.
    ///
    /// # Errors
    /// When too much is asked, or the name is taken.
    pub(super) fn recall(&self, path: &str, asked: &Asked) -> Result<(String, Option<Raw>)> {
        let mut state = self.lock();
        let name = state.name(path, asked)?;
        let answer = state.memory.answers.get(&name).cloned();
        Ok((name, answer))
    }

    /// Remembers the answer to a question.
    pub(super) fn remember(&self, name: String, answer: Raw) {
        self.lock().memory.answers.insert(name, answer);
    }

    /// A name that nothing else in this run goes by.
    pub(crate) fn fresh(&self, what: &str) -> String {
        self.lock().nth(what.to_owned())
    }

    /// All that a further run wants to know, in its present state.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn memory(&self) -> Result<Raw> {
        Raw::from_serialize(&self.lock().memory)
            .map_err(|e| Error::internal("what a call has kept cannot be written").caused_by(e))
    }

    /// A value that the handler has kept.
    #[must_use]
    pub fn kept(&self, key: &str) -> Option<Raw> {
        self.lock().memory.kept.get(key).cloned()
    }

    /// Keeps a value for the runs that follow.
    pub fn keep(&self, key: String, value: Raw) {
        self.lock().memory.kept.insert(key, value);
    }

    /// The path of a call on behalf of the one at `path`, which is the same in every run: it is made of what
    /// is called, so that it does not matter which other calls a run need not make again.
    pub(crate) fn enter(&self, path: &str, method: &str, params: &[u8]) -> Arc<str> {
        let call = digest([method.as_bytes(), params]);
        let mut inner = self.lock().nth(format!("{path}{call:016x}"));
        inner.push('/');
        inner.into()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The name that a question goes by: its own, or one made of who asks, what, and for which time. An
    /// answer to another question, as a changed server may ask it, is none to this one.
    fn name(&mut self, path: &str, asked: &Asked) -> Result<String> {
        if self.names.len() >= MAX_QUESTIONS {
            return Err(Error::internal(format!(
                "one call may ask {MAX_QUESTIONS} questions"
            )));
        }
        let name = match &asked.name {
            Some(name) => name.to_string(),
            None => self.nth(format!("{path}{:016x}", asked.digest())),
        };
        if !self.names.insert(name.clone()) {
            return Err(Error::internal(format!(
                "two questions of one call have the name {name:?}"
            )));
        }
        Ok(name)
    }

    /// Tells apart what is done several times.
    fn nth(&mut self, what: String) -> String {
        let times = self.times.entry(what.clone()).or_default();
        *times += 1;
        match *times {
            1 => what,
            n => format!("{what}-{n}"),
        }
    }

    fn ask(&mut self, name: String, request: InputRequest) -> Error {
        self.pending.insert(name.clone(), request.clone());
        Error::ask(InputRequiredResult::new().ask(name, request))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;
    use crate::{
        Kind,
        protocol::model::{ElicitFormParams, RequestedSchema},
    };

    fn asked(message: &str) -> Asked {
        Asked::new(ElicitFormParams::new(message, RequestedSchema::new()))
    }

    fn read(raw: &Raw) -> Result<i64, String> {
        raw.parse().map_err(|_| "it is no number".to_owned())
    }

    /// The name under which a question has been asked.
    fn name(error: Error) -> String {
        let questions = error.into_questions().unwrap().input_requests.unwrap();
        questions.iter().next().unwrap().0.to_owned()
    }

    fn next(rounds: &Rounds, answers: &[(&str, serde_json::Value)]) -> Rounds {
        let left = rounds.close(InputRequiredResult::new()).unwrap();
        let given = answers
            .iter()
            .map(|(name, answer)| ((*name).to_owned(), answer));
        Rounds::resume(&left.memory, given.collect()).unwrap()
    }

    #[test]
    fn answers_are_found_by_place_and_question() {
        let first = Rounds::default();
        let a = name(first.answer("", &asked("a"), read).unwrap_err());
        let again = next(&first, &[(&a, json!(7)), ("who?", json!(1))]);
        assert_eq!(again.answer("", &asked("a"), read).unwrap(), 7);
        let b = name(again.answer("", &asked("a"), read).unwrap_err());
        assert_ne!(a, b, "the same question at another place is another");

        let last = next(&again, &[(&b, json!(8))]);
        assert_eq!(
            last.answer("", &asked("a"), read).unwrap(),
            7,
            "it is remembered"
        );
        assert_eq!(last.answer("", &asked("a"), read).unwrap(), 8);
        let other = next(&first, &[(&a, json!(7))]);
        assert!(
            other.answer("", &asked("b"), read).is_err(),
            "it was asked otherwise"
        );
    }

    #[test]
    fn wrong_answers_are_asked_again_and_not_for_ever() {
        let mut rounds = Rounds::default();
        let key = name(rounds.answer("", &asked("a"), read).unwrap_err());
        for _ in 1..MAX_WRONG {
            rounds = next(&rounds, &[(&key, json!("x"))]);
            let again = rounds
                .answer("", &asked("a"), read)
                .unwrap_err()
                .into_questions()
                .unwrap();
            assert!(
                serde_json::to_string(&again)
                    .unwrap()
                    .contains("it is no number")
            );
        }
        rounds = next(&rounds, &[(&key, json!("x"))]);
        let error = rounds.answer("", &asked("a"), read).unwrap_err();
        assert_eq!(error.kind(), Kind::InvalidParams);
    }

    #[test]
    fn what_a_run_skips_does_not_shift_what_follows() {
        let path = |rounds: &Rounds, what: &str| rounds.enter("", "tools/call", what.as_bytes());
        let first = Rounds::default();
        let (_, b) = (path(&first, "a"), path(&first, "b"));
        let again = path(&first, "b");
        let second = Rounds::default();
        assert_eq!(path(&second, "b"), b);
        assert_eq!(path(&second, "b"), again);
        assert_ne!(b, again);
        let inner = name(first.answer(&b, &asked("a"), read).unwrap_err());
        let outer = name(first.answer("", &asked("a"), read).unwrap_err());
        assert_ne!(inner, outer);
    }

    #[test]
    fn everything_asked_in_vain_goes_out_in_one_round() {
        let rounds = Rounds::default();
        for message in ["a", "b"] {
            rounds.answer("", &asked(message), read).unwrap_err();
        }
        let by_hand = InputRequiredResult::new()
            .ask("mine", ElicitFormParams::new("c", RequestedSchema::new()))
            .request_state("kept");
        let left = rounds.close(by_hand).unwrap();
        assert_eq!(left.questions.input_requests.unwrap().len(), 3);
        assert_eq!(left.questions.request_state, None, "it is in the memory");
        let again = Rounds::resume(&left.memory, InputResponses::new()).unwrap();
        assert_eq!(again.by_hand().as_deref(), Some("kept"));
    }

    #[test]
    fn neither_questions_nor_rounds_are_without_end() {
        let mut rounds = Rounds::default();
        for _ in 0..MAX_QUESTIONS {
            assert_eq!(
                rounds.answer("", &asked("a"), read).unwrap_err().kind(),
                Kind::InputRequired
            );
        }
        assert_eq!(
            rounds.answer("", &asked("a"), read).unwrap_err().kind(),
            Kind::Internal
        );
        for _ in 0..MAX_ROUNDS {
            rounds = next(&rounds, &[]);
        }
        assert!(rounds.close(InputRequiredResult::new()).is_err());
        let named = asked("a").named("n");
        assert_eq!(
            rounds.answer("", &named, read).unwrap_err().kind(),
            Kind::InputRequired
        );
        assert_eq!(
            rounds.answer("", &named, read).unwrap_err().kind(),
            Kind::Internal,
            "asked twice"
        );
    }
}
