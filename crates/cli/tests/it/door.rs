//! How a command is run.

use std::{
    fmt,
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::Value;

/// What a command said, and how it ended.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "exit {}\n--- out\n{}\n--- err\n{}",
            self.code, self.out, self.err
        )
    }
}

impl Said {
    /// It went well, and said nothing on standard error.
    #[track_caller]
    pub(crate) fn well(self) -> Self {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{self:?}");
        self
    }

    /// It ended with this code.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    /// Its result has these parts.
    #[track_caller]
    pub(crate) fn shows(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.out.contains(part), "{part:?} is missing: {self:?}");
        }
        self
    }

    /// What it tells beside the result has these parts.
    #[track_caller]
    pub(crate) fn tells(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.err.contains(part), "{part:?} is missing: {self:?}");
        }
        self
    }

    /// Its result as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
}

/// The program under test, in a folder of its own, with nothing set.
pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        }
    }

    pub(crate) fn file(self, name: &str, text: &str) -> Self {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text.replace("$SERVER", &server())).unwrap();
        self
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Lets cargo find its toolchain, which lies in the home folder of whoever runs the tests.
    pub(crate) fn with_rust(self) -> Self {
        let home = PathBuf::from(std::env::var_os("HOME").unwrap());
        let own = |name: &str, folder: &str| {
            let folder = std::env::var_os(name).map_or_else(|| home.join(folder), PathBuf::from);
            folder.display().to_string()
        };
        self.variable("RUSTUP_HOME", &own("RUSTUP_HOME", ".rustup"))
            .variable("CARGO_HOME", &own("CARGO_HOME", ".cargo"))
    }

    /// The command, ready to be started; `$SERVER` stands for the server under test.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fmcp"));
        self.dress(&mut command);
        command.args(words.iter().map(|word| word.replace("$SERVER", &server())));
        command
    }

    pub(crate) fn dress(&self, command: &mut Command) {
        command
            .current_dir(&self.folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("TERM", "xterm-256color")
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
    }

    pub(crate) fn fmcp(&self, words: &[&str]) -> Said {
        self.fmcp_with(words, "")
    }

    /// Runs it with this on standard input.
    pub(crate) fn fmcp_with(&self, words: &[&str], input: &str) -> Said {
        use std::io::Write as _;
        let mut child = self
            .command(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Who does not read it does not want it.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Said {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Runs a command in an empty folder.
pub(crate) fn fmcp(words: &[&str]) -> Said {
    Place::new().fmcp(words)
}

/// Where the server under test is.
pub(crate) fn server() -> String {
    example("cli-under-test").display().to_string()
}

fn example(name: &str) -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let path = here.parent().unwrap().with_file_name("examples").join(name);
    assert!(
        path.exists(),
        "{} is missing: cargo build --examples",
        path.display()
    );
    path
}
