//! Servers within servers.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use fmcp::{Server, Tool, testing};

/// Tools of upstreams whose definition changes, and is held until somebody approves it.
mod approvals;
/// The servers of a configuration, mounted.
#[cfg(unix)]
mod config;
/// Three tools in front of many.
mod discovery;
/// One server's components in another, live: names, calls, changes, lifespans.
mod mount;
/// A server in front of another: everything both ways, between all revisions, and upstreams that fail.
mod proxy;
/// Upstreams whose tools run as tasks.
mod proxy_tasks;
/// Upstreams that go and come back while nobody calls them.
mod revival;
/// Components in another shape: tools, visibility, versions, and prompts and resources as tools.
mod transforms;

fn tool(name: &str, says: &'static str) -> Tool {
    Tool::new(name, move || async move { says })
}

async fn text(server: &Server, tool: &str) -> String {
    let client = testing::connect(server).await;
    testing::expect_text(&client.call(tool, ()).await)
}

async fn tools(server: &Server) -> Vec<String> {
    let client = testing::connect(server).await;
    let tools = client.list_tools().await.unwrap();
    tools.into_iter().map(|tool| tool.name).collect()
}

/// Counts what happens.
#[derive(Clone, Default)]
struct Count(Arc<AtomicU32>);

impl Count {
    fn up(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn now(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}
