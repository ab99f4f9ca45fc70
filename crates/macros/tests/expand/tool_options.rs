/// Fetch a customer.
#[tool(
    name = "crm.customer",
    title = "Customer",
    version = "1.2",
    tags("crm", PUBLIC),
    read_only,
    destructive = false,
    idempotent,
    open_world = cfg!(feature = "remote"),
    strict,
    timeout = "250ms",
    disabled,
    meta(cost = 3, "example.com/owner" = ["crm", "sales"]),
    icon = Icon::new("https://example.com/a.png"),
    icons(SMALL, LARGE),
    output_schema = customer_schema(),
    layer = RateLimit::new(5),
    layer = Cache::new(),
)]
#[cfg(feature = "crm")]
#[deprecated = "use `crm.person`"]
pub(crate) async fn customer(
    id: u64,
    #[ctx] State(db): State<Db>,
    #[ctx] arguments: Headers,
    mut context: fmcp::Context,
) -> Result<Json<Customer>, ToolError> {
    db.find(id).await
}

#[tool(blocking, description = include_str!("hash.md"), timeout = "2m")]
fn hash(path: PathBuf) -> impl IntoReply<AsTool> {
    digest(&path)
}

#[tool(timeout = Duration::from_secs(1))]
fn later(n: u8) -> impl Future<Output = u8> {
    ready(n)
}
