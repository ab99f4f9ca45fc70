//! What is refused, and in which words: `tests/refusals/*.txt` has items and, indented below each, the
//! messages. `UPDATE_EXPECT=1` writes the messages anew; read the difference before committing it.

use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};

#[test]
fn refusals_are_worded_as_they_were() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/refusals");
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    for entry in std::fs::read_dir(folder).expect("the folder of the refusals") {
        let path = entry.expect("an entry").path();
        let expect = std::fs::read_to_string(&path).expect("a file of refusals");
        let found = reworded(&expect);
        if update {
            std::fs::write(&path, found).expect("write the refusals");
        } else {
            let hint = "run with UPDATE_EXPECT=1 if this is meant";
            assert_eq!(found, expect, "{}: {hint}", path.display());
        }
    }
}

/// The file with the messages that are given now.
fn reworded(file: &str) -> String {
    let mut out = String::new();
    for line in file.lines().filter(|line| !line.starts_with(' ')) {
        out.push_str(line);
        out.push('\n');
        if line.starts_with("#[") {
            for message in refusals(line) {
                out.push_str(&format!("  - {}\n", message.replace('\n', "\n    ")));
            }
        }
    }
    out
}

/// All faults of the item, in the order of their report. Whatever is wrong, what is given back is Rust
/// and still has the item in it.
fn refusals(source: &str) -> Vec<String> {
    let expanded = super::expand_source(source);
    let mut found = Vec::new();
    messages(&expanded, &mut found);
    assert!(!found.is_empty(), "nothing is wrong with {source}");
    let file = syn::parse2::<syn::File>(expanded).expect("the expansion is Rust");
    let is_kept = !matches!(file.items.first(), None | Some(syn::Item::Macro(_)));
    assert!(is_kept, "the item is gone: {source}");
    found
}

/// The texts of `compile_error! { "…" }`.
fn messages(tokens: &TokenStream, found: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    for (i, token) in tokens.iter().enumerate() {
        let is_error = matches!(token, TokenTree::Ident(ident) if ident == "compile_error");
        if let (true, Some(TokenTree::Group(group))) = (is_error, tokens.get(i + 2)) {
            let text: syn::LitStr = syn::parse2(group.stream()).expect("a message");
            found.push(text.value());
        }
    }
}

/// A fault in an option must not make each use of the function another fault.
#[test]
fn faulty_items_keep_their_names() {
    let source = "#[tool(oops)] pub async fn f(#[arg(default)] a: u8) -> u8 { a }";
    let text = super::expand_source(source).to_string();
    for part in [
        "pub async fn f (a : u8) -> u8 { a }",
        "pub struct f { }",
        "pub fn tool () -> :: fmcp :: Tool",
    ] {
        assert!(text.contains(part), "no `{part}` in {text}");
    }
    let source = "#[server(oops)] impl S { #[tool] fn f(&self) {} }";
    let text = super::expand_source(source).to_string();
    assert!(
        text.contains("fn into_server (self) -> :: fmcp :: Server"),
        "{text}"
    );
    assert!(!text.contains("# [tool]"), "{text}");
}
