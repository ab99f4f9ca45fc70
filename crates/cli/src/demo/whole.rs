//! Four servers as one, of which three tools are shown and the rest is found.

use std::path::PathBuf;

use fmcp::{Discovery, Result, Server, named};

use super::{Folder, calculator, guest, jobs, notes};

/// What stands in the list of tools beside the three that find the others.
const SHOWN: [&str; 3] = ["calculator_compute", "jobs_work", "guest_welcome"];

/// All of the demo; notes are kept in `folder`.
pub(crate) fn server(folder: PathBuf) -> Result<Server> {
    let whole = Server::new("fmcp-demo")
        .version(env!("CARGO_PKG_VERSION"))
        .title("The demo of fmcp")
        .instructions(
            "Four small servers behind one endpoint: a calculator, notes that are kept on disk, \
             slow jobs that tell how far they are, and a guest book that asks you questions. \
             discover_tools finds what is not in the list of tools; execute_tool runs it.",
        );
    whole.mount("calculator", calculator::server())?;
    whole.mount("notes", notes::server(Folder::new(folder)))?;
    whole.mount("jobs", jobs::server())?;
    whole.mount("guest", guest::server())?;
    let shown = SHOWN.into_iter().map(named);
    shown
        .fold(Discovery::new(), Discovery::pin)
        .in_front_of(whole)
}
