//! The query of a URI, read by a template.

use std::sync::Arc;

use super::Value;
use super::template::{UriTemplate, Variable};
use super::units::decode;

type Pair = (String, String);

/// The pairs of a query, decoded; `None` for one that cannot be. A key without `=` has the value
/// `""`.
pub(super) fn pairs(query: &str) -> impl Iterator<Item = Option<Pair>> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(key)?, decode(value)?))
        })
}

/// The values of the query variables, or `None` when the query is broken or lacks a fixed pair.
pub(super) fn read(template: &UriTemplate, query: &str) -> Option<Vec<(Arc<str>, Value)>> {
    let pairs: Vec<Pair> = pairs(query).collect::<Option<_>>()?;
    if !template
        .fixed_query
        .iter()
        .all(|fixed| pairs.contains(fixed))
    {
        return None;
    }
    let found = |variable: &Variable| Some((variable.name.clone(), value(variable, &pairs)?));
    Some(template.query_variables().filter_map(found).collect())
}

fn value(variable: &Variable, pairs: &[Pair]) -> Option<Value> {
    let mut values = pairs
        .iter()
        .filter(|(key, _)| key == variable.name())
        .map(|(_, value)| value.clone());
    let first = values.next()?;
    Some(if variable.list() {
        Value::Many(std::iter::once(first).chain(values).collect())
    } else {
        Value::One(first)
    })
}
