use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use fmcp::{
    BoxFuture, Call, Client, Endpoint, Error, IntoTarget as _, Kind, Proxy, Reply, Revision,
    Server, ServerState,
};
use tokio::time::{sleep, timeout};

use super::tool;

/// Answers unless it sleeps; streams that are open stay open, as those of a program do that is started again.
struct Sleeper(Server, AtomicBool);

impl Endpoint for Sleeper {
    fn call(&self, call: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
        if self.1.load(SeqCst) {
            return Box::pin(async { Err(Error::new(Kind::Unavailable, "asleep")) });
        }
        self.0.call(call)
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_there_again_though_nobody_calls_it() {
    for revision in [Revision::V2025_06_18, Revision::V2026_07_28] {
        let server = Server::new("far").tool(tool("old", "here"));
        let far = Arc::new(Sleeper(server, AtomicBool::new(false)));
        let target = (Arc::clone(&far) as Arc<dyn Endpoint>).into_target();
        let proxy = Proxy::connect(target.revision(revision)).await.unwrap();
        let client = Client::connect(proxy.server()).await.unwrap();
        assert_eq!(client.call("old", ()).await.unwrap().text(), "here");
        far.1.store(true, SeqCst);
        let error = client.call("old", ()).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Unavailable, "{error}");
        sleep(Duration::from_secs(5)).await;
        assert!(matches!(proxy.status().state, ServerState::Down { .. }));
        far.1.store(false, SeqCst);
        let back = async {
            while proxy.status().state != ServerState::Connected {
                sleep(Duration::from_millis(100)).await;
            }
        };
        timeout(Duration::from_secs(40), back)
            .await
            .unwrap_or_else(|_| panic!("it stays down: {revision}"));
        client.close().await;
    }
}
