/// The settings.
#[resource("data://settings", mime = "application/json", size = 1024, audience("user"), priority = 0.5)]
async fn settings(ctx: Context) -> Json<Settings> {
    read(ctx).await
}

#[resource(
    "data://{category}/{record-id}{?format,tag*}",
    "legacy://{category}/{record-id}",
    name = "records",
    exempt("category"),
    timeout = "1h"
)]
async fn record(
    /// The folder
    #[complete(categories)] category: String,
    #[complete(|prefix| ids(prefix))] record_id: u64,
    format: Option<String>,
    tag: Vec<String>,
) -> Json<Record> {
    find(category, record_id).await
}
