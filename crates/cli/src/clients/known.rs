//! The clients that are known, and where their files are.

use std::path::{Path, PathBuf};

/// How a file says which servers there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `mcpServers`, with `type` at addresses.
    Claude,
    /// `mcpServers`, programs only.
    Programs,
    /// `mcpServers`, where an address is `url`.
    Cursor,
    /// `servers`, each with its `type`.
    VsCode,
    /// `mcpServers`, where an address is `httpUrl`.
    Gemini,
    /// YAML with `extensions`.
    Goose,
}

/// A program that uses servers.
pub(crate) struct Client {
    /// What it is called on the command line.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) form: Form,
    /// Its file of the user.
    user: fn(&Machine) -> Option<PathBuf>,
    /// Its file in a project.
    pub(crate) project: Option<&'static str>,
    /// What is to be done so that it sees a change.
    pub(crate) then: &'static str,
}

/// Where a user's files are on this machine.
pub(crate) struct Machine {
    pub(crate) home: Option<PathBuf>,
    /// Where applications keep what is set: `%APPDATA%`, `~/Library/Application Support`, `~/.config`.
    pub(crate) applications: Option<PathBuf>,
    /// `~/.config`, on every system that has one.
    pub(crate) config: Option<PathBuf>,
}

impl Machine {
    /// This one.
    pub(crate) fn here() -> Self {
        let set = |name: &str| {
            std::env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let home = set("HOME").or_else(|| set("USERPROFILE"));
        let in_home = |path: &str| home.as_ref().map(|home| home.join(path));
        let config = set("XDG_CONFIG_HOME").or_else(|| in_home(".config"));
        let applications = match std::env::consts::OS {
            "macos" => in_home("Library/Application Support"),
            "windows" => set("APPDATA"),
            _ => config.clone(),
        };
        Self {
            applications,
            config,
            home,
        }
    }
}

impl Client {
    /// The client of this name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        CLIENTS.iter().find(|client| client.name == name)
    }

    /// Its file of the user, where there can be one.
    pub(crate) fn user_file(&self, machine: &Machine) -> Option<PathBuf> {
        (self.user)(machine)
    }

    /// Its file in the project that `folder` belongs to: the nearest one up, else one here. Nothing where that
    /// would be its file of the user.
    pub(crate) fn project_file(&self, folder: &Path, machine: &Machine) -> Option<PathBuf> {
        let name = self.project?;
        let of_user = self.user_file(machine);
        let mut inside = project(folder, machine.home.as_deref()).map(|folder| folder.join(name));
        let file = inside.find(|file| file.is_file());
        let file = file.unwrap_or_else(|| folder.join(name));
        let is_same = |other: &PathBuf| *other == file || whole(other) == whole(&file);
        (!of_user.as_ref().is_some_and(is_same)).then_some(file)
    }
}

/// What says that a folder is the whole of a project.
const MARKS: [&str; 4] = [".git", ".hg", ".jj", ".svn"];

/// The folders of the project that `folder` belongs to, from there up. Without a mark of where it ends, it is that
/// folder alone: what lies further up may be anybody's. The home folder is no project that others belong to.
fn project<'a>(folder: &'a Path, home: Option<&Path>) -> impl Iterator<Item = &'a Path> {
    let home = home.map(whole);
    let is_home = |folder: &Path| home.as_ref().is_some_and(|home| *home == whole(folder));
    let is_end = |folder: &Path| MARKS.iter().any(|mark| folder.join(mark).exists());
    let mut all = folder.ancestors().enumerate();
    let end = all.find(|(up, folder)| is_end(folder) || (*up > 0 && is_home(folder)));
    let folders = match end {
        Some((up, folder)) if is_end(folder) && !is_home(folder) => up + 1,
        _ => 1,
    };
    folder.ancestors().take(folders)
}

/// The path without links, as far as it leads anywhere.
fn whole(path: &Path) -> PathBuf {
    match (path.canonicalize(), path.parent(), path.file_name()) {
        (Ok(path), ..) => path,
        (Err(_), Some(above), Some(name)) => whole(above).join(name),
        (Err(_), ..) => path.to_owned(),
    }
}

