//! What an upstream is told in parting, when nobody waits for the answer.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::{runtime::Handle, task::JoinSet, time::timeout};

/// How long one may take, and how long the end of the server waits for all.
const PATIENCE: Duration = Duration::from_secs(5);
const LAST: Duration = Duration::from_secs(1);

/// How many there may be at once; of more, the upstream finds out by itself.
const MOST: usize = 256;

/// What an upstream is told in parting. It ends with this.
#[derive(Default)]
pub(super) struct Farewells(Mutex<JoinSet<()>>);

impl Farewells {
    /// Says it, in its own time.
    pub(super) fn say(&self, farewell: impl Future<Output = ()> + Send + 'static) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while all.try_join_next().is_some() {}
        if all.len() < MOST {
            let said = async {
                // What is not said in time is left unsaid.
                let _ = timeout(PATIENCE, farewell).await;
            };
            all.spawn_on(said, &runtime);
        }
    }

    /// Waits a little for what is being said.
    pub(super) async fn over(&self) {
        let mut all = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *all)
        };
        let said = async { while all.join_next().await.is_some() {} };
        let _ = timeout(LAST, said).await;
    }
}
