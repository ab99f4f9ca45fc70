#[tool]
fn lines(text: String) -> impl Stream<Item = String> + Send {
    stream::iter(text.lines().map(str::to_owned).collect::<Vec<_>>())
}

#[tool]
async fn rows(ctx: Context) -> Result<impl Stream<Item = Result<Content, ToolError>>, ToolError> {
    open(ctx).await
}

#[tool]
fn boxed() -> Pin<Box<dyn Stream<Item = Image> + Send>> {
    Box::pin(stream::empty())
}

#[tool]
fn short() -> BoxStream<'static, &'static str> {
    stream::empty().boxed()
}

#[tool]
async fn few() -> fmcp::Streamed<impl Stream<Item = Json<Row>>> {
    Streamed::new(query().await).max_parts(10)
}

#[server]
impl Log {
    #[tool]
    fn tail(&self) -> impl Stream<Item = String> {
        self.lines.clone()
    }
}
