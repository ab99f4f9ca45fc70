//! What servers have turned out to be.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::Uri;
use tokio::time::Instant;

/// How many servers are remembered.
const MOST: usize = 1_024;

/// How long: a server may be replaced by a newer one.
const AGE: Duration = Duration::from_secs(3600);

/// How a server wants to be asked that does not know the newest revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Old {
    /// It holds sessions on Streamable HTTP.
    Sessions,
    /// It speaks HTTP+SSE.
    Sse2024,
}

/// What servers have turned out to be, so that the next link need not ask in vain.
///
/// By address, not by origin: behind one origin there may be many servers, each of its own age. Those of the
/// newest revision need not be remembered: their first answer says all.
#[derive(Default)]
pub(crate) struct Eras(Mutex<HashMap<Box<str>, (Old, Instant)>>);

impl Eras {
    pub(super) fn get(&self, url: &Uri) -> Option<Old> {
        let (old, since) = *self.lock().get(&*key(url))?;
        (since.elapsed() < AGE).then_some(old)
    }

    pub(super) fn remember(&self, url: &Uri, old: Old) {
        let mut eras = self.lock();
        if eras.len() >= MOST {
            eras.retain(|_, (_, since)| since.elapsed() < AGE);
        }
        if eras.len() < MOST {
            eras.insert(key(url), (old, Instant::now()));
        }
    }

    pub(super) fn forget(&self, url: &Uri) {
        self.lock().remove(&*key(url));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Box<str>, (Old, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The address without what may be secret.
fn key(url: &Uri) -> Box<str> {
    format!("{}{}", crate::client::web::server(url), url.path()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn servers_are_remembered_for_a_while_and_not_without_bound() {
        let eras = Eras::default();
        let url = |n: usize| {
            format!("http://a.example/{n}?secret")
                .parse::<Uri>()
                .unwrap()
        };
        for n in 0..MOST + 10 {
            eras.remember(&url(n), Old::Sessions);
        }
        assert_eq!(eras.lock().len(), MOST);
        assert_eq!(eras.get(&url(0)), Some(Old::Sessions));
        assert_eq!(eras.get(&url(MOST)), None);
        eras.forget(&url(0));
        assert_eq!(eras.get(&url(0)), None);
        tokio::time::advance(AGE).await;
        assert_eq!(eras.get(&url(1)), None);
        eras.remember(&url(2 * MOST), Old::Sessions);
        assert_eq!(eras.get(&url(2 * MOST)), Some(Old::Sessions));
    }
}
