//! Resources: what a server lets be read.

use super::{Annotations, CacheScope, Icon, InputResponses, Meta, ResourceContents, ResultType};
use crate::json::{model, setters};

model! {
    /// A resource as it is listed.
    pub struct Resource new(uri: String, name: String) {
        /// Its address.
        uri: String = "uri",
        /// What programs call it.
        name: String = "name",
        /// What people call it.
        title: Option<String> = "title",
        /// What it is, for the model.
        description: Option<String> = "description",
        /// Its media type, if known.
        mime_type: Option<String> = "mimeType",
        /// Its size in bytes, before any encoding.
        size: Option<u64> = "size",
        /// Pictures of it.
        icons: Option<Vec<Icon>> = "icons",
        /// Whom it is for.
        annotations: Option<Annotations> = "annotations",
        /// What the resource says about itself.
        meta: Option<Meta> = "_meta",
    }

    /// A family of resources whose addresses follow a template.
    pub struct ResourceTemplate new(uri_template: String, name: String) {
        /// The template, as RFC 6570 writes it.
        uri_template: String = "uriTemplate",
        /// What programs call it.
        name: String = "name",
        /// What people call it.
        title: Option<String> = "title",
        /// What the resources are, for the model.
        description: Option<String> = "description",
        /// Their media type, if they all have the same.
        mime_type: Option<String> = "mimeType",
        /// Pictures of it.
        icons: Option<Vec<Icon>> = "icons",
        /// Whom they are for.
        annotations: Option<Annotations> = "annotations",
        /// What the template says about itself.
        meta: Option<Meta> = "_meta",
    }

    /// The parameters of `resources/read`.
    pub struct ReadResourceParams new(uri: String) {
        /// What the request says about itself.
        meta: Option<Meta> = "_meta",
        /// The address.
        uri: String = "uri",
        /// The answers to what an earlier round asked.
        input_responses: Option<InputResponses> = "inputResponses",
        /// The state that an earlier round gave, sent back unread.
        request_state: Option<String> = "requestState",
    }

    /// The result of `resources/read`.
    #[derive(Default)]
    pub struct ReadResourceResult new(contents: Vec<ResourceContents>) {
        /// What the result says about itself.
        meta: Option<Meta> = "_meta",
        /// What the result is.
        result_type: Option<ResultType> = "resultType",
        /// What is inside, possibly in parts.
        contents: Vec<ResourceContents> = "contents",
        /// For how many milliseconds the result may be kept.
        ttl_ms: Option<u64> = "ttlMs" saturating,
        /// For whom the result may be kept.
        cache_scope: Option<CacheScope> = "cacheScope",
    }

    /// The result of `resources/list`.
    #[derive(Default)]
    pub struct ListResourcesResult new(resources: Vec<Resource>) {
        /// What the result says about itself.
        meta: Option<Meta> = "_meta",
        /// What the result is.
        result_type: Option<ResultType> = "resultType",
        /// The resources of this page.
        resources: Vec<Resource> = "resources",
        /// Where the next page begins, if there is one.
        next_cursor: Option<String> = "nextCursor",
        /// For how many milliseconds the result may be kept.
        ttl_ms: Option<u64> = "ttlMs" saturating,
        /// For whom the result may be kept.
        cache_scope: Option<CacheScope> = "cacheScope",
    }

    /// The result of `resources/templates/list`.
    #[derive(Default)]
    pub struct ListResourceTemplatesResult new(resource_templates: Vec<ResourceTemplate>) {
        /// What the result says about itself.
        meta: Option<Meta> = "_meta",
        /// What the result is.
        result_type: Option<ResultType> = "resultType",
        /// The templates of this page.
        resource_templates: Vec<ResourceTemplate> = "resourceTemplates",
        /// Where the next page begins, if there is one.
        next_cursor: Option<String> = "nextCursor",
        /// For how many milliseconds the result may be kept.
        ttl_ms: Option<u64> = "ttlMs" saturating,
        /// For whom the result may be kept.
        cache_scope: Option<CacheScope> = "cacheScope",
    }

    /// The parameters of `notifications/resources/updated`.
    pub struct ResourceUpdatedParams new(uri: String) {
        /// What the notification says about itself.
        meta: Option<Meta> = "_meta",
        /// The resource that changed; may lie below the one that was subscribed to.
        uri: String = "uri",
    }

    /// The parameters of `resources/subscribe` and `resources/unsubscribe` (up to 2025-11-25).
    pub struct SubscribeParams new(uri: String) {
        /// What the request says about itself.
        meta: Option<Meta> = "_meta",
        /// The resource.
        uri: String = "uri",
    }
}

setters!(Resource {
    title: String,
    description: String,
    mime_type: String,
    size: u64,
    icons: Vec<Icon>,
    annotations: Annotations,
    meta: Meta,
});
setters!(ResourceTemplate {
    title: String,
    description: String,
    mime_type: String,
    icons: Vec<Icon>,
    annotations: Annotations,
    meta: Meta,
});
setters!(ReadResourceParams {
    meta: Meta,
    input_responses: InputResponses,
    request_state: String,
});
setters!(ReadResourceResult {
    meta: Meta,
    result_type: ResultType,
    ttl_ms: u64,
    cache_scope: CacheScope,
});
setters!(ListResourcesResult {
    meta: Meta,
    result_type: ResultType,
    next_cursor: String,
    ttl_ms: u64,
    cache_scope: CacheScope,
});
setters!(ListResourceTemplatesResult {
    meta: Meta,
    result_type: ResultType,
    next_cursor: String,
    ttl_ms: u64,
    cache_scope: CacheScope,
});
setters!(ResourceUpdatedParams { meta: Meta });
setters!(SubscribeParams { meta: Meta });
