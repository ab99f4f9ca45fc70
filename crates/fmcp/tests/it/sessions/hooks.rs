//! Hooks that fail, and whom that harms.

use fmcp::Tool;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_hook_that_hangs_or_panics_harms_nobody() {
    let server = Server::new("s").tool(Tool::new("t", async || 1));
    let hanging = server.on_connect(|session| async move {
        match session.client().map(|client| client.name.as_str()) {
            Some("hangs") => std::future::pending().await,
            Some("panics") => panic!("as it should"),
            _ => {}
        }
    });
    let (server, mut said) = telling(hanging);
    let hangs = connect(&server, "hangs", Revision::V2025_11_25).await;
    let panics = connect(&server, "panics", Revision::V2025_11_25).await;
    assert_eq!(said.next_of("panics came").await, "panics came");
    assert!(said.is_silent(), "the other still hangs");
    assert_eq!(hangs.call("t", ()).await.unwrap().text(), "1");
    // Given up after a while, it is heard of, too.
    tokio::time::advance(Duration::from_secs(31)).await;
    assert_eq!(said.next_of("hangs came").await, "hangs came");
    hangs.close().await;
    assert_eq!(said.next_of("hangs went").await, "hangs went");
    panics.close().await;
    assert_eq!(said.next_of("panics went").await, "panics went");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_ends_its_sessions_first() {
    let (server, mut said) = telling(Server::new("s"));
    let stopped = Arc::new(std::sync::Mutex::new(Vec::new()));
    let (at_stop, at_end) = (Arc::clone(&stopped), Arc::clone(&stopped));
    let server = server
        .on_disconnect(move |_| {
            at_end.lock().unwrap().push("session");
            std::future::ready(())
        })
        .on_stop(move |_| async move { at_stop.lock().unwrap().push("server") });
    let client = connect(&server, "ada", Revision::V2025_11_25).await;
    assert_eq!(said.next().await, "ada came");
    server.stop().await;
    assert_eq!(said.next().await, "ada went");
    assert_eq!(*stopped.lock().unwrap(), ["session", "server"]);
    client.close().await;
    assert!(said.is_silent());
}

impl Said {
    /// As [`Said::next`]; nothing else may be said before.
    async fn next_of(&mut self, expect: &str) -> String {
        let said = self.next().await;
        assert_eq!(said, expect);
        said
    }
}
