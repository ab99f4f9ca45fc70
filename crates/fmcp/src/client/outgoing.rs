//! What is said with everything that is asked.

use fmcp_core::{
    Error, Extra, Raw, Result,
    protocol::{
        Params,
        model::{Meta, ProgressToken},
    },
};
use serde::Serialize;

/// The metadata of everything that is asked, written once.
pub(super) struct Said {
    meta: Meta,
    /// Its fields, without the braces.
    fields: String,
}

impl Said {
    pub(super) fn new(meta: Meta) -> Self {
        let mut fields = String::new();
        for (key, value) in meta.iter() {
            if !fields.is_empty() {
                fields.push(',');
            }
            fields.push_str(&serde_json::Value::from(key).to_string());
            fields.push(':');
            fields.push_str(value.as_str());
        }
        Self { meta, fields }
    }

    pub(super) const fn meta(&self) -> &Meta {
        &self.meta
    }
}

/// Parameters as they are, written once however often they are sent.
pub(super) struct Outgoing {
    text: String,
    /// Whether metadata of their own may be among them.
    may_have_meta: bool,
}

impl Outgoing {
    /// # Errors
    /// When they are not written as a JSON object.
    pub(super) fn new<P: Serialize + ?Sized>(params: &P) -> Result<Self> {
        let text = serde_json::to_string(params).map_err(unwritable)?;
        if !(text.starts_with('{') && text.ends_with('}')) {
            return Err(Error::invalid_params("the parameters are not an object"));
        }
        let may_have_meta = text.contains("_meta");
        Ok(Self {
            text,
            may_have_meta,
        })
    }

    /// The parameters with `beside` added to them and `base` as their metadata, and what they themselves, the
    /// call's options and its progress token add to that.
    pub(super) fn dress(
        &self,
        beside: &Extra,
        base: &Said,
        more: &Meta,
        token: Option<u64>,
    ) -> Result<Params> {
        if self.may_have_meta || !beside.is_empty() || !more.is_empty() {
            let params: Extra = serde_json::from_str(&self.text).map_err(unwritable)?;
            return merge(
                params,
                beside,
                &base.meta,
                more,
                token.map(Into::into).as_ref(),
            );
        }
        if base.fields.is_empty() && token.is_none() {
            return Params::new(self.text.clone());
        }
        // No metadata but what is always said: written behind the rest, as it is.
        let inner = self.text[..self.text.len() - 1].trim_ascii_end().as_bytes();
        let mut text = Vec::with_capacity(inner.len() + base.fields.len() + 64);
        text.extend_from_slice(inner);
        if inner.len() > 1 {
            text.push(b',');
        }
        text.extend_from_slice(b"\"_meta\":{");
        text.extend_from_slice(base.fields.as_bytes());
        if let Some(token) = token {
            let comma = if base.fields.is_empty() { "" } else { "," };
            text.extend_from_slice(format!("{comma}\"progressToken\":{token}").as_bytes());
        }
        text.extend_from_slice(b"}}");
        Params::new(text)
    }
}

/// `params` with `beside` added to them and `base` as their metadata, and what `params` themselves, the
/// call's options and its progress token add to that.
pub(super) fn dress<P: Serialize + ?Sized>(
    params: &P,
    beside: &Extra,
    base: &Meta,
    more: &Meta,
    token: Option<&ProgressToken>,
) -> Result<Params> {
    let fields = write(params)?
        .parse()
        .map_err(|e| Error::invalid_params("the parameters are not an object").caused_by(e))?;
    merge(fields, beside, base, more, token)
}

