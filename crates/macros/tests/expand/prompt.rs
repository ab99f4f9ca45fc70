/// Review a change.
#[prompt(title = "Code review", tags("code"), meta(team = "core"))]
fn review(code: String, #[complete(languages)] language: Option<String>) -> String {
    format!("{code} {language:?}")
}

#[prompt(blocking)]
#[allow(clippy::ptr_arg)]
fn hello() -> &'static str {
    "hello"
}
