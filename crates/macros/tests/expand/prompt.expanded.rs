/// Review a change.
fn review(code: String, language: Option<String>) -> String {
    format!("{code} {language:?}")
}
#[allow(non_camel_case_types)]
/// The prompt `review`: register it with `server.prompt(review::prompt())`.
struct review {}
impl review {
    /// The prompt that calls the function `review`.
    fn prompt() -> ::fmcp::Prompt {
        #[derive(::fmcp::serde::Deserialize, ::fmcp::schemars::JsonSchema)]
        #[serde(
            crate = "::fmcp::serde",
            rename = "review arguments",
            deny_unknown_fields
        )]
        #[schemars(crate = "::fmcp::schemars")]
        struct __Arguments {
            code: String,
            language: Option<String>,
        }
        ::fmcp::assert::argument::<String>();
        ::fmcp::assert::argument::<Option<String>>();
        ::fmcp::assert::prompt_reply::<String>();
        ::fmcp::Prompt::new(
                "review",
                |::fmcp::Input(arguments): ::fmcp::Input<__Arguments>| async move {
                    review(arguments.code, arguments.language)
                },
            )
            .title("Code review")
            .description("Review a change.")
            .tags(["code"])
            .complete("language", languages)
            .meta("team", ::fmcp::serde_json::json!("core"))
    }
}
#[allow(clippy::ptr_arg)]
fn hello() -> &'static str {
    "hello"
}
#[allow(clippy::ptr_arg)]
#[allow(non_camel_case_types)]
/// The prompt `hello`: register it with `server.prompt(hello::prompt())`.
struct hello {}
#[allow(clippy::ptr_arg)]
impl hello {
    /// The prompt that calls the function `hello`.
    fn prompt() -> ::fmcp::Prompt {
        ::fmcp::assert::prompt_reply::<&'static str>();
        ::fmcp::Prompt::new(
            "hello",
            || async move { ::fmcp::blocking(move || hello()).await },
        )
    }
}
