//! From the text of a template to its parts.

use super::TemplateError;
use super::TemplateFault::{self, *};
use super::query;
use super::template::{Part, Place, UriTemplate, Variable};
use super::units;

/// The longest template, in bytes.
pub const MAX_TEMPLATE_LEN: usize = 2048;

/// The most variables in one template.
pub const MAX_VARIABLES: usize = 64;

type Parsed<T = ()> = Result<T, TemplateError>;

pub(super) fn parse(source: &str) -> Parsed<UriTemplate> {
    if source.is_empty() {
        return fail(0, Empty);
    }
    if source.len() > MAX_TEMPLATE_LEN {
        return fail(MAX_TEMPLATE_LEN, TooLong);
    }
    let mut parser = Parser::default();
    let mut at = 0;
    while at < source.len() {
        let rest = &source[at..];
        let literal = &rest[..rest.find(['{', '}']).unwrap_or(rest.len())];
        if literal.is_empty() {
            let inside = expression_at(source, at)?;
            parser.expression(at + 1, inside)?;
            at += inside.len() + 2;
        } else {
            parser.literal(at, literal)?;
            at += literal.len();
        }
    }
    Ok(UriTemplate {
        source: source.to_owned(),
        prefix_len: source.find(['{', '?']).unwrap_or(source.len()),
        parts: parser.parts,
        fixed_query: parser.fixed_query,
        variables: parser.variables,
    })
}

/// What stands between the brace at `at` and its closing one.
fn expression_at(source: &str, at: usize) -> Parsed<&str> {
    let Some(inside) = source[at..].strip_prefix('{') else {
        return fail(at, Unopened);
    };
    match inside.find(['{', '}']) {
        Some(end) if inside[end..].starts_with('}') => Ok(&inside[..end]),
        _ => fail(at, Unclosed),
    }
}

fn fail<T>(position: usize, fault: TemplateFault) -> Parsed<T> {
    Err(TemplateError { position, fault })
}

/// How far the query has come.
#[derive(Default, PartialEq)]
enum Query {
    #[default]
    NotBegun,
    Literal,
    Expression,
}

#[derive(Default)]
struct Parser {
    parts: Vec<Part>,
    variables: Vec<Variable>,
    fixed_query: Vec<(String, String)>,
    query: Query,
    fragment: bool,
}

impl Parser {
    fn literal(&mut self, at: usize, text: &str) -> Parsed {
        if self.query != Query::NotBegun {
            return fail(at, AfterQuery);
        }
        let (path, query) = match text.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (text, None),
        };
        self.fragment |= path.contains('#');
        if !path.is_empty() {
            self.parts.push(Part::Literal(literal_units(at, path)?));
        }
        match query {
            Some(query) => self.literal_query(at + path.len() + 1, query),
            None => Ok(()),
        }
    }

    fn literal_query(&mut self, at: usize, query: &str) -> Parsed {
        if self.fragment || query.contains('#') {
            return fail(at, Fragment);
        }
        literal_units(at, query)?;
        match query::pairs(query).collect() {
            Some(pairs) => self.fixed_query = pairs,
            None => return fail(at, NotUtf8),
        }
        self.query = Query::Literal;
        Ok(())
    }

    fn expression(&mut self, at: usize, inside: &str) -> Parsed {
        match inside.chars().next() {
            None => fail(at, NoName),
            Some('?') if self.fragment => fail(at, Fragment),
            Some('?') if self.query != Query::NotBegun => fail(at, SecondQuery),
            Some('&') if self.query == Query::NotBegun => fail(at, NoQuery),
            Some('?' | '&') => self.query_variables(at + 1, &inside[1..]),
            Some('+') => self.path_variable(at + 1, &inside[1..], Place::Wildcard),
            Some(operator) if "#/.;=,!@|".contains(operator) => fail(at, Operator(operator)),
            Some(_) => self.path_variable(at, inside, Place::Segment),
        }
    }

    fn path_variable(&mut self, at: usize, inside: &str, place: Place) -> Parsed {
        if inside.contains(',') {
            return fail(at, SeveralNames);
        }
        match self.query {
            Query::NotBegun => {}
            Query::Literal => return fail(at, VariableInQuery(inside.to_owned())),
            Query::Expression => return fail(at, AfterQuery),
        }
        if matches!(self.parts.last(), Some(Part::Variable { .. })) {
            return fail(at, Adjacent);
        }
        let (name, place) = match inside.strip_suffix('*') {
            Some(name) => (name, Place::Wildcard),
            None => (inside, place),
        };
        self.variable(at, name, place)?;
        self.parts.push(Part::Variable {
            wildcard: place == Place::Wildcard,
        });
        Ok(())
    }

    fn query_variables(&mut self, mut at: usize, inside: &str) -> Parsed {
        for item in inside.split(',') {
            match item.strip_suffix('*') {
                Some(name) => self.variable(at, name, Place::QueryList)?,
                None => self.variable(at, item, Place::Query)?,
            }
            at += item.len() + 1;
        }
        self.query = Query::Expression;
        Ok(())
    }

    fn variable(&mut self, at: usize, name: &str, place: Place) -> Parsed {
        if name.is_empty() {
            return fail(at, NoName);
        }
        if let Some((offset, found)) = name.char_indices().find(|(_, c)| !is_name_char(*c)) {
            return fail(
                at + offset,
                if found == ':' { Prefix } else { BadName(found) },
            );
        }
        let known = self.variables.iter().any(|known| known.name() == name);
        let optional = matches!(place, Place::Query | Place::QueryList);
        if known || optional && self.fixed_query.iter().any(|(key, _)| key == name) {
            return fail(at, Duplicate(name.to_owned()));
        }
        if self.variables.len() == MAX_VARIABLES {
            return fail(at, TooManyVariables);
        }
        self.variables.push(Variable {
            name: name.into(),
            place,
        });
        Ok(())
    }
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// The units of a literal, which has to be well formed on its own.
fn literal_units(at: usize, text: &str) -> Parsed<Vec<units::Unit>> {
    let found = match units::units(text) {
        Ok(found) => found,
        Err(units::BadPercent(offset)) => return fail(at + offset, Percent),
    };
    match units::text(&found) {
        Some(_) => Ok(found.into_iter().map(units::unmark_unreserved).collect()),
        None => fail(at, NotUtf8),
    }
}
