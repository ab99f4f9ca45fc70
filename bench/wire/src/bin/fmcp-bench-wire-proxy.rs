//! Our proxy under test: `fmcp-bench-wire-proxy 127.0.0.1:9000 127.0.0.1:8000` stands at the second address in front
//! of the first, as any proxy does.

use anyhow::{Result, bail};
use fmcp::{Http, Proxy, Server};

#[tokio::main]
async fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [upstream, address] = args.as_slice() else {
        bail!("usage: fmcp-bench-wire-proxy UPSTREAM ADDRESS");
    };
    let proxy = Proxy::connect(format!("http://{upstream}/mcp")).await?;
    Server::from(proxy)
        .run_http(Http::new(address.as_str()))
        .await?;
    Ok(())
}
