//! Who a client is to one server.

use std::{
    future::Future,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use fmcp_core::{Credentials, Result, Scheme};
use tokio::time::timeout;

/// Who a client is to one server, once it is asked: made once, so that a sign-in which has begun is not begun
/// again by the next try to connect.
pub(crate) struct Identity {
    scheme: Option<Arc<dyn Scheme>>,
    credentials: Mutex<Option<Arc<dyn Credentials>>>,
}

impl Identity {
    pub(crate) fn new(scheme: Option<Arc<dyn Scheme>>) -> Arc<Self> {
        Arc::new(Self {
            scheme,
            credentials: Mutex::default(),
        })
    }

    /// The same, to another server.
    pub(crate) fn apart(&self) -> Arc<Self> {
        Self::new(self.scheme.clone())
    }

    /// The credentials for the server at `url`: by the client's scheme, or else by another, if there is one.
    #[allow(
        dead_code,
        reason = "without the feature `web`, there is none that asks"
    )]
    pub(crate) fn credentials(
        &self,
        url: &str,
        otherwise: impl FnOnce() -> Result<Option<Arc<dyn Scheme>>>,
    ) -> Result<Option<Arc<dyn Credentials>>> {
        let mut made = self.made();
        if made.is_none() {
            let scheme = match &self.scheme {
                Some(scheme) => Some(Arc::clone(scheme)),
                None => otherwise()?,
            };
            *made = scheme.map(|scheme| scheme.credentials(url)).transpose()?;
        }
        Ok(made.clone())
    }

    /// What comes of `work`, unless it takes longer than `patience`; while a user is being asked who they are,
    /// nobody is impatient.
    pub(crate) async fn within<T>(
        &self,
        patience: Duration,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        let mut work = pin!(work);
        loop {
            match timeout(patience, &mut work).await {
                Ok(done) => return Some(done),
                Err(_) if self.is_asking() => {}
                Err(_) => return None,
            }
        }
    }

    fn is_asking(&self) -> bool {
        self.made().as_ref().is_some_and(|made| made.is_asking())
    }

    fn made(&self) -> std::sync::MutexGuard<'_, Option<Arc<dyn Credentials>>> {
        self.credentials
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use fmcp_core::BoxFuture;
    use tokio::time::{Instant, sleep};

    use super::*;

    /// Asks the user for as long as it is told.
    #[derive(Default)]
    struct User {
        asked: AtomicBool,
        made: AtomicUsize,
    }

    impl Credentials for User {
        fn sign<'a>(&'a self, _: &'a mut http::request::Parts) -> BoxFuture<'a, Result<()>> {
            Box::pin(async { Ok(()) })
        }

        fn is_asking(&self) -> bool {
            self.asked.load(Ordering::SeqCst)
        }
    }

    impl Scheme for User {
        fn credentials(&self, _: &str) -> Result<Arc<dyn Credentials>> {
            self.made.fetch_add(1, Ordering::SeqCst);
            let user = Self::default();
            user.asked.store(true, Ordering::SeqCst);
            Ok(Arc::new(user))
        }
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn nobody_is_impatient_while_a_user_is_asked() {
        let user = Arc::new(User::default());
        let identity = Identity::new(Some(Arc::clone(&user) as _));
        assert_eq!(identity.within(SECOND, sleep(3 * SECOND)).await, None);
        let none = || Ok(None);
        let first = identity.credentials("https://a/", none).unwrap().unwrap();
        let again = identity.credentials("https://a/", none).unwrap().unwrap();
        assert!(Arc::ptr_eq(&first, &again), "a sign-in is not begun twice");
        let began = Instant::now();
        assert_eq!(identity.within(SECOND, sleep(90 * SECOND)).await, Some(()));
        assert_eq!(began.elapsed(), 90 * SECOND);
        assert!(
            identity
                .apart()
                .credentials("https://b/", none)
                .unwrap()
                .is_some()
        );
        assert_eq!(user.made.load(Ordering::SeqCst), 2);
    }
}
