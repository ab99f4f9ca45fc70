//! MCP Apps: a tool with a page, and a host that shows it.
//!
//! ```sh
//! cargo run -p fmcp --example apps
//! ```
#![allow(missing_docs)]

use std::{error::Error as StdError, io::Write};

use fmcp::{
    Client, Context, Resource, Server, Tool,
    apps::{Audience, Csp, Link, View, can_show},
};

/// What is shown. It asks the host for `refresh` when somebody clicks.
const PAGE: &str =
    "<!DOCTYPE html><title>Weather</title><main id=now></main><script>/* … */</script>";

fn server() -> Server {
    let view = View::new()
        .csp(Csp::new().resources(["https://cdn.example.com"]))
        .prefers_border(true);
    let weather = Tool::new("weather", |ctx: Context| async move {
        // Where nothing is shown, the words have to say it all.
        if can_show(&ctx.client_capabilities()) {
            "sunny"
        } else {
            "sunny, 21 degrees, light wind from the west"
        }
    });
    let refresh = Tool::new("refresh", || async { "still sunny" });
    Server::new("weather")
        .resource(Resource::page("ui://weather/now", PAGE).view(&view))
        .tool(weather.page("ui://weather/now"))
        .tool(refresh.visible_to([Audience::App]))
}

/// Shows what a host makes of it.
pub(crate) async fn run(out: &mut dyn Write) -> Result<(), Box<dyn StdError>> {
    let host = Client::builder(server()).apps().connect().await?;
    for tool in host.list_tools().await? {
        let link = Link::of(&tool);
        if !link.is_for_models() {
            writeln!(out, "{} is for the page alone", tool.name)?;
            continue;
        }
        let result = host.call(&tool.name, ()).await?;
        writeln!(out, "the model reads: {}", result.text())?;
        if let Some(page) = host.page_of(&tool).await? {
            let csp = page.view.csp.unwrap_or_default();
            let from = csp.resource_domains.join(", ");
            writeln!(
                out,
                "the user sees {}, which may load from {from}",
                page.uri
            )?;
        }
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    run(&mut std::io::stdout()).await
}
