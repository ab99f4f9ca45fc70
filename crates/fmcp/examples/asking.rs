//! Tools that ask their user, and a client that answers: the same handlers in a session, where they wait, and
//! without one, where they run again when the answer is there.
//!
//! ```sh
//! cargo run -p fmcp --example asking
//! ```
#![allow(missing_docs)]

use std::{
    error::Error,
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use fmcp::{
    Answer, Client, Context, Elicitation, Elicited, Revision, Server, State, ToolError,
    model::{CreateMessageResult, Role},
    schemars::{self, JsonSchema},
    serde::{self, Deserialize},
    tool,
};
use serde_json::json;

#[derive(Deserialize, JsonSchema)]
#[serde(crate = "serde")]
#[schemars(crate = "schemars")]
struct Trip {
    /// Where to
    city: String,
    #[schemars(range(min = 1, max = 30))]
    nights: u8,
}

/// How often something was done.
#[derive(Clone, Default)]
struct Counts(Arc<[AtomicUsize; 2]>);

impl Counts {
    fn add(&self, what: usize) -> usize {
        self.0[what].fetch_add(1, Ordering::SeqCst) + 1
    }
}

/// Book a trip.
#[tool]
async fn book(ctx: Context, #[ctx] counts: State<Counts>) -> Result<String, ToolError> {
    let run = counts.add(0); // in every run
    let number = ctx.once("number", async || counts.add(1)).await?; // once for each call
    let Elicited::Accepted(trip) = ctx.elicit::<Trip>("Where do you want to go?").await? else {
        return Ok("Another time, then.".into());
    };
    let question = format!("{} nights in {}, is that right?", trip.nights, trip.city);
    let (sure, slogan) = ctx
        .ask_all((ctx.confirm(question), ctx.sample("A slogan for the trip?")))
        .await?;
    if !sure {
        return Ok("Nothing is booked.".into());
    }
    // Behind the last question: here, and nowhere before, it is booked.
    Ok(format!(
        "booking {number} in run {run}: {} nights in {}. {}",
        trip.nights,
        trip.city,
        slogan.text()
    ))
}

pub(crate) async fn run(out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
        let server = Server::new("trips")
            .state(Counts::default())
            .tool(book::tool());
        let client = Client::builder(server)
            .revision(revision)
            .on_elicit(|question: Elicitation| async move {
                match question.fields().next() {
                    Some(_) => Answer::accept(json!({"city": "Rome", "nights": 3})),
                    None => Answer::accept(json!({})), // a question of yes or no
                }
            })
            .on_sample(async |_| CreateMessageResult::new("tiny", Role::Assistant, "When in Rome!"))
            .connect()
            .await?;
        writeln!(
            out,
            "{revision}: {}",
            client.call("book", json!({})).await?.text()
        )?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    run(&mut std::io::stdout()).await
}
