//! Whether a text looks as its form says.

use super::StringFormat;

impl StringFormat {
    /// Whether `text` is one of these. A format that nobody knows takes anything.
    ///
    /// ```
    /// use fmcp_core::protocol::model::StringFormat;
    ///
    /// assert!(StringFormat::Date.accepts("2024-02-29"));
    /// assert!(!StringFormat::Date.accepts("2023-02-29"));
    /// ```
    #[must_use]
    pub fn accepts(&self, text: &str) -> bool {
        match self {
            Self::Email => is_email(text),
            Self::Uri => is_uri(text),
            Self::Date => is_date(text),
            Self::DateTime => is_date_time(text),
            Self::Other(_) => true,
        }
    }

    /// What a text that is none of these must be, in words for the user.
    #[must_use]
    pub fn words(&self) -> &'static str {
        match self {
            Self::Email => "an e-mail address",
            Self::Uri => "an address, as https://example.com",
            Self::Date => "a day, as 2026-07-28",
            Self::DateTime => "a day and a time, as 2026-07-28T12:00:00Z",
            Self::Other(_) => "what its format says",
        }
    }
}

/// RFC 5321 without quotes and comments, which nobody types; letters of all alphabets.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let in_local = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    let is_local = |part: &str| !part.is_empty() && part.chars().all(in_local);
    local.len() <= 64 && local.split('.').all(is_local) && is_domain(domain)
}

fn is_domain(domain: &str) -> bool {
    let in_label = |c: char| c.is_alphanumeric() || c == '-';
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(in_label)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    domain.len() <= 253 && domain.split('.').all(is_label)
}

/// RFC 3986, with a scheme.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let in_scheme = |b: u8| b.is_ascii_alphanumeric() || b"+-.".contains(&b);
    let is_scheme =
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.bytes().all(in_scheme);
    let is_known = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&b);
    let is_escaped = |after: &str| {
        let digits = after.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    let has_host = !rest.starts_with("//") || rest.len() > 2;
    is_scheme
        && !rest.is_empty()
        && has_host
        && rest.bytes().all(is_known)
        && rest.split('%').skip(1).all(is_escaped)
        && rest.matches('#').count() <= 1
}

/// The number that `digits` digits are.
fn number(text: &str, digits: usize) -> Option<u32> {
    let is_one = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
    is_one.then(|| text.parse().ok())?
}

/// RFC 3339, `full-date`.
fn is_date(text: &str) -> bool {
    let parts: Vec<_> = text.splitn(3, '-').collect();
    let [year, month, day] = &*parts else {
        return false;
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2))
    else {
        return false;
    };
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// RFC 3339, `date-time`.
fn is_date_time(text: &str) -> bool {
    let Some((date, time)) = text.split_once(['T', 't']) else {
        return false;
    };
    let Some(at) = time.find(['Z', 'z', '+', '-']) else {
        return false;
    };
    let (clock, offset) = time.split_at(at);
    is_date(date) && is_clock(clock) && is_offset(offset)
}

fn is_clock(text: &str) -> bool {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let is_fraction = fraction.is_none_or(|digits| {
        !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
    });
    let parts: Vec<_> = whole.splitn(3, ':').map(|part| number(part, 2)).collect();
    // Some minutes have a second more.
    is_fraction && matches!(*parts, [Some(0..=23), Some(0..=59), Some(0..=60)])
}

fn is_offset(text: &str) -> bool {
    if matches!(text, "Z" | "z") {
        return true;
    }
    let parts: Vec<_> = text[1..]
        .splitn(2, ':')
        .map(|part| number(part, 2))
        .collect();
    matches!(*parts, [Some(0..=23), Some(0..=59)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(format: &StringFormat, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(format.accepts(text), "{text} is {}", format.words());
        }
        for text in bad {
            assert!(!format.accepts(text), "{text} is not {}", format.words());
        }
    }

    #[test]
    fn addresses_of_people() {
        check(
            &StringFormat::Email,
            &[
                "ada@example.com",
                "a.b+c@sub.example.org",
                "ä@straße.de",
                "root@localhost",
            ],
            &[
                "",
                "ada",
                "ada@",
                "@example.com",
                "a b@c.de",
                "a..b@c.de",
                ".a@c.de",
                "a@-c.de",
                "a@c..de",
                "a@b@c.de",
                "a@c.de\n",
            ],
        );
    }

    #[test]
    fn addresses_of_pages() {
        check(
            &StringFormat::Uri,
            &[
                "https://example.com/a?b=c#d",
                "urn:isbn:1",
                "mailto:a@b.c",
                "http://[::1]:80/",
                "a:%20",
            ],
            &[
                "",
                "example.com",
                "/a/b",
                "https://",
                "https://a b",
                "1a:b",
                "a:",
                "a:%2",
                "a:%zz",
                "a:ä",
                "a:#b#c",
            ],
        );
    }

    #[test]
    fn days() {
        check(
            &StringFormat::Date,
            &["2026-07-28", "2024-02-29", "2000-02-29", "0000-01-01"],
            &[
                "",
                "2023-02-29",
                "1900-02-29",
                "2026-13-01",
                "2026-00-01",
                "2026-04-31",
                "2026-7-28",
                "26-07-28",
                "2026-07-28T",
                "+026-07-28",
                "2026-07",
            ],
        );
    }

    #[test]
    fn days_and_times() {
        check(
            &StringFormat::DateTime,
            &[
                "2026-07-28T12:00:00Z",
                "2026-07-28t23:59:60.123+02:00",
                "2026-07-28T00:00:00-00:00",
            ],
            &[
                "",
                "2026-07-28",
                "2026-07-28T12:00:00",
                "2026-07-28 12:00:00Z",
                "2026-07-28T24:00:00Z",
                "2026-07-28T12:60:00Z",
                "2026-07-28T12:00Z",
                "2026-07-28T12:00:00.Z",
                "2026-07-28T12:00:00+2",
                "2026-07-28T12:00:00Zä",
                "2026-02-30T12:00:00Z",
            ],
        );
    }

    #[test]
    fn what_nobody_knows_takes_anything() {
        check(&StringFormat::Other("hostname".into()), &["", "?"], &[]);
    }
}
