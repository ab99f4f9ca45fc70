//! Renewal: in one flight, across programs, and when it fails.

use std::sync::Arc;

use fmcp_auth::{ClientCredentials, FileStore, OAuth, testing::Follow};
use tokio::sync::Semaphore;

use crate::{
    caller::{Caller, follow},
    world::{KnownClient, World},
};

/// The grant types of all requests for tokens.
fn grants(world: &World) -> Vec<String> {
    let seen = world.seen("/token");
    seen.iter()
        .map(|seen| seen.form()["grant_type"].clone())
        .collect()
}

const CODE: &str = "authorization_code";
const REFRESH: &str = "refresh_token";

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_without_the_user() {
    for rotates in [true, false] {
        let world = World::with(|knobs| {
            knobs.gives_refresh = rotates;
            knobs.rotates = rotates;
        })
        .await;
        world.set(|knobs| knobs.gives_refresh = true);
        let caller = follow(&world);
        assert_eq!(caller.call().await.unwrap(), 200);
        // A server that does not rotate gives no other one.
        world.set(|knobs| knobs.gives_refresh = rotates);
        for _ in 0..3 {
            world.expire();
            assert_eq!(caller.call().await.unwrap(), 200);
        }
        assert_eq!(grants(&world), [CODE, REFRESH, REFRESH, REFRESH]);
        assert_eq!(world.seen("/token")[1].form()["resource"], world.server);
        world.satisfied();
    }
}

#[tokio::test]
async fn a_token_that_is_over_is_renewed_before_it_is_shown() {
    let world = World::with(|knobs| {
        knobs.gives_refresh = true;
        knobs.expires_in = Some(0);
    })
    .await;
    let caller = follow(&world);
    assert_eq!(caller.call().await.unwrap(), 200);
    world.set(|knobs| knobs.expires_in = Some(3600));
    world.forget_log();
    assert_eq!(caller.call().await.unwrap(), 200);
    assert_eq!(caller.call().await.unwrap(), 200);
    assert_eq!(
        world.log(),
        ["AS POST /token", "MCP POST /mcp", "MCP POST /mcp"]
    );
    world.satisfied();
}

#[tokio::test]
async fn while_nobody_renews_a_token_is_shown_as_long_as_it_is_taken() {
    let world = World::with(|knobs| {
        knobs.gives_refresh = true;
        knobs.expires_in = Some(0);
    })
    .await;
    let caller = follow(&world);
    assert_eq!(caller.call().await.unwrap(), 200);
    world.set(|knobs| knobs.token_answer = Some((503, "later".to_owned())));
    assert_eq!(caller.call().await.unwrap(), 200);
    // It is another matter when the server does not take it any more.
    world.expire();
    let error = caller.error().await;
    assert!(error.contains("503"), "{error}");
    assert_eq!(world.count("/authorize"), 1);
    // The token was not given up for that: when the server is back, nobody is asked.
    world.set(|knobs| knobs.token_answer = None);
    assert_eq!(caller.call().await.unwrap(), 200);
    assert_eq!(world.count("/authorize"), 1);
    world.satisfied();
}

#[tokio::test]
async fn what_cannot_be_renewed_is_got_anew() {
    let world = World::with(|knobs| knobs.gives_refresh = true).await;
    let caller = follow(&world);
    assert_eq!(caller.call().await.unwrap(), 200);
    world.expire();
    world.set(|knobs| knobs.refuses_refresh = true);
    assert_eq!(caller.call().await.unwrap(), 200);
    assert_eq!(grants(&world), [CODE, REFRESH, CODE]);
}

#[tokio::test]
async fn the_user_is_asked_only_when_the_server_refuses() {
    let world = World::with(|knobs| knobs.expires_in = Some(0)).await;
    let caller = follow(&world);
    assert_eq!(caller.call().await.unwrap(), 200);
    // The token is over by our clock; the request goes without, and the refusal says where to get one.
    world.forget_log();
    assert_eq!(caller.call().await.unwrap(), 200);
    assert_eq!(world.log()[0], "MCP POST /mcp");
    assert_eq!(grants(&world), [CODE]);
}

#[tokio::test]
async fn a_program_gets_another_token_without_being_refused() {
    let world = World::with(|knobs| {
        knobs.expires_in = Some(0);
        knobs.methods = &["client_secret_basic"];
    })
    .await;
    let known = KnownClient {
        secret: Some("pw".into()),
        redirects: Vec::new(),
    };
    world.state(|state| state.clients.insert("me".into(), known));
    let caller = Caller::new(&world, &ClientCredentials::secret("me", "pw"));
    assert_eq!(caller.call().await.unwrap(), 200);
    world.forget_log();
    assert_eq!(caller.call().await.unwrap(), 200);
    assert_eq!(world.log(), ["AS POST /token", "MCP POST /mcp"]);
    world.satisfied();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_calls_renew_once() {
    let world = World::with(|knobs| knobs.gives_refresh = true).await;
    let caller = Arc::new(follow(&world));
    assert_eq!(caller.call().await.unwrap(), 200);
    world.expire();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let caller = Arc::clone(&caller);
        calls.spawn(async move { caller.call().await.unwrap() });
    }
    assert!(
        calls
            .join_all()
            .await
            .into_iter()
            .all(|status| status == 200)
    );
    assert_eq!(grants(&world), [CODE, REFRESH]);
    world.satisfied();
}

#[tokio::test]
async fn a_call_that_is_given_up_loses_no_token() {
    let gate = Arc::new(Semaphore::new(1));
    let world = World::with(|knobs| {
        knobs.gives_refresh = true;
        knobs.gate = Some(Arc::clone(&gate));
    })
    .await;
    let caller = follow(&world);
    assert_eq!(caller.call().await.unwrap(), 200);
    world.expire();
    {
        // Given up when the server has been asked, and before it answers.
        let mut call = std::pin::pin!(caller.call());
        while world.count("/token") < 2 {
            tokio::select! {
                _ = &mut call => panic!("it is answered"),
                () = tokio::task::yield_now() => {}
            }
        }
    }
    gate.add_permits(1);
    assert_eq!(caller.call().await.unwrap(), 200);
    assert_eq!(grants(&world), [CODE, REFRESH]);
    world.satisfied();
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_that_share_a_store_renew_once() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(|knobs| knobs.gives_refresh = true).await;
    let programs: Vec<_> = (0..4)
        .map(|_| {
            let store = FileStore::new(folder.path().join("tokens")).unwrap();
            Arc::new(Caller::new(&world, &OAuth::new(Follow).store(store)))
        })
        .collect();
    for expect in [&[CODE][..], &[CODE, REFRESH], &[CODE, REFRESH, REFRESH]] {
        let mut calls = tokio::task::JoinSet::new();
        for program in &programs {
            let program = Arc::clone(program);
            calls.spawn(async move { program.call().await.unwrap() });
        }
        assert!(
            calls
                .join_all()
                .await
                .into_iter()
                .all(|status| status == 200)
        );
        assert_eq!(grants(&world), expect);
        world.expire();
    }
    world.satisfied();
}

#[tokio::test]
async fn a_restart_asks_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(|knobs| knobs.gives_refresh = true).await;
    for _ in 0..3 {
        let store = FileStore::new(folder.path().join("tokens")).unwrap();
        let caller = Caller::new(&world, &OAuth::new(Follow).store(store));
        assert_eq!(caller.call().await.unwrap(), 200);
    }
    assert_eq!(grants(&world), [CODE]);
    assert_eq!(world.count("/mcp"), 4);
}
