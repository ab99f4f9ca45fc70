//! `fmcp prompt`: fills in a prompt.

use clap::Args;
use fmcp::{CallOptions, Client, ClientError, Kind};

use crate::{
    app::App,
    arguments::Assignments,
    connect::Connection,
    outcome::{Exit, Failure},
    show::blocks,
    terminal::{clean, style},
    unknown::{is_unknown, unknown},
};

/// Fills in a prompt, and shows its messages
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  fmcp prompt ./server review code=@main.rs language=rust")]
pub(crate) struct Prompt {
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// The prompt
    #[arg(value_name = "PROMPT")]
    prompt: String,
    /// Its arguments; texts, as the protocol knows nothing else here
    #[arg(value_name = "NAME=VALUE")]
    arguments: Vec<String>,
}

impl Prompt {
    pub(crate) async fn run(self, app: &App) -> anyhow::Result<Exit> {
        let arguments = Assignments::read(&self.arguments)?.texts();
        let client = self.connection.open(app).await?;
        let options = CallOptions::new().cancel(app.interrupt.token());
        let filled = app
            .interrupt
            .heed(&app.out, async {
                let filled = client.prompt_with(&self.prompt, arguments, options).await;
                match filled {
                    Ok(filled) => Ok(filled),
                    Err(error) => Err(self.refused(app, &client, error).await),
                }
            })
            .await;
        client.close().await;
        let filled = filled?;
        if app.out.is_json() {
            app.out.json(&filled)?;
            return Ok(Exit::Done);
        }
        for (at, message) in filled.messages.iter().enumerate() {
            let gap = if at == 0 { "" } else { "\n" };
            let role = app
                .out
                .paint(style::HEADING, &clean(&format!("{}:", message.role)));
            let text = blocks(&app.out, std::slice::from_ref(&message.content));
            app.out.print(&format!("{gap}{role}\n{text}"))?;
        }
        Ok(Exit::Done)
    }

    /// What is told of a refusal: that there is no such prompt, or that its arguments are wrong.
    async fn refused(&self, app: &App, client: &Client, error: ClientError) -> anyhow::Error {
        let is_wrong = matches!(error.kind(), Kind::InvalidParams | Kind::BadArguments);
        if !is_wrong && !is_unknown(&error) {
            return error.into();
        }
        let options = CallOptions::new().cancel(app.interrupt.token());
        let Ok(listed) = client.list_prompts_with(options).await else {
            return error.into();
        };
        let names = listed.iter().map(|prompt| prompt.name.as_str());
        if !names.clone().any(|name| name == self.prompt) {
            return unknown("prompt", &self.prompt, names, &self.connection.server).into();
        }
        match is_wrong {
            true => Failure::usage(error.to_string()).into(),
            false => error.into(),
        }
    }
}
