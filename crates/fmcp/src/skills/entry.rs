//! What a server says of a skill.

use std::collections::HashSet;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value;

use super::{
    Digest, MAX_BYTES, MAX_FILES,
    front_matter::{self, FrontMatter, shorten},
    path,
};

/// What a server says of a skill, as it stands on the wire.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) uri: String,
    pub(crate) frontmatter: FrontMatter,
    #[serde(rename = "resources")]
    pub(crate) files: Files,
}

/// A file of a skill, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct File {
    /// Its address.
    pub uri: String,
    /// The digest of its bytes.
    pub digest: Digest,
    /// How many bytes it has.
    pub size: u64,
}

/// The files of a skill.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Files {
    /// These, and no others.
    Listed(Vec<File>),
    /// Made as they are read, so that there is nothing to hold them against.
    Dynamic,
}

const DYNAMIC: &str = "dynamic";

impl Serialize for Files {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Listed(files) => files.serialize(serializer),
            Self::Dynamic => serializer.serialize_str(DYNAMIC),
        }
    }
}

impl<'de> Deserialize<'de> for Files {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(word) if word == DYNAMIC => Ok(Self::Dynamic),
            list @ Value::Array(_) => serde_json::from_value(list)
                .map(Self::Listed)
                .map_err(D::Error::custom),
            _ => Err(D::Error::custom(
                "`resources` is neither a list nor \"dynamic\"",
            )),
        }
    }
}

impl Entry {
    /// What is wrong with it; nobody has to believe what it says of its files.
    pub(super) fn fault(&self) -> Option<String> {
        let Some((root, name)) = path::folder_of(&self.uri) else {
            return Some("its URI is not that of a `SKILL.md` in a folder".into());
        };
        if let Some(fault) = front_matter::fault(&self.frontmatter, name) {
            return Some(fault);
        }
        let Files::Listed(files) = &self.files else {
            return None;
        };
        if files.len() > MAX_FILES {
            return Some(format!("it has more than {MAX_FILES} files"));
        }
        let bytes = files
            .iter()
            .try_fold(0_u64, |sum, file| sum.checked_add(file.size));
        if bytes.is_none_or(|bytes| bytes > MAX_BYTES) {
            return Some(format!("its files have more than {MAX_BYTES} bytes"));
        }
        let mut paths = HashSet::new();
        for file in files {
            let Some(path) = path::within(root, &file.uri) else {
                let uri = shorten(&file.uri);
                return Some(format!("the file {uri:?} does not lie in its folder"));
            };
            if !paths.insert(path) {
                let uri = shorten(&file.uri);
                return Some(format!("the file {uri:?} is listed twice"));
            }
        }
        let has_it = files.iter().any(|file| file.uri == self.uri);
        (!has_it).then(|| "its `SKILL.md` is not among its files".into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(change: impl FnOnce(&mut Value), expect: Option<&str>) {
        let digest = Digest::of(b"x");
        let mut entry = json!({
            "uri": "skill://a/SKILL.md",
            "frontmatter": {"name": "a", "description": "b"},
            "resources": [{"uri": "skill://a/SKILL.md", "digest": digest, "size": 1, "more": 1}],
            "more": 1,
        });
        change(&mut entry);
        let said = match serde_json::from_value::<Entry>(entry) {
            Ok(entry) => entry.fault(),
            Err(fault) => Some(fault.to_string()),
        };
        match expect {
            None => assert_eq!(said, None),
            Some(words) => assert!(
                said.as_ref().is_some_and(|said| said.contains(words)),
                "{said:?}"
            ),
        }
    }

    #[test]
    fn what_a_server_says_is_judged() {
        check(|_| {}, None);
        check(|entry| entry["resources"] = json!("dynamic"), None);
        check(
            |entry| entry["resources"] = json!("static"),
            Some("neither a list"),
        );
        check(
            |entry| entry["resources"] = json!([]),
            Some("not among its files"),
        );
        check(
            |entry| entry["uri"] = json!("skill://b/SKILL.md"),
            Some("its folder is \"b\""),
        );
        check(|entry| entry["uri"] = json!("skill://a"), Some("its URI"));
        check(
            |entry| entry["resources"][0]["digest"] = json!("md5:1"),
            Some("sha256"),
        );
        check(
            |entry| entry["resources"][0]["size"] = json!(-1),
            Some("-1"),
        );
        check(
            |entry| entry["resources"][0]["size"] = json!(MAX_BYTES + 1),
            Some("bytes"),
        );
    }

    #[test]
    fn files_are_few_and_lie_in_their_folder() {
        let add = |uri: &'static str| {
            move |entry: &mut Value| {
                let mut file = entry["resources"][0].clone();
                file["uri"] = json!(uri);
                entry["resources"].as_array_mut().unwrap().push(file);
            }
        };
        check(add("skill://a/b/c.md"), None);
        check(add("skill://b/c.md"), Some("does not lie in its folder"));
        check(add("skill://a/../c.md"), Some("does not lie in its folder"));
        check(add("skill://a/%53KILL.md"), Some("listed twice"));
        check(
            |entry| {
                let file = entry["resources"][0].clone();
                entry["resources"] = Value::Array(vec![file; MAX_FILES + 1]);
            },
            Some("more than 512 files"),
        );
        check(
            |entry| entry["resources"][0]["size"] = json!(u64::MAX),
            Some("bytes"),
        );
    }
}
