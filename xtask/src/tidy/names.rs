//! Names of types that say nothing.

use super::{Fault, Source};

const ANYWHERE: [&str; 6] = ["Manager", "Helper", "Helpers", "Util", "Utils", "Common"];
const AT_THE_END: [&str; 3] = ["Impl", "Data", "Base"];

pub(crate) fn faults(source: &Source) -> Vec<Fault> {
    let pairs = source.words().zip(source.words().skip(1));
    let types = pairs.filter(|(word, _)| matches!(word.text, "struct" | "enum" | "trait"));
    let mut faults = Vec::new();
    for (_, name) in types {
        if let Some(word) = banned(name.text) {
            let message = format!("`{}`: `{word}` names no noun: say what it is", name.text);
            let fault = Fault::new(&source.path, source.line(name.at), message);
            faults.push(fault.exemptable(format!("type {}", name.text)));
        }
    }
    faults
}

/// The word of a type's name that is banned.
fn banned(name: &str) -> Option<&str> {
    let starts = |&(_, c): &(usize, char)| c.is_uppercase();
    let mut cuts: Vec<usize> = name
        .char_indices()
        .filter(starts)
        .map(|(at, _)| at)
        .collect();
    cuts.push(name.len());
    let words: Vec<&str> = cuts.windows(2).map(|cut| &name[cut[0]..cut[1]]).collect();
    let last = words
        .last()
        .copied()
        .filter(|word| AT_THE_END.contains(word));
    last.or_else(|| words.into_iter().find(|word| ANYWHERE.contains(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_name_nothing_are_found() {
        for (name, expect) in [
            ("SessionManager", Some("Manager")),
            ("ManagerOfTools", Some("Manager")),
            ("CommonError", Some("Common")),
            ("ServerImpl", Some("Impl")),
            ("ToolData", Some("Data")),
            ("DataUrl", None),
            ("Uncommon", None),
            ("Implementation", None),
            ("Base64", None),
            ("Tool", None),
        ] {
            assert_eq!(banned(name), expect, "{name}");
        }
    }

    #[test]
    fn definitions_are_told_from_uses() {
        let text =
            "use a::FileManager;\npub(crate) struct ToolUtil<T>(T);\nenum A {}\ntrait B: C {}\n";
        let faults = faults(&Source::new("a.rs", text));
        assert_eq!(faults.len(), 1);
        assert_eq!(
            faults[0].to_string(),
            "a.rs:2: `ToolUtil`: `Util` names no noun: say what it is [type ToolUtil]"
        );
    }
}
