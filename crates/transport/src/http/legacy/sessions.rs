//! The sessions that are remembered here.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use fmcp_core::Session;
use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::time::Instant;

use super::{
    live::Live,
    seal::{Claims, SessionKey},
};
use crate::http::{
    gate::{Gate, Permit},
    settings::Settings,
};

/// How often silent sessions are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(10);

/// How many sessions that are over are remembered as such.
const MAX_OVER: usize = 100_000;

/// The sessions that are remembered here. An id says all about its session, so that what is not
/// remembered comes back with its next request: forgetting a silent session loses nothing but its log
/// level, what it follows and what could be replayed.
pub(crate) struct Sessions {
    key: SessionKey,
    gate: Arc<Gate>,
    idle: Duration,
    age: Duration,
    table: Mutex<Table>,
}

struct Table {
    live: HashMap<Arc<str>, Arc<Live>, foldhash::fast::RandomState>,
    over: Over,
    swept: Instant,
}

/// Sessions that are over and must not come back.
#[derive(Default)]
struct Over {
    ids: HashSet<Arc<str>>,
    order: VecDeque<Arc<str>>,
}

/// Why there is no session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// It is over, or somebody else's, or never was.
    Unknown,
    /// There is no room for it.
    Full,
}

impl Sessions {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            key: settings
                .session_key
                .clone()
                .unwrap_or_else(SessionKey::random),
            gate: Gate::new(settings.max_sessions, settings.principal_sessions),
            idle: settings.session_idle,
            age: settings.session_age,
            table: Mutex::new(Table {
                live: HashMap::default(),
                over: Over::default(),
                swept: Instant::now(),
            }),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().live.len()
    }

    /// A name that no other session has.
    pub(crate) fn name() -> Option<String> {
        let mut bytes = [0_u8; 16];
        SystemRandom::new().fill(&mut bytes).ok()?;
        Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Room for one more session.
    pub(crate) fn room(&self, principal: Option<&Arc<str>>) -> Result<Permit, Lost> {
        if let Some(permit) = self.gate.enter(principal) {
            return Ok(permit);
        }
        // Whoever is silent makes room, and comes back when it speaks again.
        self.make_room(principal);
        self.gate.enter(principal).ok_or(Lost::Full)
    }

    /// Remembers a session that has just been opened; the id to give to its client.
    pub(crate) fn open(
        &self,
        session: Arc<Session>,
        principal: Option<Arc<str>>,
        permit: Permit,
    ) -> Option<String> {
        let claims = Claims::new(&session, now(), principal.clone());
        let id = (self.key.seal(&claims)).or_else(|| self.key.seal(&claims.shortened()))?;
        let live = Live::new(session, principal, permit);
        let mut table = self.lock();
        table.sweep(self.idle);
        table.live.insert(id.as_str().into(), Arc::new(live));
        Some(id)
    }

    /// The session of this id, if it is `principal`'s.
    pub(crate) fn find(&self, id: &str, principal: Option<&Arc<str>>) -> Result<Arc<Live>, Lost> {
        {
            let mut table = self.lock();
            if let Some(live) = table.live.get(id) {
                if live.principal.as_ref() != principal {
                    return Err(Lost::Unknown);
                }
                if !live.is_silent_for(self.idle) {
                    live.touch();
                    return Ok(Arc::clone(live));
                }
                table.end(id);
                return Err(Lost::Unknown);
            }
            table.sweep(self.idle);
        }
        self.revive(id, principal)
    }

    /// The session of an id that is not remembered, here or any more.
    fn revive(&self, id: &str, principal: Option<&Arc<str>>) -> Result<Arc<Live>, Lost> {
        let claims = self.key.open(id).ok_or(Lost::Unknown)?;
        let is_too_old = now().saturating_sub(claims.opened) > self.age.as_secs();
        if is_too_old
            || claims.principal.as_ref() != principal
            || self.lock().over.ids.contains(&claims.id)
        {
            return Err(Lost::Unknown);
        }
        let session = claims.session().ok_or(Lost::Unknown)?;
        let permit = self.room(principal)?;
        let live = Arc::new(Live::new(Arc::new(session), principal.cloned(), permit));
        let mut table = self.lock();
        // Two requests may have brought it back at once.
        let live = table.live.entry(id.into()).or_insert(live);
        Ok(Arc::clone(live))
    }

    /// Ends a session for good.
    pub(crate) fn end(&self, id: &str, principal: Option<&Arc<str>>) -> Result<(), Lost> {
        self.find(id, principal)?;
        self.lock().end(id);
        Ok(())
    }

    /// Forgets the one that has been silent for longest, of those that have nothing to lose.
    fn make_room(&self, principal: Option<&Arc<str>>) {
        let mut table = self.lock();
        let oldest = table
            .live
            .iter()
            .filter(|(_, live)| principal.is_none() || live.principal.as_ref() == principal)
            // Whoever has only just spoken is about to speak again.
            .filter(|(_, live)| !live.is_busy() && live.is_silent_for(Duration::from_secs(1)))
            .min_by_key(|(_, live)| live.seen())
            .map(|(id, _)| Arc::clone(id));
        if let Some(id) = oldest {
            table.live.remove(&id);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn end(&mut self, id: &str) {
        let Some(live) = self.live.remove(id) else {
            return;
        };
        live.close();
        self.over.add(live.session.id().into());
    }

    /// Ends the sessions that have been silent for too long, now and then.
    fn sweep(&mut self, idle: Duration) {
        if self.swept.elapsed() < SWEEP_EVERY {
            return;
        }
        self.swept = Instant::now();
        let over = &mut self.over;
        self.live.retain(|_, live| {
            live.tidy();
            let is_over = live.is_silent_for(idle);
            if is_over {
                live.close();
                over.add(live.session.id().into());
            }
            !is_over
        });
    }
}

impl Over {
    fn add(&mut self, id: Arc<str>) {
        if self.order.len() >= MAX_OVER
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        self.order.push_back(Arc::clone(&id));
        self.ids.insert(id);
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
