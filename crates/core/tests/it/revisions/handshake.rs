//! Which revision comes of which request for one.

use fmcp_core::protocol::{Era, Params, Revision, revision::Handshake};
use serde_json::json;

fn check(asked: &str, agreed: Revision) {
    let params = json!({
        "protocolVersion": asked,
        "capabilities": {"sampling": {}},
        "clientInfo": {"name": "client", "version": "1"},
    });
    let handshake = Handshake::read(&Params::of(&params).unwrap()).unwrap();
    assert_eq!(handshake.revision, agreed, "{asked}");
    let session = handshake.session("s");
    assert_eq!(session.revision(), agreed);
    assert_eq!(session.client().unwrap().name, "client");
    assert!(session.capabilities().sampling.is_some());
}

#[test]
fn a_known_revision_is_agreed_to_and_else_the_newest_with_sessions() {
    for revision in Revision::ALL {
        let legacy = revision.era() == Era::Legacy;
        check(
            revision.as_str(),
            if legacy {
                revision
            } else {
                Revision::NEWEST_LEGACY
            },
        );
    }
    for unknown in ["", "1", "2025-06-19", "2099-01-01", "2025-06-18 "] {
        check(unknown, Revision::NEWEST_LEGACY);
    }
}

#[test]
fn half_a_handshake_is_refused() {
    for params in [
        json!({}),
        json!({"protocolVersion": "2025-06-18", "capabilities": {}}),
        json!({"protocolVersion": 1, "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}}),
        json!({"protocolVersion": "2025-06-18", "clientInfo": {"name": "c", "version": "1"}}),
    ] {
        let error = Handshake::read(&Params::of(&params).unwrap()).unwrap_err();
        assert_eq!(error.code(), -32602, "{params}");
    }
}
