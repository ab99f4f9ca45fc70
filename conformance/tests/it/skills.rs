//! Skills: what is said of them, and what lies in their folders.

use fmcp::{Revision, testing::expect_rpc_error};
use serde_json::json;

use crate::door::{answer, result};

/// Those in which the suite asks for skills.
const REVISIONS: [Revision; 2] = [Revision::V2025_11_25, Revision::V2026_07_28];

const URI: &str = "skill://unit-conversion/SKILL.md";

#[tokio::test]
async fn the_skill_is_listed_and_given_alike() {
    for revision in REVISIONS {
        let list = result(revision, "skills/list", json!({})).await;
        let one = result(revision, "skills/get", json!({"uri": URI})).await;
        assert_eq!(list["skills"], json!([one["skill"]]), "{revision}");
        assert_eq!(
            list["skills"][0]["frontmatter"]["metadata"]["version"],
            "1.0"
        );
        let is_cached = revision == Revision::V2026_07_28;
        assert_eq!(list["ttlMs"].is_u64(), is_cached, "{revision}");
        assert_eq!(one["cacheScope"].is_string(), is_cached, "{revision}");
    }
}

#[tokio::test]
async fn a_folder_lists_its_folders() {
    for revision in REVISIONS {
        let folder = json!({"uri": "skill://unit-conversion"});
        let list = result(revision, "resources/directory/read", folder).await;
        let child = &list["resources"][1];
        assert_eq!(child["uri"], "skill://unit-conversion/references");
        assert_eq!(child["mimeType"], "inode/directory");
        let file = answer(revision, "resources/directory/read", json!({"uri": URI})).await;
        expect_rpc_error(&file, -32602);
        let unknown = json!({"uri": "skill://nobody/SKILL.md"});
        expect_rpc_error(&answer(revision, "skills/get", unknown).await, -32602);
    }
}
