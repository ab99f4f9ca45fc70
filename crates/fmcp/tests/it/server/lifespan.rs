//! Start and stop hooks: once, in order, whatever fails.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use fmcp::{Client, Server, State, Tool, testing};
use tokio::sync::Notify;

type Diary = Arc<Mutex<Vec<&'static str>>>;

fn write(diary: &Diary, line: &'static str) {
    diary.lock().unwrap().push(line);
}

fn read(diary: &Diary) -> Vec<&'static str> {
    diary.lock().unwrap().clone()
}

struct Url(&'static str);
struct Db(String);

fn stop(server: Server, diary: &Diary, line: &'static str) -> Server {
    let diary = Arc::clone(diary);
    server.on_stop(move |_| async move { write(&diary, line) })
}

#[tokio::test]
async fn hooks_run_once_in_order_and_back() {
    let diary = Diary::default();
    let (first, second, last) = (diary.clone(), diary.clone(), diary.clone());
    let server = Server::new("s")
        .on_start(move |_| async move {
            write(&first, "start url");
            Ok::<_, String>(Url("db://a"))
        })
        .on_start(move |state| async move {
            write(&second, "start db");
            let url = state.get::<Url>().ok_or("no url")?.0;
            Ok::<_, &str>(Db(format!("connected to {url}")))
        })
        .on_stop(move |state| async move {
            write(&last, "stop a");
            assert!(state.get::<Db>().is_some(), "state outlives the server");
        })
        .tool(Tool::new("db", |State(db): State<Db>| async move {
            db.0.clone()
        }));
    let server = stop(server, &diary, "stop b");
    let client = testing::connect(&server).await;
    testing::connect(&server).await;
    let said = testing::expect_text(&client.call("db", ()).await);
    assert_eq!(said, "connected to db://a");
    assert_eq!(read(&diary), ["start url", "start db"]);
    server.stop().await;
    server.stop().await;
    assert_eq!(read(&diary), ["start url", "start db", "stop b", "stop a"]);
    let error = Client::connect(&server).await.unwrap_err();
    assert!(error.to_string().contains("has been stopped"), "{error}");
}

#[tokio::test]
async fn a_failed_start_is_torn_down() {
    let diary = Diary::default();
    let server = Server::new("s")
        .on_start(|_| async { Ok::<_, String>(Url("x")) })
        .on_start(|_| async { Err::<Db, _>("password=hunter2") })
        .on_start(|_| async {
            panic!("never run");
            #[allow(unreachable_code)]
            Ok::<_, String>(0_u8)
        });
    let server = stop(server, &diary, "stop");
    let error = server.start().await.unwrap_err();
    assert!(error.message().contains("a start hook failed"), "{error}");
    assert!(!error.message().contains("hunter2"), "{error}");
    assert_eq!(read(&diary), ["stop"]);
    let again = server.start().await.unwrap_err();
    assert!(again.message().contains("stopped"), "{again}");
    server.stop().await;
    assert_eq!(read(&diary), ["stop"]);
}

#[tokio::test]
async fn a_start_hook_that_panics_has_failed() {
    let diary = Diary::default();
    let server = Server::new("s").on_start(|_| async {
        panic!("no such table");
        #[allow(unreachable_code)]
        Ok::<_, String>(Db(String::new()))
    });
    let server = stop(server, &diary, "stop");
    let error = server.start().await.unwrap_err();
    assert!(error.message().contains("a start hook failed"), "{error}");
    assert!(format!("{error:?}").contains("no such table"), "{error:?}");
    assert_eq!(read(&diary), ["stop"]);
    assert!(
        Client::connect(&server).await.is_err(),
        "it has no database"
    );
}

#[tokio::test]
async fn a_stop_hook_that_panics_does_not_stop_the_others() {
    let diary = Diary::default();
    let server = stop(Server::new("s"), &diary, "first");
    let server = server
        .on_stop(|_| async { panic!("cannot close") })
        .on_stop(|_| {
            assert_eq!(1, 2, "cannot even begin");
            async {}
        });
    let server = stop(server, &diary, "last");
    server.start().await.unwrap();
    server.stop().await;
    assert_eq!(read(&diary), ["last", "first"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_clients_start_a_server_once() {
    let count = Arc::new(AtomicU32::new(0));
    let counts = Arc::clone(&count);
    let server = Server::new("s").on_start(move |_| async move {
        tokio::task::yield_now().await;
        counts.fetch_add(1, Ordering::SeqCst);
        Ok::<_, String>(Db(String::new()))
    });
    let server = server.tool(Tool::new("db", |_: State<Db>| async { "ok" }));
    let clients = (0..100).map(|_| {
        let server = server.clone();
        tokio::spawn(async move {
            let client = Client::connect(&server).await.unwrap();
            client.call("db", ()).await.unwrap().text().into_owned()
        })
    });
    for client in clients.collect::<Vec<_>>() {
        assert_eq!(client.await.unwrap(), "ok");
    }
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn who_stops_waiting_does_not_stop_the_start() {
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (says, waits) = (Arc::clone(&begun), Arc::clone(&go));
    let server = Server::new("s")
        .on_start(move |_| async move {
            says.notify_one();
            waits.notified().await;
            Ok::<_, String>(Url("u"))
        })
        .on_start(|state| async move {
            let url = state.get::<Url>().ok_or("no url")?.0;
            Ok::<_, &str>(Db(url.to_owned()))
        })
        .tool(Tool::new("db", |State(db): State<Db>| async move {
            db.0.clone()
        }));
    let first = server.clone();
    let impatient = tokio::spawn(async move { first.start().await });
    begun.notified().await;
    impatient.abort();
    assert!(impatient.await.unwrap_err().is_cancelled());
    go.notify_one();
    let client = testing::connect(&server).await;
    assert_eq!(testing::expect_text(&client.call("db", ()).await), "u");
}

#[tokio::test]
async fn who_stops_waiting_does_not_stop_the_stop() {
    let diary = Diary::default();
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (says, waits) = (Arc::clone(&begun), Arc::clone(&go));
    let server = stop(Server::new("s"), &diary, "first").on_stop(move |_| async move {
        says.notify_one();
        waits.notified().await;
    });
    server.start().await.unwrap();
    let other = server.clone();
    let impatient = tokio::spawn(async move { other.stop().await });
    begun.notified().await;
    impatient.abort();
    assert!(impatient.await.unwrap_err().is_cancelled());
    go.notify_one();
    server.stop().await;
    assert_eq!(read(&diary), ["first"]);
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_waits_for_its_own_server_is_told() {
    let own: Arc<Mutex<Option<Server>>> = Arc::default();
    let (first, last) = (Arc::clone(&own), Arc::clone(&own));
    let server = Server::new("s")
        .on_start(move |_| async move {
            let server = first.lock().unwrap().clone().unwrap();
            Client::connect(&server).await.map(drop)
        })
        .on_stop(move |_| async move {
            let server = last.lock().unwrap().take().unwrap();
            server.stop().await;
        });
    *own.lock().unwrap() = Some(server.clone());
    let limit = std::time::Duration::from_secs(5);
    let error = tokio::time::timeout(limit, server.start())
        .await
        .expect("it waits for itself")
        .unwrap_err();
    assert!(format!("{error:?}").contains("hook of"), "{error:?}");
}
