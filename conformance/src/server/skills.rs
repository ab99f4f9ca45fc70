//! Skills: one, with a folder of further reading.

use fmcp::{Server, skills::Skills};

/// Part of this crate's sources.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/skills");

pub(super) fn add(server: Server) -> Server {
    let skills = Skills::folder(FOLDER).expect("the skills of this crate can be served");
    server.skills(skills)
}
