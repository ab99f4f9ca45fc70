//! Orders and states as they lie in Redis: as they are, or sealed.

use fmcp_core::{Error, Result};
use fmcp_transport::seal::Seal;

/// What tasks are sealed for: nothing else that is sealed with the same secret passes for one.
const PURPOSE: &[u8] = b"fmcp task 1";

/// How many bytes a secret must have.
const MIN_SECRET: usize = 32;

/// Seals, if there is a secret.
#[derive(Clone, Default)]
pub(super) struct Safe(Option<Seal>);

/// What is sealed, so that no part of a task passes for another, nor for one of another task, nor an older state for
/// a newer one.
#[derive(Clone, Copy)]
pub(super) enum Part {
    Owner,
    Order,
    State(u64),
}

impl Safe {
    /// Also opens what was sealed with another secret.
    pub(super) fn with(self, secret: &[u8]) -> Result<Self> {
        if secret.len() < MIN_SECRET {
            return Err(Error::internal(format!(
                "a secret for tasks must have {MIN_SECRET} bytes, and has {}",
                secret.len()
            )));
        }
        Ok(Self(Some(match self.0 {
            None => Seal::new(secret, PURPOSE),
            Some(seal) => seal.or(secret),
        })))
    }

    pub(super) fn close(&self, id: &str, part: Part, text: &[u8]) -> Result<Vec<u8>> {
        let Some(seal) = &self.0 else {
            return Ok(text.to_vec());
        };
        let sealed = seal.close_bytes(&about(id, part), text.to_vec());
        sealed.ok_or_else(|| Error::internal("a task cannot be sealed"))
    }

    pub(super) fn open(&self, id: &str, part: Part, sealed: Vec<u8>) -> Result<Vec<u8>> {
        let Some(seal) = &self.0 else {
            return Ok(sealed);
        };
        let text = seal.open_bytes(&about(id, part), &sealed);
        text.ok_or_else(|| Error::internal("a task was sealed by somebody else"))
    }
}

fn about(id: &str, part: Part) -> Vec<u8> {
    let about = match part {
        Part::Owner => format!("owner {id}"),
        Part::Order => format!("order {id}"),
        Part::State(version) => format!("state {version} {id}"),
    };
    about.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_opens_in_its_place_only() {
        let (secret, next) = ([1; 32], [2; 32]);
        let safe = Safe::default().with(&secret).unwrap();
        let sealed = safe.close("a", Part::State(1), b"text").unwrap();
        let opens = |safe: &Safe, id: &str, part| safe.open(id, part, sealed.clone()).is_ok();
        assert!(opens(&safe, "a", Part::State(1)));
        assert!(!opens(&safe, "a", Part::State(2)));
        assert!(!opens(&safe, "a", Part::Order));
        assert!(!opens(&safe, "b", Part::State(1)));
        let other = Safe::default().with(&next).unwrap();
        assert!(!opens(&other, "a", Part::State(1)));
        assert!(opens(&other.with(&secret).unwrap(), "a", Part::State(1)));
        assert!(Safe::default().with(b"short").is_err());
        let open = Safe::default();
        assert_eq!(open.close("a", Part::Order, b"text").unwrap(), b"text");
    }
}
