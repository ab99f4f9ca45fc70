//! A customer database: state, a context, errors for the caller, structured results, tags, a time limit.
//!
//! ```sh
//! cargo run -p fmcp --example crm
//! ```
#![allow(missing_docs)]

use std::{collections::BTreeMap, error::Error, io::Write, time::Duration};

use fmcp::{
    Client, Context, Json, Server, State, ToolError, prompt, resource,
    schemars::{self, JsonSchema},
    serde::{Deserialize, Serialize},
    tool,
};
use serde_json::json;
use tokio::sync::mpsc;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Customer {
    id: u64,
    /// As it stands on the contract
    name: String,
}

/// What would be a connection to a database.
struct Db(BTreeMap<u64, Customer>);

impl Db {
    async fn connect() -> std::io::Result<Self> {
        let ada = Customer {
            id: 1,
            name: "Ada".into(),
        };
        Ok(Self(BTreeMap::from([(1, ada)])))
    }

    async fn find(&self, id: u64) -> std::io::Result<Option<Customer>> {
        Ok(self.0.get(&id).cloned())
    }
}

/// Fetch a customer by id.
#[tool(read_only, idempotent, tags("crm", "public"), timeout = "5s")]
async fn customer(
    id: u64,
    ctx: Context,
    #[ctx] db: State<Db>,
) -> Result<Json<Customer>, ToolError> {
    ctx.info("looking up").await;
    ctx.progress(1, 2, "query").await;
    // The database's own errors stay in the log; this one is for the caller.
    db.find(id)
        .await?
        .map(Json)
        .ok_or_else(|| ToolError::new(format!("no customer {id}")))
}

/// One record of a category.
#[resource("data://{category}/{id}{?format}", mime = "application/json")]
async fn record(category: String, id: u64, format: Option<String>) -> Json<serde_json::Value> {
    Json(json!({"category": category, "id": id, "format": format}))
}

fn languages() -> [&'static str; 3] {
    ["rust", "python", "typescript"]
}

/// Review a change.
#[prompt]
async fn review(code: String, #[complete(languages())] language: Option<String>) -> String {
    let language = language.unwrap_or_else(|| "code".into());
    format!("Please review this {language}:\n{code}")
}

pub(crate) async fn run(out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let server = Server::new("crm")
        .version("1.2.0")
        .instructions("Customer records")
        .state(Db::connect().await?)
        .tool(customer::tool())
        .resource(record::resource())
        .prompt(review::prompt());

    // What the handler tells while it works; `on_log` and `on_progress` take any function.
    let (tell, mut told) = mpsc::channel::<String>(16);
    let (logs, progress) = (tell.clone(), tell);
    let client = Client::builder(&server)
        .timeout(Duration::from_secs(60))
        .on_log(move |entry| drop(logs.try_send(format!("log: {}", entry.data.as_str()))))
        .on_progress(move |report| drop(progress.try_send(format!("step {}", report.progress))))
        .connect()
        .await?;
    let ada: Customer = client.call("customer", json!({"id": 1})).await?.parse()?;
    while let Ok(line) = told.try_recv() {
        writeln!(out, "{line}")?;
    }
    writeln!(out, "customer 1 is {}", ada.name)?;
    let missing = client.call("customer", json!({"id": 2})).await;
    writeln!(out, "{}", missing.expect_err("there is one customer"))?;

    let read = client.read("data://invoices/7?format=short").await?;
    writeln!(out, "{}", read.text().unwrap_or_default())?;
    let prompt = client.prompt("review", json!({"code": "1 + 1"})).await?;
    let text = prompt.messages[0].content.as_text();
    writeln!(out, "{}", text.unwrap_or_default())?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    run(&mut std::io::stdout()).await
}
