//! Skills: listed, and loaded where the scenario wants to see what is wrong with them.

use anyhow::Result;
use fmcp::{Client, skills::Files};

/// Lists skills, and reads none.
pub(super) async fn list(client: &Client) -> Result<()> {
    client.list_skills().await?;
    Ok(())
}

/// Loads every skill, and then each of its files.
pub(super) async fn load(client: &Client) -> Result<()> {
    for skill in client.list_skills().await? {
        let loaded = skill.load(client).await?;
        if let Files::Listed(files) = skill.files() {
            for file in files {
                loaded.read(&file.uri).await?;
            }
        }
    }
    Ok(())
}
