//! Cases in files: `tests/corpus/<revision>/<case>.json`, except for the newest revision, whose folder
//! holds one example of every type and whose cases lie in `tests/corpus/lowered-<revision>`.
//!
//! A file is one of
//! - `{"request": {"method", "params"}, "session"?, "call": {"method", "name"?, "arguments"?}}`: a request
//!   and the call that it becomes, in a legacy revision within a session unless `"session": false`;
//! - `{"request", "session"?, "refused": <error>}`: a request that does not become one;
//! - `{"method", "reply": <result of the newest>, "server"?, "lowered": <result>}`: what becomes of a reply;
//!   with `"open": true` it has fields that no schema knows, with `"refused"` it cannot be said;
//! - `{"method", "error": <error>, "lowered": <error>}`: the same for an error;
//! - `{"notice": {"method", "params"}, "lowered": <params>}`: the same for a notification.

use std::{fs, path::Path, sync::Arc};

use bytes::Bytes;
use fmcp_core::{
    Error, Notice, Session,
    protocol::{
        Era, Identity, Limits, Method, Params, Revision, Topic,
        jsonrpc::{Frame, Message, Request, read},
        model::{ClientCapabilities, ErrorObject, Implementation},
        revision::lift,
    },
};
use serde_json::{Value, json};

use super::{raise, schema::Official, write};

fn check_request(revision: Revision, case: &Value) {
    let message = json!({
        "jsonrpc": "2.0",
        "id": 7,
        "method": case["request"]["method"],
        "params": case["request"]["params"],
    });
    let Some(request) = request(&message) else {
        panic!("not a request: {message}")
    };
    let with_session = revision.era() == Era::Legacy && case["session"] != false;
    let session = Arc::new(Session::new(
        "s",
        revision,
        None,
        ClientCapabilities::default(),
    ));
    let method = request.method.clone();
    match lift(
        request,
        with_session.then(|| std::sync::Arc::clone(&session)),
    ) {
        Ok(call) => {
            let expect = &case["call"];
            assert_eq!(call.method().as_str(), expect["method"].as_str().unwrap());
            assert_eq!(call.name().as_deref(), expect["name"].as_str());
            let arguments = call
                .arguments()
                .map(|text| serde_json::from_slice(text).unwrap());
            assert_eq!(arguments.unwrap_or(Value::Null), expect["arguments"]);
            assert_eq!(call.id().unwrap(), "7");
            assert_eq!(call.session().is_some(), with_session);
            assert_eq!(call.revision().era(), revision.era());
            if with_session {
                assert_eq!(call.revision(), revision);
            }
        }
        Err(error) => check_error(revision.lower_error(&error, &method), &case["refused"]),
    }
}

fn request(message: &Value) -> Option<Request> {
    match read(Bytes::from(message.to_string()), &Limits::new()) {
        Frame::One(Ok(Message::Request(request))) => Some(request),
        _ => None,
    }
}

/// Compares what `expect` says; words are ours to change.
fn check_error(object: ErrorObject, expect: &Value) {
    let got = serde_json::to_value(object).unwrap();
    assert_eq!(got["code"], expect["code"], "{got}");
    assert_eq!(got.get("data"), expect.get("data"), "{got}");
}

fn check_reply(revision: Revision, case: &Value, official: Option<&Official>) {
    let method = Method::from(case["method"].as_str().unwrap());
    let server = case.get("server").map(|server| {
        Identity::new(serde_json::from_value::<Implementation>(server.clone()).unwrap())
    });
    let reply = raise(Revision::NEWEST, &method, &case["reply"]);
    match write(revision, &method, reply, server.as_ref()) {
        Ok(lowered) => {
            assert_eq!(lowered, case["lowered"], "\n{lowered:#}");
            if let Some(official) = official.filter(|_| case["open"] != true) {
                let faults = official.faults(revision, &method, &lowered);
                assert!(faults.is_empty(), "{faults:#?}");
            }
        }
        Err(error) => check_error(revision.lower_error(&error, &method), &case["refused"]),
    }
}

fn check_notice(revision: Revision, case: &Value) {
    let topic = Topic::from(case["notice"]["method"].as_str().unwrap());
    let mut notice = Notice::read(topic, Params::of(&case["notice"]["params"]).unwrap());
    revision.lower_notice(&mut notice);
    let lowered = match notice {
        Notice::Progress(params) => serde_json::to_value(params),
        Notice::Log(params) => serde_json::to_value(params),
        other => panic!("a case for {other:?} needs a line here"),
    };
    assert_eq!(lowered.unwrap(), case["lowered"]);
}

fn check(revision: Revision, case: &Value, official: Option<&Official>) {
    if case.get("request").is_some() {
        check_request(revision, case);
    } else if case.get("reply").is_some() {
        check_reply(revision, case, official);
    } else if case.get("notice").is_some() {
        check_notice(revision, case);
    } else {
        let error = serde_json::from_value::<ErrorObject>(case["error"].clone()).unwrap();
        let method = Method::from(case["method"].as_str().unwrap());
        check_error(
            revision.lower_error(&Error::from(error), &method),
            &case["lowered"],
        );
    }
}

#[test]
#[allow(clippy::print_stdout)]
fn every_case_of_every_revision() {
    let official = Official::find();
    for revision in Revision::ALL {
        let newest = if revision == Revision::NEWEST {
            "lowered-"
        } else {
            ""
        };
        let folder =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/corpus/{newest}{revision}"));
        let files = fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .map(|file| file.unwrap().path());
        let mut cases = 0;
        for file in files {
            println!("{}", file.display());
            let case = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
            check(revision, &case, official.as_ref());
            cases += 1;
        }
        println!("{cases} cases of {revision}");
        assert!(cases > 0, "{revision} has no case in {}", folder.display());
    }
    if let Some(official) = official {
        official.report("the corpus");
    }
}
