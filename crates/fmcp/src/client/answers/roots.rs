//! Where the user works.

use std::sync::{Arc, Mutex, PoisonError};

use fmcp_core::{
    Error, Result,
    protocol::model::{ListRootsResult, Root},
};
use url::Url;

use super::handler::{Handler, Trouble};

/// The places that the user works in: a list, or a function that finds them each time.
#[derive(Clone)]
pub(in crate::client) enum Roots {
    Listed(Arc<Mutex<Vec<Root>>>),
    Found(Handler<(), Vec<Root>>),
}

impl Roots {
    pub(in crate::client) fn listed(roots: Vec<Root>) -> Self {
        Self::Listed(Arc::new(Mutex::new(roots)))
    }

    /// Lists these from now on.
    pub(in crate::client) fn set(&self, roots: Vec<Root>) -> Result<()> {
        checked(&roots)?;
        match self {
            Self::Listed(list) => {
                *list.lock().unwrap_or_else(PoisonError::into_inner) = roots;
                Ok(())
            }
            Self::Found(_) => Err(Error::invalid_params(
                "the roots are found by `roots_with`; call `roots_changed` when they are others",
            )),
        }
    }

    /// What is wrong with those that are known now.
    pub(in crate::client) fn check(&self) -> Result<()> {
        match self {
            Self::Listed(list) => checked(&list.lock().unwrap_or_else(PoisonError::into_inner)),
            Self::Found(_) => Ok(()),
        }
    }

    pub(super) async fn list(self) -> Result<ListRootsResult, Trouble> {
        let roots = match self {
            Self::Listed(list) => list.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            Self::Found(find) => find.run(()).await?,
        };
        checked(&roots)?;
        Ok(ListRootsResult::new(roots))
    }
}

/// A root is the address of a file or folder, and leads nowhere else than it says.
fn checked(roots: &[Root]) -> Result<()> {
    for root in roots {
        let uri = &root.uri;
        let refuse = |why: &str| {
            let shown: String = uri.chars().take(200).collect();
            Err(Error::invalid_params(format!("the root {shown:?} {why}")))
        };
        match Url::parse(uri) {
            Ok(url) if url.scheme() == "file" => {}
            _ => return refuse("is no `file://` address"),
        }
        let plain = uri.to_ascii_lowercase().replace("%2e", ".");
        if plain.split(['/', '\\']).any(|part| part == "..") {
            return refuse("has `..` in it");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_files_and_lead_nowhere_else() {
        let check = |uri: &str| checked(&[Root::new(uri)]).map_err(|e| e.to_string());
        for good in ["file:///home/user/a..b", "file:///C:/x", "file:///a%20b"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("/home/user", "no `file://`"),
            ("https://example.com/", "no `file://`"),
            ("file:///home/../etc", "`..`"),
            ("file:///home/%2E%2e/etc", "`..`"),
            (r"file:///home\..\etc", "`..`"),
        ] {
            assert!(check(bad).unwrap_err().contains(why), "{bad}");
        }
    }
}
