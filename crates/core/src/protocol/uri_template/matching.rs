//! From a URI to values.
//!
//! The path is read in two passes. From the right: at which places can the rest of the template
//! still be read? From the left: each variable takes as much as leaves such a place. Both walk the
//! URI once per part, so no template and no URI makes the work explode.

use std::ops::Range;

use super::template::{Part, UriTemplate};
use super::units::{ENCODED, Unit, fold, is_uri_byte, text, units};
use super::{Match, Value, query};

/// The longest URI that can match, in bytes.
pub const MAX_URI_LEN: usize = 8192;

pub(super) fn matches(template: &UriTemplate, uri: &str) -> Option<Match> {
    if uri.len() > MAX_URI_LEN || starts_otherwise(template.literal_prefix(), uri) {
        return None;
    }
    let (subject, query) = split(uri)?;
    let spans =
        read(&template.parts, &subject).or_else(|| read_folded(&template.parts, &subject))?;
    let mut values = Vec::with_capacity(template.variables.len());
    for (variable, span) in template.variables.iter().zip(spans) {
        values.push((variable.name.clone(), Value::One(text(&subject[span])?)));
    }
    values.extend(query::read(template, query)?);
    Some(Match { values })
}

/// Whether the first bytes already exclude a match: cheap, as most templates fail here.
fn starts_otherwise(prefix: &str, uri: &str) -> bool {
    let mut uri = uri.bytes();
    for expected in prefix.bytes().take_while(|byte| *byte != b'#') {
        match uri.next() {
            // Either may be the other's encoded form, in either case.
            Some(found) if expected == b'%' || found == b'%' => return false,
            Some(found) if found == expected => {}
            Some(_) if !is_uri_byte(expected) => return false,
            _ => return true,
        }
    }
    false
}

/// The path with the fragment, and the query between them.
fn split(uri: &str) -> Option<(Vec<Unit>, &str)> {
    let (rest, fragment) = match uri.find('#') {
        Some(at) => uri.split_at(at),
        None => (uri, ""),
    };
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut subject = units(path).ok()?;
    subject.extend(units(fragment).ok()?);
    Some((subject, query))
}

/// As [`read`], with a literal's encoded form as good as its raw one.
fn read_folded(parts: &[Part], subject: &[Unit]) -> Option<Vec<Range<usize>>> {
    let marked = |units: &[Unit]| units.iter().any(|unit| unit & ENCODED != 0);
    let literal_marked = |part: &Part| matches!(part, Part::Literal(units) if marked(units));
    if !marked(subject) && !parts.iter().any(literal_marked) {
        return None;
    }
    let folded = |units: &[Unit]| units.iter().copied().map(fold).collect::<Vec<_>>();
    let parts: Vec<Part> = parts
        .iter()
        .map(|part| match part {
            Part::Literal(literal) => Part::Literal(folded(literal)),
            variable => variable.clone(),
        })
        .collect();
    read(&parts, &folded(subject))
}

/// Where each variable's value stands.
fn read(parts: &[Part], subject: &[Unit]) -> Option<Vec<Range<usize>>> {
    let readable = readable(parts, subject)?;
    let mut spans = Vec::new();
    let mut at = 0;
    for (part, rest) in parts.iter().zip(&readable[1..]) {
        match part {
            Part::Literal(literal) => at += literal.len(),
            Part::Variable { wildcard } => {
                let end = furthest(*wildcard, subject, at, rest)?;
                spans.push(at..end);
                at = end;
            }
        }
    }
    Some(spans)
}

fn furthest(wildcard: bool, subject: &[Unit], start: usize, rest: &[bool]) -> Option<usize> {
    let taken = subject[start..]
        .iter()
        .take_while(|unit| !stops(wildcard, **unit))
        .count();
    (start + 1..=start + taken).rev().find(|end| rest[*end])
}

/// For each part, the places from which it and all after it can be read up to the end; `None` when
/// the start is not such a place.
fn readable(parts: &[Part], subject: &[Unit]) -> Option<Vec<Vec<bool>>> {
    let mut rest = vec![false; subject.len() + 1];
    rest[subject.len()] = true;
    let mut all = vec![rest];
    for part in parts.iter().rev() {
        let rest = &all[all.len() - 1];
        let mut here = vec![false; subject.len() + 1];
        match part {
            Part::Literal(literal) => {
                for end in literal.len()..=subject.len() {
                    let start = end - literal.len();
                    here[start] = rest[end] && subject[start..end] == literal[..];
                }
            }
            Part::Variable { wildcard } => {
                for at in (0..subject.len()).rev() {
                    here[at] = !stops(*wildcard, subject[at]) && (rest[at + 1] || here[at + 1]);
                }
            }
        }
        all.push(here);
    }
    all.reverse();
    all[0][0].then_some(all)
}

/// Whether a variable ends before this unit.
fn stops(wildcard: bool, unit: Unit) -> bool {
    const SLASH: Unit = b'/' as Unit;
    const QUESTION: Unit = b'?' as Unit;
    const HASH: Unit = b'#' as Unit;
    matches!(unit, QUESTION | HASH) || unit == SLASH && !wildcard
}
