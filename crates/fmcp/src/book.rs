//! The README and the guides, so that the doc tests compile and run their code. Nothing else sees this file.

macro_rules! pages {
    ($($name:ident: $path:literal;)*) => { $(
        #[doc = include_str!(concat!("../../../", $path))]
        pub struct $name;
    )* };
}

/// Pages about what a feature brings.
#[cfg(feature = "skills")]
pub mod skills {
    pages! {
        Skills: "docs/guides/skills.md";
    }
}

/// Pages about what a feature brings.
#[cfg(feature = "redis")]
pub mod redis {
    pages! {
        Replicas: "docs/guides/replicas.md";
    }
}

pages! {
    Readme: "README.md";
    Architecture: "ARCHITECTURE.md";
    Why: "docs/why.md";
    FirstServer: "docs/guides/first-server.md";
    Arguments: "docs/guides/arguments.md";
    Results: "docs/guides/results.md";
    Streaming: "docs/guides/streaming.md";
    Errors: "docs/guides/errors.md";
    Context: "docs/guides/context.md";
    Logging: "docs/guides/logging.md";
    Progress: "docs/guides/progress.md";
    ContextLevels: "docs/guides/context-levels.md";
    Flags: "docs/guides/flags.md";
    Asking: "docs/guides/asking.md";
    Sessions: "docs/guides/sessions.md";
    Tasks: "docs/guides/tasks.md";
    State: "docs/guides/state.md";
    Resources: "docs/guides/resources.md";
    Prompts: "docs/guides/prompts.md";
    Middleware: "docs/guides/middleware.md";
    Apps: "docs/guides/apps.md";
    Extensions: "docs/guides/extensions.md";
    Client: "docs/guides/client.md";
    Connecting: "docs/guides/connecting.md";
    Configuration: "docs/guides/configuration.md";
    Authorization: "docs/guides/authorization.md";
    Testing: "docs/guides/testing.md";
    RunningChanges: "docs/guides/running-changes.md";
    Composition: "docs/guides/composition.md";
    Proxy: "docs/guides/proxy.md";
    Transforms: "docs/guides/transforms.md";
    Discovery: "docs/guides/discovery.md";
    ClientHandlers: "docs/guides/client-handlers.md";
    TransportStdio: "docs/transports/stdio.md";
    TransportUnix: "docs/transports/unix.md";
    TransportWebSocket: "docs/transports/websocket.md";
    TransportTls: "docs/transports/tls.md";
    TransportHttp: "docs/transports/http.md";
    TransportSse2024: "docs/transports/sse-2024.md";
    TransportEmbedding: "docs/transports/embedding.md";
}
