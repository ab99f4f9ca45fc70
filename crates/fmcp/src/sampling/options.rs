//! What can be set for every model, and that it answers.

/// Writes the methods that the builder of every model has, for one with the fields `provider` and `models`; and that it
/// answers, with tools, by its method `ask`.
macro_rules! model_options {
    ($model:ty) => {
        impl $model {
            /// Sets the model that is asked.
            #[must_use]
            pub fn model(mut self, model: impl Into<String>) -> Self {
                self.models.usual = Some(model.into());
                self
            }

            /// Sets who chooses another model for a server that says what it would like; `None` is the usual one.
            #[must_use]
            pub fn choose(
                mut self,
                choose: impl Fn(&fmcp_core::protocol::model::ModelPreferences) -> Option<String>
                + Send
                + Sync
                + 'static,
            ) -> Self {
                self.models.choose = Some(std::sync::Arc::new(choose));
                self
            }

            /// Sets how long an answer may take.
            #[must_use]
            pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
                self.provider.timeout = timeout;
                self
            }

            /// Sends requests through this, with its proxies, certificates and connections.
            #[must_use]
            pub fn web(mut self, web: fmcp_transport::client::web::Web) -> Self {
                self.provider.through(web);
                self
            }
        }

        impl crate::Sampler for $model {
            fn takes_tools(&self) -> bool {
                true
            }

            fn sample(
                &self,
                question: fmcp_core::protocol::model::CreateMessageParams,
            ) -> fmcp_core::BoxFuture<
                '_,
                Result<fmcp_core::protocol::model::CreateMessageResult, Trouble>,
            > {
                Box::pin(self.ask(question))
            }
        }
    };
}
