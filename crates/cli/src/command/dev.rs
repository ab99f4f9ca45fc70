//! `fmcp dev`: a crate that is built and started anew whenever it changes, behind an endpoint that stays.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use clap::Args;
use fmcp::{Proxy, Server, Target};
use tokio::process::{Child, Command};

use crate::{
    app::App,
    outcome::{Exit, Failure},
    project::{self, Stamp},
    serve::Place,
    terminal::{clean, style},
};

/// How often it is looked whether something has changed.
const LOOK: Duration = Duration::from_millis(300);
/// What the crate's server is called where it is mounted.
const CURRENT: &str = "current";

/// Builds a crate and serves it; builds it anew whenever it changes, while clients stay connected
#[derive(Debug, Args)]
#[command(after_help = "\
While it does not compile, the last build that did goes on serving.

Examples:
  fmcp dev .
  fmcp dev path/to/crate --http 127.0.0.1:9000 --inspector
  fmcp dev . --stdio")]
pub(crate) struct Dev {
    /// The folder of the crate
    #[arg(value_name = "CRATE", default_value = ".")]
    folder: String,
    /// Where it listens
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8000")]
    http: String,
    /// Serves on standard input and output instead
    #[arg(long, conflicts_with = "inspector")]
    stdio: bool,
    /// Of a crate, this program
    #[arg(long, value_name = "NAME")]
    bin: Option<String>,
    /// Another folder whose changes count
    #[arg(long, value_name = "FOLDER")]
    watch: Vec<PathBuf>,
    /// Opens the inspector of the protocol's makers, which `npx` runs
    #[arg(long)]
    inspector: bool,
}

impl Dev {
    pub(crate) async fn run(self, app: &App) -> anyhow::Result<Exit> {
        let folder = project::folder(&self.folder).ok_or_else(|| {
            Failure::usage(format!(
                "{} is no crate: there is no Cargo.toml",
                self.folder
            ))
            .hint("`fmcp new NAME` makes one")
        })?;
        let front = Server::new("fmcp-dev").version(env!("CARGO_PKG_VERSION"));
        let place = Place::at((!self.stdio).then(|| self.http.clone()));
        let told = |url: &str| self.inspect(app, url);
        tokio::select! {
            served = place.serve_with(app, front.clone(), told) => served,
            never = self.watch(app, &folder, &front) => never,
        }
    }

    /// Builds it, and again whenever something has changed.
    async fn watch(&self, app: &App, folder: &Path, front: &Server) -> anyhow::Result<Exit> {
        loop {
            let built = Stamp::of(folder, &self.watch);
            self.renew(app, folder, front).await;
            while Stamp::of(folder, &self.watch) == built {
                tokio::time::sleep(LOOK).await;
            }
            // Editors write several files, one after the other.
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Builds the crate, and puts what came of it in the place of what was there.
    async fn renew(&self, app: &App, folder: &Path, front: &Server) {
        let out = &app.out;
        match self.started(folder).await {
            Ok(proxy) => {
                front.unmount(CURRENT);
                match front.mount_as_is(CURRENT, &proxy) {
                    Ok(()) => out.note(&out.paint_note(style::GOOD, "Built, and serving.")),
                    Err(error) => {
                        let why = error.to_string();
                        out.complain(&format!("It cannot be served: {}", clean(&why)));
                    }
                }
            }
            Err(failure) => {
                let words = match front.mounts().is_empty() {
                    true => "Nothing is served until that is mended.",
                    false => "The build before goes on serving.",
                };
                let label = out.paint_note(style::ERROR, "Error:");
                let failure = failure.to_string();
                out.complain(&format!("{label} {}\n{words}", clean(&failure)));
            }
        }
    }

    async fn started(&self, folder: &Path) -> Result<Proxy, Failure> {
        let (folder, bin): (PathBuf, _) = (folder.to_owned(), self.bin.clone());
        let built =
            tokio::task::spawn_blocking(move || project::build(&folder, bin.as_deref(), false));
        let program = built
            .await
            .map_err(|e| Failure::new(Exit::Failed, e.to_string()))??;
        let target = Target::command(program.display().to_string(), [] as [String; 0]);
        Proxy::connect(target)
            .await
            .map_err(|error| Failure::new(Exit::Unreachable, format!("it does not start: {error}")))
    }

    /// Opens the inspector, if it is wanted. It ends with this process.
    fn inspect(&self, app: &App, url: &str) -> Option<Child> {
        if !self.inspector {
            return None;
        }
        let mut npx = Command::new("npx");
        npx.args([
            "-y",
            "@modelcontextprotocol/inspector",
            "--transport",
            "http",
            "--server-url",
            url,
        ]);
        let opened = npx
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        opened
            .map_err(|error| {
                app.out
                    .complain(&format!("The inspector cannot be opened: npx: {error}"));
            })
            .ok()
    }
}
