//! `subscriptions/listen`: hearing of changes.

use super::{Meta, ResultType};
use crate::json::{model, setters};

model! {
    /// What a client wants to hear of. Nothing else may be sent to it.
    #[derive(Default)]
    pub struct SubscriptionFilter new() {
        /// Changes to the list of tools.
        tools_list_changed: Option<bool> = "toolsListChanged",
        /// Changes to the list of prompts.
        prompts_list_changed: Option<bool> = "promptsListChanged",
        /// Changes to the list of resources.
        resources_list_changed: Option<bool> = "resourcesListChanged",
        /// Changes to the resources at these addresses.
        resource_subscriptions: Option<Vec<String>> = "resourceSubscriptions",
        /// Changes to the tasks of these ids.
        task_ids: Option<Vec<String>> = "taskIds",
    }

    /// The parameters of `subscriptions/listen`.
    pub struct ListenParams new(notifications: SubscriptionFilter) {
        /// What the request says about itself.
        meta: Option<Meta> = "_meta",
        /// What the client wants to hear of.
        notifications: SubscriptionFilter = "notifications",
    }

    /// The parameters of `notifications/subscriptions/acknowledged`, the first thing that is sent to
    /// one who listens.
    pub struct AcknowledgedParams new(notifications: SubscriptionFilter) {
        /// What the notification says about itself.
        meta: Option<Meta> = "_meta",
        /// What the server will tell of what the client wants to hear.
        notifications: SubscriptionFilter = "notifications",
    }

    /// The result of `subscriptions/listen`: the server has ended it. Which one stands in `_meta`.
    #[derive(Default)]
    pub struct ListenResult new() {
        /// What the result says about itself.
        meta: Option<Meta> = "_meta",
        /// What the result is.
        result_type: Option<ResultType> = "resultType",
    }
}

setters!(SubscriptionFilter {
    tools_list_changed: bool,
    prompts_list_changed: bool,
    resources_list_changed: bool,
    resource_subscriptions: Vec<String>,
    task_ids: Vec<String>,
});
setters!(ListenParams { meta: Meta });
setters!(AcknowledgedParams { meta: Meta });
setters!(ListenResult {
    meta: Meta,
    result_type: ResultType
});
