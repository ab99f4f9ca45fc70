//! Skills: folders of instructions for models, as resources that can be verified (SEP-2640, the extension
//! `io.modelcontextprotocol/skills`).
//!
//! A skill is a folder with a `SKILL.md`: front matter that says what the skill is for, then instructions, and beside
//! them whatever files those need. A server lists what its skills are for, with the digest of every file; a
//! client reads the files of those that it wants, when it wants them, and uses nothing that is not what was
//! listed.
//!
//! ```
//! use fmcp::{Client, Server, skills::Skills};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
//! # let folder = tempfile::tempdir().unwrap();
//! # let greeting = folder.path().join("greeting");
//! # std::fs::create_dir(&greeting).unwrap();
//! # let text = "---\nname: greeting\ndescription: Greet people\n---\nSay hello.\n";
//! # std::fs::write(greeting.join("SKILL.md"), text).unwrap();
//! # let folder = folder.path();
//! let server = Server::new("manners").skills(Skills::folder(folder)?);
//!
//! let client = Client::connect(&server).await?;
//! let skills = client.list_skills().await?;
//! assert_eq!(skills[0].description(), "Greet people");
//! let loaded = skills[0].load(&client).await?;
//! assert_eq!(loaded.instructions(), "Say hello.\n");
//! # Ok(()) }
//! ```
//!
//! What belongs here: reading folders ([`Skills`]), what is said of skills (`entry`), and holding one against the
//! other ([`Skill::load`]). What does not: how methods reach a server ([`Server::extension`](crate::Server::extension)).

mod digest;
mod entry;
mod folder;
mod front_matter;
mod load;
mod path;
mod save;
mod serve;
mod shelf;
mod skill;

pub use digest::Digest;
pub use entry::{File, Files};
pub use load::Loaded;
pub use serve::Skills;
pub use skill::Skill;

pub(crate) use entry::Entry;

/// What the extension is called.
pub const EXTENSION: &str = "io.modelcontextprotocol/skills";

/// What the file with the instructions is called.
const SKILL_MD: &str = "SKILL.md";

/// How many files a skill may have.
const MAX_FILES: usize = 512;

/// How many bytes they may have together.
const MAX_BYTES: u64 = 16 << 20;
