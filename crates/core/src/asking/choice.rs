//! What a user can choose from.

use crate::protocol::model::{EnumOption, PrimitiveSchema, SingleSelect, TitledSingleSelect};

/// One of several things that a user can choose: the value, and what people call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    value: String,
    title: Option<String>,
}

impl From<&str> for Choice {
    fn from(value: &str) -> Self {
        value.to_owned().into()
    }
}

impl From<String> for Choice {
    fn from(value: String) -> Self {
        Self { value, title: None }
    }
}

/// A value and its title.
impl<V: Into<String>, T: Into<String>> From<(V, T)> for Choice {
    fn from((value, title): (V, T)) -> Self {
        Self {
            value: value.into(),
            title: Some(title.into()),
        }
    }
}

/// A field that is one of `choices`.
pub(super) fn field(choices: Vec<Choice>) -> PrimitiveSchema {
    if choices.iter().all(|choice| choice.title.is_none()) {
        let values = choices.into_iter().map(|choice| choice.value);
        return SingleSelect::new(values.collect::<Vec<_>>()).into();
    }
    let titled = choices.into_iter().map(|Choice { value, title }| {
        let title = title.unwrap_or_else(|| value.clone());
        EnumOption::new(value, title)
    });
    TitledSingleSelect::new(titled.collect::<Vec<_>>()).into()
}
