//! How it ends: end of input, signals, peers that do not read.

use super::*;

#[test]
fn what_runs_finishes_when_the_input_ends() {
    let mut server = server();
    server.call("slow");
    server.hang_up();
    let (status, rest, stderr) = server.ended();
    assert!(status.success());
    assert_eq!(text(&rest[0]), "done");
    assert_eq!(stderr, "stopped");
}

#[test]
fn signals_end_it_in_order() {
    for signal in ["-TERM", "-INT"] {
        let mut server = server();
        let listen = modern("subscriptions/listen", json!({"notifications": {}}));
        server.say(&listen);
        server.hear();
        let slow = server.call("slow");
        server.call("hang");
        assert_eq!(server.hear()["method"], "notifications/message");
        // Its input stays open.
        server.signal(signal);
        let begun = Instant::now();
        let stdin = server.stdin.take();
        let (status, rest, stderr) = server.ended();
        drop(stdin);
        assert_eq!(status.code(), Some(0), "{signal}");
        assert_eq!(stderr, "stopped", "{signal}");
        let ids: Vec<_> = rest.iter().map(|message| &message["id"]).collect();
        assert_eq!(ids, [&listen["id"], &slow], "{signal}");
        assert!(begun.elapsed() > Duration::from_millis(1_900), "{signal}");
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut server = server();
    let listen = modern("subscriptions/listen", json!({"notifications": {}}));
    server.say(&listen);
    server.hear();
    server.call("hang");
    server.hear();
    let begun = Instant::now();
    server.signal("-INT");
    // It has heard the first.
    assert_eq!(server.hear()["id"], listen["id"]);
    server.signal("-INT");
    let stdin = server.stdin.take();
    let (status, _, stderr) = server.ended();
    drop(stdin);
    assert_eq!((status.code(), stderr.as_str()), (Some(0), "stopped"));
    assert!(begun.elapsed() < Duration::from_millis(1_500));
}

#[test]
fn a_client_that_does_not_read_is_left() {
    let mut command = Command::new(program("stdio-under-test"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, "{}", call("flood")).unwrap();
    let mut most = 0;
    let begun = Instant::now();
    let status = loop {
        most = most.max(resident(child.id()).unwrap_or(0));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        assert!(begun.elapsed() < LONG, "the process does not end");
        thread::park_timeout(Duration::from_millis(20));
    };
    assert_eq!(status.code(), Some(1));
    assert!(most < 64 * 1024, "{most} KiB");
    let mut stderr = String::new();
    let mut stream = child.stderr.take().unwrap();
    stream.read_to_string(&mut stderr).unwrap();
    assert!(
        stderr.contains("stopped") && stderr.contains("does not read"),
        "{stderr}"
    );
}

/// The KiB that a process has in memory, where the system says so.
fn resident(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}
