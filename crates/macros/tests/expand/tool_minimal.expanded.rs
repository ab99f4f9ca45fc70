async fn ping() {}
#[allow(non_camel_case_types)]
/// The tool `ping`: register it with `server.tool(ping::tool())`.
struct ping {}
impl ping {
    /// The tool that calls the function `ping`.
    fn tool() -> ::fmcp::Tool {
        ::fmcp::Tool::new("ping", || async move { ping().await })
    }
}
/// Add two numbers.
///
/// The result may overflow.
pub async fn add(a: i64, b: i64, ctx: Context) -> i64 {
    ctx.info("adding").await;
    a + b
}
#[allow(non_camel_case_types)]
/// The tool `add`: register it with `server.tool(add::tool())`.
pub struct add {}
impl add {
    /// The tool that calls the function `add`.
    pub fn tool() -> ::fmcp::Tool {
        #[derive(::fmcp::serde::Deserialize, ::fmcp::schemars::JsonSchema)]
        #[serde(crate = "::fmcp::serde", rename = "add arguments", deny_unknown_fields)]
        #[schemars(crate = "::fmcp::schemars")]
        struct __Arguments {
            #[schemars(description = "First addend")]
            a: i64,
            #[serde(default = "__b_default")]
            #[schemars(extend("minimum" = -5, "maximum" = 5))]
            b: i64,
        }
        fn __b_default() -> i64 {
            1
        }
        ::fmcp::assert::argument::<i64>();
        ::fmcp::assert::argument::<i64>();
        ::fmcp::assert::from_call::<Context>();
        ::fmcp::assert::tool_reply::<i64>();
        ::fmcp::Tool::new(
                "add",
                |::fmcp::Input(arguments): ::fmcp::Input<__Arguments>, ctx: Context| async move {
                    add(arguments.a, arguments.b, ctx).await
                },
            )
            .description("Add two numbers.\n\nThe result may overflow.")
    }
}
