#[tool]
async fn ping() {}

/// Add two numbers.
///
/// The result may overflow.
#[tool]
pub async fn add(
    /// First addend
    a: i64,
    #[arg(default = 1, range(-5..=5))] b: i64,
    ctx: Context,
) -> i64 {
    ctx.info("adding").await;
    a + b
}
