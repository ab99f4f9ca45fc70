//! Keeping in step with an upstream: its lists, its changes, and what becomes of them while it is down.

use std::{sync::Arc, time::Duration};

use fmcp_core::{
    BoxFuture, Call, Endpoint, Error, Kind, Notice, Reply, Result,
    protocol::{
        Method, Params,
        model::{ListenParams, SubscriptionFilter},
    },
};
use fmcp_transport::client::Backoff;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep, timeout},
};

use super::{gate::Gate, listing};
use crate::{
    Server,
    client::News,
    server::{FollowedUris, WeakServer},
};

/// How long reading all lists may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long to wait for more changes before lists are read again: they come in crowds.
const CROWD: Duration = Duration::from_millis(20);

/// After how long without trouble the next one is the first again.
const CALM: Duration = Duration::from_secs(60);

/// Reads what the upstream has, and shows it.
///
/// # Errors
/// When it cannot be listed.
pub(super) async fn read(gate: &Arc<Gate>, server: &Server) -> Result<()> {
    let reading = timeout(PATIENCE, listing::read(gate));
    let components = reading.await.unwrap_or_else(|_| {
        let words = format!("its lists could not be read within {PATIENCE:?}");
        Err(Error::new(Kind::Timeout, words))
    });
    match &components {
        Ok(_) => gate.upstream().heard(&components),
        Err(error) => gate.upstream().failed(error),
    }
    server.replace(components?);
    if let Some(about) = gate.upstream().about() {
        server.speak_for(&about);
    }
    Ok(())
}

/// Keeps in step for as long as the server is there.
pub(super) async fn keep(gate: Arc<Gate>, behind: WeakServer) {
    let (mut pauses, mut troubles) = (Backoff::default(), Backoff::default());
    let (mut lost, mut news) = (None::<Instant>, News::default());
    let Some(mut followed) = behind.server().map(|server| server.followed()) else {
        return;
    };
    let approvals = gate.options.approvals.as_ref();
    let mut approved = approvals.map(|approvals| approvals.follow(gate.upstream().name()));
    loop {
        if let Err(error) = connected(&gate).await {
            tell(&gate, Err(error));
        }
        if gate.upstream().awaited().await.is_none() {
            return;
        }
        let Some(server) = behind.server() else {
            return;
        };
        gate.tidy();
        match read(&gate, &server).await {
            Ok(()) => {
                pauses.reset();
                lost = None;
                news.forget();
                tell(&gate, Ok(()));
                drop(server);
                let since = Instant::now();
                tokio::select! {
                    biased;
                    () = until_changed(&gate, &behind, &mut followed, &mut approved) => troubles.reset(),
                    // It need not say that it is gone, nor that it is there again: whoever asks finds out.
                    () = gate.upstream().troubled() => {
                        if since.elapsed() > CALM {
                            troubles.reset();
                        }
                        sleep(troubles.next(None)).await;
                    }
                }
            }
            Err(error) => {
                let pause = pauses.next(error.pause());
                let name = gate.upstream().name();
                // That it is down is told by whoever connects to it.
                if news.is_new(&error) && !gate.upstream().is_down() {
                    tracing::warn!(upstream = name, %error, again_in = ?pause, "what an upstream has cannot be read");
                } else {
                    tracing::debug!(upstream = name, %error, again_in = ?pause, "what an upstream has cannot be read");
                }
                let since = *lost.get_or_insert_with(Instant::now);
                if since.elapsed() >= gate.options.grace {
                    server.replace(Vec::new());
                }
                tell(&gate, Err(error));
                drop(server);
                sleep(pause).await;
            }
        }
    }
}

/// Comes back when it is known whether the upstream is there.
async fn connected(gate: &Gate) -> Result<()> {
    gate.upstream().settled().await;
    gate.upstream().link().map(drop)
}

/// Tells who waits for the first lists.
fn tell(gate: &Gate, outcome: Result<()>) {
    gate.listed.send_replace(Some(outcome.map_err(Arc::new)));
}

/// Hears what the upstream says until its lists are to be read again.
async fn until_changed(
    gate: &Gate,
    behind: &WeakServer,
    followed: &mut FollowedUris,
    approved: &mut Approved,
) {
    let changed = Arc::new(Notify::new());
    let refresh = sleep(jittered(gate.options.refresh));
    let mut refresh = std::pin::pin!(refresh);
    let mut pauses = Backoff::default();
    loop {
        let listening = listen(gate, behind, &changed, followed.borrow_and_update().clone());
        tokio::select! {
            biased;
            () = changed.notified() => {
                sleep(CROWD).await;
                return;
            }
            () = &mut refresh => return,
            () = moved(approved) => return,
            moved = followed.changed() => if moved.is_err() { return },
            outcome = listening => match outcome {
                // It does not tell of changes: lists are read from time to time.
                Err(error) if !error.is_retryable() => {
                    tokio::select! {
                        () = &mut refresh => return,
                        () = moved(approved) => return,
                        moved = followed.changed() => if moved.is_err() { return },
                    }
                }
                // What has changed meanwhile, nobody has told.
                _ => {
                    sleep(pauses.next(None)).await;
                    return;
                }
            },
        }
    }
}

/// What of the upstream is approved, where that is asked.
type Approved = Option<watch::Receiver<u64>>;

/// Comes back when something is approved.
async fn moved(approved: &mut Approved) {
    let moved = match approved {
        Some(approved) => approved.changed().await.is_ok(),
        None => false,
    };
    if !moved {
        std::future::pending::<()>().await;
    }
}

async fn listen(
    gate: &Gate,
    behind: &WeakServer,
    changed: &Arc<Notify>,
    followed: Vec<String>,
) -> Result<Reply> {
    let link = gate.upstream().link()?;
    let mut filter = SubscriptionFilter::new();
    filter.tools_list_changed = Some(true);
    filter.resources_list_changed = Some(true);
    filter.prompts_list_changed = Some(true);
    filter.resource_subscriptions = (!followed.is_empty()).then_some(followed);
    let call = Call::new(Method::Listen, Params::of(&ListenParams::new(filter))?);
    let ear = Ear {
        behind: behind.clone(),
        changed: Arc::clone(changed),
    };
    let call = gate.upstream().dress(call, link.revision())?;
    link.call(call.with_peer(Arc::new(ear))).await
}

/// A fifth more or less, so that those who began together do not go on together.
fn jittered(pause: Duration) -> Duration {
    let mut byte = [0];
    let _ = fmcp_transport::seal::random(&mut byte);
    pause.mul_f64(0.8 + 0.4 * f64::from(byte[0]) / 255.0)
}

/// Hears of an upstream's changes.
struct Ear {
    behind: WeakServer,
    changed: Arc<Notify>,
}

impl Endpoint for Ear {
    fn call(&self, _: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(async {
            let words = "a stream of changes asks nothing";
            Err(Error::new(Kind::MethodNotFound, words))
        })
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        match notice {
            Notice::ListChanged(_) => self.changed.notify_one(),
            Notice::ResourceUpdated(uri) => {
                if let Some(server) = self.behind.server() {
                    server.notify_updated(uri);
                }
            }
            _ => {}
        }
        Box::pin(std::future::ready(()))
    }
}
