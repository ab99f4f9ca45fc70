//! What is committed and what is rolled back, on each database that is there.

#![allow(missing_docs, clippy::unwrap_used)]

use std::time::Duration;

use fmcp::{
    Answer, Client, Context, Depends, Elicitation, Server, Tool, ToolError,
    testing::{self, TestClient},
};
use fmcp_example_database::{
    Postgres, Sqlite, Transaction,
    accounts::{Accounts, SCHEMA, server},
};
use serde_json::json;

/// Every account, as `name balance`.
async fn books(client: &TestClient) -> String {
    let result = client.call("accounts", ()).await.unwrap();
    let listed: serde_json::Value = result.parse().unwrap();
    let all = listed["accounts"].as_array().unwrap().iter();
    let one = |account: &serde_json::Value| {
        format!(
            "{} {}",
            account["name"].as_str().unwrap(),
            account["balance"]
        )
    };
    all.map(one).collect::<Vec<_>>().join(", ")
}

/// Tools that write, and then do not succeed.
fn with_failures<D: Accounts>(server: Server) -> Server {
    async fn write<D: Accounts>(transaction: &Transaction<D>) -> Result<(), ToolError> {
        D::add(transaction, "mallory".to_owned(), 1_000).await?;
        Ok(())
    }
    server
        .tool(Tool::new(
            "fails",
            |transaction: Depends<Transaction<D>>| async move {
                write(&transaction).await?;
                Err::<(), _>(ToolError::new("no"))
            },
        ))
        .tool(Tool::new(
            "panics",
            |transaction: Depends<Transaction<D>>| async move {
                write(&transaction).await?;
                if std::hint::black_box(true) {
                    panic!("no");
                }
                Ok::<_, ToolError>(())
            },
        ))
        .tool(
            Tool::new("hangs", |transaction: Depends<Transaction<D>>| async move {
                write(&transaction).await?;
                std::future::pending::<()>().await;
                Ok::<_, ToolError>(())
            })
            .timeout(Duration::from_millis(300)),
        )
        .tool(Tool::new(
            "asks",
            |transaction: Depends<Transaction<D>>, ctx: Context| async move {
                write(&transaction).await?;
                Ok::<_, ToolError>(ctx.confirm("really?").await?)
            },
        ))
}

async fn keeps_its_books<D: Accounts>(database: D) {
    let server = with_failures::<D>(server(database));
    let client = testing::connect(&server).await;
    assert_eq!(
        client.call("about", ()).await.unwrap().text(),
        "accounts, kept in a database"
    );
    for (name, amount) in [("ada", 10), ("bob", 5), ("ada", 5)] {
        client
            .call("deposit", json!({"name": name, "amount": amount}))
            .await
            .unwrap();
    }
    assert_eq!(books(&client).await, "ada 15, bob 5", "committed");

    let transfer = |from, to, amount| json!({"from": from, "to": to, "amount": amount});
    let result = client.call("transfer", transfer("ada", "bob", 6)).await;
    assert_eq!(testing::expect_text(&result), "ada has 9 left");
    let result = client.call("transfer", transfer("ada", "bob", 10)).await;
    assert_eq!(testing::expect_tool_error(&result), "ada has less than 10");
    assert_eq!(
        books(&client).await,
        "ada 9, bob 11",
        "what the inner call did is rolled back, too"
    );

    for tool in ["fails", "panics", "hangs"] {
        assert!(client.call(tool, ()).await.is_err(), "{tool}");
        assert_eq!(books(&client).await, "ada 9, bob 11", "{tool}");
    }
    // A question ends the run of the handler, and its transaction; the answer runs it again, as a whole.
    let asked = Client::builder(&server).on_elicit(async |_: Elicitation| Answer::defaults());
    let asked = asked.connect().await.unwrap();
    assert_eq!(asked.call("asks", ()).await.unwrap().text(), "true");
    assert_eq!(
        books(&client).await,
        "ada 9, bob 11, mallory 1000",
        "once, not twice"
    );

    many_at_once(&client).await;
}

/// More calls than connections, all of which write.
async fn many_at_once(client: &TestClient) {
    let calls = (0..40).map(|_| client.call("deposit", json!({"name": "zoe", "amount": 1})));
    futures_util::future::try_join_all(calls).await.unwrap();
    assert!(books(client).await.ends_with("zoe 40"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let database = Sqlite::open(folder.path().join("accounts.db"), 3, SCHEMA)
        .await
        .unwrap();
    keeps_its_books(database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres() {
    let Ok(url) = std::env::var("TEST_DATABASE_URL") else {
        println!("not run: TEST_DATABASE_URL names no database");
        return;
    };
    // A schema of its own, which nobody has used before.
    let schema = format!("fmcp_test_{}", std::process::id());
    let setup = format!("CREATE SCHEMA {schema}; SET search_path = {schema}; {SCHEMA}");
    let url = format!(
        "{url}{}options=-csearch_path%3D{schema}",
        if url.contains('?') { "&" } else { "?" }
    );
    let database = Postgres::connect(&url, 3, &setup).await.unwrap();
    keeps_its_books(database).await;
    let clean = format!("DROP SCHEMA {schema} CASCADE");
    Postgres::connect(&url, 1, &clean).await.unwrap();
}
