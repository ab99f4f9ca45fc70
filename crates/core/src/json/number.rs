//! A number, kept exactly as it came.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Raw;

/// A JSON number kept as the text it arrived in: `50` stays `50`, `1.10` stays `1.10`, and a number
/// of thirty digits keeps them all.
///
/// ```
/// use fmcp_core::Number;
///
/// let number: Number = serde_json::from_str("12345678901234567890123").unwrap();
/// assert_eq!(number.as_json(), "12345678901234567890123");
/// assert_eq!(Number::from(50.0).as_json(), "50");
/// ```
#[derive(Clone, PartialEq)]
pub struct Number(Raw);

impl Number {
    /// The text of the number.
    #[must_use]
    pub fn as_json(&self) -> &str {
        self.0.as_str()
    }

    /// The nearest `f64`.
    #[must_use]
    pub fn as_f64(&self) -> f64 {
        self.as_json().parse().unwrap_or(f64::NAN)
    }

    /// The number if it is a whole one that fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.as_json().parse().ok()
    }

    /// The number if it is a whole one that fits and is not negative.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.as_json().parse().ok()
    }

    /// The nearest `u64`, fractions cut off.
    pub(crate) fn saturating_u64(&self) -> u64 {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        self.as_u64().unwrap_or_else(|| self.as_f64() as u64)
    }
}

/// A whole value is written without a fraction. What JSON has no word for follows the rules of `as`:
/// infinities become the greatest and the least number, and what is not a number becomes zero.
impl From<f64> for Number {
    fn from(value: f64) -> Self {
        const WHOLE: f64 = 9_007_199_254_740_992.0;
        let value = if value.is_nan() { 0.0 } else { value };
        if value.fract() == 0.0 && value.abs() <= WHOLE {
            #[allow(clippy::cast_possible_truncation)]
            return Self::from(value as i64);
        }
        Self(Raw::from(serde_json::Value::from(
            value.clamp(f64::MIN, f64::MAX),
        )))
    }
}

macro_rules! whole {
    ($($ty:ty),*) => { $(
        impl From<$ty> for Number {
            fn from(value: $ty) -> Self {
                Self(Raw::from(serde_json::Value::from(value)))
            }
        }
    )* };
}
whole!(i32, i64, u32, u64, usize);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_json())
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_json())
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::deserialize(deserializer)?;
        match raw.as_str().as_bytes().first() {
            Some(b'-' | b'0'..=b'9') => Ok(Self(raw)),
            _ => Err(de::Error::custom("invalid type: expected a number")),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_float_is_written_as_json_can() {
        for (value, text) in [
            (50.0, "50"),
            (-0.5, "-0.5"),
            (1e300, "1e+300"),
            (f64::NAN, "0"),
            (f64::INFINITY, "1.7976931348623157e+308"),
        ] {
            assert_eq!(Number::from(value).as_json(), text);
        }
    }

    #[test]
    fn only_numbers_are_read() {
        assert!(serde_json::from_str::<Number>("\"1\"").is_err());
        assert!(serde_json::from_str::<Number>("null").is_err());
        assert_eq!(
            serde_json::from_str::<Number>("-1.50").unwrap().as_f64(),
            -1.5
        );
    }
}
