//! What may not be said outside its place: time and runtime in core, protocol revisions, cargo features.

use super::{
    Fault, Source, source,
    tree::{file_name, is_test},
};

/// Where revisions may be compared.
const REVISION_PLACES: [&str; 2] = [
    "crates/core/src/protocol/revision",
    "crates/transport/src/http",
];

pub(crate) fn faults(source: &Source) -> Vec<Fault> {
    let mut faults = core_is_still(source);
    faults.extend(revisions(source));
    faults.extend(features(source));
    faults
}

/// Core reads no clock and names no runtime.
fn core_is_still(source: &Source) -> Vec<Fault> {
    if !source.path.starts_with("crates/core/src/") {
        return Vec::new();
    }
    let said = [
        (
            "Instant::now",
            "core reads no clock: take the time as an argument",
        ),
        (
            "SystemTime::now",
            "core reads no clock: take the time as an argument",
        ),
        ("tokio::", "core names no runtime: put it behind a seam"),
    ];
    let mut faults = Vec::new();
    for (what, then) in said {
        for (at, _) in source.code.match_indices(what) {
            faults.push(Fault::new(
                &source.path,
                source.line(at),
                format!("`{what}`: {then}"),
            ));
        }
    }
    faults
}

/// Revisions live at the edge.
fn revisions(source: &Source) -> Vec<Fault> {
    let path = source.path.as_str();
    let ours = path.starts_with("crates/") && path.contains("/src/") && !is_test(path);
    if !ours || REVISION_PLACES.iter().any(|place| path.starts_with(place)) {
        return Vec::new();
    }
    let named = source.code.match_indices("Revision::V").map(|(at, _)| at);
    let compared = source
        .words()
        .filter(|word| word.text == "revision")
        .map(|word| word.at + word.text.len())
        .filter(|&end| is_compared(&source.code[end..]));
    let message = "a revision is compared here: lift and lower it in fmcp_core::protocol::revision";
    named
        .chain(compared)
        .map(|at| Fault::new(path, source.line(at), message).exemptable("revision"))
        .collect()
}

fn is_compared(after: &str) -> bool {
    let after = after.strip_prefix("()").unwrap_or(after).trim_start();
    ["==", "!=", "<=", ">=", "< ", "> "]
        .iter()
        .any(|sign| after.starts_with(sign))
}

/// `cfg(feature)` stands on `mod`, on `use` and in `lib.rs`.
fn features(source: &Source) -> Vec<Fault> {
    if file_name(&source.path) == "lib.rs" || is_test(&source.path) {
        return Vec::new();
    }
    let code = source.code.as_str();
    let mut faults = Vec::new();
    for word in source
        .words()
        .filter(|word| matches!(word.text, "cfg" | "cfg_attr"))
    {
        let end = word.at + word.text.len();
        let close = source::after_brackets(code, end);
        let about: Vec<&str> = source::words(&code[end..close])
            .map(|word| word.text)
            .collect();
        let rendering = about.contains(&"docsrs") || code[..word.at].ends_with("doc(");
        if about.contains(&"feature") && !rendering && !stands_on_an_import(&code[close..]) {
            let message = "a cfg(feature) that is not on `mod` or `use`: features add modules, they change no code";
            faults.push(Fault::new(&source.path, source.line(word.at), message));
        }
    }
    faults
}

/// Whether what follows `cfg(…)` closes an outer attribute and begins a `mod` or a `use`.
fn stands_on_an_import(after: &str) -> bool {
    let Some(item) = after.strip_prefix(']') else {
        return false;
    };
    let item = &item[source::after_attributes(item, 0)..];
    let item = match item.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => &rest[source::after_brackets(rest, 0)..],
        Some(rest) => rest,
        None => item,
    };
    let first = item.trim_start();
    first.starts_with("mod ") || first.starts_with("use ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str, find: fn(&Source) -> Vec<Fault>, expect: &[usize]) {
        let faults = find(&Source::new(path, text));
        assert_eq!(
            faults.iter().map(|fault| fault.line).collect::<Vec<_>>(),
            expect,
            "{text}"
        );
    }

    #[test]
    fn core_has_no_clock_and_no_runtime() {
        let text = "// tokio::spawn\nlet a = Instant::now();\nlet b = std::time::SystemTime::now();\ntokio::spawn(x);\n";
        check("crates/core/src/a.rs", text, core_is_still, &[2, 3, 4]);
        check("crates/fmcp/src/a.rs", text, core_is_still, &[]);
    }

    #[test]
    fn revisions_are_compared_at_the_edge_only() {
        let text = "if r == Revision::V2025_06_18 {}\nif call.revision() >= x {}\nif revision < y {}\nfn f(revision: Revision) {}\n";
        check("crates/fmcp/src/a.rs", text, revisions, &[1, 2, 3]);
        check(
            "crates/core/src/protocol/revision/v2025.rs",
            text,
            revisions,
            &[],
        );
        check("crates/transport/src/http/session.rs", text, revisions, &[]);
        check("crates/fmcp/tests/it/main.rs", text, revisions, &[]);
        let test = format!("#[cfg(test)]\nmod tests {{ {text} }}");
        check("crates/fmcp/src/a.rs", &test, revisions, &[]);
    }

    #[test]
    fn features_stand_on_imports_only() {
        let on = |item: &str| format!("mod a;\n#[cfg(feature = \"x\")]\n{item}\n");
        for item in [
            "mod b;",
            "pub mod b;",
            "pub(crate) use c::D;",
            "#[doc(inline)]\nuse c::D;",
        ] {
            check("src/a/mod.rs", &on(item), features, &[]);
        }
        for item in [
            "fn b() {}",
            "struct A;",
            "#[derive(A)]\nstruct A;",
            "impl A {}",
        ] {
            check("src/a.rs", &on(item), features, &[2]);
            check("src/lib.rs", &on(item), features, &[]);
        }
        check(
            "src/a.rs",
            "fn f() { if cfg!(feature = \"x\") {} }",
            features,
            &[1],
        );
        check(
            "src/a.rs",
            "#[cfg(not(feature = \"x\"))]\nfn f() {}",
            features,
            &[1],
        );
        check(
            "src/a.rs",
            "#[cfg_attr(feature = \"x\", derive(A))]\nstruct A;",
            features,
            &[1],
        );
        check(
            "src/a.rs",
            "#[cfg_attr(docsrs, doc(cfg(feature = \"x\")))]\nstruct A;",
            features,
            &[],
        );
        check("src/a.rs", "#[cfg(unix)]\nfn f() {}", features, &[]);
    }
}
