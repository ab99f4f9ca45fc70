//! A server of the Model Context Protocol. `cargo run` serves on standard input and output,
//! `FMCP_TRANSPORT=http cargo run` on http://127.0.0.1:8000/mcp.

use fmcp::{Server, ToolError, tool};

/// Divide one number by another.
#[tool(read_only, idempotent)]
async fn divide(
    /// What is divided
    a: f64,
    /// By what
    #[arg(default = 2.0)]
    b: f64,
) -> Result<f64, ToolError> {
    if b == 0.0 {
        return Err(ToolError::new("nobody can divide by zero"));
    }
    Ok(a / b)
}

fn server() -> Server {
    Server::new(env!("CARGO_PKG_NAME"))
        .version(env!("CARGO_PKG_VERSION"))
        .tool(divide::tool())
}

#[tokio::main]
async fn main() -> fmcp::Result<()> {
    // What a client is not told stands in the log. Standard output is the client's.
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    server().run().await
}

#[cfg(test)]
mod tests {
    use fmcp::Client;
    use serde_json::json;

    use super::server;

    #[tokio::test]
    async fn numbers_are_divided() -> fmcp::Result<()> {
        let client = Client::connect(server()).await?;

        let half: f64 = client.call("divide", json!({"a": 84})).await?.parse()?;
        assert_eq!(half, 42.0);

        let refused = client
            .call("divide", json!({"a": 1, "b": 0}))
            .await
            .unwrap_err();
        assert!(refused.to_string().contains("divide by zero"));
        Ok(())
    }
}
