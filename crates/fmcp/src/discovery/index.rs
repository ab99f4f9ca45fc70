//! Which of many texts a few words are about: BM25 over weighted fields, tolerant of typing errors.

use std::collections::HashMap;

use super::words::{slips, words};

/// How soon more of the same word counts less.
const K: f32 = 1.2;

/// How much long texts are held back.
const B: f32 = 0.75;

/// What a word counts that only begins so, and one that is spelt almost so.
const PREFIX: f32 = 0.6;
const ALMOST: f32 = 0.5;

/// How many words one query may have.
const MOST: usize = 32;

/// Texts by the words in them.
#[derive(Debug, Default)]
pub(super) struct Index {
    terms: HashMap<Box<str>, Vec<(u32, f32)>>,
    lengths: Vec<f32>,
    average: f32,
}

impl Index {
    /// An index of texts that each consist of fields with a weight.
    pub(super) fn new<'a, F>(texts: impl Iterator<Item = F>) -> Self
    where
        F: IntoIterator<Item = (f32, &'a str)>,
    {
        let mut index = Self::default();
        for fields in texts {
            let number = u32::try_from(index.lengths.len()).unwrap_or(u32::MAX);
            let (mut counts, mut length) = (HashMap::<String, f32>::new(), 0.0);
            for (weight, text) in fields {
                for word in words(text) {
                    *counts.entry(word).or_default() += weight;
                    length += weight;
                }
            }
            for (word, count) in counts {
                let places = index.terms.entry(word.into()).or_default();
                places.push((number, count));
            }
            index.lengths.push(length);
        }
        let sum: f32 = index.lengths.iter().sum();
        index.average = (sum / index.lengths.len().max(1) as f32).max(1.0);
        index
    }

    /// The numbers of the texts that the query is about, the best first.
    pub(super) fn find(&self, query: &str) -> Vec<usize> {
        let mut scores: HashMap<u32, f32> = HashMap::new();
        for word in words(query).take(MOST) {
            // Of several spellings of one word in one text, the best counts.
            let mut best: HashMap<u32, f32> = HashMap::new();
            for (weight, places) in self.spellings(&word) {
                let rarity = self.rarity(places.len());
                for (text, count) in places {
                    let score = weight * rarity * self.saturated(*text, *count);
                    let known = best.entry(*text).or_default();
                    *known = known.max(score);
                }
            }
            for (text, score) in best {
                *scores.entry(text).or_default() += score;
            }
        }
        let mut found: Vec<(u32, f32)> = scores.into_iter().collect();
        found.sort_by(|(a, x), (b, y)| y.total_cmp(x).then(a.cmp(b)));
        found.into_iter().map(|(text, _)| text as usize).collect()
    }

    /// Where a word stands, and where one stands that may be meant.
    fn spellings(&self, word: &str) -> Vec<(f32, &Vec<(u32, f32)>)> {
        let mut found: Vec<_> = self
            .terms
            .get(word)
            .map(|places| (1.0, places))
            .into_iter()
            .collect();
        let slips = slips(word);
        for (term, places) in &self.terms {
            let is_begun = word.len() >= 3 && term.starts_with(word) && **term != *word;
            if is_begun {
                found.push((PREFIX, places));
            } else if slips > 0
                && found.is_empty()
                && term.len().abs_diff(word.len()) <= slips
                && **term != *word
                && strsim::damerau_levenshtein(term, word) <= slips
            {
                found.push((ALMOST, places));
            }
        }
        found
    }

    fn rarity(&self, places: usize) -> f32 {
        let (all, places) = (self.lengths.len() as f32, places as f32);
        (1.0 + (all - places + 0.5) / (places + 0.5)).ln()
    }

    fn saturated(&self, text: u32, count: f32) -> f32 {
        let length = self.lengths[text as usize] / self.average;
        count * (K + 1.0) / (count + K * (1.0 - B + B * length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOOLS: [(&str, &str); 5] = [
        ("create_issue", "Open a new issue in a repository"),
        ("search_code", "Find code that contains words"),
        ("weather_forecast", "What the weather will be like"),
        ("list_issues", "All issues of a repository"),
        (
            "send_mail",
            "Write a letter to somebody; it may be about a new issue or the weather",
        ),
    ];

    fn first(query: &str) -> Option<&'static str> {
        let texts = TOOLS
            .iter()
            .map(|(name, words)| [(3.0, *name), (1.0, *words)]);
        let found = Index::new(texts).find(query);
        found.first().map(|at| TOOLS[*at].0)
    }

    #[test]
    fn the_best_comes_first_however_it_is_typed() {
        for (query, expect) in [
            ("create issue", Some("create_issue")),
            ("weather", Some("weather_forecast")),
            ("wether", Some("weather_forecast")),
            ("forcast", Some("weather_forecast")),
            ("mails", Some("send_mail")),
            ("fore", Some("weather_forecast")),
            ("list all issues", Some("list_issues")),
            ("repositry code", Some("search_code")),
            ("quantum", None),
            ("", None),
        ] {
            assert_eq!(first(query), expect, "{query}");
        }
    }
}
