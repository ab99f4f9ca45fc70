//! How to use a server: results, errors, time limits, further tries, and answers that are kept.
//!
//! ```sh
//! cargo run -p fmcp --example client
//! ```
#![allow(missing_docs)]

use std::{
    error::Error,
    io::Write,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use fmcp::{
    CacheScope, Call, CallOptions, CancellationToken, Client, ClientError, Context, Json, Kind,
    Method, Middleware, Next, Reply, Retry, Server, Timeout, ToolError, resource,
    schemars::{self, JsonSchema},
    tool,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Serialize, Deserialize, JsonSchema)]
struct Forecast {
    city: String,
    degrees: f64,
}

/// The weather of tomorrow.
#[tool(read_only)]
async fn forecast(city: String) -> Result<Json<Forecast>, ToolError> {
    match city.as_str() {
        "Rome" => Ok(Json(Forecast {
            city,
            degrees: 31.5,
        })),
        _ => Err(ToolError::new(format!(
            "nobody knows the weather in {city}"
        ))),
    }
}

/// Count the clouds, which takes its time.
#[tool]
async fn count(ctx: Context) -> u32 {
    for clouds in 1..=3_u32 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        ctx.progress(clouds, 3, "counting").await;
    }
    3
}

/// Wait for rain, in Rome, in August.
#[tool]
async fn wait() {
    std::future::pending::<()>().await;
}

#[resource("data://stations")]
async fn stations() -> Json<Vec<String>> {
    Json(vec!["Rome".to_owned()])
}

/// A server that is overloaded now and then.
#[derive(Default)]
struct Busy {
    calls: AtomicU32,
}

impl Middleware for Busy {
    async fn handle(&self, call: Call, next: Next<'_>) -> fmcp::Result<Reply> {
        if *call.method() == Method::CallTool && self.calls.fetch_add(1, Ordering::Relaxed) == 0 {
            return Err(fmcp::Error::new(Kind::Overloaded, "too many clouds"));
        }
        next.run(call).await
    }
}

pub(crate) async fn run(out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let server = Server::new("weather")
        .cache(Duration::from_secs(60), CacheScope::Public)
        .layer(Busy::default())
        .tool(forecast::tool())
        .tool(count::tool())
        .tool(wait::tool())
        .resource(stations::resource());

    let client = Client::builder(&server)
        .retry(Retry::transient(3))
        .timeout(Duration::from_secs(10))
        .connect()
        .await?;

    // Listing tells the client which tools may be called again, and what they promise.
    for tool in client.list_tools().await? {
        writeln!(out, "{}", tool.name)?;
    }

    // The first call is refused, and made again: the tool only reads.
    let rome: Forecast = client
        .call("forecast", json!({"city": "Rome"}))
        .await?
        .parse()?;
    writeln!(out, "{}: {} degrees", rome.city, rome.degrees)?;

    match client.call("forecast", json!({"city": "Atlantis"})).await {
        Err(ClientError::Tool { message, .. }) => writeln!(out, "the tool says: {message}")?,
        other => return Err(format!("unexpected: {other:?}").into()),
    }

    // As long as it says that it goes on.
    let patient = Timeout::per_call(Duration::from_secs(5)).reset_on_progress();
    let options = CallOptions::new().timeout(patient);
    let clouds: u32 = client.call_with("count", (), options).await?.parse()?;
    writeln!(out, "{clouds} clouds")?;

    let stop = CancellationToken::new();
    let waiting = client.call_with("wait", (), CallOptions::new().cancel(stop.clone()));
    let (outcome, ()) = tokio::join!(waiting, async { stop.cancel() });
    writeln!(
        out,
        "{}",
        outcome.err().map_or_else(String::new, |e| e.to_string())
    )?;

    // The second is an answer that was kept: the server says that it is good for a minute.
    for _ in 0..2 {
        let names: Vec<String> = client.read("data://stations").await?.parse()?;
        writeln!(out, "stations: {names:?}")?;
    }

    client.close().await;
    writeln!(out, "closed: {}", client.is_closed())?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    run(&mut std::io::stdout()).await
}
