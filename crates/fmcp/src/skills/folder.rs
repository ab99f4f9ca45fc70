//! Reading a folder of skills: everything at once, so that what is listed is what will be served.

use std::{
    collections::BTreeMap,
    fs::{self, DirEntry},
    io::{self, Read as _},
    path::Path,
};

use bytes::Bytes;

use super::{
    MAX_BYTES, MAX_FILES, SKILL_MD,
    front_matter::{self, FrontMatter},
    path::is_segment,
};

/// How many skills one folder may hold.
const MAX_SKILLS: usize = 256;

/// How many bytes they may have together: they stay in memory.
const MAX_TOTAL: u64 = 64 << 20;

/// How deep folders lie within each other.
const MAX_DEPTH: usize = 16;

/// How many faults are told.
const MAX_FAULTS: usize = 20;

/// A skill as it lies in its folder.
pub(super) struct Folder {
    pub(super) name: String,
    pub(super) fields: FrontMatter,
    /// By their paths, with `/` between the parts.
    pub(super) files: BTreeMap<String, Bytes>,
}

/// Reads every skill in the folder at `root`, in the order of their names.
pub(super) fn read(root: &Path) -> Result<Vec<Folder>, String> {
    let entries = entries(root).map_err(|e| format!("{}: {e}", root.display()))?;
    let (mut skills, mut faults, mut bytes) = (Vec::new(), Vec::new(), 0);
    for (name, entry) in entries {
        if !is_folder(&entry) {
            continue;
        }
        if skills.len() >= MAX_SKILLS {
            faults.push(format!("{}: more than {MAX_SKILLS} skills", root.display()));
            break;
        }
        match skill(name, &entry.path()) {
            Ok((skill, size)) => {
                bytes += size;
                skills.push(skill);
            }
            Err(fault) => faults.push(fault),
        }
        if bytes > MAX_TOTAL {
            faults.push(format!(
                "{}: its skills have more than {MAX_TOTAL} bytes",
                root.display()
            ));
            break;
        }
        if faults.len() >= MAX_FAULTS {
            break;
        }
    }
    if faults.is_empty() {
        Ok(skills)
    } else {
        Err(faults.join("\n"))
    }
}

fn skill(name: String, place: &Path) -> Result<(Folder, u64), String> {
    let mut found = Found::default();
    found.folder(place, "", 0)?;
    let refuse = |why: &str| format!("{}: {why}", place.join(SKILL_MD).display());
    let text = found
        .files
        .get(SKILL_MD)
        .ok_or_else(|| refuse("is missing"))?;
    let text = std::str::from_utf8(text).map_err(|_| refuse("it is not UTF-8"))?;
    let (fields, _) = front_matter::read(text).map_err(|why| refuse(&why))?;
    if let Some(fault) = front_matter::fault(&fields, &name) {
        return Err(refuse(&fault));
    }
    let skill = Folder {
        name,
        fields,
        files: found.files,
    };
    Ok((skill, found.bytes))
}

/// The files of one skill, as they are found.
#[derive(Default)]
struct Found {
    files: BTreeMap<String, Bytes>,
    bytes: u64,
}

impl Found {
    fn folder(&mut self, place: &Path, within: &str, depth: usize) -> Result<(), String> {
        let refuse = |why: String| format!("{}: {why}", place.display());
        if depth > MAX_DEPTH {
            return Err(refuse(format!("lies more than {MAX_DEPTH} folders deep")));
        }
        for (name, entry) in entries(place).map_err(|e| refuse(e.to_string()))? {
            let kind = entry.file_type().map_err(|e| refuse(e.to_string()))?;
            let path = if within.is_empty() {
                name
            } else {
                format!("{within}/{name}")
            };
            let refuse = |why: &str| Err(format!("{}: {why}", entry.path().display()));
            if kind.is_symlink() {
                return refuse(
                    "is a symbolic link, and may lead anywhere; put the file itself there",
                );
            } else if kind.is_dir() {
                self.folder(&entry.path(), &path, depth + 1)?;
            } else if !kind.is_file() {
                return refuse("is neither a file nor a folder");
            } else if path != SKILL_MD && path.ends_with(&format!("/{SKILL_MD}")) {
                return refuse(
                    "is a skill within a skill; give it a folder of its own beside this one",
                );
            } else {
                self.file(path, &entry.path())?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: String, place: &Path) -> Result<(), String> {
        let refuse = |why: String| format!("{}: {why}", place.display());
        if self.files.len() >= MAX_FILES {
            return Err(refuse(format!("its skill has more than {MAX_FILES} files")));
        }
        let room = MAX_BYTES - self.bytes;
        let mut bytes = Vec::new();
        let file = fs::File::open(place).map_err(|e| refuse(e.to_string()))?;
        let read = file.take(room + 1).read_to_end(&mut bytes);
        let size = read.map_err(|e| refuse(e.to_string()))? as u64;
        if size > room {
            return Err(refuse(format!("its skill has more than {MAX_BYTES} bytes")));
        }
        self.bytes += size;
        self.files.insert(path, bytes.into());
        Ok(())
    }
}

/// What lies in a folder, by name. What begins with a dot is not meant for others, and is left out.
fn entries(place: &Path) -> io::Result<Vec<(String, DirEntry)>> {
    /// More than all files of a skill, or all skills, can be.
    const MAX_ENTRIES: usize = 10_000;
    let mut found = Vec::new();
    for entry in fs::read_dir(place)? {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_string_lossy().starts_with('.') {
            continue;
        }
        let name = name
            .into_string()
            .ok()
            .filter(|name| is_segment(name))
            .ok_or_else(|| {
                let name = entry.file_name();
                io::Error::other(format!("{name:?} is no name that every system takes"))
            })?;
        if found.len() >= MAX_ENTRIES {
            return Err(io::Error::other("it holds too much"));
        }
        found.push((name, entry));
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(found)
}

/// Whether it is a folder that lies there itself.
fn is_folder(entry: &DirEntry) -> bool {
    entry.file_type().is_ok_and(|kind| kind.is_dir())
}
