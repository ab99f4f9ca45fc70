//! Who hears what a server tells, and answers what it asks.

use std::sync::Mutex;

use fmcp_core::{BoxFuture, Call, Endpoint, Notice, Raw, Reply, Result, protocol::Revision};
use serde_json::json;
use tokio::sync::Notify;

/// Who hears what a server tells, and answers what it asks: at once, or when it is told to.
#[derive(Default)]
pub(super) struct Peer {
    heard: Mutex<Vec<String>>,
    moved: Notify,
    pub(super) is_slow: bool,
}

/// Says that an answer is not awaited any more.
struct Asked<'a>(&'a Peer, bool);

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        if !self.1 {
            self.0.write("cancelled".to_owned());
        }
    }
}

impl Peer {
    /// Who answers nothing, and says when nobody waits for it any more.
    pub(super) fn slow() -> Self {
        Self {
            is_slow: true,
            ..Self::default()
        }
    }

    fn write(&self, line: String) {
        self.heard.lock().unwrap().push(line);
        self.moved.notify_waiters();
    }

    pub(super) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// Waits until this many things have been heard.
    pub(super) async fn until(&self, many: usize) -> Vec<String> {
        super::soon(async {
            loop {
                let moved = self.moved.notified();
                if self.heard().len() >= many {
                    return self.heard();
                }
                moved.await;
            }
        })
        .await
    }
}

impl Endpoint for Peer {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(async move {
            self.write(format!("asked {}", call.method()));
            let mut asked = Asked(self, false);
            if self.is_slow {
                std::future::pending::<()>().await;
            }
            asked.1 = true;
            Ok(Reply::Raw(
                Revision::NEWEST_LEGACY,
                Raw::from(json!({"roots": []})),
            ))
        })
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        self.write(match notice {
            Notice::Progress(progress) => format!("progress {}", progress.message.unwrap()),
            Notice::ResourceUpdated(uri) => format!("updated {uri}"),
            notice => notice.topic().to_string(),
        });
        Box::pin(std::future::ready(()))
    }
}
