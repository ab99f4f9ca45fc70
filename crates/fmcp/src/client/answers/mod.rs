//! What a client answers when its server asks: questions to the user, to a language model, and where the
//! user works.
//!
//! What belongs here: what the handlers are asked and what they give back; holding an answer to its
//! question; who may be asked at all, how many at once and for how long. What does not: how questions
//! arrive, which is [`inbox`](super::inbox)'s in sessions and [`rounds`](super::rounds)' without them.
//! Start at [`Desk`].

mod address;
mod answer;
mod completions;
mod desk;
mod elicitation;
mod form;
mod handler;
mod roots;
mod sampler;

pub use address::UrlElicitation;
pub use answer::{Answer, Consent};
pub(super) use completions::{Completions, Unread};
pub(super) use desk::{Desk, Handlers};
pub use elicitation::{Elicitation, Field};
pub use handler::Answering;
pub(super) use handler::Handler;
pub(super) use roots::Roots;
pub use sampler::{Sampler, WithTools, with_tools};
