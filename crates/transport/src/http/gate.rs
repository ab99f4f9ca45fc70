//! How many of something there may be at once.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Lets so many in, of all peers together and of each principal.
#[derive(Debug)]
pub(crate) struct Gate {
    most: usize,
    most_each: usize,
    inside: AtomicUsize,
    each: Mutex<HashMap<Arc<str>, usize>>,
}

/// One that was let in, until it is dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    gate: Arc<Gate>,
    principal: Option<Arc<str>>,
}

impl Gate {
    pub(crate) fn new(most: usize, most_each: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            most_each,
            inside: AtomicUsize::new(0),
            each: Mutex::default(),
        })
    }

    /// How many are inside.
    #[cfg(test)]
    pub(crate) fn inside(&self) -> usize {
        self.inside.load(Ordering::Relaxed)
    }

    /// Lets one more in, if there is room.
    pub(crate) fn enter(self: &Arc<Self>, principal: Option<&Arc<str>>) -> Option<Permit> {
        if self.inside.fetch_add(1, Ordering::Relaxed) >= self.most {
            self.inside.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let permit = Permit {
            gate: Arc::clone(self),
            principal: None,
        };
        let Some(principal) = principal else {
            return Some(permit);
        };
        let mut each = self.each.lock().unwrap_or_else(PoisonError::into_inner);
        let inside = each.entry(Arc::clone(principal)).or_default();
        if *inside >= self.most_each {
            // The permit gives back its place among all.
            return None;
        }
        *inside += 1;
        drop(each);
        let mut permit = permit;
        permit.principal = Some(Arc::clone(principal));
        Some(permit)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.gate.inside.fetch_sub(1, Ordering::Relaxed);
        let Some(principal) = &self.principal else {
            return;
        };
        let mut each = self
            .gate
            .each
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(inside) = each.get_mut(principal) {
            *inside -= 1;
            if *inside == 0 {
                each.remove(principal);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_there_is_room_for() {
        let gate = Gate::new(3, 2);
        let ada: Arc<str> = "ada".into();
        let first = gate.enter(Some(&ada)).unwrap();
        let _second = gate.enter(Some(&ada)).unwrap();
        assert!(gate.enter(Some(&ada)).is_none());
        assert_eq!(gate.inside(), 2);
        let _third = gate.enter(None).unwrap();
        assert!(gate.enter(None).is_none());
        drop(first);
        assert!(gate.enter(Some(&ada)).is_some());
        assert_eq!(gate.inside(), 2);
    }
}
