//! All areas in one server.

use fmcp::Server;

use super::{
    asking, changes, content, prompts, resources, rounds, schemas, skills, tasks, telling,
};

/// The server that offers everything that the suite asks for.
#[must_use]
pub fn everything() -> Server {
    let server = Server::new("fmcp-conformance")
        .version(env!("CARGO_PKG_VERSION"))
        .instructions("Everything that the conformance suite asks for, and nothing else");
    let areas = [
        // First, because the suite calls whatever tool is listed first.
        content::add,
        telling::add,
        asking::add,
        rounds::add,
        schemas::add,
        changes::add,
        resources::add,
        prompts::add,
        skills::add,
        tasks::add,
    ];
    areas.into_iter().fold(server, |server, add| add(server))
}
