//! From the handshake to the end, on every transport.

use std::sync::{Arc, Mutex};

use fmcp::{Carrier, LogLevel, Tool, tool};
use serde_json::json;

use super::*;
use crate::carried::{Carried, Over};

/// Who has the session of this call?
#[tool]
async fn whoami(#[ctx] session: LiveSession) -> String {
    session
        .client()
        .map_or_else(String::new, |client| client.name.clone())
}

fn carrier(over: Over) -> Carrier {
    match over {
        Over::Memory => Carrier::Memory,
        Over::Unix => Carrier::Socket,
        Over::Http => Carrier::Http,
        Over::Sse => Carrier::Sse,
        Over::WebSocket => Carrier::WebSocket,
    }
}

/// HTTP+SSE has been replaced since.
fn revision(over: Over) -> Revision {
    match over {
        Over::Sse => Revision::V2024_11_05,
        _ => Revision::V2025_11_25,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_listed_from_its_handshake_to_its_end() {
    for over in Over::ALL {
        let (server, mut said) = telling(Server::new("s").tool(whoami::tool()));
        let carried = Carried::new(&server, over).await;
        assert!(server.sessions().is_empty(), "{over}");
        let client = connect(carried.target.clone(), "ada", revision(over)).await;
        assert_eq!(said.next().await, "ada came", "{over}");
        let sessions = server.sessions();
        let [session] = &*sessions else {
            panic!("{over}: {sessions:?}");
        };
        assert!(session.is_ready() && session.is_open(), "{over}");
        assert_eq!(session.client().unwrap().name, "ada");
        assert_eq!(session.transport(), carrier(over));
        assert_eq!(session.revision(), revision(over));
        assert!(session.capabilities().roots.is_some());
        let idle = session.idle();
        assert!(session.age() >= idle, "{over}");
        assert!(server.session(session.id()).is_some());
        assert_eq!(client.call("whoami", ()).await.unwrap().text(), "ada");
        let roots = eventually(|| session.roots()).await;
        assert_eq!(roots[0].uri, "file:///one", "{over}");
        client.close().await;
        assert_eq!(said.next().await, "ada went", "{over}");
        assert!(!session.is_open());
        assert!(session.ping().await.is_err());
        assert!(server.sessions().is_empty(), "{over}");
        carried.end().await;
        assert!(said.is_silent(), "{over}: it has gone twice");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_are_told_and_asked_outside_of_their_calls() {
    for over in Over::ALL {
        let (server, mut said) = telling(Server::new("s"));
        let carried = Carried::new(&server, over).await;
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let hears = Arc::clone(&heard);
        let client = Client::builder(carried.target.clone())
            .client_info("ada", "1")
            .revision(revision(over))
            .roots(["file:///one"])
            .log_level(LogLevel::Info)
            .on_log(move |entry| hears.lock().unwrap().push(entry.data.as_str().to_owned()))
            .connect()
            .await
            .unwrap();
        assert_eq!(said.next().await, "ada came", "{over}");
        let session = server.sessions().remove(0);
        session.ping().await.unwrap();
        assert_eq!(session.list_roots().await.unwrap().len(), 1, "{over}");
        session.log(LogLevel::Debug, "not wanted").await.unwrap();
        session.log(LogLevel::Warning, "one").await.unwrap();
        let all = json!({"level": "error", "data": "all"});
        let all = fmcp::Notice::Log(serde_json::from_value(all).unwrap());
        server.notify_all(all).await;
        let both = || (heard.lock().unwrap().len() >= 2).then_some(());
        eventually(both).await;
        assert_eq!(*heard.lock().unwrap(), [r#""one""#, r#""all""#], "{over}");
        client
            .set_roots(["file:///two", "file:///three"])
            .await
            .unwrap();
        assert_eq!(
            said.next().await,
            "roots file:///two file:///three",
            "{over}"
        );
        assert_eq!(session.roots().unwrap().len(), 2);
        carried.end().await;
        assert_eq!(said.next().await, "ada went", "{over}");
        drop(client);
        assert!(said.is_silent(), "{over}: it has gone twice");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_the_server_closes_is_over() {
    for over in Over::ALL {
        let (server, mut said) = telling(Server::new("s").tool(whoami::tool()));
        let carried = Carried::new(&server, over).await;
        let client = connect(carried.target.clone(), "ada", revision(over)).await;
        assert_eq!(said.next().await, "ada came");
        let session = server.sessions().remove(0);
        session.close();
        assert_eq!(said.next().await, "ada went", "{over}");
        assert!(!session.is_open(), "{over}");
        // Links that can opens themselves again, in a session that is another one.
        let _ = client.call("whoami", ()).await;
        assert!(server.session(session.id()).is_none() || over == Over::Memory);
        client.close().await;
        carried.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_keep_their_state_apart() {
    let (server, mut said) = telling(Server::new("s"));
    let carried = Carried::new(&server, Over::Http).await;
    let ada = connect(carried.target.clone(), "ada", Revision::V2025_06_18).await;
    assert_eq!(said.next().await, "ada came");
    let bob = connect(carried.target.clone(), "bob", Revision::V2025_03_26).await;
    assert_eq!(said.next().await, "bob came");
    let sessions = server.sessions();
    assert_eq!(sessions.len(), 2);
    sessions[0].state().set("seen", &1).await.unwrap();
    assert_eq!(sessions[0].state().get("seen").await.unwrap(), Some(1));
    assert_eq!(sessions[1].state().get::<i32>("seen").await.unwrap(), None);
    drop((ada, bob));
    carried.end().await;
}

#[tokio::test]
async fn revisions_without_sessions_have_none() {
    let (server, mut said) = telling(Server::new("s").tool(whoami::tool()));
    for over in [Over::Memory, Over::Unix, Over::Http, Over::WebSocket] {
        let carried = Carried::new(&server, over).await;
        let client = Client::connect(carried.target.clone()).await.unwrap();
        assert_eq!(client.revision(), Revision::NEWEST);
        let refused = client.call("whoami", ()).await.unwrap_err().to_string();
        assert!(refused.contains("this needs a session"), "{refused}");
        assert!(server.sessions().is_empty());
        client.close().await;
        if over == Over::WebSocket {
            carried.end().await;
        }
    }
    assert!(said.is_silent());
}

#[tokio::test]
async fn a_client_without_roots_is_not_asked_for_any() {
    let (server, mut said) = telling(Server::new("s").tool(Tool::new("t", async || 1)));
    let client = Client::builder(&server)
        .client_info("ada", "1")
        .revision(Revision::V2025_06_18)
        .connect()
        .await
        .unwrap();
    assert_eq!(said.next().await, "ada came");
    let session = server.sessions().remove(0);
    assert!(session.roots().is_none());
    let refused = session.list_roots().await.unwrap_err();
    assert_eq!(refused.kind(), fmcp::Kind::MissingCapability);
    client.close().await;
    assert_eq!(said.next().await, "ada went");
}
