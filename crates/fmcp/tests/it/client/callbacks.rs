//! What a client hears while it waits: progress, logs, changes of lists.

use std::{sync::Arc, time::Duration};

use fmcp::{CallOptions, Client, ComponentKind, Context, LogLevel, Revision, Server, Tool, model};

use super::*;

#[tokio::test(start_paused = true)]
async fn progress_is_heard_thinned_out_and_before_the_answer() {
    let seen = Seen::default();
    let client = Client::builder(teller())
        .on_progress(push(&seen))
        .connect()
        .await
        .unwrap();
    let wanted: bool = client.call("tell", ()).await.unwrap().parse().unwrap();
    assert!(wanted);
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    let done: Vec<_> = seen
        .iter()
        .map(|report| report.progress.as_i64().unwrap())
        .collect();
    assert_eq!(done, [1, 10]);
    assert_eq!(seen[0].message.as_deref(), Some("working"));
}

#[tokio::test]
async fn progress_of_one_call_goes_to_its_own_callback() {
    let (all, one) = (Seen::default(), Seen::default());
    let client = Client::builder(teller())
        .on_progress(push(&all))
        .connect()
        .await
        .unwrap();
    let options = CallOptions::new().on_progress(push(&one));
    client.call_with("tell", (), options).await.unwrap();
    assert!(all.lock().unwrap().is_empty());
    assert!(!one.lock().unwrap().is_empty());
}

#[tokio::test]
async fn without_a_callback_nobody_asks_for_progress() {
    let client = Client::connect(teller()).await.unwrap();
    let wanted: bool = client.call("tell", ()).await.unwrap().parse().unwrap();
    assert!(!wanted);
}

#[tokio::test(start_paused = true)]
async fn progress_after_the_answer_is_noise() {
    let (seen, tasks) = (Seen::default(), Seen::default());
    let keep = push(&tasks);
    let keep = Arc::new(keep);
    let server = Server::new("late").tool(Tool::new("late", move |ctx: Context| {
        let keep = Arc::clone(&keep);
        async move {
            keep(tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                ctx.progress(1, 1, None).await;
            }));
        }
    }));
    let client = Client::builder(server)
        .on_progress(push(&seen))
        .connect()
        .await
        .unwrap();
    client.call("late", ()).await.unwrap();
    let task = tasks.lock().unwrap().pop().unwrap();
    task.await.unwrap();
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn logs_are_sent_from_the_level_that_the_client_wants() {
    for revision in Revision::ALL {
        for (level, expect) in [
            (None, &["\"slow\""][..]),
            (Some(LogLevel::Debug), &["\"looking\"", "\"slow\""]),
            (Some(LogLevel::Error), &[]),
        ] {
            let seen = Seen::default();
            let mut builder = Client::builder(teller())
                .revision(revision)
                .on_log(push(&seen));
            if let Some(level) = level {
                builder = builder.log_level(level);
            }
            let client = builder.connect().await.unwrap();
            client.call("tell", ()).await.unwrap();
            let seen = seen.lock().unwrap();
            let said: Vec<_> = seen.iter().map(|message| message.data.as_str()).collect();
            assert_eq!(said, expect, "{revision} {level:?}");
        }
    }
}

#[tokio::test]
async fn callbacks_may_be_async_and_may_ask_the_server() {
    let (seen, late) = (
        Seen::default(),
        Arc::new(std::sync::OnceLock::<Client>::new()),
    );
    let (hears, asks) = (Arc::new(push(&seen)), Arc::clone(&late));
    let client = Client::builder(teller())
        .on_log(move |message| {
            let (hears, asks) = (Arc::clone(&hears), Arc::clone(&asks));
            async move {
                let tools = asks.get().unwrap().list_tools().await.unwrap();
                hears((tools.len(), message.logger));
            }
        })
        .connect()
        .await
        .unwrap();
    late.set(client.clone()).unwrap();
    client.call("tell", ()).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [(1, Some("db".to_owned()))]);
}

#[tokio::test]
async fn changes_are_heard_in_every_revision() {
    for revision in Revision::ALL {
        let (tell, mut heard) = tokio::sync::mpsc::channel(10);
        let server = server();
        let client = Client::builder(&server)
            .revision(revision)
            .on_list_changed(move |kind| tell.try_send(kind).unwrap())
            .connect()
            .await
            .unwrap();
        client.list_tools().await.unwrap();
        server.add_tool(Tool::new("later", || async {})).unwrap();
        assert_eq!(heard.recv().await, Some(ComponentKind::Tool), "{revision}");
        assert!(
            client
                .list_tools()
                .await
                .unwrap()
                .iter()
                .any(|tool| tool.name == "later")
        );
        drop(client);
        assert_eq!(
            heard.recv().await,
            None,
            "{revision}: who dropped the client hears no more"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_logs_is_cut_and_counted() {
    let server = Server::new("s").tool(Tool::new("flood", |ctx: Context| async move {
        for _ in 0..2_000 {
            ctx.info("drop").await;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        ctx.info("last").await;
    }));
    let seen = Seen::<model::LogMessageParams>::default();
    let client = Client::builder(server)
        .on_log(push(&seen))
        .connect()
        .await
        .unwrap();
    client.call("flood", ()).await.unwrap();
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 502);
    assert!(
        seen[500].data.as_str().contains("1500 log messages"),
        "{:?}",
        seen[500].data
    );
    assert_eq!(seen[501].data.as_str(), "\"last\"");
}
