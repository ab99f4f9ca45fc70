//! Changing a running server: tools whose schema is data, switched on and off, and a client that hears
//! of it.
//!
//! ```sh
//! cargo run -p fmcp --example dynamic
//! ```
#![allow(missing_docs)]

use std::{error::Error, io::Write};

use fmcp::{Client, ComponentKind, Context, Key, Server, Tool, keyed, tags};
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// A tool as a file or a database might describe it.
fn unit(from: &str, to: &str, factor: f64) -> Tool {
    let schema = json!({
        "type": "object",
        "properties": {"value": {"type": "number", "minimum": 0}},
        "required": ["value"],
    });
    let name = format!("{from}_to_{to}");
    Tool::dynamic(
        name,
        schema,
        move |arguments: Value, _: Context| async move {
            arguments["value"].as_f64().unwrap_or_default() * factor
        },
    )
    .description(format!("Convert {from} to {to}"))
    .tags(["units"])
}

async fn names(client: &Client) -> Result<String, Box<dyn Error>> {
    let tools = client.list_tools().await?;
    let names: Vec<_> = tools.into_iter().map(|tool| tool.name).collect();
    Ok(names.join(", "))
}

pub(crate) async fn run(out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let server = Server::new("units").tool(unit("miles", "km", 1.609_344));

    let (tell, mut changes) = mpsc::channel(16);
    let client = Client::builder(&server)
        .on_list_changed(move |kind: ComponentKind| {
            let tell = tell.clone();
            async move {
                let _ = tell.send(kind).await;
            }
        })
        .connect()
        .await?;
    writeln!(out, "at first: {}", names(&client).await?)?;

    server.add_tool(unit("feet", "m", 0.3048))?;
    let changed = changes.recv().await.ok_or("the client is gone")?;
    writeln!(
        out,
        "the list of {changed}s changed: {}",
        names(&client).await?
    )?;
    let metres: f64 = client
        .call("feet_to_m", json!({"value": 10}))
        .await?
        .parse()?;
    writeln!(out, "10 feet are {metres} m")?;
    let refused = client.call("feet_to_m", json!({"value": -1})).await;
    writeln!(out, "{}", refused.expect_err("it is too small"))?;

    let miles = Key::new(ComponentKind::Tool, "miles_to_km");
    server.disable(keyed(miles.clone()));
    writeln!(out, "one disabled: {}", names(&client).await?)?;
    server.enable(tags(["units"]));
    writeln!(out, "all enabled: {}", names(&client).await?)?;
    server.remove(&miles);
    writeln!(out, "one removed: {}", names(&client).await?)?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    run(&mut std::io::stdout()).await
}
