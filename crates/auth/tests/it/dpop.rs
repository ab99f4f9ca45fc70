//! Tokens that are bound to a key.

use fmcp_auth::{FileStore, OAuth, testing::Follow};
use serde_json::json;

use crate::{
    caller::{Caller, follow},
    world::World,
};

#[tokio::test]
async fn a_server_that_demands_it_gets_tokens_that_are_bound() {
    for more in [
        json!(null),
        json!({"dpop_bound_access_tokens_required": true}),
    ] {
        let world = World::with(|knobs| {
            knobs.binds = more.is_null();
            knobs.prm_more = more;
        })
        .await;
        let caller = follow(&world);
        for _ in 0..3 {
            assert_eq!(caller.call().await.unwrap(), 200);
        }
        // A proof with every request that shows the token, and never the same: the servers look.
        assert_eq!(world.count("/mcp"), 4);
        world.satisfied();
    }
}

#[tokio::test]
async fn a_number_that_a_server_wants_is_in_the_next_proof() {
    let world = World::with(|knobs| {
        knobs.binds = true;
        knobs.nonce = Some("one");
    })
    .await;
    let caller = follow(&world);
    assert_eq!(caller.call().await.unwrap(), 200);
    assert_eq!(world.count("/token"), 2);
    world.forget_log();
    assert_eq!(caller.call().await.unwrap(), 200);
    assert_eq!(world.count("/mcp"), 1);
    // Another one is taken up, too.
    world.set(|knobs| knobs.nonce = Some("two"));
    assert_eq!(caller.call().await.unwrap(), 200);
    assert_eq!((world.count("/mcp"), world.count("/token")), (3, 0));
    world.satisfied();
}

#[tokio::test]
async fn the_key_is_kept_with_the_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(|knobs| knobs.gives_refresh = true).await;
    let caller = || {
        let store = FileStore::new(folder.path().join("tokens")).unwrap();
        Caller::new(&world, &OAuth::new(Follow).store(store).dpop())
    };
    assert_eq!(caller().call().await.unwrap(), 200);
    assert_eq!(caller().call().await.unwrap(), 200);
    world.expire();
    assert_eq!(caller().call().await.unwrap(), 200);
    let forms = world.seen("/token");
    assert_eq!(forms.len(), 2);
    assert_eq!(forms[1].form()["grant_type"], "refresh_token");
    world.satisfied();
}

#[tokio::test]
async fn a_kept_token_that_is_not_bound_does_not_do() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new().await;
    let oauth = || {
        let store = FileStore::new(folder.path().join("tokens")).unwrap();
        OAuth::new(Follow).store(store)
    };
    assert_eq!(Caller::new(&world, &oauth()).call().await.unwrap(), 200);
    assert!(world.seen("/token")[0].header("dpop").is_none());
    let bound = Caller::new(&world, &oauth().dpop());
    assert_eq!(bound.call().await.unwrap(), 200);
    assert!(world.seen("/token")[1].header("dpop").is_some());
    world.satisfied();
}

#[tokio::test]
async fn a_token_that_is_not_bound_is_not_taken_for_one_that_is() {
    let world = World::with(|knobs| {
        let token = r#"{"access_token":"SECRET-x","token_type":"Bearer"}"#;
        knobs.token_answer = Some((200, token.to_owned()));
    })
    .await;
    let caller = Caller::new(&world, &OAuth::new(Follow).in_memory().dpop());
    let error = caller.error().await;
    assert!(error.contains("instead of DPoP"), "{error}");

    let world = World::with(|knobs| {
        knobs.metadata_more = json!({"dpop_signing_alg_values_supported": ["RS256"]});
    })
    .await;
    let caller = Caller::new(&world, &OAuth::new(Follow).in_memory().dpop());
    let error = caller.error().await;
    assert!(error.contains("does not do that with ES256"), "{error}");
    assert_eq!(world.count("/authorize"), 0);
}
