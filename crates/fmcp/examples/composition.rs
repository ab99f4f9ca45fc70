//! Many servers as one: mounted, behind a proxy, in another shape.
//!
//! ```sh
//! cargo run -p fmcp --example composition
//! ```
#![allow(missing_docs)]

use std::{error::Error as StdError, io::Write};

use fmcp::{Client, IntoTarget, Proxy, Reshape, Revision, Server, ToolError, tool};
use serde_json::json;

/// What the weather will be like.
#[tool(read_only)]
async fn forecast(city: String, #[arg(default = 3)] days: u8) -> String {
    format!("{days} days of sun in {city}")
}

/// Convert degrees.
#[tool(read_only)]
async fn fahrenheit(celsius: f64) -> Result<f64, ToolError> {
    if celsius < -273.15 {
        return Err(ToolError::new("nothing is as cold as that"));
    }
    Ok(celsius * 1.8 + 32.0)
}

pub(crate) async fn run(out: &mut impl Write) -> Result<(), Box<dyn StdError + Send + Sync>> {
    // A server of this process, offered under a name.
    let weather = Server::new("weather").tool(forecast::tool());
    let app = Server::new("app");
    app.mount("weather", &weather)?;

    // Another behind a proxy, which speaks an older revision with it. An address or a command would do as well.
    let old = Server::new("units").tool(fahrenheit::tool());
    let units = Proxy::connect(old.into_target().revision(Revision::V2025_06_18)).await?;
    app.mount("units", units)?;

    // One tool in another shape, wherever it is from.
    let app = app.transform(
        Reshape::new("weather_forecast")
            .name("tomorrow")
            .argument("days", |a| a.default(1).hide()),
    );

    let client = Client::connect(&app).await?;
    for tool in client.list_tools().await? {
        writeln!(out, "{}", tool.name)?;
    }
    let tomorrow = client.call("tomorrow", json!({"city": "Rome"})).await?;
    writeln!(out, "{}", tomorrow.text())?;
    let warm = client
        .call("units_fahrenheit", json!({"celsius": 20}))
        .await?;
    writeln!(out, "20 degrees are {}", warm.text())?;

    // What changes in a mounted server shows at once.
    app.unmount("units");
    writeln!(out, "{} tool is left", client.list_tools().await?.len())?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError + Send + Sync>> {
    run(&mut std::io::stdout()).await
}