fn home(machine: &Machine, path: &str) -> Option<PathBuf> {
    machine.home.as_ref().map(|home| home.join(path))
}

fn applications(machine: &Machine, path: &str) -> Option<PathBuf> {
    machine
        .applications
        .as_ref()
        .map(|folder| folder.join(path))
}

/// All that are known.
pub(crate) const CLIENTS: [Client; 6] = [
    Client {
        name: "claude-desktop",
        title: "Claude Desktop",
        form: Form::Programs,
        user: |machine| applications(machine, "Claude/claude_desktop_config.json"),
        project: None,
        then: "restart Claude Desktop",
    },
    Client {
        name: "claude-code",
        title: "Claude Code",
        form: Form::Claude,
        user: |machine| home(machine, ".claude.json"),
        project: Some(".mcp.json"),
        then: "start Claude Code anew, or see /mcp in it",
    },
    Client {
        name: "cursor",
        title: "Cursor",
        form: Form::Cursor,
        user: |machine| home(machine, ".cursor/mcp.json"),
        project: Some(".cursor/mcp.json"),
        then: "switch it on in Cursor's settings, under MCP",
    },
    Client {
        name: "vscode",
        title: "VS Code",
        form: Form::VsCode,
        user: |machine| applications(machine, "Code/User/mcp.json"),
        project: Some(".vscode/mcp.json"),
        then: "run \"MCP: List Servers\" in VS Code, and start it",
    },
    Client {
        name: "gemini-cli",
        title: "Gemini CLI",
        form: Form::Gemini,
        user: |machine| home(machine, ".gemini/settings.json"),
        project: Some(".gemini/settings.json"),
        then: "start Gemini CLI anew, or see /mcp in it",
    },
    Client {
        name: "goose",
        title: "Goose",
        form: Form::Goose,
        user: |machine| {
            machine
                .config
                .as_ref()
                .map(|folder| folder.join("goose/config.yaml"))
        },
        project: None,
        then: "start a new session of Goose",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Where Cursor's file of a project is for who works in `at`, of these folders and files.
    fn check(there: &[&str], at: &str, expect: Option<&str>) {
        let home = tempfile::tempdir().unwrap();
        for path in there {
            let path = home.path().join(path);
            match path.extension() {
                Some(_) => {
                    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                    std::fs::write(path, "{}").unwrap();
                }
                None => std::fs::create_dir_all(path).unwrap(),
            }
        }
        let machine = Machine {
            home: Some(home.path().to_owned()),
            applications: None,
            config: None,
        };
        let cursor = Client::named("cursor").unwrap();
        let file = cursor.project_file(&home.path().join(at), &machine);
        assert_eq!(file, expect.map(|file| home.path().join(file)), "{at}");
    }

    #[test]
    fn a_project_ends_where_it_is_marked_and_never_in_the_home_folder() {
        let theirs = ".cursor/mcp.json";
        let (root, inner) = ("p/.git", "p/a/.cursor/mcp.json");
        check(&[root, inner], "p/a/b", Some(inner));
        check(
            &[root, "p/.cursor/mcp.json"],
            "p/a/b",
            Some("p/.cursor/mcp.json"),
        );
        // What lies above the project is not its own.
        check(
            &[root, "p/a/b", theirs],
            "p/a/b",
            Some("p/a/b/.cursor/mcp.json"),
        );
        check(
            &["x/.cursor/mcp.json", "x/p/.git"],
            "x/p",
            Some("x/p/.cursor/mcp.json"),
        );
        // Nobody says where this one ends.
        check(
            &["p/.cursor/mcp.json", "p/a"],
            "p/a",
            Some("p/a/.cursor/mcp.json"),
        );
        // A home folder with a history of its own is still nobody's project.
        check(&[".git", theirs, "p"], "p", Some("p/.cursor/mcp.json"));
        check(&[theirs], "", None);
    }
}
