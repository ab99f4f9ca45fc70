//! Every file of the corpus is read as its type, written again, and must say the same; where the
//! official schema is at hand, what was written must also follow it. Our files whose names begin with
//! `later-` hold what only a revision to come may say, and need not.
//!
//! The official files lie outside the repository. `FMCP_SPEC` names their folder (the one that has a
//! folder for each revision); without it `shared/spec` beside the repository is looked at.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::types::{NOT_MODELLED, RoundTrip, TYPES};

const REVISION: &str = "2026-07-28";

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus")
        .join(REVISION)
}

/// The official files of the revision, if they are at hand.
fn specification() -> Option<PathBuf> {
    let root = match env::var_os("FMCP_SPEC") {
        Some(root) => PathBuf::from(root),
        None => {
            let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/spec");
            beside.is_dir().then_some(beside)?
        }
    };
    Some(root.join(REVISION).join("schema"))
}

/// The files `folder/<Type>/<name>.json` by type.
fn files(folder: &Path) -> BTreeMap<String, Vec<PathBuf>> {
    let mut found = BTreeMap::<String, Vec<PathBuf>>::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let dir = entry.unwrap().path();
        let name = dir.file_name().unwrap().to_str().unwrap().to_owned();
        let inside = fs::read_dir(&dir).unwrap().map(|file| file.unwrap().path());
        found.entry(name).or_default().extend(inside);
    }
    found
}

fn round_trip_of(name: &str) -> RoundTrip {
    let known = TYPES.iter().find(|(known, _)| *known == name);
    known
        .unwrap_or_else(|| panic!("no type of the model stands for `{name}`"))
        .1
}

/// The numbers of a JSON text as they are written, sorted.
fn numbers(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '"' {
            while let Some(c) = chars.next() {
                match c {
                    '\\' => drop(chars.next()),
                    '"' => break,
                    _ => {}
                }
            }
        } else if c == '-' || c.is_ascii_digit() {
            let mut number = String::from(c);
            while let Some(c) = chars.next_if(|c| "+-.eE0123456789".contains(*c)) {
                number.push(c);
            }
            found.push(number);
        }
    }
    found.sort();
    found
}

/// Reads and writes one file and compares; gives what was written.
fn check(file: &Path, round_trip: RoundTrip) -> Value {
    let at = file.display();
    let before = fs::read_to_string(file).unwrap();
    let after = round_trip(&before).unwrap_or_else(|error| panic!("{at}: {error}"));
    let tree = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(tree(&after), tree(&before), "{at}");
    assert_eq!(
        numbers(&after),
        numbers(&before),
        "{at}: a number is written otherwise"
    );
    let place = |text: &str, name: &str| text.find(name);
    if let (Some(zeta), Some(alpha)) = (place(&before, "\"zeta\""), place(&before, "\"alpha\"")) {
        assert!(zeta < alpha, "{at}: the corpus says zeta before alpha");
        assert!(
            place(&after, "\"zeta\"") < place(&after, "\"alpha\""),
            "{at}: order is lost"
        );
    }
    tree(&after)
}

/// Says whether a value follows the official schema of a type.
struct Schema(Value);

impl Schema {
    fn read(folder: &Path) -> Self {
        let text = fs::read_to_string(folder.join("schema.json")).unwrap();
        Self(serde_json::from_str(&text).unwrap())
    }

    fn names(&self) -> BTreeSet<&str> {
        self.0["$defs"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect()
    }

    fn check_all(&self, name: &str, values: &[(PathBuf, Value)]) {
        let schema = json!({
            "$schema": self.0["$schema"],
            "$ref": format!("#/$defs/{name}"),
            "$defs": self.0["$defs"],
        });
        let validator = jsonschema::validator_for(&schema).unwrap();
        let later = |file: &Path| {
            file.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with("later-")
        };
        for (file, value) in values.iter().filter(|(file, _)| !later(file)) {
            let faults: Vec<_> = validator
                .iter_errors(value)
                .map(|fault| fault.to_string())
                .collect();
            assert!(faults.is_empty(), "{}: {faults:#?}", file.display());
        }
    }
}

/// Checks every file under `folder`; gives what was written, by type.
fn check_folder(folder: &Path) -> BTreeMap<String, Vec<(PathBuf, Value)>> {
    let check_type = |(name, files): (String, Vec<PathBuf>)| {
        let round_trip = round_trip_of(&name);
        let check_file = |file: PathBuf| {
            let value = check(&file, round_trip);
            (file, value)
        };
        (name, files.into_iter().map(check_file).collect())
    };
    files(folder).into_iter().map(check_type).collect()
}

#[test]
fn our_files_survive_and_cover_every_type() {
    let checked = check_folder(&corpus());
    let absent: Vec<_> = TYPES
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| checked.get(*name).is_none_or(Vec::is_empty))
        .collect();
    assert!(absent.is_empty(), "types without a file: {absent:?}");
}

#[test]
#[allow(clippy::print_stdout)]
fn the_official_schema_and_examples_agree() {
    let Some(folder) = specification() else {
        println!("no official files at hand and FMCP_SPEC is not set: nothing was compared");
        return;
    };
    let examples = check_folder(&folder.join("examples"));
    let read: usize = examples.values().map(Vec::len).sum();
    println!("{read} official examples read from {}", folder.display());
    assert!(read > 0, "no example found in {}", folder.display());

    let schema = Schema::read(&folder);
    let names = schema.names();
    for (name, values) in &examples {
        schema.check_all(name, values);
    }
    let ours = check_folder(&corpus());
    for (name, values) in ours
        .iter()
        .filter(|(name, _)| names.contains(name.as_str()))
    {
        schema.check_all(name, values);
    }
    let modelled = TYPES
        .iter()
        .map(|(name, _)| *name)
        .chain(NOT_MODELLED.iter().copied());
    let modelled: BTreeSet<_> = modelled.collect();
    let missed: Vec<_> = names.difference(&modelled).collect();
    assert!(
        missed.is_empty(),
        "the schema has names that nobody thought of: {missed:?}"
    );
}
