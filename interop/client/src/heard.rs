//! What the client hears unasked, kept until a step looks.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::{Result, bail};
use fmcp::{ComponentKind, Raw, model::LogMessageParams};

/// Between two looks.
const SOON: Duration = Duration::from_millis(10);

/// How often is looked.
const LOOKS: usize = 500;

#[derive(Default)]
pub(crate) struct Heard {
    /// Level and words, in the order in which they came.
    pub(crate) logs: Vec<String>,
    pub(crate) changed: BTreeSet<ComponentKind>,
    pub(crate) updated: usize,
}

/// Shared with the callbacks of a client.
#[derive(Clone, Default)]
pub(crate) struct Ear(Arc<Mutex<Heard>>);

impl Ear {
    pub(crate) fn now(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn log(&self, entry: &LogMessageParams) {
        let line = format!("{} {}", entry.level, words(&entry.data));
        self.now().logs.push(line);
    }

    /// Waits until `enough` has been heard.
    pub(crate) async fn until(&self, what: &str, enough: impl Fn(&Heard) -> bool) -> Result<()> {
        for _ in 0..LOOKS {
            if enough(&self.now()) {
                return Ok(());
            }
            tokio::time::sleep(SOON).await;
        }
        bail!("never came: {what}")
    }
}

/// What is said: some servers say it plainly, some as the field of an object.
fn words(data: &Raw) -> String {
    let value = data.to_value();
    let said = match &value {
        serde_json::Value::Object(fields) => fields.get("msg").or_else(|| fields.get("message")),
        plain => Some(plain),
    };
    let said = said.and_then(serde_json::Value::as_str);
    said.map_or_else(|| value.to_string(), str::to_owned)
}
