//! Users who type a code on another machine.

use std::sync::{Arc, Mutex};

use fmcp_auth::{DevicePrompt, OAuth};
use serde_json::json;

use crate::{
    caller::Caller,
    world::{Seen, World},
};

/// A caller, and what its user is shown.
fn caller(world: &World) -> (Caller, Arc<Mutex<Vec<DevicePrompt>>>) {
    let shown = Arc::<Mutex<Vec<DevicePrompt>>>::default();
    let screen = Arc::clone(&shown);
    let oauth = OAuth::device(move |prompt| {
        screen.lock().unwrap().push(prompt);
        async {}
    });
    (Caller::new(world, &oauth.in_memory()), shown)
}

#[tokio::test]
async fn the_user_types_a_code_while_the_program_waits() {
    let world = World::with(|knobs| {
        knobs.challenge_scope = Some("a");
        knobs.gives_refresh = true;
        knobs.binds = true;
    })
    .await;
    world.state(|state| state.device_answers = vec!["authorization_pending"]);
    let (caller, shown) = caller(&world);
    assert_eq!(caller.call_that_needs("a").await.unwrap(), 200);
    let prompt = shown.lock().unwrap().pop().unwrap();
    assert_eq!(prompt.url, format!("{}/type", world.issuer));
    assert_eq!(prompt.code, "WDJB-MJHT");
    assert!(
        prompt
            .complete_url
            .as_deref()
            .unwrap()
            .ends_with("?code=WDJB-MJHT")
    );
    assert!(!format!("{prompt:?}").contains("WDJB"), "{prompt:?}");
    let introduced = world.seen("/register")[0].json();
    assert_eq!(introduced["redirect_uris"], json!([]));
    let device = "urn:ietf:params:oauth:grant-type:device_code";
    assert_eq!(introduced["grant_types"], json!([device, "refresh_token"]));
    world.expire();
    assert_eq!(caller.call_that_needs("a").await.unwrap(), 200);
    let grants: Vec<_> = world.seen("/token").iter().map(Seen::form).collect();
    let grants: Vec<_> = grants
        .iter()
        .map(|form| form["grant_type"].as_str())
        .collect();
    assert_eq!(grants, [device, device, "refresh_token"]);
    assert!(shown.lock().unwrap().is_empty());
    world.satisfied();
}

#[tokio::test]
async fn a_user_who_refuses_ends_the_waiting() {
    let world = World::new().await;
    world.state(|state| state.device_answers = vec!["access_denied"]);
    let (caller, _shown) = caller(&world);
    let error = caller.error().await;
    assert!(error.contains("access_denied"), "{error}");
    assert_eq!(world.count("/token"), 1);
}

#[tokio::test]
async fn nobody_is_shown_a_strange_page_or_waited_for_in_vain() {
    for (more, words) in [
        (
            json!({"verification_uri": "javascript:alert(1)"}),
            "neither https",
        ),
        (
            json!({"verification_uri_complete": "http://evil.example/"}),
            "neither https",
        ),
        (json!({"user_code": "\u{1b}[31m"}), "nobody can type"),
        (json!({"device_code": 7}), "with something else"),
        (json!({"expires_in": 0}), "in time"),
    ] {
        let world = World::with(|knobs| knobs.device_more = more).await;
        let (caller, shown) = caller(&world);
        let error = caller.error().await;
        assert!(error.contains(words), "{words}: {error}");
        assert_eq!(shown.lock().unwrap().len(), usize::from(words == "in time"));
        assert_eq!(world.count("/token"), 0);
    }
    let world = World::with(|knobs| {
        knobs.metadata_more = json!({"device_authorization_endpoint": null});
    })
    .await;
    let error = caller(&world).0.error().await;
    assert!(
        error.contains("names no device authorization endpoint"),
        "{error}"
    );
}
