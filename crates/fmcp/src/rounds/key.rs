//! The secret with which states are sealed.

use fmcp_transport::seal::Seal;

/// What states are sealed for: nothing else that is sealed with the same secret passes for one.
const PURPOSE: &[u8] = b"fmcp request state 1";

/// How many bytes a secret must have.
const MIN_SECRET: usize = 32;

/// The variable that has the secret, or several between spaces: the first seals, all open.
pub(super) const VARIABLE: &str = "FMCP_STATE_KEY";

/// What the state of a call is sealed with while it is in the client's hands. Replicas that share the secret
/// take each other's, and a restart with the same secret loses none.
///
/// ```
/// use fmcp::{Server, StateKey};
///
/// let secret = "32 bytes at the least, all random";
/// let next = "other 32 bytes, just as long, just as random";
/// // While secrets are being changed, what was sealed with the old one still opens.
/// let server = Server::new("shop").state_key(StateKey::new(next).or(secret));
/// ```
#[derive(Clone, Debug)]
pub struct StateKey {
    seal: Seal,
    /// The length of the shortest secret.
    shortest: usize,
}

impl StateKey {
    /// A key made of a secret, which must have 32 bytes, and should be random.
    #[must_use]
    pub fn new(secret: impl AsRef<[u8]>) -> Self {
        Self {
            shortest: secret.as_ref().len(),
            seal: Seal::new(secret, PURPOSE),
        }
    }

    /// Also opens what was sealed with another secret.
    #[must_use]
    pub fn or(self, secret: impl AsRef<[u8]>) -> Self {
        Self {
            shortest: self.shortest.min(secret.as_ref().len()),
            seal: self.seal.or(secret),
        }
    }

    /// The seal.
    ///
    /// # Errors
    /// When a secret is too short.
    pub(super) fn checked(self) -> Result<Seal, String> {
        if self.shortest < MIN_SECRET {
            return Err(format!(
                "a secret for the state of calls must have {MIN_SECRET} bytes, and one has {}",
                self.shortest
            ));
        }
        Ok(self.seal)
    }
}

impl From<&str> for StateKey {
    fn from(secret: &str) -> Self {
        Self::new(secret)
    }
}

impl From<String> for StateKey {
    fn from(secret: String) -> Self {
        Self::new(secret)
    }
}

/// The seal that the environment names, or one that nobody else has.
pub(super) fn from_environment(named: Option<&str>) -> Result<Seal, String> {
    let mut secrets = named.unwrap_or_default().split_ascii_whitespace();
    let Some(first) = secrets.next() else {
        return Ok(Seal::random(PURPOSE));
    };
    let key = secrets.fold(StateKey::new(first), StateKey::or);
    key.checked()
        .map_err(|fault| format!("{VARIABLE}: {fault}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_and_several_open() {
        let (old, new) = ("o".repeat(32), "n".repeat(32));
        assert!(StateKey::new("short").checked().is_err());
        assert!(StateKey::new(&*new).or("short").checked().is_err());
        let sealed = from_environment(Some(&old))
            .unwrap()
            .close(b"", vec![1])
            .unwrap();
        let both = from_environment(Some(&format!("{new} {old}"))).unwrap();
        assert_eq!(both.open(b"", &sealed), Some(vec![1]));
        assert_eq!(from_environment(None).unwrap().open(b"", &sealed), None);
        let fault = from_environment(Some("short")).unwrap_err();
        assert!(
            fault.starts_with("FMCP_STATE_KEY: ") && !fault.contains("short"),
            "{fault}"
        );
    }
}
