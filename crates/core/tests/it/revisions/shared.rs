//! A shared reply says what its single twin says, to everybody and in every revision.

use fmcp_core::{
    Raw, Reply,
    protocol::{
        Era, Identity, Method, Revision,
        model::{
            CallToolResult, DiscoverResult, EmptyResult, Implementation, ListToolsResult, Meta,
            ServerCapabilities, Tool,
        },
    },
};
use serde_json::json;

use super::write;

fn replies() -> Vec<(Method, Reply)> {
    let tools = || {
        let schema = Raw::from(json!({"type": "object"}));
        ListToolsResult::new([Tool::new("lamp", schema).title("Lamp")])
    };
    let own = || Meta::new().with("example.com/a", json!(1));
    let upstream = own().with(
        Meta::SERVER_INFO,
        json!({"name": "upstream", "version": "9"}),
    );
    let discover = || DiscoverResult::new(["2026-07-28".to_owned()], ServerCapabilities::new());
    let raw = |revision, text| Reply::Raw(revision, Raw::from_text(text).unwrap());
    vec![
        (Method::ListTools, tools().into()),
        (Method::ListTools, tools().meta(own()).into()),
        (Method::ListTools, tools().meta(upstream).into()),
        (Method::CallTool, CallToolResult::text("on").into()),
        (Method::Discover, discover().into()),
        (Method::Discover, discover().meta(own()).into()),
        (Method::Ping, EmptyResult::new().into()),
        (
            Method::ListTools,
            raw(Revision::V2025_06_18, r#" {"tools":[],"_meta":{"b":2}} "#),
        ),
        (
            Method::ListTools,
            raw(Revision::NEWEST, r#"{"tools":[],"resultType":"complete"}"#),
        ),
    ]
}

#[test]
fn a_shared_reply_says_what_its_twin_says() {
    let identities = ["one", "two"].map(|name| Identity::new(Implementation::new(name, "1")));
    for (method, reply) in replies() {
        let shared = reply.clone().shared();
        for revision in Revision::ALL {
            for identity in [None, Some(&identities[0]), Some(&identities[1]), None] {
                let single = write(revision, &method, reply.clone(), identity).unwrap();
                let got = write(revision, &method, shared.clone(), identity).unwrap();
                assert_eq!(got, single, "{revision} {method}");
            }
        }
    }
}

#[test]
fn the_server_is_named_in_modern_results_only() {
    let identity = Identity::new(Implementation::new("lamp", "1"));
    for reply in [
        ListToolsResult::default().into(),
        Reply::from(ListToolsResult::default()).shared(),
    ] {
        for revision in Revision::ALL {
            let result =
                write(revision, &Method::ListTools, reply.clone(), Some(&identity)).unwrap();
            let named = &result["_meta"][Meta::SERVER_INFO]["name"];
            match revision.era() {
                Era::Modern => assert_eq!(named, "lamp"),
                Era::Legacy => assert_eq!(result, json!({"tools": []})),
            }
        }
    }
}
