//! Servers that want what they should not get.

use std::time::Duration;

use serde_json::json;

use crate::{
    caller::follow,
    world::{Iss, Knobs, World},
};

/// A login ends with these words, and no request of its own after `/authorize` or before it.
async fn check(change: impl FnOnce(&mut Knobs, &World), asked: bool, words: &str) {
    let world = World::new().await;
    let mut knobs = Knobs::default();
    change(&mut knobs, &world);
    world.set(|now| *now = knobs);
    let error = follow(&world).error().await;
    assert!(error.contains(words), "{words}: {error}");
    let count = (world.count("/authorize"), world.count("/token"));
    assert_eq!(count, (usize::from(asked), 0), "{words}: {:?}", world.log());
}

#[tokio::test]
async fn metadata_of_another_server_is_not_used() {
    let evil = "https://evil.example.com/mcp";
    check(
        |knobs, _| knobs.prm_more = json!({"resource": evil}),
        false,
        "is about another server",
    )
    .await;
    check(
        |knobs, _| knobs.metadata_more = json!({"issuer": "https://attacker.example.com"}),
        false,
        "says that it is of",
    )
    .await;
    check(
        |knobs, world| knobs.metadata_more = json!({"issuer": format!("{}/", world.issuer)}),
        false,
        "says that it is of",
    )
    .await;
}

#[tokio::test]
async fn an_answer_of_somebody_else_is_not_used() {
    for (iss, words) in [
        (Iss::Missing, "does not say that it is from"),
        (
            Iss::Other("https://evil.example.com".into()),
            "was answered by",
        ),
    ] {
        check(|knobs, _| knobs.iss = iss, true, words).await;
    }
    check(
        |knobs, world| knobs.iss = Iss::Other(format!("{}/", world.issuer)),
        true,
        "was answered by",
    )
    .await;
    check(
        |knobs, _| {
            knobs.iss = Iss::Other("https://evil.example.com".into());
            knobs.metadata_more = json!({"authorization_response_iss_parameter_supported": null});
        },
        true,
        "was answered by",
    )
    .await;
    check(
        |knobs, _| knobs.state = Some("injected"),
        true,
        "another question",
    )
    .await;
    check(
        |knobs, _| knobs.answer_more = "&code=injected",
        true,
        "code twice",
    )
    .await;
    check(
        |knobs, _| knobs.answer_more = "&error=access_denied&error_description=no%0Away",
        true,
        "the login was not granted (no way)",
    )
    .await;
}

#[tokio::test]
async fn an_answer_without_a_name_is_used_where_none_was_promised() {
    let world = World::with(|knobs| {
        knobs.iss = Iss::Missing;
        knobs.metadata_more = json!({"authorization_response_iss_parameter_supported": false});
    })
    .await;
    assert_eq!(follow(&world).call().await.unwrap(), 200);
}

#[tokio::test]
async fn a_server_without_pkce_gets_no_user() {
    for methods in [json!(null), json!(["plain"])] {
        check(
            |knobs, _| knobs.metadata_more = json!({"code_challenge_methods_supported": methods}),
            false,
            "PKCE",
        )
        .await;
    }
}

#[tokio::test]
async fn endpoints_are_https_or_on_this_machine() {
    for (name, value) in [
        ("authorization_endpoint", "http://as.example/authorize"),
        ("authorization_endpoint", "javascript:alert(1)"),
        ("authorization_endpoint", "file:///etc/passwd"),
        ("registration_endpoint", "http://as.example/register"),
    ] {
        check(
            |knobs, _| knobs.metadata_more = json!({ name: value }),
            false,
            "neither https nor on this machine",
        )
        .await;
    }
    check(
        |knobs, _| {
            knobs.challenge = Some("Bearer resource_metadata=\"http://evil.example/m\"".into());
        },
        false,
        "neither https nor on this machine",
    )
    .await;
    check(
        |knobs, _| knobs.prm_more = json!({"authorization_servers": ["http://as.example"]}),
        false,
        "neither https nor on this machine",
    )
    .await;
}

#[tokio::test]
async fn what_is_huge_or_deep_or_nothing_is_no_metadata() {
    let huge = "x".repeat(100_000);
    check(
        |knobs, _| knobs.prm_more = json!({"filler": huge}),
        false,
        "is larger than",
    )
    .await;
    check(
        |knobs, _| knobs.prm_more = json!({"authorization_servers": []}),
        false,
        "names no authorization server",
    )
    .await;
    check(
        |knobs, _| knobs.prm_more = json!({"resource": 7}),
        false,
        "holds something else",
    )
    .await;
    let many: Vec<_> = (0..1000)
        .map(|n| format!("http://127.0.0.1:1/{n}"))
        .collect();
    check(
        |knobs, _| knobs.prm_more = json!({"authorization_servers": many}),
        false,
        "cannot connect",
    )
    .await;
}

#[tokio::test]
async fn redirects_are_not_followed() {
    // The place says where to go; nobody goes there.
    let world = World::new().await;
    let elsewhere = format!("{}/authorize", world.issuer);
    world.set(|knobs| {
        knobs.challenge = Some(format!("Bearer resource_metadata=\"{elsewhere}\""));
    });
    let error = follow(&world).error().await;
    assert!(
        error.contains("answers 4") || error.contains("answers 3"),
        "{error}"
    );
    assert_eq!(world.count("/authorize"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_is_given_up() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", silent.local_addr().unwrap());
    let world = World::new().await;
    world.set(|knobs| knobs.prm_more = json!({"authorization_servers": [issuer]}));
    let caller = follow(&world);
    let error = tokio::time::timeout(Duration::from_secs(300), caller.error())
        .await
        .unwrap();
    assert!(error.contains("did not answer"), "{error}");
}

#[tokio::test]
async fn a_public_server_leads_nobody_into_a_private_network() {
    use fmcp_auth::{OAuth, Scheme, testing::Follow};
    // TEST-NET addresses are not public either; this one is, and nobody is asked there: the challenge leads
    // to this machine at once.
    let world = World::new().await;
    let credentials = OAuth::new(Follow)
        .in_memory()
        .credentials("https://1.1.1.1/mcp")
        .unwrap();
    let metadata = format!(
        "{}/.well-known/oauth-protected-resource/mcp",
        world.inner.origin
    );
    let request = http::Request::post("https://1.1.1.1/mcp").body(()).unwrap();
    let response = http::Response::builder()
        .status(401)
        .header(
            "www-authenticate",
            format!("Bearer resource_metadata=\"{metadata}\""),
        )
        .body(())
        .unwrap();
    let (request, response) = (request.into_parts().0, response.into_parts().0);
    let error = credentials.refused(&request, &response).await.unwrap_err();
    assert!(
        error
            .message()
            .contains("not an address of the public internet"),
        "{error}"
    );
    assert!(world.log().is_empty(), "{:?}", world.log());
}
