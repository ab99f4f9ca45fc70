//! No secret in an error, a log or Debug.

use std::sync::{Arc, Mutex};

use fmcp_auth::{
    Bearer, ClientCredentials, EnterpriseManaged, FileStore, IdentityProvider, OAuth, Secret,
    SecretSource, WorkloadIdentity, testing::Follow,
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use crate::{
    caller::{Caller, follow},
    world::{SECRET, World},
};

/// Everything that is logged, on every level, of this crate and of what it uses.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

struct Words<'a>(&'a mut String);

impl Visit for Words<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.push_str(&format!("{field}={value:?} "));
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut Words(&mut self.0.lock().unwrap()));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Words(&mut self.0.lock().unwrap()));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Words(&mut self.0.lock().unwrap()));
    }
}

#[tokio::test]
async fn no_secret_is_logged_or_told_whatever_goes_wrong() {
    let log = Log::default();
    let guard = tracing::subscriber::set_default(log.clone());
    let world = World::with(|knobs| {
        knobs.gives_refresh = true;
        knobs.binds = true;
        knobs.nonce = Some("one");
    })
    .await;
    let caller = follow(&world);
    assert_eq!(caller.call().await.unwrap(), 200);
    let mut told = String::new();
    // A server that repeats what it was sent, in all the places where words are.
    for change in ["refresh-2", "refresh-3"] {
        world.expire();
        let echo = world.state(|state| {
            let shown: Vec<_> = state.refreshes.keys().cloned().collect();
            shown.join(" ")
        });
        assert!(echo.contains(SECRET), "{change}");
        world.set(|knobs| {
            let body = serde_json::json!({"error": echo, "error_description": echo});
            knobs.token_answer = Some((400, body.to_string()));
        });
        told.push_str(&format!("{:?}", caller.call().await.unwrap_err()));
    }
    drop(guard);
    let logged = log.0.lock().unwrap().clone();
    assert!(logged.contains("a token is asked for"), "{logged}");
    for text in [logged, told] {
        assert!(!text.contains(SECRET), "{text}");
    }
}

#[test]
fn no_secret_is_shown_by_debug() {
    let folder = tempfile::tempdir().unwrap();
    let idp = IdentityProvider::new("https://idp", "me").client_secret("SECRET-1");
    let shown = [
        format!("{:?}", Bearer::new("SECRET-2")),
        format!("{:?}", Secret::new("SECRET-3")),
        format!("{:?}", SecretSource::from("SECRET-4")),
        format!(
            "{:?}",
            OAuth::browser().client_id("me").client_secret("SECRET-5")
        ),
        format!(
            "{:?}",
            OAuth::new(Follow)
                .client_id("me")
                .client_secret("SECRET-6")
                .in_memory()
        ),
        format!("{:?}", ClientCredentials::secret("me", "SECRET-7")),
        format!("{:?}", WorkloadIdentity::new("SECRET-8")),
        format!(
            "{:?}",
            EnterpriseManaged::new(idp, "SECRET-9").client("me", "SECRET-10")
        ),
        format!(
            "{:?}",
            FileStore::with_key(folder.path(), "SECRET-with-more-bytes").unwrap()
        ),
    ];
    for text in shown {
        assert!(!text.contains(SECRET), "{text}");
    }
}

#[tokio::test]
async fn no_secret_is_readable_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path().join("tokens")).unwrap();
    let world = World::with(|knobs| knobs.gives_refresh = true).await;
    let caller = Caller::new(&world, &OAuth::new(Follow).store(store));
    assert_eq!(caller.call().await.unwrap(), 200);
    let files: Vec<_> = std::fs::read_dir(folder.path().join("tokens"))
        .unwrap()
        .collect();
    assert!(
        files.len() >= 4,
        "the key, the client, the token, the server"
    );
    for file in files {
        let content = std::fs::read(file.unwrap().path()).unwrap();
        let has = |text: &str| {
            content
                .windows(text.len())
                .any(|part| part == text.as_bytes())
        };
        assert!(!has(SECRET) && !has("127.0.0.1"));
    }
}
