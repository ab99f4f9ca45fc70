//! What is said with everything that is asked.

use fmcp_core::{
    Error, Extra, Raw, Result,
    protocol::{
        Params,
        model::{Meta, ProgressToken},
    },
};
use serde::Serialize;

/// `params` with `beside` added to them and `base` as their metadata, and what `params` themselves, the
/// call's options and its progress token add to that.
pub(super) fn dress<P: Serialize + ?Sized>(
    params: &P,
    beside: &Extra,
    base: &Meta,
    more: &Meta,
    token: Option<&ProgressToken>,
) -> Result<Params> {
    let mut fields: Extra = write(params)?
        .parse()
        .map_err(|e| Error::invalid_params("the parameters are not an object").caused_by(e))?;
    for (key, value) in beside.iter() {
        fields.insert(key.to_owned(), value.clone());
    }
    let own: Option<Meta> = match fields.remove("_meta") {
        Some(meta) => meta
            .parse()
            .map_err(|e| Error::invalid_params("`_meta` is not an object").caused_by(e))?,
        None => None,
    };
    let mut meta = base.clone();
    for (key, value) in own.iter().flat_map(Meta::iter).chain(more.iter()) {
        meta.insert(key.to_owned(), value.clone());
    }
    if let Some(token) = token {
        meta.insert(Meta::PROGRESS_TOKEN, Raw::from(token.clone()));
    }
    if !meta.is_empty() {
        fields.insert("_meta", write(&meta)?);
    }
    Params::of(&fields)
}

fn write<T: Serialize + ?Sized>(value: &T) -> Result<Raw> {
    Raw::from_serialize(value)
        .map_err(|e| Error::invalid_params("it cannot be written as JSON").caused_by(e))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn metadata_comes_together_and_the_later_word_counts() {
        let base = Meta::new().with("a", json!(1)).with("b", json!(1));
        let more = Meta::new().with("b", json!(3));
        let params = json!({"name": "t", "_meta": {"b": 2, "c": 2}});
        let dressed = dress(&params, &Extra::new(), &base, &more, Some(&7.into())).unwrap();
        assert_eq!(
            dressed.parse::<Value>().unwrap(),
            json!({"name": "t", "_meta": {"a": 1, "b": 3, "c": 2, "progressToken": 7}})
        );
        assert_eq!(
            dress(&json!({}), &Extra::new(), &Meta::new(), &Meta::new(), None)
                .unwrap()
                .meta(),
            None
        );
        assert!(dress(&json!([1]), &Extra::new(), &Meta::new(), &Meta::new(), None).is_err());
        assert!(
            dress(
                &json!({"_meta": 1}),
                &Extra::new(),
                &Meta::new(),
                &Meta::new(),
                None
            )
            .is_err()
        );
    }

    #[test]
    fn numbers_of_any_size_arrive_as_they_are() {
        let params = Raw::from_text(r#"{"n":12345678901234567890123}"#).unwrap();
        let dressed = dress(&params, &Extra::new(), &Meta::new(), &Meta::new(), None).unwrap();
        assert_eq!(dressed.raw(), Some(params.as_str().as_bytes()));
    }
}
