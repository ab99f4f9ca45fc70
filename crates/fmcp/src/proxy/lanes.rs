//! Links to the upstream: one that all share, and those of callers that have one of their own.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use fmcp_core::{
    Call, Result,
    protocol::{Era, model::Implementation},
};
use fmcp_transport::client::Link;
use tokio::{sync::OnceCell, time::Instant};

use super::{builder::Sessions, desk::Desk};
use crate::client::Upstream;

/// How many callers have a link of their own; whoever has not called for longest loses it.
const MOST: usize = 256;

/// How long a caller may be silent before it loses its link.
const IDLE: Duration = Duration::from_mins(10);

/// A link, and who calls on it.
#[derive(Clone)]
pub(super) struct Lane {
    pub(super) link: Arc<dyn Link>,
    pub(super) desk: Arc<Desk>,
    /// Who the proxy is, where callers do not say who they are.
    pub(super) info: Arc<Implementation>,
}

pub(super) struct Lanes {
    upstream: Arc<Upstream>,
    desk: Arc<Desk>,
    /// Whether the upstream is at an address.
    is_remote: bool,
    sessions: Sessions,
    info: Arc<Implementation>,
    own: Mutex<HashMap<Box<str>, Slot>>,
}

struct Slot {
    lane: Arc<OnceCell<Lane>>,
    used: Instant,
}

impl Lanes {
    pub(super) fn new(
        upstream: Arc<Upstream>,
        desk: Arc<Desk>,
        is_remote: bool,
        sessions: Sessions,
    ) -> Self {
        Self {
            upstream,
            desk,
            is_remote,
            sessions,
            info: Arc::new(Implementation::new("fmcp", env!("CARGO_PKG_VERSION"))),
            own: Mutex::default(),
        }
    }

    /// The link that a call goes on.
    ///
    /// # Errors
    /// When the upstream is not there.
    pub(super) async fn of(&self, call: &Call) -> Result<Lane> {
        let link = match self.upstream.link() {
            Ok(link) => link,
            Err(_) => {
                // Whoever comes first waits to see; it is bounded by the time that connecting may take.
                self.upstream.settled().await;
                self.upstream.link()?
            }
        };
        let wants_own = match self.sessions {
            Sessions::Shared => false,
            Sessions::PerCaller => true,
            Sessions::Auto => self.is_remote,
        };
        if wants_own
            && link.revision().era() == Era::Legacy
            && let Some(session) = call.session().filter(|session| session.lasts())
        {
            return self.own(session.id(), call).await;
        }
        Ok(self.lane(link, Arc::clone(&self.desk)))
    }

    fn lane(&self, link: Arc<dyn Link>, desk: Arc<Desk>) -> Lane {
        Lane {
            link,
            desk,
            info: Arc::clone(&self.info),
        }
    }

    async fn own(&self, session: &str, call: &Call) -> Result<Lane> {
        let cell = self.slot(session);
        let opened = cell
            .get_or_try_init(async || {
                let desk = Arc::new(Desk::default());
                let peer = Arc::clone(&desk) as _;
                let link = (self.upstream)
                    .another(call.client(), call.client_capabilities(), peer)
                    .await?;
                Ok::<_, fmcp_core::Error>(self.lane(link, desk))
            })
            .await?;
        Ok(opened.clone())
    }

    fn slot(&self, session: &str) -> Arc<OnceCell<Lane>> {
        let now = Instant::now();
        let mut own = self.lock();
        if let Some(slot) = own.get_mut(session) {
            slot.used = now;
            return Arc::clone(&slot.lane);
        }
        own.retain(|_, slot| slot.used + IDLE > now);
        if own.len() >= MOST
            && let Some(last) = own.iter().min_by_key(|(_, slot)| slot.used)
        {
            let last = last.0.clone();
            own.remove(&last);
        }
        let lane = Arc::<OnceCell<Lane>>::default();
        let slot = Slot {
            lane: Arc::clone(&lane),
            used: now,
        };
        own.insert(session.into(), slot);
        lane
    }

    pub(super) async fn close(&self) {
        let own = std::mem::take(&mut *self.lock());
        for slot in own.into_values() {
            if let Some(lane) = slot.lane.get() {
                lane.link.close().await;
            }
        }
        self.upstream.close().await;
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Box<str>, Slot>> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
