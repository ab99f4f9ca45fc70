//! Four servers as one.

use std::path::PathBuf;

use fmcp::{Result, Server};

use super::{Folder, calculator, guest, jobs, notes};

/// All of the demo; notes are kept in `folder`.
pub(crate) fn server(folder: PathBuf) -> Result<Server> {
    let whole = Server::new("fmcp-demo")
        .version(env!("CARGO_PKG_VERSION"))
        .title("The demo of fmcp")
        .instructions(
            "Four small servers behind one endpoint: a calculator, notes that are kept on disk, \
             slow jobs that tell how far they are, and a guest book that asks you questions.",
        );
    whole.mount("calculator", calculator::server())?;
    whole.mount("notes", notes::server(Folder::new(folder)))?;
    whole.mount("jobs", jobs::server())?;
    whole.mount("guest", guest::server())?;
    Ok(whole)
}
