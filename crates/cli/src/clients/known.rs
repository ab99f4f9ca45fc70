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

    /// Its file in the project that `folder` belongs to: the nearest one up, else one here.
    pub(crate) fn project_file(&self, folder: &Path) -> Option<PathBuf> {
        let name = self.project?;
        let mut above = folder.ancestors().map(|folder| folder.join(name));
        Some(
            above
                .find(|file| file.is_file())
                .unwrap_or_else(|| folder.join(name)),
        )
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
