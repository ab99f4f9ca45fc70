//! A client that can do everything, and what it makes of each interaction.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use fmcp::{
    Answer, CallOptions, CancellationToken, Change, Client, ClientError, ComponentKind, Consent,
    Elicitation, LogLevel, Revision, Role, Target, UrlElicitation,
    model::{Content, CreateMessageParams, CreateMessageResult, TaskStatus},
    with_tools,
};
use futures_util::StreamExt as _;
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::raw_http::PATIENCE;

/// A client, and all that it has heard.
pub(super) struct Stage {
    client: Client,
    heard: Arc<Heard>,
}

#[derive(Default)]
struct Heard {
    lines: Mutex<Vec<String>>,
    /// Questions that were asked in vain, and those of them that nobody thinks about any more.
    vain: AtomicUsize,
    forgotten: AtomicUsize,
}

impl Heard {
    fn add(&self, line: String) {
        self.lines.lock().unwrap().push(line);
    }

    /// What has been heard since the last time, of one kind.
    fn take(&self, kind: &str) -> Vec<String> {
        let mut lines = self.lines.lock().unwrap();
        let taken = std::mem::take(&mut *lines);
        let of_kind = |line: &String| line.strip_prefix(kind).map(str::to_owned);
        taken.iter().filter_map(of_kind).collect()
    }
}

/// Somebody thinks about a question in vain.
struct Thinking(Arc<Heard>);

impl Drop for Thinking {
    fn drop(&mut self) {
        self.0.forgotten.fetch_add(1, SeqCst);
    }
}

type Said = Result<String, String>;

impl Stage {
    pub(super) async fn connect(target: Target, revision: Revision) -> Self {
        let heard: Arc<Heard> = Arc::default();
        let hears = || Arc::clone(&heard);
        let (thinks, progress, log, lists, resources) =
            (hears(), hears(), hears(), hears(), hears());
        let client = Client::builder(target)
            .revision(revision)
            .log_level(LogLevel::Info)
            .roots(["file:///one"])
            .on_elicit(fill_in)
            .on_elicit_url(|_: UrlElicitation| async { Consent::Given })
            .on_sample(with_tools(move |ask| answer(ask, Arc::clone(&thinks))))
            .on_progress(move |report| {
                let total = report
                    .total
                    .map_or_else(String::new, |total| total.to_string());
                let words = report
                    .message
                    .map_or_else(String::new, |words| format!(" {words}"));
                progress.add(format!("progress {}/{total}{words}", report.progress));
            })
            .on_log(move |entry| log.add(format!("log {}", entry.data.as_str())))
            .on_list_changed(move |kind| {
                if kind == ComponentKind::Tool {
                    lists.add("list ".to_owned());
                }
            })
            .on_resource_updated(move |uri| resources.add(format!("updated {uri}")))
            .connect()
            .await
            .unwrap();
        assert_eq!(client.revision(), revision);
        Self { client, heard }
    }

    pub(super) async fn close(self) {
        self.client.close().await;
    }

    /// What comes of an interaction.
    pub(super) async fn run(&self, interaction: &str) -> Said {
        let running = async {
            match interaction {
                "form_resource" => self.read("ask://form").await,
                "roots_resource" => self.read("ask://roots").await,
                "form_prompt" | "roots_prompt" => self.prompt(interaction).await,
                "progress" => self.hears("progress", "progress ").await,
                "log" => self.hears("log", "log ").await,
                "subscribe" => self.subscribe().await,
                "list_changes" => self.list_changes().await,
                "cancel" => self.cancel("hang").await,
                "cancel_question" => self.cancel("ask_in_vain").await,
                "task_form" => self.task(interaction).await,
                "task_hang" => self.cancel_task().await,
                tool => self.call(tool).await,
            }
        };
        let late = || Err("it is never over".to_owned());
        timeout(PATIENCE, running).await.unwrap_or_else(|_| late())
    }

    async fn call(&self, tool: &str) -> Said {
        let answer = self.client.call(tool, json!({})).await;
        answer
            .map(|result| result.text().trim_matches('"').to_owned())
            .map_err(|error| error.to_string())
    }

    async fn read(&self, uri: &str) -> Said {
        let answer = self.client.read(uri).await.map_err(|e| e.to_string())?;
        Ok(answer.text().unwrap_or_default().to_owned())
    }

    async fn prompt(&self, name: &str) -> Said {
        let answer = self.client.prompt(name, json!({})).await;
        let answer = answer.map_err(|error| error.to_string())?;
        match &answer.messages[0].content {
            Content::Text(text) => Ok(text.text.clone()),
            other => Err(format!("{other:?}")),
        }
    }

    /// What is told of one kind while a tool runs.
    async fn hears(&self, tool: &str, kind: &str) -> Said {
        self.heard.take("");
        self.call(tool).await?;
        let unquoted = |line: &String| line.trim_matches('"').to_owned();
        let lines = self.heard.take(kind);
        Ok(lines.iter().map(unquoted).collect::<Vec<_>>().join(", "))
    }

