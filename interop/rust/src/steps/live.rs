//! Cancelling, following what changes, and the end.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use rmcp::{
    model::{
        CallToolRequest, ClientRequest, PingRequest, ServerNotification, SubscribeRequestParams,
        SubscriptionFilter, UnsubscribeRequestParams,
    },
    service::PeerRequestOptions,
};
use serde_json::Value;

use super::all::{
    DAILY,
    Outcome::{self, Absent, Taken},
};
use crate::run::{Run, request, same, text};

pub(super) async fn cancel(run: &mut Run) -> Result<Outcome> {
    run.service()?.service().heard().progress.clear();
    let wait = ClientRequest::CallToolRequest(CallToolRequest::new(request("wait", Value::Null)));
    let options = PeerRequestOptions::no_options();
    let running = run
        .service()?
        .send_cancellable_request(wait, options)
        .await?;
    run.until("the first report", |heard| !heard.progress.is_empty())
        .await?;
    running.cancel(Some("enough".into())).await?;
    same(text(&run.call("cancelled", Value::Null).await?), "1")?;
    Ok(Taken)
}

pub(super) async fn subscribe(run: &mut Run) -> Result<Outcome> {
    if run.is_modern() {
        let filter = SubscriptionFilter::builder()
            .resource_subscription(DAILY)
            .build();
        let mut subscription = run.service()?.listen(filter).await?;
        run.call("touch", Value::Null).await?;
        match subscription.next().await? {
            Some(ServerNotification::ResourceUpdatedNotification(updated)) => {
                same(&*updated.params.uri, DAILY)?
            }
            other => bail!("{other:?}"),
        }
        subscription.cancel().await?;
    } else {
        run.service()?
            .subscribe(SubscribeRequestParams::new(DAILY))
            .await?;
        run.call("touch", Value::Null).await?;
        run.until("resources/updated", |heard| {
            heard.updated.iter().any(|uri| uri == DAILY)
        })
        .await?;
        run.service()?
            .unsubscribe(UnsubscribeRequestParams::new(DAILY))
            .await?;
    }
    run.until_silent().await?;
    Ok(Taken)
}

pub(super) async fn changed(run: &mut Run) -> Result<Outcome> {
    if run.is_modern() {
        let filter = SubscriptionFilter::builder().tools_list_changed();
        let filter = filter
            .resources_list_changed()
            .prompts_list_changed()
            .build();
        let mut subscription = run.service()?.listen(filter).await?;
        run.call("change", Value::Null).await?;
        let mut kinds = Vec::new();
        while kinds.len() < 3 {
            kinds.push(match subscription.next().await? {
                Some(ServerNotification::ToolListChangedNotification(_)) => "tools",
                Some(ServerNotification::ResourceListChangedNotification(_)) => "resources",
                Some(ServerNotification::PromptListChangedNotification(_)) => "prompts",
                other => bail!("{other:?}"),
            });
        }
        kinds.sort_unstable();
        same(kinds, vec!["prompts", "resources", "tools"])?;
        subscription.cancel().await?;
    } else {
        run.call("change", Value::Null).await?;
        let all = ["tools", "resources", "prompts"];
        run.until("list_changed of all lists", |heard| {
            all.iter().all(|kind| heard.changed.contains(kind))
        })
        .await?;
    }
    let tools = run.service()?.list_all_tools().await?;
    ensure!(
        tools.iter().any(|tool| tool.name == "shy"),
        "tools are listed as before"
    );
    let prompts = run.service()?.list_all_prompts().await?;
    ensure!(
        prompts.iter().any(|prompt| prompt.name == "shy"),
        "prompts are listed as before"
    );
    run.call("change", Value::Null).await?;
    Ok(Taken)
}

pub(super) async fn ping(run: &mut Run) -> Result<Outcome> {
    if run.is_modern() {
        return Ok(Absent("the revision has no ping"));
    }
    let ping = ClientRequest::PingRequest(PingRequest::default());
    run.service()?.send_request(ping).await?;
    Ok(Taken)
}

pub(super) async fn close(run: &mut Run) -> Result<Outcome> {
    let mut service = run.service.take().context("there is no connection")?;
    let begun = Instant::now();
    service.close().await?;
    // The SDK kills a server that has not ended by itself after three seconds.
    ensure!(
        begun.elapsed() < Duration::from_millis(1500),
        "it took {:?}",
        begun.elapsed()
    );
    Ok(Taken)
}
