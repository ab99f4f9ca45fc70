//! Questions to the user, and where the user works.

use fmcp::{
    Context, Elicited, Prompt, Resource, Revision, Server, Tool, ToolError,
    schemars::JsonSchema,
    serde::{Deserialize, Serialize},
};
use serde_json::{Value, json};

use super::*;

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(crate = "fmcp::serde")]
#[schemars(crate = "fmcp::schemars")]
struct Trip {
    /// Where to
    city: String,
    #[schemars(range(min = 1, max = 30))]
    nights: u8,
    class: Option<Class>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(crate = "fmcp::serde")]
#[schemars(crate = "fmcp::schemars")]
enum Class {
    /// At the front
    First,
    /// At the back
    Second,
}

async fn trip(ctx: Context) -> Result<String, ToolError> {
    Ok(match ctx.elicit::<Trip>("Where to?").await? {
        Elicited::Accepted(trip) => format!("{} {} {:?}", trip.city, trip.nights, trip.class),
        Elicited::Declined => "declined".to_owned(),
        Elicited::Cancelled => "cancelled".to_owned(),
    })
}

fn server() -> Server {
    Server::new("asks")
        .tool(Tool::new("trip", trip))
        .resource(Resource::new("ask://trip", trip))
        .prompt(Prompt::new("trip", trip))
        .tool(Tool::new("number", |ctx: Context| async move {
            let number = ctx.elicit::<i64>("Which number?").await?;
            Ok::<_, ToolError>(format!("{number:?}"))
        }))
        .tool(Tool::new("sure", |ctx: Context| async move {
            let first = ctx.confirm("Sure?").await?;
            let second = ctx.confirm("Sure?").await?;
            Ok::<_, ToolError>(format!("{first} {second}"))
        }))
        .tool(Tool::new("size", |ctx: Context| async move {
            let size = ctx
                .choose("Which?", [("s", "Small"), ("l", "Large")])
                .await?;
            Ok::<_, ToolError>(format!("{size:?}"))
        }))
        .tool(Tool::new("pay", |ctx: Context| async move {
            let gone = ctx
                .elicit_url("Pay here", "https://example.com/pay")
                .await?;
            Ok::<_, ToolError>(format!("{gone:?}"))
        }))
        .tool(Tool::new("roots", |ctx: Context| async move {
            let roots = ctx.list_roots().await?;
            Ok::<_, ToolError>(
                roots
                    .iter()
                    .map(|root| root.uri.clone())
                    .collect::<Vec<_>>()
                    .join(" "),
            )
        }))
}

/// What a tool says in these revisions when its user answers so.
async fn check(
    revisions: &[Revision],
    tool: &str,
    script: impl Fn(usize, &str, &Value) -> Value + Clone + Send + Sync + 'static,
    expect: &str,
) {
    for revision in revisions {
        let peer = Peer::new(&server(), *revision, script.clone());
        assert_eq!(
            peer.call(tool).await,
            expect,
            "{revision} {:?}",
            peer.asked()
        );
    }
}

#[tokio::test]
async fn a_form_is_asked_for_by_its_type() {
    let right =
        |_, _: &str, _: &Value| accept(json!({"city": "Rome", "nights": 3, "class": "First"}));
    check(&WITH_FORMS, "trip", right, "Rome 3 Some(First)").await;
    let less =
        |_, _: &str, _: &Value| accept(json!({"city": "Rome", "nights": 3, "class": null, "x": 1}));
    check(&WITH_FORMS, "trip", less, "Rome 3 None").await;
    check(
        &WITH_FORMS,
        "trip",
        |_, _, _| json!({"action": "decline"}),
        "declined",
    )
    .await;
    check(
        &WITH_FORMS,
        "trip",
        |_, _, _| json!({"action": "cancel"}),
        "cancelled",
    )
    .await;
    check(
        &WITH_FORMS,
        "number",
        |_, _, _| accept(json!({"value": 7})),
        "Accepted(7)",
    )
    .await;
}

#[tokio::test]
async fn resources_and_prompts_ask_as_tools_do() {
    for revision in WITH_FORMS {
        for (method, params) in [
            ("resources/read", json!({"uri": "ask://trip"})),
            ("prompts/get", json!({"name": "trip"})),
        ] {
            let peer = Peer::new(&server(), revision, |_, _, _| {
                accept(json!({"city": "Rome", "nights": 3}))
            });
            let answer = peer.send(method, params).await;
            assert_eq!(said(&answer), "Rome 3 None", "{revision} {method}");
        }
    }
}

#[tokio::test]
async fn the_form_is_said_as_the_revision_has_it() {
    for (revision, class) in [
        (
            Revision::V2025_06_18,
            json!({"type": "string", "enum": ["First", "Second"],
            "enumNames": ["At the front", "At the back"]}),
        ),
        (
            Revision::V2026_07_28,
            json!({"type": "string", "oneOf": [
            {"const": "First", "title": "At the front"}, {"const": "Second", "title": "At the back"}]}),
        ),
    ] {
        let peer = Peer::new(&server(), revision, |_, _, _| json!({"action": "decline"}));
        peer.call("trip").await;
        let (method, params) = peer.asked().remove(0);
        assert_eq!(method, "elicitation/create");
        assert_eq!(params["message"], "Where to?");
        assert_eq!(
            params["requestedSchema"],
            json!({"type": "object", "required": ["city", "nights"], "properties": {
                "city": {"type": "string", "description": "Where to"},
                "nights": {"type": "integer", "minimum": 1, "maximum": 30},
                "class": class,
            }}),
            "{revision}"
        );
    }
}

