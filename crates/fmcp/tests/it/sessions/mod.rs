//! What a server knows of its sessions: the list, the hooks, pings, and the end.

/// Clients that do not answer, and those that say nonsense.
mod dead;
/// Hooks that fail, and whom that harms.
mod hooks;
/// From the handshake to the end, on every transport.
mod lives;
/// Sessions over HTTP as they end: silent, deleted, dead, forgotten.
mod over_http;
/// What one session sees otherwise than others.
mod sight;

use std::{sync::Arc, time::Duration};

use fmcp::{Client, IntoTarget, LiveSession, Revision, Server};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender},
    time::timeout,
};

use crate::raw_http::PATIENCE;

/// What hooks have said.
struct Said(UnboundedReceiver<String>);

impl Said {
    /// The next thing that a hook says.
    async fn next(&mut self) -> String {
        let next = timeout(PATIENCE, self.0.recv()).await;
        next.expect("no hook says anything").unwrap()
    }

    /// Nothing more has been said.
    fn is_silent(&mut self) -> bool {
        self.0.is_empty()
    }
}

/// A server whose hooks say what they hear.
fn telling(server: Server) -> (Server, Said) {
    #[allow(clippy::disallowed_methods, reason = "a test says little")]
    let (sender, said) = tokio::sync::mpsc::unbounded_channel::<String>();
    let tell = |what: &'static str, sender: &UnboundedSender<String>| {
        let sender = sender.clone();
        move |session: LiveSession| {
            let name = session.client().map(|client| client.name.clone());
            let words = format!("{} {what}", name.unwrap_or_default());
            let _ = sender.send(words);
            std::future::ready(())
        }
    };
    let (roots, error) = (sender.clone(), sender.clone());
    let server = server
        .on_connect(tell("came", &sender))
        .on_disconnect(tell("went", &sender))
        .on_roots_changed(move |_, roots_now| {
            let uris: Vec<_> = roots_now.iter().map(|root| root.uri.as_str()).collect();
            let _ = roots.send(format!("roots {}", uris.join(" ")));
            std::future::ready(())
        })
        .on_error(move |_, why| {
            let _ = error.send(format!("error {why}"));
            std::future::ready(())
        });
    (server, Said(said))
}

/// A client that has a session.
async fn connect(target: impl IntoTarget, name: &str, revision: Revision) -> Client {
    Client::builder(target)
        .client_info(name, "1")
        .revision(revision)
        .roots(["file:///one"])
        .connect()
        .await
        .unwrap()
}

/// What is there as soon as `look` finds it.
async fn eventually<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            match look() {
                Some(found) => return found,
                None => tokio::time::sleep(Duration::from_millis(2)).await,
            }
        }
    };
    timeout(PATIENCE, looking).await.expect("it never comes")
}
