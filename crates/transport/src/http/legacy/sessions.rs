//! The sessions that are remembered here.

use std::{
    collections::{HashMap, HashSet},
    hash::BuildHasher as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use fmcp_core::{Principal, Session};
use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::{task::JoinHandle, time::sleep};

use super::{
    line::Line,
    live::Live,
    moment::Moment,
    seal::{Claims, SessionKey},
};
use crate::http::{
    gate::{Crowd, Gate, Permit},
    settings::Settings,
};

/// How often silent sessions are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(10);

/// How soon to look again for sessions that could make room, where there were none.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// How many sessions that are over are remembered as such, at least, and at most twice as many: what fits into a
/// hash table of 65,536 places.
const MANY_OVER: usize = 57_344;

/// The sessions that are remembered here. An id says all about its session, so that what is not
/// remembered comes back with its next request: forgetting a silent session loses nothing but its log
/// level, what it follows and what could be replayed.
pub(crate) struct Sessions {
    key: SessionKey,
    gate: Arc<Gate>,
    idle: Duration,
    age: Duration,
    /// How long a question may wait for a stream to go out on.
    patience: Duration,
    table: Arc<Mutex<Table>>,
}

/// Those that are remembered, and those that are over.
pub(super) struct Table {
    /// By their ids. Nobody needs those to be texts.
    live: HashMap<Arc<[u8]>, Arc<Live>, foldhash::fast::RandomState>,
    over: Over,
    /// When silent sessions are looked for next.
    sweep_at: Moment,
    /// When nobody was found who could have made room.
    crowded: Option<Moment>,
    /// Looks for silent sessions as long as there are any.
    sweeper: Option<JoinHandle<()>>,
}

/// A session that is being opened.
pub(crate) struct Opening {
    id: String,
    session: Arc<Session>,
    principal: Option<Arc<str>>,
    permit: Permit,
}

/// Sessions that are over and must not come back, each by a number made of its name. When the later ones are many,
/// the earlier ones are forgotten.
#[derive(Default)]
struct Over {
    later: HashSet<Number, foldhash::fast::RandomState>,
    earlier: HashSet<Number, foldhash::fast::RandomState>,
    by: foldhash::quality::RandomState,
}

/// So small that many take little room, and so large that of millions of sessions one meets another that is over: it
/// is then told to open a new one.
type Number = [u8; 5];

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
            patience: settings.question_timeout,
            table: Arc::new(Mutex::new(Table {
                live: HashMap::default(),
                over: Over::default(),
                sweep_at: Moment::now(),
                crowded: None,
                sweeper: None,
            })),
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
    fn room(&self, principal: Option<&Arc<str>>) -> Result<Permit, Lost> {
        let crowd = match self.gate.admit(principal) {
            Ok(permit) => return Ok(permit),
            Err(crowd) => crowd,
        };
        // Whoever is silent makes room, and comes back when it speaks again.
        self.make_room(principal.filter(|_| crowd == Crowd::Own));
        self.gate.enter(principal).ok_or(Lost::Full)
    }

    /// Makes room for a session that is being opened, and its id.
    pub(crate) fn begin(
        &self,
        session: &Arc<Session>,
        principal: Option<&Arc<str>>,
    ) -> Result<Opening, Lost> {
        let permit = self.room(principal)?;
        let mut session = Arc::clone(session);
        let claims = Claims::new(&session, now(), principal.cloned());
        let id = match self.key.seal(&claims) {
            Some(id) => id,
            None => {
                // What the id cannot say is not remembered either: a client may send a lot.
                let claims = claims.shortened();
                session = Arc::new(claims.session().ok_or(Lost::Full)?);
                self.key.seal(&claims).ok_or(Lost::Full)?
            }
        };
        Ok(Opening {
            id,
            session,
            principal: principal.cloned(),
            permit,
        })
    }

    /// Remembers a session that has been opened.
    pub(crate) fn open(&self, opening: Opening) -> Arc<Live> {
        let live = Live::new(opening.session, opening.principal, opening.permit);
        let live = Arc::new(live);
        let mut table = self.lock();
        let over = table.sweep(self.idle, Moment::now());
        let id = opening.id.into_bytes().into();
        table.live.insert(id, Arc::clone(&live));
        self.watch(&mut table);
        drop(table);
        close(&over);
        live
    }

    /// The way to the client of a session, outside of its calls.
    pub(super) fn line(
        &self,
        id: &[u8],
        live: &Arc<Live>,
        principal: Option<Arc<Principal>>,
        is_ready: bool,
    ) -> Arc<Line> {
        let known = self
            .lock()
            .live
            .get_key_value(id)
            .map(|(id, _)| Arc::clone(id));
        Arc::new(Line {
            live: Arc::downgrade(live),
            principal,
            table: Arc::downgrade(&self.table),
            id: known.unwrap_or_else(|| id.into()),
            session: Arc::clone(&live.session),
            patience: self.patience,
            is_ready,
        })
    }

    /// Looks for silent sessions now and then, as long as there are any.
    fn watch(&self, table: &mut Table) {
        if table.sweeper.is_none() {
            let every = SWEEP_EVERY.min(self.idle).max(Duration::from_millis(1));
            let sweeping = sweep(Arc::downgrade(&self.table), every, self.idle);
            table.sweeper = Some(tokio::spawn(sweeping));
        }
    }

    /// The session of this id, if it is `principal`'s.
    pub(crate) fn find(&self, id: &[u8], principal: Option<&Arc<str>>) -> Result<Arc<Live>, Lost> {
        // The clock is looked at once: that is a good part of what finding costs.
        let now = Moment::now();
        let mut table = self.lock();
        if table.sweep_at <= now {
            drop(table);
            self.sweep(now);
            table = self.lock();
        }
        let found = table.live.get(id).cloned();
        drop(table);
        let Some(live) = found else {
            return self.revive(id, principal);
        };
        if live.principal.as_ref() != principal {
            return Err(Lost::Unknown);
        }
        if live.is_silent_for(self.idle, now) {
            self.forget(id);
            return Err(Lost::Unknown);
        }
        live.touch(now);
        Ok(live)
    }

    /// Ends the sessions that have been silent for too long. What is rare on the way of every call is a function
    /// of its own, here and elsewhere: the code of the common way lies together then, and there is less of it.
    #[cold]
    fn sweep(&self, now: Moment) {
        let over = self.lock().sweep(self.idle, now);
        close(&over);
    }

    /// The session of an id that is not remembered, here or any more.
    #[cold]
    fn revive(&self, id: &[u8], principal: Option<&Arc<str>>) -> Result<Arc<Live>, Lost> {
        let claims = std::str::from_utf8(id)
            .ok()
            .and_then(|id| self.key.open(id))
            .ok_or(Lost::Unknown)?;
        let is_too_old = now().saturating_sub(claims.opened) > self.age.as_secs();
        if is_too_old
            || claims.principal.as_ref() != principal
            || self.lock().over.holds(&claims.id)
        {
            return Err(Lost::Unknown);
        }
        let session = claims.session().ok_or(Lost::Unknown)?;
        let permit = self.room(principal)?;
        let live = Arc::new(Live::new(Arc::new(session), principal.cloned(), permit));
        let mut table = self.lock();
        if table.over.holds(&claims.id) {
            // It has ended meanwhile.
            return Err(Lost::Unknown);
        }
        // Two requests may have brought it back at once.
        let live = Arc::clone(table.live.entry(id.into()).or_insert(live));
        self.watch(&mut table);
        Ok(live)
    }

    /// Ends a session for good.
    pub(crate) fn end(&self, id: &[u8], principal: Option<&Arc<str>>) -> Result<(), Lost> {
        self.find(id, principal)?;
        self.forget(id);
        Ok(())
    }

    #[cold]
    fn forget(&self, id: &[u8]) {
        let live = self.lock().end(id);
        if let Some(live) = live {
            live.close();
        }
    }

    /// Forgets those that have been silent for longest, of those that have nothing to lose: a few at once,
    /// so that looking for them is worth it.
    fn make_room(&self, principal: Option<&Arc<str>>) {
        let now = Moment::now();
        let forgotten: Vec<_> = {
            let mut table = self.lock();
            let lately = |at| now.since(at) < LOOK_AGAIN;
            if principal.is_none() && table.crowded.is_some_and(lately) {
                return;
            }
            let mut silent: Vec<_> = (table.live.iter())
                .filter(|(_, live)| principal.is_none() || live.principal.as_ref() == principal)
                // Whoever has only just spoken is about to speak again.
                .filter(|(_, live)| live.is_silent_for(Duration::from_secs(1), now))
                .map(|(id, live)| (live.seen(), Arc::clone(id)))
                .collect();
            if silent.is_empty() {
                table.crowded = Some(now);
                return;
            }
            let few = silent.len() / 64;
            silent.select_nth_unstable_by_key(few, |(seen, _)| *seen);
            silent.truncate(few + 1);
            let forget = |(_, id): (Moment, Arc<[u8]>)| table.live.remove(&id);
            silent.into_iter().filter_map(forget).collect()
        };
        close(&forgotten);
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Opening {
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The session as it will be remembered.
    pub(crate) fn session(&self) -> &Arc<Session> {
        &self.session
    }
}

impl Table {
    /// Takes a session out, for good.
    pub(super) fn end(&mut self, id: &[u8]) -> Option<Arc<Live>> {
        let live = self.live.remove(id)?;
        self.over.add(live.session.id());
        Some(live)
    }

    /// Ends the sessions that have been silent for too long, now and then. They are to be dropped where
    /// the table is free.
    fn sweep(&mut self, idle: Duration, now: Moment) -> Vec<Arc<Live>> {
        if now < self.sweep_at {
            return Vec::new();
        }
        self.sweep_at = now.after(SWEEP_EVERY.min(idle));
        let mut over = Vec::new();
        self.live.retain(|_, live| {
            live.tidy();
            let is_over = live.is_silent_for(idle, now);
            if is_over {
                self.over.add(live.session.id());
                over.push(Arc::clone(live));
            }
            !is_over
        });
        over
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        if let Some(sweeper) = &self.sweeper {
            sweeper.abort();
        }
    }
}

/// Ends sessions, where the table is free.
fn close(over: &[Arc<Live>]) {
    over.iter().for_each(|live| live.close());
}

/// Ends the sessions that have been silent for too long, until there are none.
async fn sweep(table: Weak<Mutex<Table>>, every: Duration, idle: Duration) {
    loop {
        sleep(every).await;
        let Some(table) = table.upgrade() else {
            return;
        };
        let (over, is_empty) = {
            let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
            let over = table.sweep(idle, Moment::now());
            if table.live.is_empty() {
                table.sweeper = None;
            }
            (over, table.live.is_empty())
        };
        close(&over);
        if is_empty {
            return;
        }
    }
}

impl Over {
    fn add(&mut self, id: &str) {
        if self.later.len() >= MANY_OVER {
            self.earlier = std::mem::take(&mut self.later);
        }
        self.later.insert(self.number(id));
    }

    fn holds(&self, id: &str) -> bool {
        let number = self.number(id);
        self.later.contains(&number) || self.earlier.contains(&number)
    }

    fn number(&self, id: &str) -> Number {
        let [a, b, c, d, e, ..] = self.by.hash_one(id).to_le_bytes();
        [a, b, c, d, e]
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sessions_that_ended_last_are_remembered_as_over() {
        let (mut over, all) = (Over::default(), 3 * MANY_OVER);
        for id in 0..all {
            over.add(&id.to_string());
        }
        assert!((all - MANY_OVER..all).all(|id| over.holds(&id.to_string())));
        assert!(!over.holds("0"));
        assert!(!over.holds(&all.to_string()));
        assert!(over.later.len() + over.earlier.len() <= 2 * MANY_OVER);
    }
}