#[tokio::test]
async fn yes_and_no_and_choices() {
    let agree = |n, _: &str, _: &Value| {
        if n == 0 {
            accept(json!({}))
        } else {
            json!({"action": "cancel"})
        }
    };
    check(&WITH_FORMS, "sure", agree, "true false").await;
    check(
        &WITH_FORMS,
        "size",
        |_, _, _| accept(json!({"choice": "l"})),
        "Accepted(\"l\")",
    )
    .await;
    check(
        &WITH_FORMS,
        "size",
        |_, _, _| json!({"action": "decline"}),
        "Declined",
    )
    .await;
}

#[tokio::test]
async fn an_address_is_asked_to_be_opened_where_the_revision_has_it() {
    let url = [Revision::V2025_11_25, Revision::V2026_07_28];
    check(
        &url,
        "pay",
        |_, _, _| json!({"action": "accept"}),
        "Accepted(())",
    )
    .await;
    for (revision, has_id) in url.into_iter().zip([true, false]) {
        let peer = Peer::new(&server(), revision, |_, _, _| json!({"action": "decline"}));
        assert_eq!(peer.call("pay").await, "Declined");
        let params = &peer.asked()[0].1;
        assert_eq!(
            (&params["mode"], &params["url"]),
            (&json!("url"), &json!("https://example.com/pay"))
        );
        assert_eq!(params["elicitationId"].is_string(), has_id, "{revision}");
    }
    let older = [Revision::V2025_06_18];
    let words = "failed: a client of revision 2025-06-18 cannot be asked to open an address, which this needs";
    check(&older, "pay", |_, _, _| json!({"action": "accept"}), words).await;
}

#[tokio::test]
async fn roots_are_listed_in_every_revision() {
    let roots =
        |_, _: &str, _: &Value| json!({"roots": [{"uri": "file:///a"}, {"uri": "file:///b"}]});
    check(&Revision::ALL, "roots", roots, "file:///a file:///b").await;
}

#[tokio::test]
async fn wrong_answers_are_asked_again_and_say_what_was_wrong() {
    let at_last = |n, _: &str, _: &Value| match n {
        0 => accept(json!({"city": "Rome", "nights": 31})),
        1 => json!(12345),
        _ => accept(json!({"city": "Rome", "nights": 30})),
    };
    check(&WITH_FORMS, "trip", at_last, "Rome 30 None").await;
    for revision in WITH_FORMS {
        let peer = Peer::new(&server(), revision, at_last);
        peer.call("trip").await;
        let again = peer.asked()[1].1["message"].as_str().unwrap().to_owned();
        assert!(
            again.contains("Where to?") && again.contains("nights must be at most 30"),
            "{again}"
        );
    }
}

#[tokio::test]
async fn wrong_answers_are_not_asked_for_ever() {
    for revision in WITH_FORMS {
        let peer = Peer::new(&server(), revision, |_, _, _| {
            accept(json!({"city": 1, "nights": 1}))
        });
        let words = peer.call("trip").await;
        assert!(
            words.starts_with("failed: ") && words.contains("city must be text"),
            "{words}"
        );
        assert_eq!(peer.asked().len(), 3, "{revision}");
    }
}

#[tokio::test]
async fn a_client_that_cannot_be_asked_is_not() {
    for (tool, can, lacks) in [
        ("trip", json!({}), json!({"elicitation": {"form": {}}})),
        (
            "trip",
            json!({"elicitation": {"url": {}}}),
            json!({"elicitation": {"form": {}}}),
        ),
        (
            "pay",
            json!({"elicitation": {}}),
            json!({"elicitation": {"url": {}}}),
        ),
        ("roots", json!({"elicitation": {}}), json!({"roots": {}})),
    ] {
        let never = |_, _: &str, _: &Value| panic!("it was asked");
        let peer = Peer::new(&server(), Revision::NEWEST, never).capabilities(can.clone());
        let answer = peer.send("tools/call", json!({"name": tool})).await;
        assert_eq!(answer["error"]["code"], -32021, "{answer}");
        assert_eq!(answer["error"]["data"]["requiredCapabilities"], lacks);
        let peer = Peer::new(&server(), Revision::V2025_11_25, never).capabilities(can);
        let words = peer.call(tool).await;
        assert!(words.starts_with("failed: the client cannot "), "{words}");
    }
}

#[tokio::test]
async fn a_type_that_is_no_form_is_the_authors_mistake() {
    #[derive(Deserialize, JsonSchema)]
    #[serde(crate = "fmcp::serde")]
    #[schemars(crate = "fmcp::schemars")]
    #[allow(dead_code)]
    struct Deep {
        trip: Trip,
    }
    let server = Server::new("s").tool(Tool::new("deep", |ctx: Context| async move {
        Ok::<_, ToolError>(ctx.elicit::<Deep>("?").await?.is_accepted())
    }));
    for revision in WITH_FORMS {
        let words = Peer::new(&server, revision, |_, _, _| json!({}))
            .call("deep")
            .await;
        assert!(
            words.contains("Deep cannot be asked for in a form: `trip` must be text"),
            "{words}"
        );
    }
}
