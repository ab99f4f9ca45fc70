//! Expansions without a compiler: what is generated (`golden`) and what is refused (`refusals`).

mod golden;
mod refusals;

use proc_macro2::TokenStream;

/// Expands the attribute of that name.
fn expand(attribute: &str, attr: TokenStream, item: &TokenStream) -> TokenStream {
    match attribute {
        "tool" => crate::tool::expand(attr, item),
        "resource" => crate::resource::expand(attr, item),
        "prompt" => crate::prompt::expand(attr, item),
        "server" => crate::server::expand(attr, item),
        other => panic!("#[{other}] is not one of ours"),
    }
}

/// Expands the source of one item whose first attribute is one of ours.
fn expand_source(source: &str) -> TokenStream {
    let tokens: Vec<_> = source
        .parse::<TokenStream>()
        .expect("tokens")
        .into_iter()
        .collect();
    let Some(proc_macro2::TokenTree::Group(attribute)) = tokens.get(1) else {
        panic!("an item begins with its attribute: {source}")
    };
    let mut inner = attribute.stream().into_iter();
    let name = inner.next().expect("the name of an attribute").to_string();
    let attr = match inner.next() {
        Some(proc_macro2::TokenTree::Group(options)) => options.stream(),
        _ => TokenStream::new(),
    };
    expand(&name, attr, &tokens[2..].iter().cloned().collect())
}
