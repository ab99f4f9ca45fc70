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

/// Who takes all the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crowd {
    /// All peers together.
    All,
    /// The principal itself.
    Own,
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
        self.admit(principal).ok()
    }

    /// Lets one more in, or says who takes all the room.
    pub(crate) fn admit(self: &Arc<Self>, principal: Option<&Arc<str>>) -> Result<Permit, Crowd> {
        if self.inside.fetch_add(1, Ordering::Relaxed) >= self.most {
            self.inside.fetch_sub(1, Ordering::Relaxed);
            return Err(Crowd::All);
        }
        let permit = Permit {
            gate: Arc::clone(self),
            principal: None,
        };
        let Some(principal) = principal else {
            return Ok(permit);
        };
        let mut each = self.each.lock().unwrap_or_else(PoisonError::into_inner);
        let inside = each.get(principal).copied().unwrap_or_default();
        if inside >= self.most_each {
            // The permit gives back its place among all.
            return Err(Crowd::Own);
        }
        each.insert(Arc::clone(principal), inside + 1);
        drop(each);
        let mut permit = permit;
        permit.principal = Some(Arc::clone(principal));
        Ok(permit)
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
        assert_eq!(gate.admit(Some(&ada)).unwrap_err(), Crowd::Own);
        assert_eq!(gate.inside(), 2);
        let _third = gate.enter(None).unwrap();
        assert_eq!(gate.admit(None).unwrap_err(), Crowd::All);
        drop(first);
        assert!(gate.enter(Some(&ada)).is_some());
        assert_eq!(gate.inside(), 2);
    }
}
