//! Connections that are lent, so many at once.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// For how long somebody waits for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// Connections that are lent, so many at once; those that came back are lent again.
pub struct Pool<C> {
    idle: Arc<Mutex<Vec<C>>>,
    places: Arc<Semaphore>,
}

impl<C> Pool<C> {
    /// A pool of at most `max` connections, none of which is there yet.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self {
            idle: Arc::default(),
            places: Arc::new(Semaphore::new(max)),
        }
    }

    /// A place, and the connection in it, if one has come back.
    ///
    /// # Errors
    /// When all are lent for too long.
    pub async fn take(&self) -> anyhow::Result<(Option<C>, Place<C>)> {
        let place = tokio::time::timeout(PATIENCE, Arc::clone(&self.places).acquire_owned());
        let place = place.await.context("all connections are in use")??;
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let idle_again = Arc::clone(&self.idle);
        Ok((
            idle,
            Place {
                idle: idle_again,
                _place: place,
            },
        ))
    }
}

/// A place in a pool, for one connection.
pub struct Place<C> {
    idle: Arc<Mutex<Vec<C>>>,
    _place: OwnedSemaphorePermit,
}

/// A connection that is lent. Dropped, it is closed; [given back](Lent::give_back), it is lent again.
pub struct Lent<C> {
    /// The connection.
    pub connection: C,
    place: Place<C>,
}

impl<C> Lent<C> {
    /// A connection in a place.
    pub fn new(connection: C, place: Place<C>) -> Self {
        Self { connection, place }
    }

    /// Gives back a connection that is as good as new.
    pub fn give_back(self) {
        let Self { connection, place } = self;
        let mut idle = place.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(connection);
    }
}
