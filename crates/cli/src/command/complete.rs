//! `fmcp complete`: how an argument might go on.

use clap::Args;
use fmcp::{
    CallOptions,
    core::Named,
    model::{CompletionContext, PromptReference, Reference, ResourceReference},
};
use serde_json::Value;

use crate::{
    app::App, arguments::Assignments, connect::Connection, outcome::Exit, terminal::clean,
};

/// Asks how an argument of a prompt or of a resource template might go on
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  fmcp complete ./server review language r\n  fmcp complete ./server \"data://{category}/{id}\" id \"\" category=books"
)]
pub(crate) struct Complete {
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// A prompt, or the template of an address
    #[arg(value_name = "OF")]
    of: String,
    /// The argument
    #[arg(value_name = "ARGUMENT")]
    argument: String,
    /// What has been typed of it
    #[arg(value_name = "TYPED", default_value = "")]
    typed: String,
    /// Arguments that have been given already
    #[arg(value_name = "NAME=VALUE")]
    given: Vec<String>,
}

impl Complete {
    pub(crate) async fn run(self, app: &App) -> anyhow::Result<Exit> {
        let given = Assignments::read(&self.given)?.texts();
        let given = given.into_iter().filter_map(|(name, value)| match value {
            Value::String(value) => Some((name, value)),
            _ => None,
        });
        let context = CompletionContext::new().arguments(given.collect::<Named<String>>());
        let of = match self.of.contains("://") {
            true => Reference::Resource(ResourceReference::new(&*self.of)),
            false => Reference::Prompt(PromptReference::new(&*self.of)),
        };
        let client = self.connection.open(app).await?;
        let options = CallOptions::new().cancel(app.interrupt.token());
        let asked = client.complete_with(of, &self.argument, &self.typed, context, options);
        let found = app
            .interrupt
            .heed(&app.out, async { Ok(asked.await?) })
            .await;
        client.close().await;
        let found = found?;
        if app.out.is_json() {
            app.out.json(&found)?;
            return Ok(Exit::Done);
        }
        for value in &found.values {
            app.out.print(&clean(value))?;
        }
        if found.has_more == Some(true) {
            app.out.note("… and more");
        }
        Ok(Exit::Done)
    }
}
