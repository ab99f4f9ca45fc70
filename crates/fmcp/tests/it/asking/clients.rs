//! The same with our own client, in both eras: everything through its handlers.

use fmcp::{
    Answer, Client, Consent, Context, Elicitation, Revision, Server, Tool, ToolError,
    UrlElicitation,
    model::{CreateMessageResult, Role},
};
use serde_json::json;

fn server() -> Server {
    Server::new("s").tool(Tool::new("all", |ctx: Context| async move {
        let sure = ctx.confirm("Sure?").await?;
        let (name, size) = ctx
            .ask_all((
                ctx.elicit::<String>("Name?"),
                ctx.choose("Size?", ["s", "l"]),
            ))
            .await?;
        let gone = ctx
            .elicit_url("Pay", "https://example.com/pay")
            .await?
            .is_accepted();
        let (roots, said) = ctx.ask_all((ctx.list_roots(), ctx.sample("Hm?"))).await?;
        Ok::<_, ToolError>(format!(
            "{sure} {:?} {:?} {gone} {} {}",
            name.accepted(),
            size.accepted(),
            roots[0].uri,
            said.text()
        ))
    }))
}

#[tokio::test]
async fn one_handler_serves_our_client_in_both_eras() {
    for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
        let client = Client::builder(server())
            .revision(revision)
            .on_elicit(async |question: Elicitation| match question.message() {
                "Sure?" => Answer::defaults(),
                "Name?" => Answer::accept(json!({"value": "Ada"})),
                _ => Answer::accept(json!({"choice": "l"})),
            })
            .on_elicit_url(async |_: UrlElicitation| Consent::Given)
            .on_sample(async |_| CreateMessageResult::new("tiny", Role::Assistant, "aha"))
            .roots(["file:///home"])
            .connect()
            .await
            .unwrap();
        let said = client.call("all", ()).await.unwrap();
        assert_eq!(
            said.text(),
            r#"true Some("Ada") Some("l") true file:///home aha"#,
            "{revision}"
        );
    }
}
