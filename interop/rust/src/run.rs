//! One run: the connection, and the calls that steps make on it.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use rmcp::{
    RoleClient,
    model::{CallToolRequestParams, CallToolResult, ProtocolVersion, RequestMetaObject},
    service::{ClientLifecycleMode, ClientServiceExt as _, RunningService},
    transport::{StreamableHttpClientTransport, TokioChildProcess},
};
use serde_json::Value;

use crate::handler::{Handler, Heard};

/// Between two looks.
const SOON: Duration = Duration::from_millis(10);

pub(crate) type Service = RunningService<RoleClient, Handler>;

pub(crate) struct Run {
    pub(crate) is_http: bool,
    pub(crate) revision: ProtocolVersion,
    pub(crate) target: String,
    pub(crate) cutting_target: String,
    pub(crate) service: Option<Service>,
}

impl Run {
    /// `stdio REVISION PROGRAM` or `http REVISION URL CUTTING_URL`.
    pub(crate) fn from_args(mut args: impl Iterator<Item = String>) -> Result<Self> {
        let usage = "usage: stdio REVISION PROGRAM | http REVISION URL CUTTING_URL";
        let mut next = || args.next().context(usage);
        let is_http = match next()?.as_str() {
            "stdio" => false,
            "http" => true,
            _ => bail!(usage),
        };
        let name = next()?;
        let known = ProtocolVersion::KNOWN_VERSIONS;
        let revision = known.iter().find(|known| known.as_str() == name);
        Ok(Self {
            is_http,
            revision: revision
                .context("the SDK does not speak this revision")?
                .clone(),
            target: next()?,
            cutting_target: if is_http { next()? } else { String::new() },
            service: None,
        })
    }

    pub(crate) fn is_modern(&self) -> bool {
        !self.revision.has_initialize()
    }

    /// Whether the revision is this one or a later one.
    pub(crate) fn since(&self, revision: &str) -> bool {
        self.revision.as_str() >= revision
    }

    /// Connects in the revision of this run.
    pub(crate) async fn connect(&self, target: &str) -> Result<Service> {
        self.connect_by(
            target,
            if self.is_modern() {
                let preferred_versions = vec![self.revision.clone()];
                ClientLifecycleMode::Discover { preferred_versions }
            } else {
                ClientLifecycleMode::Initialize
            },
        )
        .await
    }

    /// Connects in the newest revision that both speak.
    pub(crate) async fn negotiate(&self) -> Result<Service> {
        let preferred_versions = vec![ProtocolVersion::LATEST];
        let auto = ClientLifecycleMode::Auto {
            preferred_versions,
            legacy_version: None,
        };
        self.connect_by(&self.target, auto).await
    }

    async fn connect_by(&self, target: &str, lifecycle: ClientLifecycleMode) -> Result<Service> {
        let handler = Handler::new(self.revision.clone());
        Ok(if self.is_http {
            let wire = StreamableHttpClientTransport::from_uri(target);
            handler.serve_with_lifecycle(wire, lifecycle).await?
        } else {
            let wire = TokioChildProcess::new(tokio::process::Command::new(target))?;
            handler.serve_with_lifecycle(wire, lifecycle).await?
        })
    }

    pub(crate) fn service(&self) -> Result<&Service> {
        self.service.as_ref().context("there is no connection")
    }

    pub(crate) async fn call(
        &self,
        name: &'static str,
        arguments: Value,
    ) -> Result<CallToolResult> {
        Ok(self.service()?.call_tool(request(name, arguments)).await?)
    }

    pub(crate) async fn call_with(
        &self,
        name: &'static str,
        meta: RequestMetaObject,
    ) -> Result<CallToolResult> {
        let mut params = CallToolRequestParams::new(name);
        params.meta = Some(meta);
        Ok(self.service()?.call_tool(params).await?)
    }

    /// Waits until the client has heard what `enough` looks for.
    pub(crate) async fn until(&self, what: &str, enough: impl Fn(&Heard) -> bool) -> Result<()> {
        for _ in 0..500 {
            if enough(&self.service()?.service().heard()) {
                return Ok(());
            }
            tokio::time::sleep(SOON).await;
        }
        bail!("never came: {what}")
    }

    /// The end of a subscription may reach the server after calls that were made later.
    pub(crate) async fn until_silent(&self) -> Result<()> {
        for _ in 0..10 {
            self.service()?.service().heard().updated.clear();
            self.call("touch", Value::Null).await?;
            self.call("count", serde_json::json!({"to": 2})).await?;
            if self.service()?.service().heard().updated.is_empty() {
                return Ok(());
            }
        }
        bail!("told after the subscription ended")
    }
}

pub(crate) fn request(name: &'static str, arguments: Value) -> CallToolRequestParams {
    let params = CallToolRequestParams::new(name);
    match arguments {
        Value::Object(arguments) => params.with_arguments(arguments),
        _ => params,
    }
}

pub(crate) fn text(result: &CallToolResult) -> &str {
    let block = result.content.first().and_then(|block| block.as_text());
    block.map_or("", |block| &block.text)
}

pub(crate) fn same<T: PartialEq + std::fmt::Debug>(actual: T, expected: T) -> Result<()> {
    ensure!(actual == expected, "{actual:?} is not {expected:?}");
    Ok(())
}

/// Waits until these logs have been told, and a little longer, for there should not be more. The SDK handles
/// notifications in tasks of their own, which may come after the answer.
pub(crate) async fn heard(service: &Service, logs: &[&str]) -> Result<()> {
    for _ in 0..500 {
        if service.service().heard().logs.len() >= logs.len() {
            break;
        }
        tokio::time::sleep(SOON).await;
    }
    tokio::time::sleep(SOON).await;
    let heard = service.service().heard().logs.clone();
    same(heard, logs.iter().map(ToString::to_string).collect())
}
