//! What is sent to a token endpoint.

use url::form_urlencoded::Serializer;
use zeroize::Zeroizing;

use crate::secret::Secret;

/// The fields of a request for a token. It knows which of them nobody else may read.
#[derive(Clone, Default)]
pub(crate) struct Form {
    fields: Vec<(&'static str, Field)>,
}

#[derive(Clone)]
enum Field {
    Open(String),
    Hidden(Secret),
}

impl Form {
    /// A form for a grant of this type.
    pub(crate) fn grant(name: &str) -> Self {
        let mut form = Self::default();
        form.add("grant_type", name);
        form
    }

    pub(crate) fn add(&mut self, name: &'static str, value: &str) {
        self.fields.push((name, Field::Open(value.to_owned())));
    }

    pub(crate) fn add_secret(&mut self, name: &'static str, value: &Secret) {
        self.fields.push((name, Field::Hidden(value.clone())));
    }

    pub(crate) fn add_if_any(&mut self, name: &'static str, value: Option<&str>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.add(name, value);
        }
    }

    /// Whether `text` repeats what nobody else may read.
    pub(crate) fn is_betrayed_by(&self, text: &str) -> bool {
        self.fields.iter().any(|(_, field)| match field {
            Field::Hidden(secret) => text.contains(secret.expose()),
            Field::Open(_) => false,
        })
    }

    pub(crate) fn encode(&self) -> Zeroizing<String> {
        let mut serializer = Serializer::new(String::new());
        for (name, field) in &self.fields {
            let value = match field {
                Field::Open(value) => value,
                Field::Hidden(secret) => secret.expose(),
            };
            serializer.append_pair(name, value);
        }
        Zeroizing::new(serializer.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_knows_its_secrets() {
        let mut form = Form::grant("refresh_token");
        form.add("resource", "https://a/mcp");
        form.add_if_any("scope", Some(""));
        form.add_secret("refresh_token", &"a b&c".into());
        assert_eq!(
            *form.encode(),
            "grant_type=refresh_token&resource=https%3A%2F%2Fa%2Fmcp&refresh_token=a+b%26c"
        );
        assert!(form.is_betrayed_by("the token a b&c is over"));
        assert!(!form.is_betrayed_by("https://a/mcp"));
    }
}
