//! Copies of another server's components.

use std::sync::Arc;

use fmcp_core::{BoxFuture, Call, Component, Endpoint, Home, Reply, Result};

use super::{super::Server, door::shortened, edit::check_name, view::retemplate};
use crate::namespace::{Namespace, rename};

impl Server {
    /// Copies what another server has now into this one, under the name: `name_tool`, `data://name/…`. What is
    /// changed there later does not show here, its middleware is not asked, and calls go straight to the
    /// component, which sees the state that its own server has. The other server starts and stops with this one,
    /// unless somebody else has started it.
    ///
    /// ```
    /// use fmcp::{Client, Server, Tool};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
    /// let db = Server::new("db").tool(Tool::new("query", || async { "rows" }));
    /// let app = Server::new("app");
    /// app.import("db", &db).await?;
    /// assert_eq!(Client::connect(&app).await?.call("db_query", ()).await?.text(), "rows");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When the name cannot be part of a tool's name, the other server cannot be started, or one of the names is
    /// taken; those before it are in.
    pub async fn import(&self, name: &str, other: impl Into<Self>) -> Result<()> {
        check_name(name)?;
        let (other, namespace) = (other.into(), Namespace::new(name));
        other.start_for(&Arc::downgrade(&self.0)).await?;
        let now = Arc::clone(&other.0.now());
        let copies = now.shown().every().map(|component| {
            let mut copy = (**component).clone();
            rename::definition(&mut copy.definition, Some(&namespace));
            copy = {
                let outer = shortened_name(&copy);
                copy.renamed(&outer)
            };
            retemplate(&mut copy);
            copy.endpoint = Arc::new(Copied {
                component: Arc::clone(component),
                home: Arc::clone(&now.home),
            });
            copy
        });
        self.add(copies.collect())
    }
}

/// What a copy is called, as it stands in its definition.
fn shortened_name(component: &Component) -> String {
    let name = component.definition.name().to_owned();
    match component.kind() {
        fmcp_core::ComponentKind::Tool | fmcp_core::ComponentKind::Prompt => shortened(name),
        _ => name,
    }
}

/// A component of another server, which sees that server's state.
struct Copied {
    component: Arc<Component>,
    home: Arc<Home>,
}

impl Endpoint for Copied {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        let call = call.with_component(Arc::clone(&self.component), Arc::clone(&self.home));
        self.component.endpoint.call(call)
    }
}
