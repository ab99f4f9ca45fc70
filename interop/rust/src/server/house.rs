//! What all sessions share: who is there, what has been cancelled, what is shown.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rmcp::{RoleServer, model::LoggingLevel, service::Peer};
use tokio::sync::{broadcast, watch};

/// What has changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Change {
    Lists,
    Daily,
}

pub(crate) struct House {
    state: Mutex<State>,
    /// How many calls of `wait` have been cancelled.
    pub(crate) cancelled: watch::Sender<u32>,
    /// What has changed, for whoever listens without a session.
    pub(crate) changes: broadcast::Sender<Change>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) shown: bool,
    pub(crate) level: Option<LoggingLevel>,
    /// Everybody who has a session.
    pub(crate) sessions: Vec<Peer<RoleServer>>,
    /// Whether somebody with a session follows the note of the day.
    pub(crate) is_followed: bool,
}

impl Default for House {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            cancelled: watch::Sender::default(),
            changes: broadcast::Sender::new(16),
        }
    }
}

impl House {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells a change to everybody.
    pub(crate) async fn tell(&self, change: Change) {
        // An error says that nobody listens.
        let _ = self.changes.send(change);
        let (sessions, is_followed) = {
            let state = self.state();
            (state.sessions.clone(), state.is_followed)
        };
        for peer in sessions {
            // An error says that the session is over.
            let _ = match change {
                Change::Lists => {
                    let _ = peer.notify_tool_list_changed().await;
                    let _ = peer.notify_resource_list_changed().await;
                    peer.notify_prompt_list_changed().await
                }
                Change::Daily if is_followed => {
                    let daily = rmcp::model::ResourceUpdatedNotificationParam::new("notes://daily");
                    peer.notify_resource_updated(daily).await
                }
                Change::Daily => Ok(()),
            };
        }
    }
}