fn merge(
    mut fields: Extra,
    beside: &Extra,
    base: &Meta,
    more: &Meta,
    token: Option<&ProgressToken>,
) -> Result<Params> {
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
    Raw::from_serialize(value).map_err(unwritable)
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::invalid_params("it cannot be written as JSON").caused_by(error)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// What is sent, by both ways of writing it.
    fn check(params: &Value, base: Meta, more: &Meta, token: Option<u64>, expect: &Value) {
        let whole = dress(
            params,
            &Extra::new(),
            &base,
            more,
            token.map(Into::into).as_ref(),
        )
        .unwrap();
        let quick = Outgoing::new(params)
            .unwrap()
            .dress(&Extra::new(), &Said::new(base), more, token)
            .unwrap();
        for dressed in [whole, quick] {
            assert_eq!(dressed.parse::<Value>().unwrap(), *expect);
        }
    }

    #[test]
    fn metadata_comes_together_and_the_later_word_counts() {
        let base = || Meta::new().with("a", json!(1)).with("b\"", json!([1]));
        let none = Meta::new();
        let (more, both) = (
            Meta::new().with("b\"", json!(3)),
            json!({"name": "t", "_meta": {"b\"": 2, "c": 2}}),
        );
        check(
            &both,
            base(),
            &more,
            Some(7),
            &json!({"name": "t", "_meta": {"a": 1, "b\"": 3, "c": 2, "progressToken": 7}}),
        );
        check(
            &json!({"name": "t"}),
            base(),
            &none,
            Some(7),
            &json!({"name": "t", "_meta": {"a": 1, "b\"": [1], "progressToken": 7}}),
        );
        check(
            &json!({}),
            base(),
            &none,
            None,
            &json!({"_meta": {"a": 1, "b\"": [1]}}),
        );
        let token = json!({"_meta": {"progressToken": 7}});
        check(&json!({}), none.clone(), &none, Some(7), &token);
        let inside = json!({"arguments": {"_meta": 1}, "_meta": {"a": 1, "b\"": [1]}});
        check(
            &json!({"arguments": {"_meta": 1}}),
            base(),
            &none,
            None,
            &inside,
        );
        check(&json!({}), none.clone(), &none, None, &json!({}));
    }

    #[test]
    fn what_is_said_beside_the_parameters_takes_their_place() {
        let beside = Extra::from_iter([("requestState", Raw::from(json!("s")))]);
        let (base, none) = (Said::new(Meta::new().with("a", json!(1))), Meta::new());
        let params = json!({"name": "t", "requestState": "old"});
        let outgoing = Outgoing::new(&params).unwrap();
        let dressed = outgoing.dress(&beside, &base, &none, None).unwrap();
        let expect = json!({"name": "t", "requestState": "s", "_meta": {"a": 1}});
        assert_eq!(dressed.parse::<Value>().unwrap(), expect);
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for params in [json!([1]), json!(null), json!("{}"), json!({"_meta": 1})] {
            let none = Meta::new();
            assert!(
                dress(&params, &Extra::new(), &none, &none, None).is_err(),
                "{params}"
            );
            let quick = Outgoing::new(&params).and_then(|params| {
                params.dress(&Extra::new(), &Said::new(Meta::new()), &none, None)
            });
            assert!(quick.is_err(), "{params}");
        }
    }

    #[test]
    fn numbers_of_any_size_arrive_as_they_are() {
        let params = Raw::from_text(r#"{"n":12345678901234567890123 }"#).unwrap();
        let (base, none) = (Said::new(Meta::new()), Meta::new());
        let dressed = dress(&params, &Extra::new(), &none, &none, None).unwrap();
        assert_eq!(dressed.raw(), Some(&b"{\"n\":12345678901234567890123}"[..]));
        let outgoing = Outgoing::new(&params).unwrap();
        let dressed = outgoing.dress(&Extra::new(), &base, &none, None).unwrap();
        assert_eq!(dressed.raw(), Some(params.as_str().as_bytes()));
        let dressed = outgoing
            .dress(&Extra::new(), &base, &none, Some(1))
            .unwrap();
        let expect = r#"{"n":12345678901234567890123,"_meta":{"progressToken":1}}"#;
        assert_eq!(dressed.raw(), Some(expect.as_bytes()));
    }
}
