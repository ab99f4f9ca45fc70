//! Language models that answer what servers ask of one: for [`ClientBuilder::on_sample`](crate::ClientBuilder::on_sample).
//!
//! What belongs here: the words of their providers, and a question and an answer of the protocol in them. What
//! does not: whether a question may be asked at all. That is the user's to say; a function around one of these
//! can ask them:
//!
//! ```no_run
//! use std::sync::Arc;
//! use fmcp::{Client, Sampler, sampling::OpenAi, with_tools};
//! use fmcp::model::CreateMessageParams;
//!
//! # async fn ask_the_user(_: &CreateMessageParams) -> bool { true }
//! # async fn go(key: String) -> fmcp::Result<()> {
//! let model = Arc::new(OpenAi::new("https://api.openai.com/v1", key).model("gpt-4.1-mini"));
//! let client = Client::builder(fmcp::Server::new("s"))
//!     .on_sample(with_tools(move |question: CreateMessageParams| {
//!         let model = Arc::clone(&model);
//!         async move {
//!             if !ask_the_user(&question).await {
//!                 return Err("the user has said no".into());
//!             }
//!             model.sample(question).await
//!         }
//!     }))
//!     .connect()
//!     .await?;
//! # drop(client); Ok(()) }
//! ```
//!
//! What a server says about the model it would like is looked at by
//! [`choose`](OpenAi::choose); nothing else that it says changes who is asked, or with which key.

#[macro_use]
mod options;

#[cfg(feature = "anthropic")]
mod anthropic;
mod models;
#[cfg(feature = "openai")]
mod openai;
mod provider;
mod words;

#[cfg(feature = "anthropic")]
pub use anthropic::Anthropic;
pub use models::by_hints;
#[cfg(feature = "openai")]
pub use openai::OpenAi;
