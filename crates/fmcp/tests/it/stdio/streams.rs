//! What its streams may be.

use std::os::unix::net::UnixStream;

use super::*;

fn spawn(stdin: impl Into<Stdio>, stdout: impl Into<Stdio>, stderr: impl Into<Stdio>) -> Child {
    let mut command = Command::new(program("stdio-under-test"));
    command.stdin(stdin).stdout(stdout).stderr(stderr);
    command.spawn().unwrap()
}

#[test]
fn files_serve_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let (asks, answers) = (folder.path().join("asks"), folder.path().join("answers"));
    std::fs::write(&asks, format!("{}\n{}", call("slow"), call("print"))).unwrap();
    let stdout = File::create(&answers).unwrap();
    let mut child = spawn(File::open(&asks).unwrap(), stdout, Stdio::null());
    assert!(exit(&mut child).success());
    let said = std::fs::read_to_string(&answers).unwrap();
    let said: Vec<Value> = said
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(said.iter().map(text).collect::<Vec<_>>(), ["done", "done"]);
}

#[test]
fn nothing_serves_as_well() {
    let mut child = spawn(Stdio::null(), Stdio::null(), Stdio::null());
    assert!(exit(&mut child).success());
}

/// As node starts its children.
#[test]
fn sockets_serve_as_well_and_get_their_flags_back() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let kept = theirs.try_clone().unwrap();
    let stdin = OwnedFd::from(theirs.try_clone().unwrap());
    let mut child = spawn(stdin, OwnedFd::from(theirs), Stdio::null());
    let (mut write, read) = (ours.try_clone().unwrap(), lines(ours));
    writeln!(write, "{}", call("print")).unwrap();
    let answer: Value = serde_json::from_str(&read.recv_timeout(LONG).unwrap()).unwrap();
    assert_eq!(text(&answer), "done");
    write.shutdown(std::net::Shutdown::Write).unwrap();
    assert!(exit(&mut child).success());
    // Nobody writes here any more: a read that does not wait would say so.
    kept.set_read_timeout(Some(Duration::from_millis(10)))
        .unwrap();
    assert_eq!((&kept).read(&mut [0]).unwrap(), 0);
    let flags = std::fs::read_to_string(format!(
        "/proc/self/fdinfo/{}",
        std::os::fd::AsRawFd::as_raw_fd(&kept)
    ));
    if let Ok(flags) = flags {
        let flags = flags.lines().find_map(|line| line.strip_prefix("flags:"));
        let flags = u32::from_str_radix(flags.unwrap().trim(), 8).unwrap();
        assert_eq!(flags & 0o4000, 0, "{flags:o}");
    }
}

/// As with `2>&1`: messages and what is printed share one stream, and neither loses anything.
#[test]
fn one_stream_for_messages_and_errors_serves_as_well() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let stderr = OwnedFd::from(theirs.try_clone().unwrap());
    let mut child = spawn(Stdio::piped(), OwnedFd::from(theirs), stderr);
    let (mut stdin, read) = (child.stdin.take().unwrap(), lines(ours));
    writeln!(stdin, "{}", call("print")).unwrap();
    drop(stdin);
    assert!(exit(&mut child).success());
    let said: Vec<_> = read.iter().collect();
    assert!(said.iter().any(|line| line == "printed"), "{said:?}");
    assert!(
        said.iter().any(|line| line.contains(r#""text":"done""#)),
        "{said:?}"
    );
}

/// Nothing ends a read that waits, not even a signal: the process ends nonetheless.
#[test]
fn an_input_that_makes_everybody_wait_does_not_hold_up_the_end() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let stderr = OwnedFd::from(theirs.try_clone().unwrap());
    let child = spawn(OwnedFd::from(theirs), Stdio::piped(), stderr);
    let mut server = Process {
        stdin: Some(Box::new(ours)),
        lines: sync_channel(1).1,
        stderr: sync_channel(1).1,
        child,
    };
    server.lines = lines(server.child.stdout.take().unwrap());
    server.call("tell");
    server.hear();
    server.signal("-TERM");
    let begun = Instant::now();
    assert!(exit(&mut server.child).success());
    assert!(begun.elapsed() < Duration::from_secs(2));
}
