//! Lists that change, and who hears of it.

use fmcp::{ComponentKind, Notice, testing};
use fmcp_conformance::server::everything;

use crate::door::REVISIONS;

#[tokio::test]
async fn whoever_listens_hears_that_a_list_has_changed() {
    for revision in REVISIONS {
        for (tool, changed) in [
            ("test_trigger_tool_change", ComponentKind::Tool),
            ("test_trigger_prompt_change", ComponentKind::Prompt),
        ] {
            let client = testing::connect_at(everything(), revision).await;
            client.call(tool, ()).await.unwrap();
            loop {
                match client.next_notice().await {
                    Notice::ListChanged(kind) => break assert_eq!(kind, changed),
                    // The stream begins with its acknowledgement.
                    Notice::Other(..) => {}
                    other => panic!("{tool} in {revision}: {other:?}"),
                }
            }
        }
    }
}
