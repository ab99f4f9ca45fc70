//! Skills as they are served: everything that can be asked, made once.

use std::{collections::BTreeMap, sync::Arc};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use fmcp_core::{
    Component, Definition, Error, Raw, Result,
    protocol::model::{ListResourcesResult, Resource},
};
use serde_json::Value;

use super::{
    Digest, Entry, SKILL_MD, entry,
    entry::Files,
    folder::Folder,
    front_matter::{FrontMatter, shorten},
    path,
};

/// What a folder within a skill is, as a media type.
const FOLDER: &str = "inode/directory";

/// Skills as they are served. Nothing in it changes.
#[derive(Default)]
pub(super) struct Shelf {
    /// What is said of each skill, by the URI of its `SKILL.md`.
    entries: BTreeMap<String, Raw>,
    files: BTreeMap<String, Arc<Component>>,
    /// What lies in each folder, by its URI.
    folders: BTreeMap<String, Vec<Resource>>,
}

/// A part of a list, and where the next one begins.
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    pub(super) next: Option<String>,
}

impl Shelf {
    pub(super) fn new(skills: Vec<Folder>) -> Result<Self> {
        let mut shelf = Self::default();
        for skill in skills {
            shelf.add(skill)?;
        }
        Ok(shelf)
    }

    fn add(&mut self, skill: Folder) -> Result<()> {
        let root = path::root(&skill.name);
        let mut listed = Vec::new();
        for (path, bytes) in &skill.files {
            let uri = path::file(&root, path);
            listed.push(entry::File {
                uri: uri.clone(),
                digest: Digest::of(bytes),
                size: bytes.len() as u64,
            });
            let about = (path == SKILL_MD).then_some(&skill.fields);
            let component = component(&uri, path, bytes.clone(), about)?;
            self.put(&root, path, &component);
            self.files.insert(uri, Arc::new(component));
        }
        let entry = Entry {
            uri: path::file(&root, SKILL_MD),
            frontmatter: skill.fields,
            files: Files::Listed(listed),
        };
        let written = Raw::from_serialize(&entry)
            .map_err(|e| Error::internal("a skill cannot be written").caused_by(e))?;
        self.entries.insert(entry.uri, written);
        Ok(())
    }

    /// Puts a file into its folder, and that one into the folder around it where it is new.
    fn put(&mut self, root: &str, path: &str, component: &Component) {
        let Definition::Resource(resource) = &component.definition else {
            return;
        };
        let (mut path, mut item) = (path, Resource::clone(resource));
        loop {
            let (parent, place) = match path.rsplit_once('/') {
                Some((parent, _)) => (Some(parent), path::file(root, parent)),
                None => (None, root.to_owned()),
            };
            let is_new = !self.folders.contains_key(&place);
            self.folders.entry(place.clone()).or_default().push(item);
            let Some(parent) = parent.filter(|_| is_new) else {
                return;
            };
            let name = parent.rsplit('/').next().unwrap_or(parent);
            item = Resource::new(place, name).mime_type(FOLDER);
            path = parent;
        }
    }

    /// The components that are listed among the resources: what a skill begins with. The rest is found from
    /// there.
    pub(super) fn listed(&self) -> Vec<Arc<Component>> {
        self.entries
            .keys()
            .filter_map(|uri| self.file(uri))
            .collect()
    }

    pub(super) fn file(&self, uri: &str) -> Option<Arc<Component>> {
        self.files.get(uri).map(Arc::clone)
    }

    /// What is said of the skill with this `SKILL.md`.
    pub(super) fn entry(&self, uri: &str) -> Result<&Raw> {
        self.entries.get(uri).ok_or_else(|| {
            let uri = shorten(uri);
            Error::invalid_params(format!("Skill not found: {uri}"))
                .data(serde_json::json!({"uri": uri}))
        })
    }

    /// What is said of skills, behind the one that `cursor` names.
    pub(super) fn entries(&self, cursor: Option<&str>, size: usize) -> Result<Page<Raw>> {
        let all: Vec<_> = self.entries.iter().collect();
        page(&all, |(uri, _)| uri, cursor, size).map(|page| Page {
            items: page
                .items
                .into_iter()
                .map(|(_, entry)| entry.clone())
                .collect(),
            next: page.next,
        })
    }

