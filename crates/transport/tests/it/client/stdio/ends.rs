//! How servers end, and are ended.

use super::*;

/// A tool that starts something which does not end by itself, and answers with its number.
const CHILD: &str = "*child*) sleep 1000 >/dev/null 2>&1 & answer $! ;;";

async fn child(link: &Arc<dyn Link>) -> Pid {
    process(&call(link, "child").await.unwrap())
}

#[tokio::test]
async fn a_server_ends_when_its_input_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let settings = server("").arguments.pop().unwrap().into_string().unwrap();
    // It has a lot to say at its end, and is listened to.
    let text = format!(
        "{settings}\n i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo 'some last words on the standard output'; done; echo done > {}",
        trace.display()
    );
    let mut settings = script(&text);
    settings.grace.close = LONG;
    let link = open(settings).await;
    let process = pid(&link).await;
    timeout(LONG, link.close()).await.unwrap();
    assert!(!is_there(process));
    assert_eq!(fs::read_to_string(&trace).unwrap(), "done\n");
}

#[tokio::test]
async fn a_server_that_does_not_end_is_told_to_and_then_killed_with_all_that_it_has_started() {
    for deaf in ["", "trap '' TERM;", "trap 'echo told >&2' TERM;"] {
        let text = server(CHILD)
            .arguments
            .pop()
            .unwrap()
            .into_string()
            .unwrap();
        let link = open(script(&format!("{deaf} {text}; while :; do sleep 1; done"))).await;
        let (process, child) = (pid(&link).await, child(&link).await);
        assert!(is_there(process) && is_there(child));
        timeout(LONG, link.close()).await.unwrap();
        assert!(!is_there(process), "{deaf}");
        goes(child).await;
    }
}

#[tokio::test]
async fn what_a_server_leaves_behind_when_it_ends_is_ended() {
    let link = open(server(CHILD)).await;
    let (process, child) = (pid(&link).await, child(&link).await);
    timeout(LONG, link.close()).await.unwrap();
    assert!(!is_there(process));
    goes(child).await;
}

#[tokio::test]
async fn a_link_that_is_dropped_leaves_nothing() {
    let text = server(CHILD)
        .arguments
        .pop()
        .unwrap()
        .into_string()
        .unwrap();
    let link = open(script(&format!(
        "trap '' TERM; {text}; while :; do sleep 1; done"
    )))
    .await;
    let (process, child) = (pid(&link).await, child(&link).await);
    drop(link);
    goes(process).await;
    goes(child).await;
}

#[tokio::test]
async fn an_opening_that_is_given_up_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("pid");
    let text = format!(
        "echo $$ > {}; trap '' TERM; while :; do sleep 1; done",
        trace.display()
    );
    let opening = tokio::spawn(try_open(script(&text), None));
    let process = timeout(LONG, written(&trace)).await.unwrap();
    opening.abort();
    goes(process).await;
}

/// The number that a server has written there.
async fn written(trace: &Path) -> Pid {
    loop {
        let number = fs::read_to_string(trace).unwrap_or_default();
        if let Some(process) = number.trim().parse().ok().and_then(Pid::from_raw) {
            return process;
        }
        yield_now().await;
    }
}

#[tokio::test]
async fn a_server_that_is_killed_fails_its_calls_and_is_started_again() {
    let link = open(server(CHILD)).await;
    for _ in 0..3 {
        let (process, child) = (pid(&link).await, child(&link).await);
        let calls: Vec<_> = (0..10)
            .map(|_| {
                let link = Arc::clone(&link);
                tokio::spawn(async move { call(&link, "hang").await })
            })
            .collect();
        // They are on their way when this has been answered.
        assert_eq!(pid(&link).await, process);
        kill_process(process, Signal::KILL).unwrap();
        for call in calls {
            let error = call.await.unwrap().unwrap_err();
            assert_eq!(error.kind(), Kind::Unavailable);
            assert!(error.to_string().contains("signal: 9"), "{error}");
        }
        assert_ne!(pid(&link).await, process);
        // Nothing of the first one is left when the second one runs.
        assert!(!is_there(process));
        goes(child).await;
    }
}

#[tokio::test]
async fn a_server_that_crashes_says_how() {
    let link = open(server("")).await;
    let error = call(&link, "crash").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "script: the server has ended (exit status: 3)"
    );
    assert!(
        whole(&error).ends_with("first words\nlast words"),
        "{}",
        whole(&error)
    );
    pid(&link).await;
}

#[tokio::test]
async fn a_server_that_closes_its_output_and_stays_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("pid");
    let mute = format!(
        "*mute*) echo $$ > {}; exec >&- ; sleep 1000 ;;",
        trace.display()
    );
    let link = open(server(&mute)).await;
    let error = call(&link, "mute").await.unwrap_err();
    assert!(error.to_string().contains("closed its output"), "{error}");
    let process = timeout(LONG, written(&trace)).await.unwrap();
    pid(&link).await;
    assert!(!is_there(process));
}

#[tokio::test]
async fn a_server_that_always_goes_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("starts");
    let text = server("").arguments.pop().unwrap().into_string().unwrap();
    // From the second time on.
    let text = format!(
        "echo start >> {0}; [ $(wc -l < {0}) -gt 1 ] && exit 9; {text}",
        trace.display()
    );
    let mut settings = script(&text);
    settings.each.restart.tries = 3;
    settings.each.restart.shortest = Duration::from_millis(1);
    let link = open(settings).await;
    let mut words = call(&link, "crash").await.unwrap_err().to_string();
    for _ in 0..10 {
        words = call(&link, "pid").await.unwrap_err().to_string();
    }
    assert!(words.contains("has failed 3 times within 60s"), "{words}");
    assert!(
        words.ends_with("the last time: the server has ended (exit status: 9)"),
        "{words}"
    );
    assert_eq!(fs::read_to_string(&trace).unwrap().lines().count(), 3);
}

#[tokio::test]
async fn a_server_that_is_not_to_be_started_again_is_not() {
    let mut settings = server("");
    settings.each.restart = Restart::never();
    let link = open(settings).await;
    call(&link, "crash").await.unwrap_err();
    let error = call(&link, "pid").await.unwrap_err();
    assert!(error.to_string().contains("exit status: 3"), "{error}");
}
