//! No descriptors left: in a process of its own, for the limit is the whole process's.

use std::{
    env,
    process::Command,
    time::{Duration, Instant},
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpStream;

use super::host::{HELLO, Raw, host, until};

/// Set where the test runs in its own process.
const ALONE: &str = "FMCP_TEST_ALONE";

#[test]
fn a_server_without_descriptors_waits_and_serves_on() {
    let output = Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            "net::exhausted::alone",
            "--ignored",
            "--nocapture",
        ])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("1 passed"), "{output:?}");
}

#[tokio::test]
#[ignore = "lowers the limits of its process; the test above runs it in one of its own"]
async fn alone() {
    if env::var_os(ALONE).is_none() {
        return;
    }
    let host = host(|settings| settings.header_timeout = Duration::from_secs(60)).await;
    let mut asked = host.connect().await;
    assert!(asked.ask(HELLO).await.starts_with("HTTP/1.1 200"));
    let maximum = getrlimit(Resource::Nofile).maximum;
    let current = Some(40);
    setrlimit(Resource::Nofile, Rlimit { current, maximum }).unwrap();
    // Theirs take all that there are, so that ours cannot be accepted.
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect(host.address).await {
        waiting.push(Raw(stream));
    }
    let (begun, spent) = (Instant::now(), spent());
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let busy = self::spent() - spent;
    assert!(busy < begun.elapsed() / 4, "it spins: {busy:?}");
    // Who was served is served on, and the others are as soon as there is room.
    assert!(asked.ask(HELLO).await.starts_with("HTTP/1.1 200"));
    let mut last = waiting.pop().unwrap();
    drop(waiting);
    last.shout(HELLO).await;
    assert!(last.hear().await.starts_with("HTTP/1.1 200"));
    until(|| host.service.asked() == 3).await;
}

/// The processor time of this process.
fn spent() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        time.tv_sec.try_into().unwrap(),
        time.tv_nsec.try_into().unwrap(),
    )
}
