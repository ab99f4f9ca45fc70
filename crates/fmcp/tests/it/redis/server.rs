//! A Redis that a test has for itself.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use fmcp::store::Redis;

/// Where `cargo xtask redis` puts one when none is installed.
const UNPACKED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../target/redis/redis-server"
);

fn program() -> &'static str {
    let known = Path::new(UNPACKED).exists();
    if known { UNPACKED } else { "redis-server" }
}

/// A process on a Unix socket, which ends with the test, as its data does.
pub(super) struct Server {
    folder: tempfile::TempDir,
    more: Vec<String>,
    process: Option<Child>,
}

impl Server {
    /// One that listens.
    pub(super) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// One that listens, with further words on its command line.
    pub(super) async fn with(more: &[&str]) -> Self {
        let mut server = Self {
            folder: tempfile::tempdir().unwrap(),
            more: more.iter().map(|&word| word.to_owned()).collect(),
            process: None,
        };
        server.again().await;
        server
    }

    /// One that listens on a port of the loopback as well, with TLS, to whoever has the password. Which port.
    pub(super) async fn with_tls(folder: &Path, password: &str) -> (Self, u16) {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
        let port = port.unwrap().port();
        let file = |name: &str| folder.join(name).display().to_string();
        let (certificate, key, authority) = (file("crt"), file("key"), file("ca"));
        let words = [
            ["--tls-port", &port.to_string()],
            ["--tls-cert-file", &certificate],
            ["--tls-key-file", &key],
            ["--tls-ca-cert-file", &authority],
            ["--tls-auth-clients", "no"],
            ["--requirepass", password],
        ];
        (Self::with(words.as_flattened()).await, port)
    }

    /// Starts it again after [`Server::kill`], with what is on disk.
    pub(super) async fn again(&mut self) {
        let _ = fs::remove_file(self.socket());
        let child = Command::new(program())
            .args(["--port", "0", "--save", "", "--appendonly", "yes"])
            .args(["--appendfsync", "always", "--daemonize", "no"])
            .arg("--dir")
            .arg(self.folder())
            .arg("--unixsocket")
            .arg(self.socket())
            .args(&self.more)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| {
                panic!("redis-server cannot be started ({e}): `cargo xtask redis` gets it")
            });
        self.process = Some(child);
        let deadline = Instant::now() + Duration::from_secs(20);
        let probe = self.store("probe");
        while let Err(why) = probe.ping().await {
            // It is there when it refuses, too.
            if format!("{why:?}").contains("NOAUTH") {
                return;
            }
            assert!(Instant::now() < deadline, "Redis does not come: {why:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn socket(&self) -> PathBuf {
        self.folder().join("s")
    }

    pub(super) fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// What is kept there under a prefix.
    pub(super) fn store(&self, prefix: &str) -> Redis {
        Redis::new(self.url()).unwrap().prefix(prefix)
    }

    /// Ends the process at once.
    pub(super) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Stops the process for a while, so that it hears but does not answer, or lets it go on.
    pub(super) fn freeze(&self, frozen: bool) {
        let signal = if frozen { "-STOP" } else { "-CONT" };
        let id = self.process.as_ref().unwrap().id().to_string();
        let done = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(done.success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
