//! Every `tests/expand/*.rs` expands to the `*.expanded.rs` beside it. `UPDATE_EXPECT=1` writes the
//! latter anew; read the difference before committing it.

use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, Item, Meta};

#[test]
fn expansions_are_as_they_were() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expand");
    let inputs = inputs(&folder);
    assert!(!inputs.is_empty(), "no inputs in {}", folder.display());
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut differing = Vec::new();
    for input in inputs {
        let found = expansion(&std::fs::read_to_string(&input).expect("input"));
        let golden = input.with_extension("expanded.rs");
        if update {
            std::fs::write(&golden, found).expect("write the expansion");
        } else if std::fs::read_to_string(&golden).unwrap_or_default() != found {
            differing.push(format!("{}:\n{found}", golden.display()));
        }
    }
    assert!(
        differing.is_empty(),
        "run with UPDATE_EXPECT=1 if this is meant\n{}",
        differing.join("\n")
    );
}

fn inputs(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder of the inputs");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut inputs: Vec<PathBuf> = paths
        .filter(|path| !path.to_string_lossy().ends_with(".expanded.rs"))
        .collect();
    inputs.sort();
    inputs
}

/// The file with all our attributes expanded.
fn expansion(source: &str) -> String {
    let file = syn::parse_file(source).expect("the input is Rust");
    let expanded: TokenStream = file.items.into_iter().map(expand_item).collect();
    let expanded = syn::parse2(expanded).expect("the expansion is Rust");
    let text = prettyplease::unparse(&expanded);
    assert!(
        !text.contains("compile_error"),
        "an input is faulty:\n{text}"
    );
    text
}

fn expand_item(mut item: Item) -> TokenStream {
    let attrs = match &mut item {
        Item::Fn(function) => &mut function.attrs,
        Item::Impl(block) => &mut block.attrs,
        _ => return item.to_token_stream(),
    };
    let ours = |attr: &Attribute| {
        ["tool", "resource", "prompt", "server"]
            .iter()
            .any(|name| attr.path().is_ident(name))
    };
    let Some(at) = attrs.iter().position(ours) else {
        return item.to_token_stream();
    };
    let attr = attrs.remove(at);
    let options = match &attr.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    let name = attr.path().to_token_stream().to_string();
    super::expand(&name, options, &item.to_token_stream())
}
