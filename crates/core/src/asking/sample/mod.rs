//! Questions to the client's language model.
//!
//! What belongs here: one question, the loop in which the model uses tools, and answers of a type. Start at
//! [`Sample`].

mod builder;
mod conversation;
mod run;
mod sampled;
mod tool;
mod typed;

pub use builder::Sample;
pub use conversation::Conversation;
pub use sampled::Sampled;
pub use tool::ModelTool;
pub use typed::TypedSample;
