#[tool]
fn search(
    /// What to look for.
    ///
    /// Words are joined with `and`.
    #[arg(length(1..=200), pattern = r"^\S", examples("rust", "mcp"))]
    query: String,
    #[arg(default = "en", one_of("en", "de"), rename = "lang")] language: Option<String>,
    #[arg(default, length(..5), description = "Only with all of these", title = "Tags")] tags: Vec<String>,
    #[arg(default = 10, range(1..MAX), deprecated)] limit: u32,
    #[arg(range(0.0..=1.0))] score: Option<f64>,
    #[arg(header = "Region", default = Region::parse::<u8, u8>("eu"))] region: Region,
    r#type: Option<Kind>,
    #[arg(default = -1)] mut offset: i64,
    #[arg(rename = "internal")] _internal: bool,
) -> Vec<String> {
    offset += 1;
    Vec::new()
}
