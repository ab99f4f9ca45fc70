//! What a handler asks while it runs: the user, the client's language model, and where the user works.
//!
//! What belongs here: the questions, what counts as an answer, and what one call has been answered so far.
//! What does not: how questions travel, and how what was answered is kept safe in the client's hands. In
//! revisions with sessions a question is a request to the client; in those without, it ends the handler,
//! and the handler runs again when the client comes back with the answer ([`Rounds`]).
//!
//! Start at [`Ask`], which the methods of [`Context`](crate::Context) give.

mod address;
mod all;
mod ask;
mod choice;
mod digest;
mod elicited;
mod fit;
mod form;
mod once;
mod question;
mod rounds;
mod sample;
mod user;

pub use all::{Question, Questions};
pub use ask::Ask;
pub(crate) use ask::ask_for;
pub use choice::Choice;
pub use elicited::Elicited;
pub use rounds::{Left, Rounds};
pub use sample::{Conversation, ModelTool, Sample, Sampled, TypedSample};
