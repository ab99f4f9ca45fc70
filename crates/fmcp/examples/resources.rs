//! Resources: fixed ones, templates with query parameters, bytes, and what is refused before a handler
//! sees it.
//!
//! ```sh
//! cargo run -p fmcp --example resources
//! ```
#![allow(missing_docs)]

use std::{error::Error, io::Write};

use fmcp::{
    Client, Json, ResourceError, Server, resource,
    schemars::{self, JsonSchema},
    serde::Serialize,
};

#[derive(Serialize, JsonSchema)]
struct Settings {
    theme: &'static str,
}

/// The settings.
#[resource("data://settings", mime = "application/json")]
async fn settings() -> Json<Settings> {
    Json(Settings { theme: "dark" })
}

/// A page of the handbook. `{path*}` may contain slashes, but never leaves its folder.
#[resource("handbook://{path*}", mime = "text/markdown")]
async fn page(path: String) -> Result<String, ResourceError> {
    match path.as_str() {
        "start/install.md" => Ok("# Install".into()),
        other => Err(fmcp::Error::not_found(format!("there is no page {other}")).into()),
    }
}

/// The days of a month; each query parameter may be missing.
#[resource("calendar://{year}/{month}{?weekday*,limit}")]
async fn days(
    year: u16,
    #[complete(["01", "02", "03"])] month: u8,
    weekday: Vec<String>,
    #[arg(default = 31, range(1..=31))] limit: u8,
) -> String {
    format!("{year}-{month:02}, only {weekday:?}, at most {limit}")
}

/// Bytes are sent as such.
#[resource("image://dot", mime = "image/gif")]
async fn dot() -> &'static [u8] {
    b"GIF89a"
}

pub(crate) async fn run(out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let server = Server::new("shelf")
        .resource(settings::resource())
        .resource(page::resource())
        .resource(days::resource())
        .resource(dot::resource());
    let client = Client::connect(&server).await?;

    for resource in client.list_resources().await? {
        writeln!(out, "resource {}", resource.uri)?;
    }
    for template in client.list_templates().await? {
        writeln!(out, "template {}", template.uri_template)?;
    }
    for uri in [
        "data://settings",
        "handbook://start/install.md",
        "calendar://2026/7?weekday=mon&weekday=tue&limit=5",
        "calendar://2026/7",
    ] {
        let read = client.read(uri).await?;
        writeln!(out, "{uri} -> {}", read.text().unwrap_or_default())?;
    }
    let bytes = client.read("image://dot").await?;
    writeln!(
        out,
        "image://dot -> {} bytes of {}",
        bytes.bytes()?.len(),
        bytes.mime_type().unwrap_or("?")
    )?;
    for uri in [
        "calendar://2026/July",
        "handbook://../secret.md",
        "handbook://missing.md",
    ] {
        let refused = client.read(uri).await.expect_err("it must be refused");
        writeln!(out, "{refused}")?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    run(&mut std::io::stdout()).await
}
