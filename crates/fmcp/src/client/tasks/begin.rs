//! Beginning a task, and calls that turn out to be one.

use std::time::Duration;

use fmcp_core::{
    Kind, Raw, Reply,
    protocol::{
        Era,
        model::{CallToolParams, CallToolResult, Task},
    },
};
use serde::Serialize;
use serde_json::json;

use super::{TaskHandle, handle::What};
use crate::client::{
    CallOptions, Client, ClientError,
    methods::{not_read, subject, to_object},
};

/// How long a server may take to hear that nobody waits for a task any more.
const FAREWELL: Duration = Duration::from_secs(5);

impl Client {
    /// Starts a tool as a task, and does not wait for what comes of it. A server that answers at once gives a handle
    /// whose result is there.
    ///
    /// ```
    /// use fmcp::{Client, Server, TaskMode, Tool};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
    /// let slow = Tool::new("slow", || async { 42 }).task(TaskMode::Required);
    /// let client = Client::connect(Server::new("s").tool(slow)).await?;
    /// let task = client.start("slow", ()).await?;
    /// // … something else …
    /// assert_eq!(task.result().await?.parse::<u8>()?, 42);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When it could not be started.
    pub async fn start(
        &self,
        tool: &str,
        arguments: impl Serialize,
    ) -> Result<TaskHandle, ClientError> {
        self.start_with(tool, arguments, CallOptions::new()).await
    }

    /// Starts a tool as a task, in a way that is different from the client's other calls.
    ///
    /// # Errors
    /// As [`Client::start`].
    pub async fn start_with(
        &self,
        tool: &str,
        arguments: impl Serialize,
        options: CallOptions,
    ) -> Result<TaskHandle, ClientError> {
        let arguments = to_object(&subject(tool), &arguments)?;
        let wants = self.can_want_tasks();
        let reply = match self
            .ask_tool(tool, arguments.clone(), wants, &options)
            .await
        {
            // The tool is none that runs as a task, and says so.
            Err(error) if wants && error.kind() == Kind::MethodNotFound => {
                self.ask_tool(tool, arguments, false, &options).await?
            }
            outcome => outcome?,
        };
        self.handle(tool, reply, options)
    }

    fn handle(
        &self,
        tool: &str,
        reply: Reply,
        options: CallOptions,
    ) -> Result<TaskHandle, ClientError> {
        let (what, last) = match reply {
            Reply::Task(task) => (What::Task(task.task_id.as_str().into()), Some(*task)),
            reply => {
                let result = reply.into_tool().map_err(|e| not_read(&subject(tool), e))?;
                (What::Result(Box::new(result)), None)
            }
        };
        Ok(TaskHandle::new(self, Some(tool), what, last, options))
    }

    /// Runs a tool and waits for its result, also when the server makes a task of it, or wants to be asked for one.
    pub(in crate::client) async fn tool_result(
        &self,
        tool: &str,
        arguments: Option<Raw>,
        options: &CallOptions,
    ) -> Result<CallToolResult, ClientError> {
        let wants = self.can_want_tasks();
        let known = self.parts().catalog.get(tool);
        let must = wants && known.is_some_and(|known| known.must_be_task);
        let reply = match self.ask_tool(tool, arguments.clone(), must, options).await {
            Err(error) if wants && !must && error.kind() == Kind::MethodNotFound => {
                // It may be one that can only be called as a task; if it is not, the first word counts.
                match Box::pin(self.ask_tool(tool, arguments, true, options)).await {
                    Err(again) if again.kind() == Kind::MethodNotFound => return Err(error),
                    outcome => outcome?,
                }
            }
            outcome => outcome?,
        };
        match reply {
            // Boxed, so that calls which are answered do not carry the room for what is rare.
            Reply::Task(task) => Box::pin(self.wait_for(tool, *task, options)).await,
            reply => reply.into_tool().map_err(|e| not_read(&subject(tool), e)),
        }
    }

    /// Waits for the result of a task that nobody else knows of: when it is not waited for any more, it is not wanted.
    async fn wait_for(
        &self,
        tool: &str,
        task: Task,
        options: &CallOptions,
    ) -> Result<CallToolResult, ClientError> {
        let what = || subject(tool).to_string().into();
        let handle = self.handle(tool, task.into(), options.clone())?;
        let limit = options.timeout.and_then(|timeout| timeout.first());
        let cancelled = async {
            match &options.cancel {
                Some(token) => token.cancelled().await,
                None => std::future::pending().await,
            }
        };
        let out_of_time = async {
            match limit {
                Some(limit) => tokio::time::sleep(limit).await,
                None => std::future::pending().await,
            }
        };
        let error = tokio::select! {
            biased;
            result = handle.came_of() => return result,
            () = cancelled => ClientError::Cancelled { what: what() },
            () = out_of_time => ClientError::Timeout {
                what: what(),
                after: limit.unwrap_or_default(),
                is_silence: false,
            },
        };
        // Those who would cancel it are not the ones who have cancelled.
        let farewell = self.task(handle.id().unwrap_or_default());
        let _ = tokio::time::timeout(FAREWELL, farewell.cancel()).await;
        Err(error)
    }

    /// Asks a tool once, wanting a task or not.
    async fn ask_tool(
        &self,
        tool: &str,
        arguments: Option<Raw>,
        wants: bool,
        options: &CallOptions,
    ) -> Result<Reply, ClientError> {
        let subject = subject(tool);
        let mut params = CallToolParams::new(tool);
        params.arguments = arguments;
        if wants {
            let ttl = options
                .task_ttl
                .map(|ttl| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX));
            params.extra.insert(
                "task",
                ttl.map_or_else(|| json!({}), |ttl| json!({"ttl": ttl})),
            );
        }
        let written = self.write(&subject, &params)?;
        let answer = if self.mirrors() {
            let arguments = params.arguments.as_ref();
            // Boxed, so that calls elsewhere do not carry the room for what is rare here.
            Box::pin(self.ask_mirrored(&subject, &written, arguments, options)).await?
        } else {
            self.ask_written(&subject, &written, None, options).await?
        };
        Ok(answer.reply)
    }

    /// Whether the server lets itself be asked for tasks (2025-11-25).
    fn can_want_tasks(&self) -> bool {
        let tasks = self.capabilities().tasks.as_ref();
        self.revision().era() == Era::Legacy
            && tasks.is_some_and(|tasks| tasks.to_value()["requests"]["tools"]["call"].is_object())
    }
}
