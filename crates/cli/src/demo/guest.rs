//! A guest book that asks.

use fmcp::{Context, Elicited, Server, ToolError, schemars::JsonSchema, tool};
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
struct Guest {
    /// What you want to be called
    name: String,
    /// How many stay
    #[schemars(range(min = 1, max = 12))]
    #[serde(default = "one")]
    people: u8,
    drink: Drink,
}

#[derive(Debug, Deserialize, JsonSchema)]
enum Drink {
    Coffee,
    Tea,
    Water,
}

fn one() -> u8 {
    1
}

/// Welcome a guest, who is asked a few questions.
#[tool]
async fn welcome(ctx: Context) -> Result<String, ToolError> {
    Ok(match ctx.elicit::<Guest>("Welcome! Who are you?").await? {
        Elicited::Accepted(guest) => {
            let Guest {
                name,
                people,
                drink,
            } = guest;
            format!("Welcome, {name}! A table for {people}, and {drink:?}.")
        }
        _ => "Another time, then.".to_owned(),
    })
}

pub(super) fn server() -> Server {
    Server::new("guest").tool(welcome::tool())
}
