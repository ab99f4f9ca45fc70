//! The values of users, the most recent ones.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use super::Shelf;

/// Shelves by user: those that were used last, and not too long ago.
#[derive(Default)]
pub(super) struct Users {
    shelves: HashMap<Arc<str>, Used>,
    /// The users by when they were last here.
    order: BTreeMap<u64, Arc<str>>,
    turn: u64,
}

struct Used {
    shelf: Arc<Shelf>,
    turn: u64,
    at: Option<Instant>,
}

impl Users {
    /// The shelf of a user who is here `now`. Where there would be more than `max`, those who have not been
    /// here for the longest time go; whoever was not here for `ttl` begins anew.
    pub(super) fn shelf(
        &mut self,
        user: &str,
        now: Option<Instant>,
        (max, ttl): (usize, Duration),
    ) -> Arc<Shelf> {
        self.turn += 1;
        let turn = self.turn;
        if let Some(used) = self.shelves.get_mut(user) {
            if is_over(used.at, now, ttl) {
                used.shelf = Arc::default();
            }
            if let Some(name) = self.order.remove(&used.turn) {
                self.order.insert(turn, name);
            }
            (used.turn, used.at) = (turn, now);
            return Arc::clone(&used.shelf);
        }
        while self.shelves.len() >= max.max(1)
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.shelves.remove(&oldest);
        }
        let name: Arc<str> = user.into();
        let shelf = Arc::<Shelf>::default();
        let used = Used {
            shelf: Arc::clone(&shelf),
            turn,
            at: now,
        };
        self.shelves.insert(Arc::clone(&name), used);
        self.order.insert(turn, name);
        shelf
    }

    /// The shelf of a user, if there is one. Who reads is here, too.
    pub(super) fn known(
        &mut self,
        user: &str,
        now: Option<Instant>,
        ttl: Duration,
    ) -> Option<Arc<Shelf>> {
        let used = self.shelves.get_mut(user)?;
        if is_over(used.at, now, ttl) {
            return None;
        }
        self.turn += 1;
        if let Some(name) = self.order.remove(&used.turn) {
            self.order.insert(self.turn, name);
        }
        (used.turn, used.at) = (self.turn, now);
        Some(Arc::clone(&used.shelf))
    }
}

fn is_over(at: Option<Instant>, now: Option<Instant>, ttl: Duration) -> bool {
    match (at, now) {
        (Some(at), Some(now)) => now.saturating_duration_since(at) >= ttl,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_here_last_stays() {
        let mut users = Users::default();
        let bounds = (2, Duration::MAX);
        for user in ["ann", "bob", "ann", "cid"] {
            let shelf = users.shelf(user, None, bounds);
            shelf.insert(Arc::new(user));
        }
        let known = |user| users.known(user, None, Duration::MAX).is_some();
        assert_eq!(["ann", "bob", "cid"].map(known), [true, false, true]);
        assert_eq!((users.shelves.len(), users.order.len()), (2, 2));
        let ann = users.shelf("ann", None, bounds);
        assert_eq!(ann.typed::<&str>().as_deref(), Some(&"ann"));
    }

    #[test]
    fn who_only_reads_stays_as_well() {
        let mut users = Users::default();
        let bounds = (2, Duration::MAX);
        users.shelf("ann", None, bounds);
        users.shelf("bob", None, bounds);
        assert!(users.known("ann", None, Duration::MAX).is_some());
        users.shelf("cid", None, bounds);
        assert!(users.known("ann", None, Duration::MAX).is_some());
        assert!(users.known("bob", None, Duration::MAX).is_none());

        let (begin, hour) = (Instant::now(), Duration::from_secs(3600));
        let at = |minutes: u64| Some(begin + Duration::from_secs(60 * minutes));
        users.shelf("dan", at(0), (2, hour));
        for minutes in [50, 100, 150] {
            assert!(users.known("dan", at(minutes), hour).is_some(), "{minutes}");
        }
        assert!(users.known("dan", at(211), hour).is_none());
    }
}
