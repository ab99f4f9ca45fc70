//! The two directions together: tables, then properties.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

fn template(text: &str) -> UriTemplate {
    UriTemplate::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// `expect` is the match as JSON, or `""` for none.
fn check_match(text: &str, uri: &str, expect: &str) {
    let found = template(text)
        .matches(uri)
        .map(|found| found.to_json())
        .unwrap_or_default();
    assert_eq!(found, expect, "{text} against {uri}");
}

#[test]
fn path_variables() {
    for (text, uri, expect) in [
        ("notes://{id}", "notes://7", r#"{"id":"7"}"#),
        ("notes://{id}", "notes://", ""),
        ("notes://{id}", "notes://7/8", ""),
        ("notes://{id}", "notes://7#8", ""),
        ("notes://{id}", "other://7", ""),
        ("notes://{id}", "notes:/", ""),
        ("notes://{id}", "notes://a%2Fb%3f%23", r#"{"id":"a/b?#"}"#),
        ("notes://{id}", "notes://a+b%20c%2B", r#"{"id":"a+b c+"}"#),
        (
            "notes://{id}",
            "notes://caf%C3%A9-né",
            r#"{"id":"café-né"}"#,
        ),
        (
            "notes://{user-id}/{v1.0}",
            "notes://u/1",
            r#"{"user-id":"u","v1.0":"1"}"#,
        ),
        ("x://{a}/{b}", "x://1/2", r#"{"a":"1","b":"2"}"#),
        ("x://{a}/{b}/end", "x://1/2/end", r#"{"a":"1","b":"2"}"#),
        ("x://{a}/{b}/end", "x://1/2/end/", ""),
        ("x://{p*}", "x://a/b/c", r#"{"p":"a/b/c"}"#),
        ("x://{p*}", "x://", ""),
        ("x://{+p}/here", "x://a/b/here", r#"{"p":"a/b"}"#),
        ("x://{p*}/meta", "x://a/b/meta", r#"{"p":"a/b"}"#),
        ("x://{p*}/meta", "x://meta", ""),
        (
            "{scheme}://{p*}",
            "file:///etc",
            r#"{"scheme":"file","p":"/etc"}"#,
        ),
        ("x://plain", "x://plain", "{}"),
        ("x://plain", "x://plain?any=1", "{}"),
        ("x://doc#{part}", "x://doc#one", r#"{"part":"one"}"#),
        ("x://doc#{part}", "x://doc?v=1#one", r#"{"part":"one"}"#),
        ("x://{p*}", "x://doc#one", ""),
    ] {
        check_match(text, uri, expect);
    }
}

#[test]
fn broken_encodings_do_not_match() {
    for uri in [
        "%", "%4", "%zz", "%FF", "%C3", "a%C3/%A9", "%FD", "a?b=%", "a?b=%FF", "a?%=b",
    ] {
        check_match("x://{p*}{?q}", &format!("x://{uri}"), "");
    }
}

#[test]
fn from_the_left_each_takes_as_much_as_it_can() {
    for (text, uri, expect) in [
        (
            "x://{name}.{ext}",
            "x://a.tar.gz",
            r#"{"name":"a.tar","ext":"gz"}"#,
        ),
        ("x://{a*}/{b*}", "x://1/2/3", r#"{"a":"1/2","b":"3"}"#),
        ("x://{a}/{b*}", "x://1/2/3", r#"{"a":"1","b":"2/3"}"#),
        ("x://{a}-{b}", "x://1%2D2-3", r#"{"a":"1-2","b":"3"}"#),
        ("x://{a}-{b}", "x://1-2%2D3", r#"{"a":"1","b":"2-3"}"#),
        ("x://{a}-{b}", "x://1%2D3", r#"{"a":"1","b":"3"}"#),
    ] {
        check_match(text, uri, expect);
    }
}

#[test]
fn literals_match_raw_or_encoded() {
    for (text, uri, expect) in [
        ("x://a b/{p}", "x://a%20b/1", r#"{"p":"1"}"#),
        ("x://a b/{p}", "x://a b/1", r#"{"p":"1"}"#),
        ("x://a%20b/{p}", "x://a b/1", r#"{"p":"1"}"#),
        ("x://é/{p}", "x://%c3%a9/1", r#"{"p":"1"}"#),
        ("x://hi!/{p}", "x://hi%21/1", r#"{"p":"1"}"#),
        ("x://hi%21/{p}", "x://hi!/1", r#"{"p":"1"}"#),
        ("x://%2D/{p}", "x://-/1", r#"{"p":"1"}"#),
        ("x://a%2Fb/{p}", "x://a%2fb/1", r#"{"p":"1"}"#),
        ("x://a%2Fb/{p}", "x://a/b/1", ""),
        ("x://a/b/{p}", "x://a%2Fb/1", ""),
        ("x://{p}2F", "x://%2F", ""),
    ] {
        check_match(text, uri, expect);
    }
}

#[test]
fn query_variables() {
    for (text, uri, expect) in [
        ("x://s{?q,n}", "x://s", "{}"),
        ("x://s{?q,n}", "x://s?", "{}"),
        (
            "x://s{?q,n}",
            "x://s?n=1&z=9&q=a%26b+c",
            r#"{"q":"a&b+c","n":"1"}"#,
        ),
        ("x://s{?q,n}", "x://s?q=1&q=2", r#"{"q":"1"}"#),
        ("x://s{?q}", "x://s?q", r#"{"q":""}"#),
        ("x://s{?q}", "x://s?q=a=b", r#"{"q":"a=b"}"#),
        ("x://s{?q}", "x://s?q=a,b", r#"{"q":"a,b"}"#),
        ("x://s{?q}", "x://s?q=a/b?c", r#"{"q":"a/b?c"}"#),
        ("x://s{?q}", "x://s?%71=1", r#"{"q":"1"}"#),
        ("x://s{?b*}", "x://s?b=1&a=2&b=3", r#"{"b":["1","3"]}"#),
        ("x://s{?b*}", "x://s?b=1,2", r#"{"b":["1,2"]}"#),
        (
            "x://{p}{?a}{&b,c*}",
            "x://1?c=4&b=3",
            r#"{"p":"1","b":"3","c":["4"]}"#,
        ),
        ("x://s?v=1{&a}", "x://s?a=2&v=1", r#"{"a":"2"}"#),
        ("x://s?v=1{&a}", "x://s?a=2", ""),
        ("x://s?v=1{&a}", "x://s?a=2&v=2", ""),
    ] {
        check_match(text, uri, expect);
    }
}

#[test]
fn templates_that_are_refused() {
    for (text, expect) in [
        ("", "byte 0: the template is empty"),
        ("x://{a", "byte 4: this `{` is never closed"),
        ("x://{a{b}}", "byte 4: this `{` is never closed"),
        ("x://a}", "byte 5: this `}` closes nothing"),
        ("x://{}", "byte 5: a variable name is missing"),
        ("x://{*}", "byte 5: a variable name is missing"),
        ("x://{?}", "byte 6: a variable name is missing"),
        ("x://{?a,}", "byte 8: a variable name is missing"),
        ("x://{a b}", "byte 6: ' ' cannot be part of a variable name"),
        ("x://{é}", "byte 5: 'é' cannot be part of a variable name"),
        ("x://{a**}", "byte 6: '*' cannot be part of a variable name"),
        ("x://{a}/{a}", "byte 9: the variable `a` stands twice"),
        ("x://{a}{?b,a}", "byte 11: the variable `a` stands twice"),
        ("x://s?a=1{&a}", "byte 11: the variable `a` stands twice"),
        (
            "x://{#a}",
            "byte 5: the operator `#` is not supported; supported are {name}, {name*}",
        ),
        ("x://{/a}", "byte 5: the operator `/` is not supported"),
        ("x://{.a}", "byte 5: the operator `.` is not supported"),
        ("x://{;a}", "byte 5: the operator `;` is not supported"),
        (
            "x://{a:3}",
            "byte 6: the `:n` length modifier is not supported",
        ),
        ("x://{a,b}", "byte 5: a path expression holds one name"),
        ("x://{a}{b}", "byte 8: two variables touch"),
        ("x://{?a}{?b}", "byte 9: the query has begun already"),
        ("x://s?a=1{?b}", "byte 10: the query has begun already"),
        ("x://s{&b}", "byte 6: no query has begun yet"),
        (
            "x://s?a={b}",
            "byte 9: a path variable cannot stand in a literal query; write {?b}",
        ),
        ("x://{?a}b", "byte 8: only {&…} may follow"),
        ("x://{?a}{b}", "byte 9: only {&…} may follow"),
        (
            "x://a#b{?c}",
            "byte 8: a template has a query or a `#` fragment",
        ),
        (
            "x://a?b#c",
            "byte 6: a template has a query or a `#` fragment",
        ),
        ("x://100%", "byte 7: `%` must begin"),
        ("x://s?a=%z", "byte 8: `%` must begin"),
        (
            "x://%FF",
            "byte 0: the percent-encoded bytes of this literal are not UTF-8",
        ),
    ] {
        let error = UriTemplate::parse(text).expect_err(text).to_string();
        assert!(
            error.starts_with(&format!("URI template, {expect}")),
            "{text}: {error}"
        );
    }
}

#[test]
fn templates_are_bounded() {
    let names = |n: usize| {
        (0..n)
            .map(|n| format!("v{n}"))
            .collect::<Vec<_>>()
            .join(",")
    };
    assert!(UriTemplate::parse(&format!("x://{{?{}}}", names(MAX_VARIABLES))).is_ok());
    let error = UriTemplate::parse(&format!("x://{{?{}}}", names(MAX_VARIABLES + 1)));
    assert_eq!(
        error.expect_err("one too many").fault(),
        &TemplateFault::TooManyVariables
    );
    assert!(UriTemplate::parse(&"a".repeat(MAX_TEMPLATE_LEN)).is_ok());
    let error = UriTemplate::parse(&"a".repeat(MAX_TEMPLATE_LEN + 1)).expect_err("too long");
    assert_eq!(
        (error.fault(), error.position()),
        (&TemplateFault::TooLong, MAX_TEMPLATE_LEN)
    );
}

#[test]
fn describes_itself() {
    let text = "repo://{owner}/{path*}{?q,tag*}";
    let template = template(text);
    assert_eq!(
        (template.as_str(), template.literal_prefix()),
        (text, "repo://")
    );
    let variables: Vec<_> = template
        .variables()
        .map(|v| (v.name(), v.optional(), v.list(), v.wildcard()))
        .collect();
    let expect = [
        ("owner", false, false, false),
        ("path", false, false, true),
        ("q", true, false, false),
        ("tag", true, true, false),
    ];
    assert_eq!(variables, expect);
}

fn rfc_value(name: &str) -> Option<Value> {
    let list = || Value::Many(["red", "green", "blue"].map(String::from).to_vec());
    match name {
        "var" => Some("value".into()),
        "hello" => Some("Hello World!".into()),
        "half" => Some("50%".into()),
        "path" => Some("/foo/bar".into()),
        "x" => Some("1024".into()),
        "y" => Some("768".into()),
        "empty" => Some("".into()),
        "list" => Some(list()),
        _ => None,
    }
}

#[test]
fn expands_as_rfc_6570_says() {
    for (text, expect) in [
        ("{var}", "value"),
        ("{hello}", "Hello%20World%21"),
        ("{half}", "50%25"),
        ("O{hello}X", "OHello%20World%21X"),
        ("{list}", "red,green,blue"),
        ("{+path}/here", "/foo/bar/here"),
        ("here?ref=a{&y}", "here?ref=a&y=768"),
        ("map?1024{&x}", "map?1024=&x=1024"),
        ("up{+path}{?var}/here", ""),
        ("{?x,y}", "?x=1024&y=768"),
        ("{?x,y,empty}", "?x=1024&y=768&empty="),
        ("{?x,y,undef}", "?x=1024&y=768"),
        ("{?list}", "?list=red,green,blue"),
        ("{?list*}", "?list=red&list=green&list=blue"),
        ("?fixed=yes{&x}", "?fixed=yes&x=1024"),
        (
            "?fixed=yes{&list*}",
            "?fixed=yes&list=red&list=green&list=blue",
        ),
        ("{?undef}{&x}", "?x=1024"),
    ] {
        let Ok(template) = UriTemplate::parse(text) else {
            assert_eq!(expect, "", "{text}");
            continue;
        };
        assert_eq!(template.expand(rfc_value).as_deref(), Ok(expect), "{text}");
    }
}

#[test]
fn encodes_as_far_as_needed() {
    for (text, a, b, expect) in [
        ("x://{a}-{b}", "1-2", "3", Ok("x://1-2-3")),
        ("x://{a}-{b}", "1", "2-3", Ok("x://1-2%2D3")),
        ("x://{a*}/{b*}", "1/2", "3", Ok("x://1/2/3")),
        ("x://{a*}/{b*}", "1", "2/3", Ok("x://1/2%2F3")),
        ("x://{a}to{b}", "x", "autos", Ok("x://xtoau%74%6Fs")),
        ("x://{a} {b}", "1", "2 3", Err(ExpandError::Ambiguous)),
        ("x://{a}/{b}", "", "1", Err(ExpandError::Empty("a".into()))),
        (
            "x://{a}/{b}/{c}",
            "1",
            "2",
            Err(ExpandError::Missing("c".into())),
        ),
        (
            "x://{a*}/{b}",
            "p/q r",
            "s/t?#",
            Ok("x://p/q%20r/s%2Ft%3F%23"),
        ),
    ] {
        let value = |name: &str| match name {
            "a" => Some(a.into()),
            "b" => Some(b.into()),
            _ => None,
        };
        assert_eq!(
            template(text).expand(value),
            expect.map(String::from),
            "{text} {a} {b}"
        );
    }
}

#[test]
fn lists_that_cannot_be_written() {
    let list = |items: &[&str]| Value::Many(items.iter().map(ToString::to_string).collect());
    for (text, value, expect) in [
        (
            "x://{?a}",
            list(&["1,2"]),
            Err(ExpandError::Comma("a".into())),
        ),
        ("x://{?a*}", list(&["1,2"]), Ok("x://?a=1%2C2")),
        ("x://{?a}", list(&[]), Ok("x://")),
        ("x://{?a*}", list(&[]), Ok("x://")),
        ("x://{?a*}", "1".into(), Ok("x://?a=1")),
        ("x://{a}", list(&[]), Err(ExpandError::Missing("a".into()))),
        ("x://{a}", list(&[""]), Err(ExpandError::Empty("a".into()))),
        (
            "x://{a}",
            "1".repeat(MAX_URI_LEN).into(),
            Err(ExpandError::TooLong),
        ),
    ] {
        let uri = template(text).expand(|_| Some(value.clone()));
        assert_eq!(uri, expect.map(String::from), "{text}");
    }
}

#[test]
fn a_refusal_looks_like_no_match() {
    let files = template("files://{dir}/{path*}{?also*}");
    for (uri, expect) in [
        ("files://d/a/b", true),
        ("files://d/a/../b", false),
        ("files://d//etc/passwd", false),
        ("files://d/%2Fetc", false),
        ("files://%2E%2E/a", false),
        ("files://d/%252e%252e/a", false),
        ("files://d/a%00", false),
        ("files://d/C:%5Cx", false),
        ("files://d/a?also=b&also=../c", false),
        ("files://d/a?other=../c", true),
    ] {
        assert_eq!(
            files.matches_safely(uri, &Safety::default()).is_some(),
            expect,
            "{uri}"
        );
        assert!(files.matches_safely(uri, &Safety::off()).is_some(), "{uri}");
    }
}

#[test]
fn hostile_input_takes_no_time() {
    let wildcards: String = (0..60).map(|n| format!("{{v{n}*}}a")).collect();
    let long_literals = format!("{{a*}}{}b{{b*}}{}c", "a".repeat(900), "a".repeat(900));
    let begin = Instant::now();
    for len in [MAX_URI_LEN, 10_000] {
        for text in [&*wildcards, &long_literals, "{a*}a{b*}a{c*}a{d*}b"] {
            for uri in ["a".repeat(len), "%61".repeat(len / 3), "/".repeat(len)] {
                assert_eq!(template(text).matches(&format!("{}!", &uri[1..])), None);
            }
        }
    }
    // Generous, as tests are not optimised: an explosion would take years.
    assert!(
        begin.elapsed() < Duration::from_secs(5),
        "{:?}",
        begin.elapsed()
    );
}

const LITERALS: &[&str] = &[
    "/", "-", ".", "to", "aa", "a", "/a/", "~", "//", "2F", "é", " ", "%2F", "!",
];

/// Variables with literals between them, then a query.
fn any_template() -> impl Strategy<Value = String> {
    let piece = (
        prop::sample::select(LITERALS),
        prop::sample::select(&["", "*"][..]),
    );
    let query = prop::sample::select(&["", "{?q}", "{?q,l*}", "?k=v%20{&l*,q}", "{?l*}{&q}"][..]);
    (prop::collection::vec(piece, 0..5), query).prop_map(|(pieces, query)| {
        let path: String = pieces
            .iter()
            .enumerate()
            .map(|(n, (literal, star))| format!("{literal}{{v{n}{star}}}"))
            .collect();
        format!("x:{path}{query}")
    })
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ato/.~2F-]{1,6}",
        "[ato/%?#&=+, é!\\\\-]{1,6}",
        any::<String>()
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn matching_undoes_expanding(
        text in any_template(),
        texts in prop::collection::vec(any_text(), 6),
        list in prop::collection::vec(any_text(), 0..4),
    ) {
        let template = template(&text);
        let value = |name: &str| match name {
            "l" => Some(Value::Many(list.clone())),
            "q" => Some(Value::One(texts[5].clone())),
            _ => Some(Value::One(texts[name[1..].parse::<usize>().ok()?].clone())),
        };
        match template.expand(value) {
            Ok(uri) => {
                let found = template.matches(&uri).expect("an expansion matches");
                for variable in template.variables() {
                    let expect = value(variable.name()).filter(|v| *v != Value::Many(vec![]));
                    prop_assert_eq!(found.get(variable.name()), expect.as_ref());
                }
                prop_assert!(uri.bytes().all(|byte| units::is_uri_byte(byte) || byte == b'%'));
                prop_assert!(uri.starts_with(template.literal_prefix()) || text.contains([' ', 'é']));
            }
            Err(ExpandError::Empty(name)) => prop_assert_eq!(value(&name), Some("".into())),
            // Only literals that have to be encoded can be mistaken for encoded values.
            Err(ExpandError::Ambiguous) => prop_assert!(text.contains([' ', 'é', '%']), "{}", text),
            Err(error) => prop_assert!(error == ExpandError::TooLong, "{error}"),
        }
    }

    #[test]
    fn nothing_panics(
        text in prop_oneof![any::<String>(), "[a-c{}?&*+,/#%.:2F é-]{0,24}", any_template()],
        uri in prop_oneof![any::<String>(), "x:[a-c?&=+,/#%2F é-]{0,24}"],
    ) {
        if let Ok(template) = UriTemplate::parse(&text) {
            let found = template.matches(&uri);
            let json = found.map(|found| found.to_json()).unwrap_or_default();
            prop_assert!(json.is_empty() || json.ends_with('}'), "{}", json);
            let _ = template.matches_safely(&uri, &Safety::default());
            let _ = template.expand(|_| Some(Value::One(uri.clone())));
            let _ = template.matches(&text);
        } else {
            prop_assert!(UriTemplate::parse(&text).expect_err("as before").position() <= text.len());
        }
    }

    #[test]
    fn reads_as_plain_backtracking_would(
        pieces in prop::collection::vec(("[ab/]{1,2}", any::<bool>()), 1..5),
        uri in "[ab/]{0,10}",
    ) {
        let text: String = pieces
            .iter()
            .enumerate()
            .map(|(n, (literal, star))| format!("{{v{n}{}}}{literal}", if *star { "*" } else { "" }))
            .collect();
        let found = template(&text).matches(&uri);
        let values = found.map(|found| found.iter().filter_map(|(_, v)| v.as_str().map(String::from)).collect());
        prop_assert_eq!(values, backtrack(&pieces, &uri));
    }
}

/// The rule as a regular expression engine would follow it.
fn backtrack(pieces: &[(String, bool)], rest: &str) -> Option<Vec<String>> {
    let Some(((literal, wildcard), pieces)) = pieces.split_first() else {
        return rest.is_empty().then(Vec::new);
    };
    let most = if *wildcard {
        rest.len()
    } else {
        rest.find('/').unwrap_or(rest.len())
    };
    (1..=most).rev().find_map(|end| {
        let mut values = backtrack(pieces, rest[end..].strip_prefix(literal.as_str())?)?;
        values.insert(0, rest[..end].to_owned());
        Some(values)
    })
}
