//! Calls over HTTP and over standard streams: many at once, and arguments in headers.

use std::sync::atomic::{AtomicUsize, Ordering};

use fmcp::{
    Call, CallOptions, Client, ClientError, Context, Input, Kind, Method, Middleware, Next, Reply,
    Revision, Server, Target, Tool, model, tool,
};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::*;

/// A server on a port, until it is dropped.
struct Served {
    url: String,
    _ends: oneshot::Sender<()>,
}

async fn serve(server: Server) -> Served {
    let bound = server.bind_http("127.0.0.1:0").await.unwrap();
    let (ends, ended) = oneshot::channel();
    let url = bound.url();
    tokio::spawn(bound.run_until(async {
        let _ = ended.await;
    }));
    Served { url, _ends: ends }
}

async fn connect_in(target: impl fmcp::IntoTarget, revision: Revision) -> Client {
    Client::builder(target)
        .revision(revision)
        .connect()
        .await
        .unwrap()
}

const BOTH: [Revision; 2] = [Revision::NEWEST, Revision::NEWEST_LEGACY];

/// Asks a thousand things at once, and looks whether each has the answer of its own.
async fn a_thousand_at_once(client: &Client) {
    let calls = (0..1_000_i64).map(|n| {
        let client = client.clone();
        tokio::spawn(async move {
            let heard = Seen::default();
            let options = CallOptions::new().on_progress(push(&heard));
            let result = client.call_with("repeat", json!({"n": n}), options).await;
            assert_eq!(result.unwrap().parse::<i64>().unwrap(), n);
            let heard: Vec<_> = heard.lock().unwrap().drain(..).collect();
            let heard: Vec<_> = heard.iter().map(|r| r.progress.as_i64()).collect();
            assert_eq!(heard, [Some(n)]);
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_calls_over_http_are_not_mixed_up() {
    let repeat = |Input(Number { n }), ctx: Context| async move {
        ctx.progress(n, None, None).await;
        tokio::task::yield_now().await;
        n
    };
    let served = serve(Server::new("s").tool(Tool::new("repeat", repeat))).await;
    for revision in BOTH {
        let client = connect_in(served.url.as_str(), revision).await;
        a_thousand_at_once(&client).await;
        client.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_calls_over_standard_streams_are_not_mixed_up() {
    let program = crate::stdio::program("stdio-under-test");
    for revision in BOTH {
        let nothing: [&str; 0] = [];
        let target = Target::command(program.to_str().unwrap(), nothing);
        let client = connect_in(target, revision).await;
        a_thousand_at_once(&client).await;
        client.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_server_says_on_standard_error_goes_to_the_file_that_it_is_given() {
    let program = crate::stdio::program("stdio-under-test");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("server.log");
    for _ in 0..2 {
        let script = format!("echo it begins >&2; exec {}", program.display());
        let target = Target::command("sh", ["-c", &script]).stderr(&file);
        let client = Client::connect(target).await.unwrap();
        client.list_tools().await.unwrap();
        client.close().await;
    }
    let said = std::fs::read_to_string(&file).unwrap();
    assert_eq!(said.matches("it begins").count(), 2, "{said}");
}

/// Runs a query, and says which headers came with it.
#[tool(read_only)]
async fn query(
    #[arg(header = "Region")] region: String,
    #[arg(header = "Shard")] shard: Option<i64>,
    ctx: Context,
) -> Value {
    let headers = ctx.headers().cloned().unwrap_or_default();
    let named = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
    json!({"args": [region, shard],
        "headers": [named("mcp-param-region"), named("mcp-param-shard")]})
}

/// Makes of every list of tools what it wants.
struct Lists(fn(&mut Vec<model::Tool>, usize), AtomicUsize);

impl Lists {
    fn as_if(change: fn(&mut Vec<model::Tool>, usize)) -> Self {
        Self(change, Default::default())
    }
}

impl Middleware for Lists {
    async fn handle(&self, call: Call, next: Next<'_>) -> fmcp::Result<Reply> {
        let lists = *call.method() == Method::ListTools;
        let reply = next.run(call).await?;
        if !lists {
            return Ok(reply);
        }
        let mut result = reply.into_tools()?;
        let times = self.1.fetch_add(1, Ordering::SeqCst);
        (self.0)(&mut result.tools, times);
        Ok(result.into())
    }
}

async fn ask(client: &Client, region: &str, shard: Option<i64>) -> Result<Value, ClientError> {
    let arguments = json!({"region": region, "shard": shard});
    client.call("query", arguments).await?.parse()
}

#[tokio::test]
async fn arguments_are_repeated_in_headers() {
    let served = serve(Server::new("s").tool(query::tool())).await;
    let client = connect_in(served.url.as_str(), Revision::NEWEST).await;
    client.list_tools().await.unwrap();
    for (region, shard, headers) in [
        ("eu", Some(7), json!(["eu", "7"])),
        ("世界", None, json!(["=?base64?5LiW55WM?=", null])),
        ("", None, json!(["", null])),
    ] {
        let said = ask(&client, region, shard).await.unwrap();
        assert_eq!(said["args"], json!([region, shard]));
        assert_eq!(said["headers"], headers);
    }
    let error = ask(&client, "eu", Some(1 << 60)).await.unwrap_err();
    assert!(matches!(error, ClientError::Unwritable { .. }), "{error}");
    assert!(error.to_string().contains("`shard`"), "{error}");
}

#[tokio::test]
async fn a_client_that_does_not_know_the_tool_looks_it_up_when_it_is_refused() {
    let served = serve(Server::new("s").tool(query::tool())).await;
    let client = connect_in(served.url.as_str(), Revision::NEWEST).await;
    let said = ask(&client, "eu", None).await.unwrap();
    assert_eq!(said["headers"], json!(["eu", null]));
}

#[tokio::test]
async fn a_tool_that_has_changed_is_looked_up_once() {
    fn forgets_the_first_time(tools: &mut Vec<model::Tool>, times: usize) {
        if times == 0 {
            forgets(tools, times);
        }
    }
    fn forgets(tools: &mut Vec<model::Tool>, _: usize) {
        for tool in std::mem::take(tools) {
            tools.push(model::Tool::new(tool.name, json!({"type": "object"})));
        }
    }
    let changed = Lists::as_if(forgets_the_first_time);
    let served = serve(Server::new("s").tool(query::tool()).layer(changed)).await;
    let client = connect_in(served.url.as_str(), Revision::NEWEST).await;
    client.list_tools().await.unwrap();
    let said = ask(&client, "eu", None).await.unwrap();
    assert_eq!(said["headers"], json!(["eu", null]));

    let served = serve(
        Server::new("s")
            .tool(query::tool())
            .layer(Lists::as_if(forgets)),
    )
    .await;
    let client = connect_in(served.url.as_str(), Revision::NEWEST).await;
    let error = ask(&client, "eu", None).await.unwrap_err();
    assert_eq!(error.kind(), Kind::HeaderMismatch);
    assert!(error.to_string().contains("is missing"), "{error}");
}

#[tokio::test]
async fn tools_with_wrong_annotations_are_left_out_over_http() {
    fn breaks(tools: &mut Vec<model::Tool>, _: usize) {
        let schema = json!({"type": "object",
            "properties": {"region": {"type": "number", "x-mcp-header": "Region"}}});
        let mut broken = tools[0].clone();
        broken.name = "broken".to_owned();
        broken.input_schema = schema.into();
        tools.push(broken);
    }
    let server = Server::new("s")
        .tool(query::tool())
        .layer(Lists::as_if(breaks));
    let served = serve(server.clone()).await;
    let names = |tools: Vec<model::Tool>| -> Vec<String> {
        tools.into_iter().map(|tool| tool.name).collect()
    };

    let client = connect_in(served.url.as_str(), Revision::NEWEST).await;
    assert_eq!(names(client.list_tools().await.unwrap()), ["query"]);
    let page = client.list_tools_page(None).await.unwrap();
    assert_eq!(names(page.tools), ["query"]);
    let error = client.call("broken", ()).await.unwrap_err();
    assert!(
        error.to_string().starts_with(
            "tools/call broken: cannot be sent: the tool must not be called over HTTP"
        ) && error.to_string().contains("`region`"),
        "{error}"
    );

    let legacy = connect_in(served.url.as_str(), Revision::NEWEST_LEGACY).await;
    assert_eq!(
        names(legacy.list_tools().await.unwrap()),
        ["query", "broken"]
    );
    let memory = connect_in(&server, Revision::NEWEST).await;
    assert_eq!(
        names(memory.list_tools().await.unwrap()),
        ["query", "broken"]
    );
}
