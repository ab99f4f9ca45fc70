/// The settings.
async fn settings(ctx: Context) -> Json<Settings> {
    read(ctx).await
}
#[allow(non_camel_case_types)]
/// The resource `settings`: register it with `server.resource(settings::resource())`.
struct settings {}
impl settings {
    /// The resource that calls the function `settings`.
    fn resource() -> ::fmcp::Resource {
        ::fmcp::assert::from_call::<Context>();
        ::fmcp::assert::resource_reply::<Json<Settings>>();
        ::fmcp::Resource::new(
                "data://settings",
                |ctx: Context| async move { settings(ctx).await },
            )
            .name("settings")
            .description("The settings.")
            .mime("application/json")
            .size(1024)
            .audience(["user"])
            .priority(0.5)
    }
}
async fn record(
    category: String,
    record_id: u64,
    format: Option<String>,
    tag: Vec<String>,
) -> Json<Record> {
    find(category, record_id).await
}
#[allow(non_camel_case_types)]
/// The resource `record`: register it with `server.resource(record::resource())`.
struct record {}
impl record {
    /// The resource that calls the function `record`.
    fn resource() -> ::fmcp::Resource {
        #[derive(::fmcp::serde::Deserialize, ::fmcp::schemars::JsonSchema)]
        #[serde(
            crate = "::fmcp::serde",
            rename = "record arguments",
            deny_unknown_fields
        )]
        #[schemars(crate = "::fmcp::schemars")]
        struct __Arguments {
            #[schemars(description = "The folder")]
            category: String,
            #[serde(rename = "record-id")]
            record_id: u64,
            format: Option<String>,
            #[serde(default)]
            tag: Vec<String>,
        }
        ::fmcp::assert::argument::<String>();
        ::fmcp::assert::argument::<u64>();
        ::fmcp::assert::argument::<Option<String>>();
        ::fmcp::assert::argument::<Vec<String>>();
        ::fmcp::assert::resource_reply::<Json<Record>>();
        ::fmcp::Resource::new(
                "data://{category}/{record-id}{?format,tag*}",
                |::fmcp::Input(arguments): ::fmcp::Input<__Arguments>| async move {
                    record(
                            arguments.category,
                            arguments.record_id,
                            arguments.format,
                            arguments.tag,
                        )
                        .await
                },
            )
            .also("legacy://{category}/{record-id}")
            .name("records")
            .exempt("category")
            .complete("category", categories)
            .complete("record-id", |prefix| ids(prefix))
            .timeout(::std::time::Duration::from_secs(3600))
    }
}
