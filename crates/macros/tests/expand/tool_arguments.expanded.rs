fn search(
    query: String,
    language: Option<String>,
    tags: Vec<String>,
    limit: u32,
    score: Option<f64>,
    region: Region,
    r#type: Option<Kind>,
    mut offset: i64,
    _internal: bool,
) -> Vec<String> {
    offset += 1;
    Vec::new()
}
#[allow(non_camel_case_types)]
/// The tool `search`: register it with `server.tool(search::tool())`.
struct search {}
impl search {
    /// The tool that calls the function `search`.
    fn tool() -> ::fmcp::Tool {
        #[derive(::fmcp::serde::Deserialize, ::fmcp::schemars::JsonSchema)]
        #[serde(
            crate = "::fmcp::serde",
            rename = "search arguments",
            deny_unknown_fields
        )]
        #[schemars(crate = "::fmcp::schemars")]
        struct __Arguments {
            #[schemars(
                description = "What to look for.\n\nWords are joined with `and`.",
                extend(
                    "minLength" = 1,
                    "maxLength" = 200,
                    "pattern" = r"^\S",
                    "examples" = ["rust",
                    "mcp"]
                )
            )]
            query: String,
            #[serde(rename = "lang", default = "__language_default")]
            #[schemars(extend("enum" = ["en", "de", null]))]
            language: Option<String>,
            #[serde(default)]
            #[schemars(
                title = "Tags",
                description = "Only with all of these",
                extend("maxItems" = 4)
            )]
            tags: Vec<String>,
            #[serde(default = "__limit_default")]
            #[schemars(
                extend("minimum" = 1, "exclusiveMaximum" = MAX, "deprecated" = true)
            )]
            limit: u32,
            #[schemars(extend("minimum" = 0.0, "maximum" = 1.0))]
            score: Option<f64>,
            #[serde(default = "__region_default")]
            #[schemars(extend("x-mcp-header" = "Region"))]
            region: Region,
            r#type: Option<Kind>,
            #[serde(default = "__offset_default")]
            offset: i64,
            #[serde(rename = "internal")]
            _internal: bool,
        }
        fn __language_default() -> Option<String> {
            ::core::option::Option::Some(::core::convert::Into::into("en"))
        }
        fn __limit_default() -> u32 {
            10
        }
        fn __region_default() -> Region {
            Region::parse::<u8, u8>("eu")
        }
        fn __offset_default() -> i64 {
            -1
        }
        ::fmcp::assert::argument::<String>();
        ::fmcp::assert::argument::<Option<String>>();
        ::fmcp::assert::argument::<Vec<String>>();
        ::fmcp::assert::argument::<u32>();
        ::fmcp::assert::argument::<Option<f64>>();
        ::fmcp::assert::argument::<Region>();
        ::fmcp::assert::argument::<Option<Kind>>();
        ::fmcp::assert::argument::<i64>();
        ::fmcp::assert::argument::<bool>();
        ::fmcp::assert::tool_reply::<Vec<String>>();
        ::fmcp::Tool::new(
            "search",
            |::fmcp::Input(arguments): ::fmcp::Input<__Arguments>| async move {
                search(
                    arguments.query,
                    arguments.language,
                    arguments.tags,
                    arguments.limit,
                    arguments.score,
                    arguments.region,
                    arguments.r#type,
                    arguments.offset,
                    arguments._internal,
                )
            },
        )
    }
}
