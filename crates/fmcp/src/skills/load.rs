//! Reading a skill's files, and holding each against what was said of it.

use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::{
    Digest, File, Files, Skill,
    front_matter::{self, shorten},
    path, save,
};
use crate::{CallOptions, Client, ClientError};

/// A skill whose instructions have been read and are what was listed.
#[derive(Clone, Debug)]
pub struct Loaded {
    client: Client,
    skill: Skill,
    text: String,
    /// Where in the text the instructions begin.
    begin: usize,
}

impl Skill {
    /// Reads the skill's `SKILL.md`, and nothing else. Its size, its digest and each field of its front matter
    /// must be what was listed.
    ///
    /// # Errors
    /// [`ClientError::Unverified`] when something differs, which is named, or the server has listed nothing to hold
    /// it against; others when it cannot be read.
    pub async fn load(&self, client: &Client) -> Result<Loaded, ClientError> {
        let refuse = |why: String| unverified(self.uri(), why);
        let bytes = self.read(client, self.uri()).await?;
        let text = String::from_utf8(bytes.into()).map_err(|_| refuse("it is not UTF-8".into()))?;
        let (found, rest) = front_matter::read(&text).map_err(refuse)?;
        if let Some(difference) = front_matter::difference(self.front_matter(), &found) {
            return Err(refuse(format!("its front matter is another: {difference}")));
        }
        Ok(Loaded {
            client: client.clone(),
            skill: self.clone(),
            begin: text.len() - rest.len(),
            text,
        })
    }

    /// Reads the skill, as [`Skill::load`] does, then all its files, and puts them into a folder of the skill's name
    /// in `folder`, which is given back. Nothing is written before everything has been verified.
    ///
    /// # Errors
    /// As [`Skill::load`] and [`Loaded::download`].
    pub async fn download(
        &self,
        client: &Client,
        folder: impl AsRef<Path>,
    ) -> Result<PathBuf, ClientError> {
        self.load(client).await?.download(folder).await
    }

    /// Reads one file, which must be what was listed.
    async fn read(&self, client: &Client, uri: &str) -> Result<Bytes, ClientError> {
        let refuse = |why: String| unverified(uri, why);
        let Files::Listed(files) = self.files() else {
            return Err(refuse(
                "the server makes this skill's files as they are read, so that there is nothing to hold them \
                 against; if you trust it, read them with `Client::read`"
                    .into(),
            ));
        };
        let listed = files.iter().find(|file| file.uri == uri);
        let listed = listed.ok_or_else(|| refuse("it is not among the skill's files".into()))?;
        // What is kept from before may be older than what was listed.
        let contents = client.read_with(uri, CallOptions::new().fresh()).await?;
        if contents.parts().len() > 1 {
            return Err(refuse("it came in several parts".into()));
        }
        let bytes = contents.bytes()?;
        match difference(listed, &bytes) {
            Some(why) => Err(refuse(why)),
            None => Ok(Bytes::copy_from_slice(&bytes)),
        }
    }
}

impl Loaded {
    /// What was listed.
    #[must_use]
    pub fn skill(&self) -> &Skill {
        &self.skill
    }

    /// What the skill says to a model: its `SKILL.md` without the front matter.
    #[must_use]
    pub fn instructions(&self) -> &str {
        &self.text[self.begin..]
    }

    /// All of its `SKILL.md`.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Reads another of its files, by its path in the skill's folder, or by its URI.
    ///
    /// # Errors
    /// [`ClientError::Unverified`] when it is not among the skill's files, or not what was listed; others when it
    /// cannot be read.
    pub async fn read(&self, path: &str) -> Result<Bytes, ClientError> {
        let root = self.skill.root();
        let is_uri = path::within(root, path).is_some();
        let uri = if is_uri {
            path.to_owned()
        } else {
            self.uri_of(path)
        };
        if uri == self.skill.uri() {
            return Ok(Bytes::copy_from_slice(self.text.as_bytes()));
        }
        self.skill.read(&self.client, &uri).await
    }

    /// The URI of the file at `path`, as its server writes it.
    fn uri_of(&self, path: &str) -> String {
        let root = self.skill.root();
        let listed = match self.skill.files() {
            Files::Listed(files) => files.as_slice(),
            Files::Dynamic => &[],
        };
        let found = listed
            .iter()
            .find(|file| path::within(root, &file.uri).as_deref() == Some(path));
        found.map_or_else(|| path::file(root, path), |file| file.uri.clone())
    }

    /// Reads all files, and puts them into a folder of the skill's name in `folder`, which is given back. Nothing is
    /// written before everything has been verified, and nothing that is there is touched.
    ///
    /// # Errors
    /// As [`Loaded::read`]; [`ClientError::Unsaved`] when the skill's folder is there already, or cannot be written.
    pub async fn download(&self, folder: impl AsRef<Path>) -> Result<PathBuf, ClientError> {
        let (skill, root) = (&self.skill, self.skill.root());
        let mut files = Vec::new();
        if let Files::Listed(listed) = skill.files() {
            for file in listed {
                let path = path::within(root, &file.uri)
                    .ok_or_else(|| unverified(&file.uri, "it lies outside of its skill".into()))?;
                files.push((path, self.read(&file.uri).await?));
            }
        }
        let (folder, name) = (folder.as_ref().to_owned(), skill.name().to_owned());
        let saved = tokio::task::spawn_blocking(move || save::save(&folder, &name, &files)).await;
        saved
            .unwrap_or_else(|e| Err(std::io::Error::other(e)))
            .map_err(|source| ClientError::Unsaved {
                what: skill.uri().into(),
                source,
            })
    }
}

/// Where a file is not what was listed.
fn difference(listed: &File, bytes: &[u8]) -> Option<String> {
    let size = bytes.len() as u64;
    if size != listed.size {
        return Some(format!(
            "it was listed with {} bytes, and has {size}",
            listed.size
        ));
    }
    let digest = Digest::of(bytes);
    (digest != listed.digest)
        .then(|| format!("it was listed as {}, and is {digest}", listed.digest))
}

fn unverified(uri: &str, why: String) -> ClientError {
    ClientError::Unverified {
        what: shorten(uri).into(),
        why,
    }
}
