//! What the replicas of a server have in common.

use std::{fmt, sync::Arc};

use fmcp_core::Store;

use super::Bus;

/// Where replicas of a server keep what they share, and how they tell each other: for
/// [`Server::shared`](crate::Server::shared). A [`store::Redis`](crate::store::Redis) is one.
///
/// ```
/// use std::sync::Arc;
/// use fmcp::{Server, bus::{self, Shared}, store};
///
/// // Two servers of one process that know of each other, as two replicas would.
/// let shared = Shared::new(store::Memory::new(), bus::Memory::new());
/// let (one, other) = (Server::new("shop").shared(shared.clone()), Server::new("shop").shared(shared));
/// ```
#[derive(Clone)]
pub struct Shared {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) bus: Arc<dyn Bus>,
}

impl Shared {
    /// A store and a bus.
    pub fn new(store: impl Store, bus: impl Bus) -> Self {
        Self {
            store: Arc::new(store),
            bus: Arc::new(bus),
        }
    }

    /// With another store: the same one with something around it, such as
    /// [`store::Encrypted`](crate::store::Encrypted).
    #[must_use]
    pub fn store(self, store: impl Store) -> Self {
        Self {
            store: Arc::new(store),
            ..self
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}
