//! What is said about a server that cannot be started, or has gone.

use std::{ffi::OsStr, io, path::Path, process::ExitStatus};

use fmcp_core::{Error, Kind, Origin};

use super::{Settings, stderr::Last};
use crate::duplex::End;

/// How much of `PATH` is shown.
const SHOWN: usize = 500;

/// A server that cannot be started.
pub(super) fn unstartable(settings: &Settings, path: Option<&OsStr>, error: io::Error) -> Error {
    let program = Path::new(&settings.program);
    let shown = program.display();
    let missing = |folder: &&std::path::PathBuf| !folder.is_dir();
    let words = match error.kind() {
        io::ErrorKind::NotFound => match settings.directory.as_ref().filter(missing) {
            Some(folder) => format!(
                "the folder that it is to run in does not exist: {}",
                folder.display()
            ),
            None if program.components().count() > 1 => {
                format!("there is no program `{shown}`, or what it needs to be run is missing")
            }
            None => format!("there is no program `{shown}` in PATH ({})", places(path)),
        },
        io::ErrorKind::PermissionDenied => format!("`{shown}` may not be run by this user"),
        _ => format!("`{shown}` cannot be started"),
    };
    blame(settings, Error::new(Kind::Unavailable, words)).caused_by(error)
}

fn places(path: Option<&OsStr>) -> String {
    let Some(path) = path else {
        return "which is not set".to_owned();
    };
    let mut path = path.to_string_lossy().into_owned();
    if path.len() > SHOWN {
        path.truncate(path.floor_char_boundary(SHOWN));
        path.push('…');
    }
    path
}

/// A server that has gone without being told to. What it wrote last is for whoever runs it, not for
/// whoever calls it.
pub(super) fn gone(
    settings: &Settings,
    end: End,
    status: Option<ExitStatus>,
    last: &Last,
) -> Error {
    let words = match (status, &end) {
        (Some(status), _) => format!("the server has ended ({status})"),
        (None, End::Done) => "the server has closed its output".to_owned(),
        (None, End::Stalled) => "the server does not read its input".to_owned(),
        (None, End::Broken(_)) => "the way to the server broke".to_owned(),
    };
    let error = blame(settings, Error::new(Kind::Unavailable, words));
    match (last.words(), end) {
        (Some(last), _) => error.caused_by(format!("its last words:\n{last}")),
        (None, End::Broken(source)) => error.caused_by(source),
        (None, _) => error,
    }
}

pub(super) fn blame(settings: &Settings, error: Error) -> Error {
    error.from_origin(Origin::Upstream(settings.name.as_str().into()))
}
