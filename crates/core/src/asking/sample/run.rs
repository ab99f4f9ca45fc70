//! Asking a language model, and letting it use tools before it answers.

use super::{Sample, Sampled, tool::Toolbox};
use crate::{
    Context, Error, Result,
    asking::{Ask, Question, digest::digest},
    protocol::model::{
        Content, CreateMessageParams, CreateMessageResult, SamplingMessage, ToolChoice,
        ToolChoiceMode, ToolResultContent, ToolUseContent,
    },
};

/// How many tools a model may wish to use at once.
const MAX_WISHES: usize = 64;

impl Sample {
    pub(super) async fn run(mut self) -> Result<Sampled> {
        if self.tools.is_empty() {
            let answer = ask(&self.context, self.params.clone()).await?;
            return Ok(Sampled::new(answer, self.params.messages));
        }
        let toolbox = Toolbox::open(&self.context, self.tools).await?;
        self.params.tools = Some(toolbox.definitions.clone());
        for round in 0..=self.max_rounds {
            if round == self.max_rounds {
                self.params.tool_choice = Some(ToolChoice::new().mode(ToolChoiceMode::None));
            }
            let answer = ask(&self.context, self.params.clone()).await?;
            let wishes = wishes(&answer)?;
            if wishes.is_empty() {
                return Ok(Sampled::new(answer, self.params.messages));
            }
            let said = SamplingMessage::new(answer.role, answer.content);
            self.params.messages.push(said);
            let so_far = serde_json::to_vec(&self.params.messages)
                .map_err(|e| Error::internal("the conversation cannot be written").caused_by(e))?;
            let so_far = format!("tools {:016x}", digest([so_far.as_slice()]));
            let results = use_tools(&self.context, &toolbox, &wishes, &so_far).await?;
            self.params.messages.push(SamplingMessage::user(results));
            if round == 0 {
                // Who must use a tool has done so.
                self.params.tool_choice = None;
            }
        }
        Err(Error::internal(format!(
            "the language model wished for tools after {} rounds, when it should have answered",
            self.max_rounds
        )))
    }
}

/// A question to the model without tools can be asked together with others.
impl Question for Sample {
    type Answer = Sampled;

    fn into_ask(self) -> Ask<Sampled> {
        let messages = self.params.messages.clone();
        let question = if self.tools.is_empty() {
            Ok(self.params)
        } else {
            let words = "a model that uses tools asks several times, and not together with others";
            Err(Error::internal(words))
        };
        Ask::new(&self.context, question, move |answer| {
            let answer = answer.parse::<CreateMessageResult>().map_err(unreadable)?;
            Ok(Sampled::new(answer, messages.clone()))
        })
    }
}

/// Asks once.
pub(super) async fn ask(
    context: &Context,
    params: CreateMessageParams,
) -> Result<CreateMessageResult> {
    Ask::new(context, Ok(params), |answer| {
        answer.parse::<CreateMessageResult>().map_err(unreadable)
    })
    .await
}

fn unreadable(_: serde_json::Error) -> String {
    "it is no answer of a language model".to_owned()
}

/// The tools that the model wishes to use before it goes on.
fn wishes(answer: &CreateMessageResult) -> Result<Vec<ToolUseContent>> {
    let wishes: Vec<_> = answer
        .content
        .blocks()
        .iter()
        .filter_map(|block| match block {
            Content::ToolUse(wish) => Some((**wish).clone()),
            _ => None,
        })
        .collect();
    if wishes.len() > MAX_WISHES {
        return Err(Error::internal(format!(
            "the language model wished for {} tools at once; {MAX_WISHES} are let through",
            wishes.len()
        )));
    }
    Ok(wishes)
}

/// Uses tools one after the other. What they give is kept under the conversation `so_far` and their place:
/// ids of wishes are the model's, and need not be unique.
async fn use_tools(
    context: &Context,
    toolbox: &Toolbox,
    wishes: &[ToolUseContent],
    so_far: &str,
) -> Result<Vec<Content>> {
    let mut results = Vec::with_capacity(wishes.len());
    for (at, wish) in wishes.iter().enumerate() {
        let key = format!("{so_far} {at}");
        let result = match context.kept::<ToolResultContent>(&key)? {
            Some(kept) => kept,
            None => {
                let result = toolbox.run(context, wish).await?;
                context.keep(&key, &result)?;
                result
            }
        };
        results.push(result.into());
    }
    Ok(results)
}
