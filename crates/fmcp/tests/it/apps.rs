//! MCP Apps: pages of servers, as hosts read them.

use fmcp::{
    Client, Context, Resource, ResourceContents, Revision, Server, Target, Tool,
    apps::{self, Audience, Csp, IDENTIFIER, Link, MIME_TYPE, View},
    model::{self, TextResourceContents},
};
use serde_json::json;

const URI: &str = "ui://weather/now";
const HTML: &str = "<!DOCTYPE html><title>Weather</title>";

fn view() -> View {
    View::new()
        .csp(Csp::new().connect(["https://api.example.com"]))
        .permission("geolocation")
        .prefers_border(true)
}

fn server() -> Server {
    Server::new("weather")
        .resource(Resource::page(URI, HTML).view(&view()))
        .resource(
            Resource::new("ui://weather/fresh", || async {
                let view = View::new().domain("fresh.example");
                let page = TextResourceContents::new("ui://weather/fresh", HTML);
                ResourceContents::from(page.mime_type(MIME_TYPE).meta(view.to_meta()))
            })
            .mime(MIME_TYPE)
            .view(&view()),
        )
        .resource(Resource::new("ui://weather/text", || async { "no page" }).mime("text/html"))
        .tool(
            Tool::new("now", |ctx: Context| async move {
                match apps::can_show(&ctx.client_capabilities()) {
                    true => "see the page",
                    false => "21 degrees, sunny",
                }
            })
            .page(URI),
        )
        .tool(Tool::new("fresh", || async {}).page("ui://weather/fresh"))
        .tool(
            Tool::new("refresh", || async {})
                .visible_to([Audience::App])
                .page(URI),
        )
        .tool(Tool::new("text", || async {}).page("ui://weather/text"))
        .tool(Tool::new("gone", || async {}).page("ui://weather/gone"))
        .tool(Tool::new("plain", || async {}))
}

async fn host(target: impl fmcp::IntoTarget) -> Client {
    Client::builder(target).apps().connect().await.unwrap()
}

async fn tool(client: &Client, name: &str) -> model::Tool {
    let tools = client.list_tools().await.unwrap();
    tools.into_iter().find(|tool| tool.name == name).unwrap()
}

#[tokio::test]
async fn what_a_server_says_goes_over_the_wire_as_the_extension_has_it() {
    for revision in Revision::ALL {
        let client = Client::builder(server()).revision(revision);
        let client = client.connect().await.unwrap();
        let refresh = serde_json::to_value(tool(&client, "refresh").await).unwrap();
        // The first revisions have no metadata of tools.
        if revision >= Revision::V2025_06_18 {
            let expect = json!({"resourceUri": URI, "visibility": ["app"]});
            assert_eq!(refresh["_meta"]["ui"], expect, "{revision}");
        }
        let resources = client.list_resources().await.unwrap();
        let page = serde_json::to_value(&resources[0]).unwrap();
        assert_eq!(
            (&page["uri"], &page["mimeType"]),
            (&json!(URI), &json!(MIME_TYPE))
        );
    }
}

#[tokio::test]
async fn a_host_reads_the_page_of_a_tool_and_how_it_is_to_be_shown() {
    let client = host(server()).await;
    let page = client.page_of(&tool(&client, "now").await).await;
    let page = page.unwrap().unwrap();
    assert_eq!((page.uri.as_str(), page.html.as_str()), (URI, HTML));
    assert_eq!(page.view, view());
    // What the contents say counts more than what is listed.
    let fresh = client.page_of(&tool(&client, "fresh").await).await;
    let fresh = fresh.unwrap().unwrap().view;
    assert_eq!(fresh, View::new().domain("fresh.example"));
    let none = client.page_of(&tool(&client, "plain").await).await.unwrap();
    assert_eq!(none, None);
}

#[tokio::test]
async fn what_is_no_page_is_not_shown() {
    let client = host(server()).await;
    let error = client
        .page_of(&tool(&client, "text").await)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("it is no page"), "{error}");
    let error = client
        .page_of(&tool(&client, "gone").await)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), fmcp::Kind::NotFound);
}

#[tokio::test]
async fn models_do_not_see_what_is_for_pages() {
    let client = host(server()).await;
    let tools = client.list_tools().await.unwrap();
    let for_models: Vec<_> = tools
        .iter()
        .filter(|tool| Link::of(tool).is_for_models())
        .map(|tool| tool.name.as_str())
        .collect();
    assert_eq!(for_models, ["now", "fresh", "text", "gone", "plain"]);
}

#[tokio::test]
async fn a_server_sees_whether_its_client_shows_pages() {
    for revision in [Revision::NEWEST_LEGACY, Revision::NEWEST] {
        for (shows, expect) in [(true, "see the page"), (false, "21 degrees, sunny")] {
            let mut builder = Client::builder(server()).revision(revision);
            if shows {
                builder = builder.apps();
            }
            let client = builder.connect().await.unwrap();
            let result = client.call("now", ()).await.unwrap();
            assert_eq!(result.text(), expect, "{revision}");
        }
    }
}

#[tokio::test]
async fn of_many_servers_each_has_its_own_pages() {
    let both = Target::many([("a", server()), ("b", server())]);
    let client = host(both).await;
    let now = tool(&client, "b_now").await;
    let uri = Link::of(&now).resource_uri.unwrap();
    assert_eq!(uri, "ui://b/weather/now");
    let page = client.page_of(&now).await.unwrap().unwrap();
    assert_eq!((page.html.as_str(), page.view), (HTML, view()));
}

#[tokio::test]
async fn a_host_says_so_in_its_capabilities() {
    let said = Server::new("s").tool(Tool::new("t", |ctx: Context| async move {
        let all = ctx.client_capabilities().extensions.unwrap_or_default();
        all.get(IDENTIFIER).map(|said| said.to_value().to_string())
    }));
    let told = host(said).await.call("t", ()).await.unwrap();
    let told: String = told.parse().unwrap();
    assert_eq!(told, json!({"mimeTypes": [MIME_TYPE]}).to_string());
}
