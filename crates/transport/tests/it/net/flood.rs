//! Many who say nothing, while others want to be served.

use std::{fs, time::Duration};

use super::host::{host, until};

const MANY: usize = 2_000;

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn half_open_connections_hold_up_nobody_and_go() {
    let host = host(|settings| settings.header_timeout = Duration::from_millis(1_500)).await;
    assert!(host.serves().await);
    let before = descriptors();
    let mut silent = Vec::with_capacity(MANY);
    for n in 0..MANY {
        let mut raw = host.connect().await;
        if n % 2 == 0 {
            raw.say(b"POST /mcp HTT").await;
        }
        silent.push(raw);
        if n % 200 == 0 {
            assert!(host.serves().await, "beside {n}");
        }
    }
    // Theirs and ours.
    assert!(descriptors() >= before + MANY);
    assert!(host.serves().await);
    for raw in &mut silent {
        assert_eq!(raw.hear_out().await, "");
    }
    drop(silent);
    until(|| descriptors() <= before + 8).await;
    assert!(host.serves().await);
}
