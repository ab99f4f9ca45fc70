fn lines(text: String) -> impl Stream<Item = String> + Send {
    stream::iter(text.lines().map(str::to_owned).collect::<Vec<_>>())
}
#[allow(non_camel_case_types)]
/// The tool `lines`: register it with `server.tool(lines::tool())`.
struct lines {}
impl lines {
    /// The tool that calls the function `lines`.
    fn tool() -> ::fmcp::Tool {
        #[derive(::fmcp::serde::Deserialize, ::fmcp::schemars::JsonSchema)]
        #[serde(
            crate = "::fmcp::serde",
            rename = "lines arguments",
            deny_unknown_fields
        )]
        #[schemars(crate = "::fmcp::schemars")]
        struct __Arguments {
            text: String,
        }
        ::fmcp::assert::argument::<String>();
        ::fmcp::assert::tool_part::<String>();
        ::fmcp::Tool::new(
            "lines",
            |::fmcp::Input(arguments): ::fmcp::Input<__Arguments>| async move {
                ::fmcp::streamed(lines(arguments.text)).await
            },
        )
    }
}
async fn rows(
    ctx: Context,
) -> Result<impl Stream<Item = Result<Content, ToolError>>, ToolError> {
    open(ctx).await
}
#[allow(non_camel_case_types)]
/// The tool `rows`: register it with `server.tool(rows::tool())`.
struct rows {}
impl rows {
    /// The tool that calls the function `rows`.
    fn tool() -> ::fmcp::Tool {
        ::fmcp::assert::from_call::<Context>();
        ::fmcp::assert::tool_part::<Result<Content, ToolError>>();
        ::fmcp::Tool::new(
            "rows",
            |ctx: Context| async move {
                ::fmcp::streamed(
                        rows(ctx).await.map_err(::fmcp::core::handler::Fail::fail)?,
                    )
                    .await
            },
        )
    }
}
fn boxed() -> Pin<Box<dyn Stream<Item = Image> + Send>> {
    Box::pin(stream::empty())
}
#[allow(non_camel_case_types)]
/// The tool `boxed`: register it with `server.tool(boxed::tool())`.
struct boxed {}
impl boxed {
    /// The tool that calls the function `boxed`.
    fn tool() -> ::fmcp::Tool {
        ::fmcp::assert::tool_part::<Image>();
        ::fmcp::Tool::new("boxed", || async move { ::fmcp::streamed(boxed()).await })
    }
}
fn short() -> BoxStream<'static, &'static str> {
    stream::empty().boxed()
}
#[allow(non_camel_case_types)]
/// The tool `short`: register it with `server.tool(short::tool())`.
struct short {}
impl short {
    /// The tool that calls the function `short`.
    fn tool() -> ::fmcp::Tool {
        ::fmcp::assert::tool_part::<&'static str>();
        ::fmcp::Tool::new("short", || async move { ::fmcp::streamed(short()).await })
    }
}
async fn few() -> fmcp::Streamed<impl Stream<Item = Json<Row>>> {
    Streamed::new(query().await).max_parts(10)
}
#[allow(non_camel_case_types)]
/// The tool `few`: register it with `server.tool(few::tool())`.
struct few {}
impl few {
    /// The tool that calls the function `few`.
    fn tool() -> ::fmcp::Tool {
        ::fmcp::assert::tool_part::<Json<Row>>();
        ::fmcp::Tool::new("few", || async move { few().await.run().await })
    }
}
impl Log {
    fn tail(&self) -> impl Stream<Item = String> {
        self.lines.clone()
    }
}
impl Log {
    /// The server that answers calls with the methods of this value.
    pub fn into_server(self) -> ::fmcp::Server {
        let this = ::std::sync::Arc::new(self);
        let server = ::fmcp::Server::new("log");
        let server = server
            .tool({
                ::fmcp::assert::tool_part::<String>();
                let this = ::std::sync::Arc::clone(&this);
                ::fmcp::Tool::new(
                    "tail",
                    move || {
                        let this = ::std::sync::Arc::clone(&this);
                        async move { ::fmcp::streamed(Self::tail(&this)).await }
                    },
                )
            });
        server
    }
}