    /// What lies in a folder, behind what `cursor` names.
    pub(super) fn folder(
        &self,
        uri: &str,
        cursor: Option<&str>,
        size: usize,
    ) -> Result<ListResourcesResult> {
        let folder = self.folders.get(uri.strip_suffix('/').unwrap_or(uri));
        let all = folder.ok_or_else(|| {
            let uri = shorten(uri);
            Error::invalid_params(format!("No folder of a skill: {uri}"))
                .data(serde_json::json!({"uri": uri}))
        })?;
        let page = page(all, |resource| &resource.uri, cursor, size)?;
        let mut result = ListResourcesResult::new(page.items);
        result.next_cursor = page.next;
        Ok(result)
    }
}

/// The part of a list behind the item that `cursor` names.
fn page<T: Clone>(
    all: &[T],
    name: impl Fn(&T) -> &str,
    cursor: Option<&str>,
    size: usize,
) -> Result<Page<T>> {
    let start = match cursor {
        None => 0,
        Some(cursor) => {
            let last = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok();
            let place =
                last.and_then(|last| all.iter().position(|item| name(item).as_bytes() == last));
            1 + place.ok_or_else(|| {
                Error::invalid_params("the cursor is none that this server has given")
            })?
        }
    };
    let end = all.len().min(start + size);
    let items = all[start..end].to_vec();
    let last = items.last().filter(|_| end < all.len());
    Ok(Page {
        next: last.map(|item| BASE64_URL_SAFE_NO_PAD.encode(name(item))),
        items,
    })
}

/// The resource that a file is; a `SKILL.md` is called what its fields say.
fn component(
    uri: &str,
    path: &str,
    bytes: Bytes,
    fields: Option<&FrontMatter>,
) -> Result<Component> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let size = bytes.len() as u64;
    let file = crate::File::from_bytes(bytes, name);
    let mime = file.mime_type().to_owned();
    let mut resource = crate::Resource::new(uri, move || {
        let file = file.clone();
        async move { file }
    })
    .mime(mime)
    .size(size)
    .name(name);
    let field = |key| {
        fields
            .and_then(|fields| fields.get(key))
            .and_then(Value::as_str)
    };
    if let Some(name) = field("name") {
        resource = resource.name(name);
    }
    if let Some(description) = field("description") {
        resource = resource.description(description);
    }
    let mut components = resource.into_components()?;
    components
        .pop()
        .ok_or_else(|| Error::internal(format!("{uri} is no resource")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shelf(paths: &[&str]) -> Shelf {
        let fields = json!({"name": "a", "description": "b"});
        let files = paths
            .iter()
            .map(|path| ((*path).to_owned(), Bytes::from_static(b"x")));
        let skill = Folder {
            name: "a".into(),
            fields: fields.as_object().unwrap().clone(),
            files: files.collect(),
        };
        Shelf::new(vec![skill]).unwrap()
    }

    fn check(shelf: &Shelf, uri: &str, expect: &[(&str, bool)]) {
        for size in [1, 2, 100] {
            let (mut all, mut cursor) = (Vec::new(), None::<String>);
            loop {
                let page = shelf.folder(uri, cursor.as_deref(), size).unwrap();
                all.extend(page.resources);
                cursor = page.next_cursor;
                if cursor.is_none() {
                    break;
                }
            }
            let mut all: Vec<_> = all
                .iter()
                .map(|resource| {
                    (
                        resource.uri.as_str(),
                        resource.mime_type.as_deref() == Some(FOLDER),
                    )
                })
                .collect();
            all.sort_unstable();
            assert_eq!(all, expect, "{uri} in pages of {size}");
        }
    }

    #[test]
    fn folders_list_what_lies_in_them_and_nothing_further_down() {
        let shelf = shelf(&["SKILL.md", "b/c/d.md", "b/e.md", "f.md"]);
        let top = [
            ("skill://a/SKILL.md", false),
            ("skill://a/b", true),
            ("skill://a/f.md", false),
        ];
        check(&shelf, "skill://a", &top);
        check(&shelf, "skill://a/", &top);
        check(
            &shelf,
            "skill://a/b",
            &[("skill://a/b/c", true), ("skill://a/b/e.md", false)],
        );
        check(&shelf, "skill://a/b/c", &[("skill://a/b/c/d.md", false)]);
        for uri in [
            "skill://a/f.md",
            "skill://b",
            "skill://",
            "",
            "skill://a/b/../b",
        ] {
            assert!(shelf.folder(uri, None, 100).is_err(), "{uri}");
        }
    }

    #[test]
    fn a_cursor_is_one_that_was_given() {
        let shelf = shelf(&["SKILL.md"]);
        for cursor in ["", "x", "c2tpbGw6Ly9i", "é"] {
            assert!(shelf.entries(Some(cursor), 1).is_err(), "{cursor}");
            assert!(
                shelf.folder("skill://a", Some(cursor), 1).is_err(),
                "{cursor}"
            );
        }
    }
}
