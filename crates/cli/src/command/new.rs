//! `fmcp new`: a project that compiles, and passes its test.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use crate::{
    app::App,
    outcome::{Exit, Failure},
};

/// Makes a project of a server that compiles, and passes its test
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  fmcp new weather && cd weather && cargo test")]
pub(crate) struct New {
    /// The folder, whose name is the project's
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// The folder of the crate `fmcp`; without it, that which this program was built from
    #[arg(long, value_name = "FOLDER")]
    fmcp: Option<PathBuf>,
}

const MAIN: &str = include_str!("../../template/src/main.rs");
const MANIFEST: &str = include_str!("../../template/Cargo.toml.txt");
const README: &str = include_str!("../../template/README.md.txt");
/// How long a name may be.
const LONGEST: usize = 64;
/// What other crates are called, and what cargo keeps for its own folders.
const RESERVED: [&str; 6] = ["test", "fmcp", "build", "deps", "examples", "incremental"];
/// Where the crate was when this program was built.
const FMCP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fmcp");

impl New {
    pub(crate) fn run(self, app: &App) -> anyhow::Result<Exit> {
        let name = name(&self.folder)?;
        let is_empty = fs::read_dir(&self.folder).map_or(true, |mut all| all.next().is_none());
        if self.folder.exists() && !is_empty {
            let words = format!("{} is there already, and not empty", self.folder.display());
            return Err(Failure::usage(words)
                .hint("give another name, or empty it")
                .into());
        }
        // No name has the spaces of the second place, while a folder may be called anything.
        let manifest = MANIFEST
            .replace("NAME", &name)
            .replace("fmcp = FMCP", &format!("fmcp = {}", self.dependency()?));
        let files = [
            ("Cargo.toml", manifest.as_str()),
            ("src/main.rs", MAIN),
            ("README.md", &README.replace("NAME", &name)),
            (".gitignore", "/target\n"),
        ];
        for (file, text) in files {
            let path = self.folder.join(file);
            let folder = path.parent().unwrap_or(&self.folder);
            fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
            fs::write(&path, text).with_context(|| path.display().to_string())?;
        }
        if app.out.is_json() {
            app.out.json(
                &json!({"name": name, "folder": self.folder, "files": files.map(|file| file.0)}),
            )?;
            return Ok(Exit::Done);
        }
        let folder = self.folder.display();
        app.out.print(&format!(
            "The project {name} is in {folder}. Go on with\n  cd {folder}\n  cargo test\n  fmcp run . --http 127.0.0.1:8000"
        ))?;
        Ok(Exit::Done)
    }

    /// Where the project finds the crate.
    fn dependency(&self) -> Result<String, Failure> {
        let folder = self.fmcp.clone().unwrap_or_else(|| FMCP.into());
        if !folder.join("Cargo.toml").is_file() {
            let words = format!("there is no crate fmcp in {}", folder.display());
            return Err(
                Failure::usage(words).hint("--fmcp FOLDER says where crates/fmcp of a clone is")
            );
        }
        let folder = folder
            .canonicalize()
            .map_err(|e| Failure::usage(e.to_string()))?;
        Ok(format!("{{ path = {} }}", json!(folder)))
    }
}

/// The name of the project: that of its folder.
fn name(folder: &Path) -> Result<String, Failure> {
    let name = folder
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
    let why = if RESERVED.contains(&name.as_str()) {
        format!("{name:?} is taken: {} are", RESERVED.join(", "))
    } else if !begins || name.len() > LONGEST || !name.chars().all(fits) {
        format!("{name:?} is no name for a project")
    } else {
        return Ok(name);
    };
    Err(Failure::usage(why).hint(format!(
        "a letter, then letters, digits, - and _, {LONGEST} at most, such as weather-server"
    )))
}
