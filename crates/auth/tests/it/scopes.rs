//! Which scopes are asked for, and when asking ends.

use fmcp_auth::{OAuth, testing::Follow};
use serde_json::json;

use crate::{
    caller::{Caller, follow},
    world::World,
};

/// The scopes of all questions so far.
fn asked(world: &World) -> Vec<String> {
    let asked = world.seen("/authorize");
    let scope = |seen: &crate::world::Seen| seen.query.get("scope").cloned();
    asked
        .iter()
        .map(|seen| scope(seen).unwrap_or_default())
        .collect()
}

#[tokio::test]
async fn the_challenge_says_which_then_the_metadata_then_nobody() {
    for (challenge, supported, expect) in [
        (Some("mcp:basic"), json!(["a", "b"]), "mcp:basic"),
        (None, json!(["a", "b"]), "a b"),
        (None, json!(null), ""),
    ] {
        let world = World::with(|knobs| {
            knobs.challenge_scope = challenge;
            knobs.prm_more = json!({"scopes_supported": supported});
        })
        .await;
        assert_eq!(follow(&world).call().await.unwrap(), 200);
        assert_eq!(asked(&world), [expect]);
        world.satisfied();
    }
}

#[tokio::test]
async fn staying_signed_in_is_asked_for_only_where_it_is_offered() {
    for (offered, expect) in [
        (json!(["a", "offline_access"]), "a offline_access"),
        (json!(["a"]), "a"),
        (json!(null), "a"),
    ] {
        let world = World::with(|knobs| {
            knobs.challenge_scope = Some("a");
            knobs.metadata_more = json!({"scopes_supported": offered});
        })
        .await;
        assert_eq!(follow(&world).call().await.unwrap(), 200);
        assert_eq!(asked(&world), [expect]);
    }
}

#[tokio::test]
async fn what_a_call_lacks_is_asked_for_with_what_was_asked_for_before() {
    let world = World::with(|knobs| knobs.challenge_scope = Some("mcp:basic")).await;
    let caller = follow(&world);
    assert_eq!(caller.call_that_needs("mcp:basic").await.unwrap(), 200);
    assert_eq!(caller.call_that_needs("mcp:write").await.unwrap(), 200);
    assert_eq!(caller.call_that_needs("mcp:basic").await.unwrap(), 200);
    assert_eq!(asked(&world), ["mcp:basic", "mcp:basic mcp:write"]);
    world.satisfied();
}

#[tokio::test]
async fn what_never_suffices_is_asked_for_once() {
    let world = World::with(|knobs| knobs.never_enough = Some("mcp:write")).await;
    let caller = follow(&world);
    assert_eq!(caller.call().await.unwrap(), 403);
    assert_eq!(asked(&world), ["", "mcp:write"]);
    // Nor is the user troubled again by the next call.
    assert_eq!(caller.call().await.unwrap(), 403);
    assert_eq!(asked(&world).len(), 2);
}

#[tokio::test]
async fn a_token_that_is_never_taken_is_got_once() {
    let world = World::new().await;
    let caller = follow(&world);
    world.set(|knobs| {
        let token = r#"{"access_token":"nobody-knows-it","token_type":"Bearer"}"#;
        knobs.token_answer = Some((200, token.to_owned()));
    });
    assert_eq!(caller.call().await.unwrap(), 401);
    assert_eq!(caller.call().await.unwrap(), 401);
    assert_eq!(world.count("/authorize"), 1);
}

#[tokio::test]
async fn an_application_may_want_more_than_the_server_says() {
    let world = World::with(|knobs| knobs.challenge_scope = Some("a")).await;
    let caller = Caller::new(
        &world,
        &OAuth::new(Follow).in_memory().scopes(["mine", "a"]),
    );
    assert_eq!(caller.call().await.unwrap(), 200);
    assert_eq!(asked(&world), ["mine a"]);
}
