//! The files themselves: read whole, kept before they are changed, written whole or not at all.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

/// How large a file may be. Claude Code keeps its history in the same file.
const MAX_BYTES: u64 = 64 << 20;

/// What stands in the file; nothing where there is none.
pub(crate) fn read(path: &Path) -> io::Result<String> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(error),
        Ok(about) if about.len() > MAX_BYTES => Err(io::Error::other(format!(
            "is larger than {MAX_BYTES} bytes"
        ))),
        Ok(_) => fs::read_to_string(path),
    }
}

/// What was there before.
#[derive(Debug)]
pub(crate) struct Kept(pub(crate) Option<PathBuf>);

/// Keeps what is there beside it, and puts `text` in its place.
pub(crate) fn write(path: &Path, text: &str) -> io::Result<Kept> {
    // A link stays one: what it points to is changed.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let beside = |what: &str| {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        path.with_file_name(format!("{name}.{what}"))
    };
    let kept = match path.exists() {
        true => Some(keep(&path, beside)?),
        false => None,
    };
    let draft = beside(&format!("draft-{}", std::process::id()));
    private(&draft, text)?;
    if let Ok(about) = fs::metadata(&path) {
        fs::set_permissions(&draft, about.permissions())?;
    }
    fs::rename(&draft, &path)?;
    Ok(Kept(kept))
}

/// How many changes within one second are kept apart.
const MOST: usize = 1_000;

/// Copies the file to a place beside it where nothing is yet.
fn keep(path: &Path, beside: impl Fn(&str) -> PathBuf) -> io::Result<PathBuf> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    for number in 0..MOST {
        let backup = beside(&match number {
            0 => format!("backup-{}", now.as_secs()),
            number => format!("backup-{}-{number}", now.as_secs()),
        });
        let new = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&backup);
        match new {
            Ok(_) => {
                fs::copy(path, &backup)?;
                return Ok(backup);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other(
        "there are too many backups of this second",
    ))
}

/// Writes a new file that nobody else can read: it may hold keys.
fn private(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write as _;
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_keeps_what_was_there_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mcp.json");
        let texts = ["first", "second", "third", "fourth"];
        let kept = texts.map(|text| write(&path, text).unwrap().0);
        let read = |backup: &Option<PathBuf>| {
            let backup = backup.as_ref()?;
            Some(fs::read_to_string(backup).unwrap())
        };
        let before = kept.each_ref().map(read);
        assert_eq!(before[0], None);
        assert_eq!(
            before[1..].iter().flatten().collect::<Vec<_>>(),
            texts[..3].iter().collect::<Vec<_>>()
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "fourth");
    }
}
