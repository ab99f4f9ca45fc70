//! The servers of everybody else, and how each is started.

use std::path::{Path, PathBuf};

use super::{
    combination::Transport,
    install::{Installed, interpreter},
    sdk::{ALL, LEGACY},
};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Peer {
    /// Ours: whoever fails with it as well is not to blame.
    Fmcp,
    TypeScript1,
    TypeScript2,
    Python,
    Rust,
    FastmcpPython,
    FastmcpTypeScript,
    Everything,
    Filesystem,
    Memory,
    /// The second TypeScript SDK behind an authorization server.
    Oidc,
}

impl Peer {
    pub(super) const ALL: [Self; 11] = [
        Self::Fmcp,
        Self::TypeScript1,
        Self::TypeScript2,
        Self::Python,
        Self::Rust,
        Self::FastmcpPython,
        Self::FastmcpTypeScript,
        Self::Everything,
        Self::Filesystem,
        Self::Memory,
        Self::Oidc,
    ];

    /// The official SDKs.
    pub(super) const SDKS: [Self; 4] = [
        Self::TypeScript1,
        Self::TypeScript2,
        Self::Python,
        Self::Rust,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Fmcp => "fmcp",
            Self::TypeScript1 => "typescript-1",
            Self::TypeScript2 => "typescript-2",
            Self::Python => "python",
            Self::Rust => "rust",
            Self::FastmcpPython => "fastmcp-python",
            Self::FastmcpTypeScript => "fastmcp-typescript",
            Self::Everything => "everything",
            Self::Filesystem => "filesystem",
            Self::Memory => "memory",
            Self::Oidc => "oidc",
        }
    }

    pub(super) fn transports(self) -> &'static [Transport] {
        match self {
            Self::Everything => &[Transport::Stdio, Transport::Http, Transport::Sse],
            Self::Filesystem | Self::Memory => &[Transport::Stdio],
            Self::Oidc => &[Transport::Http],
            _ => &[Transport::Stdio, Transport::Http],
        }
    }

    /// The revisions that it speaks, from the oldest on; of a reference server, those that are tried.
    pub(super) fn revisions(self, transport: Transport) -> &'static [&'static str] {
        match self {
            _ if transport == Transport::Sse => &LEGACY[..1],
            Self::TypeScript1 | Self::FastmcpTypeScript => &LEGACY,
            Self::Everything | Self::Filesystem | Self::Memory => &LEGACY[3..],
            Self::Oidc => &ALL[3..],
            _ => &ALL,
        }
    }

    /// Its program, and the arguments before those that say where it is to serve.
    pub(super) fn command(
        self,
        root: &Path,
        installed: &Installed,
        transport: Transport,
    ) -> Vec<String> {
        let node = |file: &str| {
            vec![
                "node".into(),
                installed.folder.join("typescript").join(file),
            ]
        };
        let reference = |name: &str| {
            node(&format!(
                "node_modules/@modelcontextprotocol/server-{name}/dist/index.js"
            ))
        };
        let python = |file: &str| {
            let interpreter = interpreter(&installed.folder.join("python"));
            vec![
                interpreter,
                "-B".into(),
                root.join("interop/python").join(file),
            ]
        };
        let command: Vec<PathBuf> = match self {
            Self::Fmcp => vec![installed.server.clone()],
            Self::TypeScript1 => node("server-1.mjs"),
            Self::TypeScript2 => node("server-2.mjs"),
            Self::FastmcpTypeScript => node("server-fastmcp.mjs"),
            Self::Python => python("server.py"),
            Self::FastmcpPython => python("server_fastmcp.py"),
            Self::Rust => vec![installed.folder.join("rust/debug/fmcp-interop-rust-server")],
            Self::Everything => match transport {
                Transport::Stdio => reference("everything"),
                _ => [node("server-everything.mjs"), vec![transport.name().into()]].concat(),
            },
            Self::Filesystem => reference("filesystem"),
            Self::Memory => reference("memory"),
            Self::Oidc => node("server-oidc.mjs"),
        };
        let words = command.into_iter();
        words
            .map(|word| word.to_string_lossy().into_owned())
            .collect()
    }
}
