//! Queries that say how something is spelt: words in quotes, and regular expressions. Pure.

use fmcp_core::{Error, Kind, Result, protocol::model::Tool};
use regex::bytes::{Regex, RegexBuilder};

use super::words::spelt;

/// How many bytes a regular expression has at most, and what is made of it.
const PATTERN: usize = 256;
const PROGRAM: usize = 64 << 10;

/// How deep its brackets go at most.
const DEPTH: u32 = 16;

/// How much of a description a regular expression is held against.
const TEXT: usize = 2048;

/// How many quotations one query may have.
const MOST: usize = 8;

/// Words that stand one after the other.
pub(super) struct Phrase(Vec<String>);

impl Phrase {
    /// What stands in quotes. A quote that nothing closes is none.
    pub(super) fn quoted(query: &str) -> Vec<Self> {
        let quotes = query.matches('"').count();
        let inside = query.split('"').skip(1).step_by(2).take(quotes / 2);
        let phrases = inside.map(spelt).filter(|words| !words.is_empty());
        phrases.take(MOST).map(Self).collect()
    }

    /// Whether the tool's name, title or description has these words.
    pub(super) fn is_in(&self, tool: &Tool) -> bool {
        let words = &self.0;
        texts(tool).any(|text| spelt(text).windows(words.len()).any(|part| part == words))
    }
}

/// A regular expression that is held against names, titles and descriptions, whether letters are small or not.
pub(super) struct Pattern(Regex);

impl Pattern {
    /// # Errors
    /// When it is none, or one that is too large.
    pub(super) fn new(text: &str) -> Result<Self> {
        if text.len() > PATTERN {
            let words = format!("as a regular expression, `query` has at most {PATTERN} bytes");
            return Err(Error::new(Kind::BadArguments, words));
        }
        let mut builder = RegexBuilder::new(text);
        let builder = builder.case_insensitive(true).unicode(false);
        let builder = builder.size_limit(PROGRAM).dfa_size_limit(PROGRAM);
        let built = builder.nest_limit(DEPTH).build();
        built.map(Self).map_err(|error| {
            let words = format!("`query` cannot be used as a regular expression: {error}");
            Error::new(Kind::BadArguments, words)
        })
    }

    pub(super) fn is_in(&self, tool: &Tool) -> bool {
        texts(tool).any(|text| {
            let text = text.as_bytes();
            self.0.is_match(&text[..text.len().min(TEXT)])
        })
    }
}

fn texts(tool: &Tool) -> impl Iterator<Item = &str> {
    let more = [&tool.title, &tool.description];
    std::iter::once(&*tool.name).chain(more.into_iter().filter_map(|text| text.as_deref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str, description: &str) -> Tool {
        let mut tool = Tool::new(name, serde_json::json!({}));
        tool.description = Some(description.to_owned());
        tool
    }

    #[test]
    fn words_in_quotes_stand_so() {
        let tool = tool("create_issue", "Open a new issue. Nobody's business");
        for (query, expect) in [
            (r#""create issue""#, true),
            (r#""createIssue" please"#, true),
            (r#""issue create""#, false),
            (r#""new ISSUE""#, true),
            (r#""new issues""#, false),
            (r#""a new" "business""#, true),
            (r#""a new" "old""#, false),
        ] {
            let phrases = Phrase::quoted(query);
            let found = phrases.iter().all(|phrase| phrase.is_in(&tool));
            assert_eq!(found, expect, "{query}");
        }
        for plain in ["create issue", r#"5" long"#, r#""" "-""#] {
            assert!(Phrase::quoted(plain).is_empty(), "{plain}");
        }
        assert_eq!(Phrase::quoted(&r#""a" "#.repeat(99)).len(), MOST);
    }

    #[test]
    fn patterns_are_held_against_what_is_read() {
        let tool = tool("create_issue", "Open a new issue in Größe");
        for (pattern, expect) in [
            ("^create_", true),
            ("^issue", false),
            ("open .* ISSUE", true),
            (r"\bnew\b", true),
            ("größe$", true),
            ("(?-i)open", false),
            ("", true),
        ] {
            assert_eq!(
                Pattern::new(pattern).unwrap().is_in(&tool),
                expect,
                "{pattern}"
            );
        }
    }

    #[test]
    fn what_costs_too_much_is_refused_in_words() {
        let (long, deep) = ("x".repeat(257), "(".repeat(20) + &")".repeat(20));
        for (pattern, words) in [
            ("(", "unclosed group"),
            ("[z-a]", "invalid character class range"),
            ("((a{100}){100}){100}", "size limit"),
            (&long, "at most 256 bytes"),
            (&deep, "nest"),
        ] {
            let Err(refused) = Pattern::new(pattern) else {
                panic!("{pattern} is taken");
            };
            assert_eq!(refused.kind(), Kind::BadArguments);
            assert!(refused.message().contains(words), "{}", refused.message());
        }
    }
}
