//! Who may keep a result.

use crate::json::word;

word! {
    /// For whom a result may be kept and used again.
    pub enum CacheScope {
        /// For everyone: nothing in it depends on who asked.
        Public = "public",
        /// For the same authorisation only.
        Private = "private",
    }
}
