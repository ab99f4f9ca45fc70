//! What holds for the replies of all kinds in all revisions.

use fmcp_core::protocol::{Era, Method, Revision};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde_json::Value;

use super::{generate, raise, schema::Official, write};

/// Runs `check` over replies that hold all that `said` can say.
fn for_replies(
    cases: u32,
    said: Revision,
    check: impl Fn(&Method, &Value) -> Result<(), TestCaseError>,
) {
    let config = Config {
        failure_persistence: None,
        ..Config::with_cases(cases)
    };
    TestRunner::new(config)
        .run(&generate::reply(said), |(method, reply)| {
            check(&method, &reply)
        })
        .unwrap_or_else(|error| panic!("{said}: {error}"));
}

fn lowered(revision: Revision, method: &Method, reply: &Value) -> Value {
    write(
        revision,
        method,
        raise(Revision::NEWEST, method, reply),
        None,
    )
    .unwrap()
}

/// What the newest revision says about every result, whether anybody said so or not.
fn without_additions(mut result: Value) -> Value {
    for name in ["resultType", "ttlMs", "cacheScope"] {
        result.as_object_mut().unwrap().shift_remove(name);
    }
    result
}

#[test]
fn what_a_revision_can_say_is_not_lost() {
    for revision in Revision::ALL {
        for_replies(500, revision, |method, reply| {
            let written = write(revision, method, raise(revision, method, reply), None).unwrap();
            match revision.era() {
                Era::Legacy => prop_assert_eq!(&written, reply),
                Era::Modern => {
                    prop_assert_eq!(without_additions(written), without_additions(reply.clone()));
                }
            }
            Ok(())
        });
    }
}

#[test]
fn an_older_reply_becomes_a_newer_one_and_the_same_again() {
    for revision in Revision::ALL.into_iter().filter(|r| r.era() == Era::Legacy) {
        for_replies(300, revision, |method, reply| {
            let newest = write(
                Revision::NEWEST,
                method,
                raise(revision, method, reply),
                None,
            )
            .unwrap();
            if *method != Method::Discover {
                let mut again = lowered(revision, method, &newest);
                restore_tasks(&mut again, reply);
                prop_assert_eq!(&again, reply);
            }
            Ok(())
        });
    }
}

/// Puts back how 2025-11-25 runs a tool as a task, which the newest revision cannot say.
fn restore_tasks(again: &mut Value, reply: &Value) {
    let tools = again.get_mut("tools").and_then(Value::as_array_mut);
    for (i, tool) in tools.into_iter().flatten().enumerate() {
        if let Some(execution) = reply["tools"][i].get("execution") {
            tool["execution"] = execution.clone();
        }
    }
}

#[test]
fn lowering_again_changes_nothing() {
    for revision in Revision::ALL {
        for_replies(300, Revision::NEWEST, |method, reply| {
            let once = lowered(revision, method, reply);
            let again = write(revision, method, raise(revision, method, &once), None).unwrap();
            prop_assert_eq!(again, once);
            Ok(())
        });
    }
}

#[test]
fn a_stop_on_the_way_down_changes_nothing() {
    for_replies(500, Revision::NEWEST, |method, reply| {
        for (at, older) in Revision::ALL.into_iter().enumerate() {
            let straight = lowered(older, method, reply);
            for newer in &Revision::ALL[at..] {
                let mut stopped = raise(Revision::NEWEST, method, reply);
                newer.lower(&mut stopped);
                prop_assert_eq!(&write(older, method, stopped, None).unwrap(), &straight);
            }
        }
        Ok(())
    });
}

/// The objects of the schemas are closed: what a revision does not know must not be there.
#[test]
#[allow(clippy::print_stdout)]
fn lowered_replies_follow_the_official_schemas() {
    let Some(official) = Official::find() else {
        println!("no official schemas at hand and FMCP_SPEC is not set: nothing was checked");
        return;
    };
    for revision in Revision::ALL {
        for_replies(1000, Revision::NEWEST, |method, reply| {
            let result = lowered(revision, method, reply);
            let faults = official.faults(revision, method, &result);
            prop_assert!(faults.is_empty(), "{revision} {result}: {faults:#?}");
            Ok(())
        });
    }
    official.report("made-up replies");
}
