//! Notes in files, one each.

use std::{
    io,
    path::{Path, PathBuf},
};

/// How many notes there may be, and how many bytes one may have.
const MOST: usize = 1_000;
pub(super) const LARGEST: u64 = 64 << 10;

/// What files of notes end with.
const ENDING: &str = "md";

/// Where the program keeps what is the user's.
pub(crate) fn data_folder(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let set = |name: &str| variable(name).filter(|path| !path.as_os_str().is_empty());
    let own = set("FMCP_HOME").or_else(|| set("FASTMCP_HOME"));
    let usual = || {
        let base = match std::env::consts::OS {
            "windows" => set("LOCALAPPDATA"),
            "macos" => set("HOME").map(|home| home.join("Library/Application Support")),
            _ => set("XDG_DATA_HOME").or_else(|| set("HOME").map(|home| home.join(".local/share"))),
        };
        base.map(|base| base.join("fmcp"))
    };
    own.or_else(usual)
}

/// A folder of notes. Titles are letters, digits, spaces, `-` and `_`, so that none leaves the folder.
#[derive(Clone, Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// All titles, in order.
    pub(super) fn titles(&self) -> io::Result<Vec<String>> {
        let entries = match std::fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut titles: Vec<_> = entries
            .filter_map(Result::ok)
            .filter_map(|entry| title(&entry.path()))
            .take(MOST)
            .collect();
        titles.sort();
        Ok(titles)
    }

    pub(super) fn read(&self, title: &str) -> io::Result<String> {
        let file = self.file(title)?;
        if std::fs::metadata(&file)?.len() > LARGEST {
            return Err(io::Error::other("the note is too large"));
        }
        std::fs::read_to_string(file)
    }

    pub(super) fn write(&self, title: &str, text: &str) -> io::Result<()> {
        let file = self.file(title)?;
        if text.len() as u64 > LARGEST {
            return Err(io::Error::other(format!(
                "a note has at most {LARGEST} bytes"
            )));
        }
        if !file.exists() && self.titles()?.len() >= MOST {
            return Err(io::Error::other(format!("there are {MOST} notes already")));
        }
        std::fs::create_dir_all(&self.0)?;
        std::fs::write(file, text)
    }

    pub(super) fn remove(&self, title: &str) -> io::Result<()> {
        std::fs::remove_file(self.file(title)?)
    }

    fn file(&self, title: &str) -> io::Result<PathBuf> {
        let fits = |c: char| c.is_alphanumeric() || [' ', '-', '_'].contains(&c);
        if title.is_empty() || title.len() > 100 || !title.chars().all(fits) {
            let words = "a title is up to 100 letters, digits, spaces, - and _";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, words));
        }
        Ok(self.0.join(format!("{title}.{ENDING}")))
    }
}

fn title(file: &Path) -> Option<String> {
    let is_note = file.extension().is_some_and(|ending| ending == ENDING);
    is_note.then(|| file.file_stem()?.to_str().map(str::to_owned))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_there_again() {
        let place = tempfile::tempdir().unwrap();
        let notes = Folder::new(place.path().join("notes"));
        assert!(notes.titles().unwrap().is_empty());
        notes.write("to buy", "bread").unwrap();
        notes.write("Ideen für März", "…").unwrap();
        assert_eq!(notes.titles().unwrap(), ["Ideen für März", "to buy"]);
        assert_eq!(notes.read("to buy").unwrap(), "bread");
        notes.remove("to buy").unwrap();
        assert_eq!(
            notes.read("to buy").unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
    }

    #[test]
    fn no_title_leaves_the_folder() {
        let place = tempfile::tempdir().unwrap();
        let notes = Folder::new(place.path().join("notes"));
        for title in [
            "",
            ".",
            "../x",
            "a/b",
            "a\\b",
            "C:x",
            "a\0b",
            &"x".repeat(200),
        ] {
            let refused = notes.write(title, "text").unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::InvalidInput, "{title:?}");
        }
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_is_the_users_has_its_place() {
        let of = |variables: &[(&str, &str)]| {
            data_folder(|name| {
                let found = variables.iter().find(|(one, _)| *one == name);
                found.map(|(_, value)| PathBuf::from(value))
            })
        };
        assert_eq!(of(&[]), None);
        assert_eq!(
            of(&[("FMCP_HOME", "/a"), ("HOME", "/h")]),
            Some("/a".into())
        );
        assert_eq!(
            of(&[("FMCP_HOME", ""), ("FASTMCP_HOME", "/b")]),
            Some("/b".into())
        );
    }
}
