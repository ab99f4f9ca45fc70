//! URI templates (RFC 6570), read as far as the macro needs: which variables there are, and which of
//! them stand in the query. The grammar itself is checked by the library.

use syn::LitStr;

/// A URI, or a template of one.
pub(crate) struct Template {
    pub(crate) text: LitStr,
    pub(crate) variables: Vec<Variable>,
}

/// A variable of a template.
pub(crate) struct Variable {
    /// As it is written: `user-id`.
    pub(crate) name: String,
    /// In `{?a,b}` or `{&a}`, where it may be missing.
    pub(crate) is_query: bool,
}

impl Variable {
    /// Whether the parameter of that name takes the value: `-` stands for `_`.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.name == name || self.name.replace('-', "_") == name
    }
}

impl Template {
    /// Reads the template, or says what is wrong with it.
    pub(crate) fn read(text: &LitStr) -> Result<Self, String> {
        let value = text.value();
        let mut variables = Vec::new();
        let mut rest = value.as_str();
        while let Some(at) = rest.find(['{', '}']) {
            if rest[at..].starts_with('}') {
                return Err("this `}` closes nothing".to_owned());
            }
            let Some(end) = rest[at..].find('}') else {
                return Err("a `{` is never closed".to_owned());
            };
            expression(&rest[at + 1..at + end], &mut variables)?;
            rest = &rest[at + end + 1..];
        }
        if !has_scheme(&value) {
            return Err(
                "a resource URI starts with a scheme, such as `data://` or `file:///`".to_owned(),
            );
        }
        Ok(Self {
            text: text.clone(),
            variables,
        })
    }

    /// The variable that the parameter of that name takes.
    pub(crate) fn variable(&self, name: &str) -> Option<&Variable> {
        self.variables
            .iter()
            .find(|variable| variable.is_called(name))
    }
}

fn has_scheme(uri: &str) -> bool {
    let Some(end) = uri.find([':', '{']) else {
        return false;
    };
    let scheme = &uri[..end];
    let is_name = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    is_name && uri[end..].starts_with(':')
}

/// Reads what stands between `{` and `}`.
fn expression(content: &str, variables: &mut Vec<Variable>) -> Result<(), String> {
    let names = content
        .strip_prefix(['+', '#', '.', '/', ';', '?', '&'])
        .unwrap_or(content);
    let is_query = content.starts_with(['?', '&']);
    for part in names.split(',') {
        let name = part.strip_suffix('*').unwrap_or(part);
        let name = name.split_once(':').map_or(name, |(name, _)| name);
        let is_name = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
        if !is_name {
            return Err(format!(
                "`{{{content}}}` names no variable: write `{{id}}`, `{{path*}}` or `{{?page,limit}}`"
            ));
        }
        if variables.iter().any(|variable| variable.name == name) {
            return Err(format!("the variable `{name}` occurs twice"));
        }
        variables.push(Variable {
            name: name.to_owned(),
            is_query,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proc_macro2::Span;

    #[track_caller]
    fn check(uri: &str, expect: &str) {
        let found = match Template::read(&LitStr::new(uri, Span::call_site())) {
            Ok(template) => {
                let spell = |variable: &Variable| {
                    format!(
                        "{}{}",
                        if variable.is_query { "?" } else { "" },
                        variable.name
                    )
                };
                template
                    .variables
                    .iter()
                    .map(spell)
                    .collect::<Vec<_>>()
                    .join(" ")
            }
            Err(message) => message,
        };
        assert_eq!(found, expect);
    }

    #[test]
    fn variables_are_found() {
        check("config://app", "");
        check("data://{category}/{id}{?format}", "category id ?format");
        check("file:///{path*}", "path");
        check("x://{+path}{?a,b*}{&c}", "path ?a ?b ?c");
        check("x://{user-id:3}", "user-id");
    }

    #[test]
    fn faults_are_named() {
        check("x://{id", "a `{` is never closed");
        check("x://id}", "this `}` closes nothing");
        check(
            "x://{}",
            "`{}` names no variable: write `{id}`, `{path*}` or `{?page,limit}`",
        );
        check(
            "x://{a b}",
            "`{a b}` names no variable: write `{id}`, `{path*}` or `{?page,limit}`",
        );
        check("x://{a}/{a}", "the variable `a` occurs twice");
        check(
            "{id}",
            "a resource URI starts with a scheme, such as `data://` or `file:///`",
        );
        check(
            "readme.md",
            "a resource URI starts with a scheme, such as `data://` or `file:///`",
        );
    }
}