    async fn subscribe(&self) -> Said {
        let followed = self.client.subscribe("r://followed").await;
        let mut followed = followed.map_err(|error| error.to_string())?;
        for uri in ["r://other", "r://followed"] {
            let touched = self.client.call("touch", json!({"uri": uri})).await;
            touched.map_err(|error| error.to_string())?;
        }
        match followed.next().await {
            Some(Change::Resource(uri)) => Ok(uri),
            other => Err(format!("{other:?}")),
        }
    }

    /// Two hundred changes of one list are told a few times.
    async fn list_changes(&self) -> Said {
        self.heard.take("");
        self.call("change").await?;
        let mut told = 0;
        while told == 0 {
            sleep(Duration::from_millis(5)).await;
            told += self.heard.take("list ").len();
        }
        // What is told later than the rest is told within this.
        sleep(Duration::from_millis(150)).await;
        told += self.heard.take("list ").len();
        Ok(if told <= 6 {
            "few".to_owned()
        } else {
            format!("{told} times")
        })
    }

    /// A call that is cancelled while its handler waits, or asks what nobody answers.
    async fn cancel(&self, tool: &str) -> Said {
        let asks = tool == "ask_in_vain";
        let before = self.dropped().await?;
        self.heard.take("");
        let (vain, forgotten) = (
            self.heard.vain.load(SeqCst),
            self.heard.forgotten.load(SeqCst),
        );
        let cancel = CancellationToken::new();
        let options = CallOptions::new().cancel(cancel.clone());
        let running = self.client.call_with(tool, json!({}), options);
        let cancelling = async {
            let mut is_inside = false;
            while !is_inside {
                sleep(Duration::from_millis(2)).await;
                is_inside = if asks {
                    self.heard.vain.load(SeqCst) > vain
                } else {
                    !self.heard.take("log ").is_empty()
                };
            }
            cancel.cancel();
        };
        let (answer, ()) = tokio::join!(running, cancelling);
        if let Ok(answer) = answer {
            return Err(format!("it has answered: {answer:?}"));
        }
        // The server's handler is gone, and so is whoever thought about its question.
        while self.dropped().await? == before
            || (asks && self.heard.forgotten.load(SeqCst) == forgotten)
        {
            sleep(Duration::from_millis(2)).await;
        }
        Ok("cancelled, and dropped".to_owned())
    }

    /// A task that is looked after until its end.
    async fn task(&self, tool: &str) -> Said {
        let task = self.client.start(tool, json!({})).await;
        let task = task.map_err(|error| error.to_string())?;
        let mut updates = task.updates();
        let mut last = None;
        while let Some(update) = updates.next().await {
            last = Some(update.map_err(|error| error.to_string())?.status);
        }
        if last.is_some_and(|last| last != TaskStatus::Completed) {
            return Err("it is not completed".to_owned());
        }
        let result = task.result().await.map_err(|error| error.to_string())?;
        Ok(result.text().into_owned())
    }

    /// A task that is cancelled while its handler waits.
    async fn cancel_task(&self) -> Said {
        let before = self.dropped().await?;
        let task = self.client.start("task_hang", json!({})).await;
        let task = task.map_err(|error| error.to_string())?;
        let is_inside = || task.last().and_then(|task| task.status_message).is_some();
        while !is_inside() {
            sleep(Duration::from_millis(5)).await;
            task.status().await.map_err(|error| error.to_string())?;
        }
        task.cancel().await.map_err(|error| error.to_string())?;
        while self.dropped().await? == before {
            sleep(Duration::from_millis(2)).await;
        }
        match task.result().await {
            Err(ClientError::Cancelled { .. }) => Ok("cancelled, and dropped".to_owned()),
            other => Err(format!("{other:?}")),
        }
    }

    async fn dropped(&self) -> Result<usize, String> {
        let dropped = self.call("dropped").await?;
        dropped.parse().map_err(|_| dropped)
    }
}

async fn fill_in(question: Elicitation) -> Answer {
    let first = question.fields().next().map(|field| field.name.to_owned());
    Answer::accept(match first.as_deref() {
        Some("choice") => json!({"choice": "large"}),
        Some(_) => json!({"city": "Rome", "nights": 3}),
        None => json!({}),
    })
}

async fn answer(ask: CreateMessageParams, heard: Arc<Heard>) -> CreateMessageResult {
    let asked = serde_json::to_value(&ask).unwrap();
    if asked.to_string().contains("Never.") {
        heard.vain.fetch_add(1, SeqCst);
        let _thinking = Thinking(heard);
        std::future::pending::<()>().await;
    }
    if asked.to_string().contains("tool_result") {
        return CreateMessageResult::new("tiny", Role::Assistant, "you have thrown 4");
    }
    if ask.tools.is_some() {
        let wish = json!({"role": "assistant", "model": "tiny", "stopReason": "toolUse",
            "content": [{"type": "tool_use", "id": "call-1", "name": "dice", "input": {}}]});
        return serde_json::from_value(wish).unwrap();
    }
    CreateMessageResult::new("tiny", Role::Assistant, "hello")
}
