/// Fetch a customer.
#[cfg(feature = "crm")]
#[deprecated = "use `crm.person`"]
pub(crate) async fn customer(
    id: u64,
    State(db): State<Db>,
    arguments: Headers,
    mut context: fmcp::Context,
) -> Result<Json<Customer>, ToolError> {
    db.find(id).await
}
#[cfg(feature = "crm")]
#[allow(deprecated)]
#[allow(non_camel_case_types)]
/// The tool `customer`: register it with `server.tool(customer::tool())`.
pub(crate) struct customer {}
#[cfg(feature = "crm")]
#[allow(deprecated)]
impl customer {
    /// The tool that calls the function `customer`.
    pub(crate) fn tool() -> ::fmcp::Tool {
        #[derive(::fmcp::serde::Deserialize, ::fmcp::schemars::JsonSchema)]
        #[serde(
            crate = "::fmcp::serde",
            rename = "customer arguments",
            deny_unknown_fields
        )]
        #[schemars(crate = "::fmcp::schemars")]
        struct __Arguments {
            id: u64,
        }
        ::fmcp::assert::argument::<u64>();
        ::fmcp::assert::from_call::<State<Db>>();
        ::fmcp::assert::from_call::<Headers>();
        ::fmcp::assert::from_call::<fmcp::Context>();
        ::fmcp::assert::tool_reply::<Result<Json<Customer>, ToolError>>();
        ::fmcp::Tool::new(
                "crm.customer",
                |
                    ::fmcp::Input(arguments): ::fmcp::Input<__Arguments>,
                    context1: State<Db>,
                    context2: Headers,
                    context: fmcp::Context|
                async move { customer(arguments.id, context1, context2, context).await },
            )
            .title("Customer")
            .description("Fetch a customer.")
            .version("1.2")
            .tags(["crm", PUBLIC])
            .read_only(true)
            .destructive(false)
            .idempotent(true)
            .open_world(cfg!(feature = "remote"))
            .strict(true)
            .output_schema(customer_schema())
            .timeout(::std::time::Duration::from_millis(250))
            .enabled(false)
            .meta("cost", ::fmcp::serde_json::json!(3))
            .meta("example.com/owner", ::fmcp::serde_json::json!(["crm", "sales"]))
            .icon(Icon::new("https://example.com/a.png"))
            .icon(SMALL)
            .icon(LARGE)
            .layer(RateLimit::new(5))
            .layer(Cache::new())
    }
}
fn hash(path: PathBuf) -> impl IntoReply<AsTool> {
    digest(&path)
}
#[allow(non_camel_case_types)]
/// The tool `hash`: register it with `server.tool(hash::tool())`.
struct hash {}
impl hash {
    /// The tool that calls the function `hash`.
    fn tool() -> ::fmcp::Tool {
        #[derive(::fmcp::serde::Deserialize, ::fmcp::schemars::JsonSchema)]
        #[serde(crate = "::fmcp::serde", rename = "hash arguments", deny_unknown_fields)]
        #[schemars(crate = "::fmcp::schemars")]
        struct __Arguments {
            path: PathBuf,
        }
        ::fmcp::assert::argument::<PathBuf>();
        ::fmcp::Tool::new(
                "hash",
                |::fmcp::Input(arguments): ::fmcp::Input<__Arguments>| async move {
                    ::fmcp::blocking(move || hash(arguments.path)).await
                },
            )
            .description(include_str!("hash.md"))
            .timeout(::std::time::Duration::from_secs(120))
    }
}
fn later(n: u8) -> impl Future<Output = u8> {
    ready(n)
}
#[allow(non_camel_case_types)]
/// The tool `later`: register it with `server.tool(later::tool())`.
struct later {}
impl later {
    /// The tool that calls the function `later`.
    fn tool() -> ::fmcp::Tool {
        #[derive(::fmcp::serde::Deserialize, ::fmcp::schemars::JsonSchema)]
        #[serde(
            crate = "::fmcp::serde",
            rename = "later arguments",
            deny_unknown_fields
        )]
        #[schemars(crate = "::fmcp::schemars")]
        struct __Arguments {
            n: u8,
        }
        ::fmcp::assert::argument::<u8>();
        ::fmcp::Tool::new(
                "later",
                |::fmcp::Input(arguments): ::fmcp::Input<__Arguments>| async move {
                    later(arguments.n).await
                },
            )
            .timeout(Duration::from_secs(1))
    }
}
