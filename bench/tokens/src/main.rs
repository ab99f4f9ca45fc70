//! Counts the tokens of what a model reads and writes, with tools listed and with tools discovered: the tokenizer is
//! `o200k_base`, the texts are those that `fmcp-bench-discovery --transcripts` has written.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use tiktoken_rs::{CoreBPE, o200k_base};

#[derive(Deserialize)]
struct Set {
    tools: usize,
    plain: Transcript,
    discovery: Transcript,
}

#[derive(Deserialize)]
struct Transcript {
    definitions: String,
    tasks: Vec<Told>,
}

#[derive(Deserialize)]
struct Told {
    asked: String,
    tool: String,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    call: String,
    result: String,
    finds: bool,
}

/// Tokens.
#[derive(Default)]
struct Counts {
    definitions: usize,
    /// Of one conversation with all tasks, in which a tool is found once.
    together: usize,
    /// Of a conversation for each task.
    apart: usize,
    /// Of what a model reads in all turns of the one conversation: before each call, and before its answer, everything
    /// that came before.
    read: usize,
}

fn main() -> Result<()> {
    let file = std::env::args()
        .nth(1)
        .context("usage: fmcp-bench-tokens FILE")?;
    let sets: Vec<Set> = serde_json::from_slice(&std::fs::read(file)?)?;
    let tokenizer = o200k_base()?;
    println!(
        "| tools | definitions | one conversation, ten tasks | ten conversations, one task each | read in all turns of the one |"
    );
    println!("|---:|---:|---:|---:|---:|");
    for set in sets {
        let plain = count(&tokenizer, &set.plain);
        let discovery = count(&tokenizer, &set.discovery);
        let pair = |of: fn(&Counts) -> usize| {
            format!("{} / {}", grouped(of(&plain)), grouped(of(&discovery)))
        };
        println!(
            "| {} | {} | {} | {} | {} |",
            grouped(set.tools),
            pair(|counts| counts.definitions),
            pair(|counts| counts.together),
            pair(|counts| counts.apart),
            pair(|counts| counts.read),
        );
    }
    Ok(())
}

fn count(tokenizer: &CoreBPE, transcript: &Transcript) -> Counts {
    let tokens = |text: &str| tokenizer.encode_ordinary(text).len();
    let definitions = tokens(&transcript.definitions);
    let mut counts = Counts {
        definitions,
        together: definitions,
        ..Counts::default()
    };
    let mut known = BTreeSet::new();
    for task in &transcript.tasks {
        let is_known = !known.insert(&task.tool);
        let asked = tokens(&task.asked);
        counts.apart += definitions + asked;
        counts.together += asked;
        for step in &task.steps {
            let (call, result) = (tokens(&step.call), tokens(&step.result));
            counts.apart += call + result;
            if !(is_known && step.finds) {
                counts.read += counts.together;
                counts.together += call + result;
            }
        }
        counts.read += counts.together;
    }
    counts
}

/// A number with its thousands apart.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(call: &str, finds: bool) -> Step {
        Step {
            call: call.to_owned(),
            result: "b".to_owned(),
            finds,
        }
    }

    #[test]
    fn every_text_counts_as_often_as_it_is_read() {
        let task = || Told {
            asked: "a".to_owned(),
            tool: "t".to_owned(),
            steps: vec![step("a", true), step("a", false)],
        };
        let transcript = Transcript {
            definitions: "a".to_owned(),
            tasks: vec![task(), task()],
        };
        let counts = count(&o200k_base().unwrap(), &transcript);
        // Definitions; asked, found and ran; asked and ran.
        assert_eq!(counts.together, 1 + 5 + 3);
        assert_eq!(counts.apart, 2 * (1 + 5));
        // Before finding, running, answering; before running, answering.
        assert_eq!(counts.read, 2 + 4 + 6 + 7 + 9);
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
