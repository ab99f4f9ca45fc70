//! What stays as it is, and is told once.

use std::fmt::Display;

/// What the log was told last of something that is tried again and again.
#[derive(Default)]
pub(crate) struct News(Option<String>);

impl News {
    /// Whether this is something else than it was told last.
    pub(crate) fn is_new(&mut self, what: &dyn Display) -> bool {
        let what = Some(what.to_string());
        let is_news = self.0 != what;
        self.0 = what;
        is_news
    }

    /// It is well again: whatever comes next is news.
    pub(crate) fn forget(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_as_it_is_is_no_news() {
        let mut news = News::default();
        let heard = ["down", "down", "late", "down"].map(|what| news.is_new(&what));
        assert_eq!(heard, [true, false, true, true]);
        news.forget();
        assert!(news.is_new(&"down"));
    }
}
