//! Where results, notes and questions go.

use std::{
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anstyle::Style;
use indicatif::{MultiProgress, ProgressDrawTarget};
use serde::Serialize;

use crate::cli::Globals;

/// How wide lines are where nobody knows.
const WIDTH: usize = 100;

/// Where results, notes and questions go: results to standard output, everything else to standard error.
#[derive(Clone)]
pub(crate) struct Output(Arc<Inner>);

struct Inner {
    json: bool,
    quiet: bool,
    /// Whether results are coloured.
    paints: AtomicBool,
    /// Whether notes are.
    paints_notes: AtomicBool,
    bars: MultiProgress,
    may_ask: bool,
}

impl Output {
    /// Where things go with these options.
    pub(crate) fn new(globals: &Globals) -> Self {
        let (input, output, errors) = (
            io::stdin().is_terminal(),
            io::stdout().is_terminal(),
            io::stderr().is_terminal(),
        );
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let target = match errors && !globals.quiet {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        Self(Arc::new(Inner {
            json: globals.json,
            quiet: globals.quiet,
            paints: AtomicBool::new(output && !plain),
            paints_notes: AtomicBool::new(errors && !plain),
            bars: MultiProgress::with_draw_target(target),
            may_ask: input && errors && !globals.no_input,
        }))
    }

    /// Uses colours or does not, whatever is a terminal.
    pub(crate) fn colour(&self, always: Option<bool>) {
        if let Some(always) = always {
            self.0.paints.store(always, Ordering::Relaxed);
            self.0.paints_notes.store(always, Ordering::Relaxed);
        }
    }

    /// Whether results are to be JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.0.json
    }

    /// Whether there is a user who can be asked.
    pub(crate) fn may_ask(&self) -> bool {
        self.0.may_ask
    }

    /// The bars that show how far calls have got.
    pub(crate) fn bars(&self) -> &MultiProgress {
        &self.0.bars
    }

    /// Whether bars are seen.
    pub(crate) fn has_bars(&self) -> bool {
        !self.0.bars.is_hidden()
    }

    /// How many columns there are, if results are seen on a terminal.
    pub(crate) fn columns(&self) -> Option<usize> {
        if !io::stdout().is_terminal() {
            return None;
        }
        let size = terminal_size::terminal_size_of(io::stdout());
        Some(size.map_or(WIDTH, |(width, _)| usize::from(width.0).max(20)))
    }

    /// How wide running text is.
    pub(crate) fn width(&self) -> usize {
        self.columns().unwrap_or(WIDTH).min(WIDTH)
    }

    /// Writes a result: these lines.
    pub(crate) fn print(&self, text: &str) -> io::Result<()> {
        self.0.bars.suspend(|| {
            let mut out = io::stdout().lock();
            out.write_all(text.as_bytes())?;
            if !text.ends_with('\n') && !text.is_empty() {
                out.write_all(b"\n")?;
            }
            out.flush()
        })
    }

    /// Writes a result as it is.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> io::Result<()> {
        self.0.bars.suspend(|| {
            let mut out = io::stdout().lock();
            out.write_all(bytes)?;
            out.flush()
        })
    }

    /// Writes a result as JSON, for people to read, too.
    pub(crate) fn json(&self, value: &impl Serialize) -> io::Result<()> {
        self.print(&serde_json::to_string_pretty(value)?)
    }

    /// Writes one of many results as JSON, on a line of its own.
    pub(crate) fn json_line(&self, value: &impl Serialize) -> io::Result<()> {
        self.print(&serde_json::to_string(value)?)
    }

    /// Tells what is no result, unless only results are wanted.
    pub(crate) fn note(&self, text: &str) {
        if !self.0.quiet {
            self.complain(text);
        }
    }

    /// Tells what is no result, in any case.
    pub(crate) fn complain(&self, text: &str) {
        self.log(&format!("{text}\n"));
    }

    /// Writes to standard error, between the bars.
    pub(crate) fn log(&self, text: &str) {
        // Who cannot be told need not know.
        self.0.bars.suspend(|| {
            let _ = io::stderr().lock().write_all(text.as_bytes());
        });
    }

    /// `text` in a colour, as a part of a result.
    pub(crate) fn paint(&self, style: Style, text: &str) -> String {
        paint(self.0.paints.load(Ordering::Relaxed), style, text)
    }

    /// `text` in a colour, as a part of a note.
    pub(crate) fn paint_note(&self, style: Style, text: &str) -> String {
        paint(self.0.paints_notes.load(Ordering::Relaxed), style, text)
    }

    /// Takes bars off the screen while `ask` waits for the user.
    pub(crate) async fn without_bars<T>(&self, ask: impl Future<Output = T>) -> T {
        let had_bars = self.has_bars();
        // What is hidden is not taken off the screen by that.
        let _ = self.0.bars.clear();
        self.0.bars.set_draw_target(ProgressDrawTarget::hidden());
        // Dropped with the future, too: the user may have pressed Ctrl-C.
        struct Back<'a>(&'a MultiProgress, bool);
        impl Drop for Back<'_> {
            fn drop(&mut self) {
                if self.1 {
                    self.0.set_draw_target(ProgressDrawTarget::stderr());
                }
            }
        }
        let back = Back(&self.0.bars, had_bars);
        let answer = ask.await;
        drop(back);
        answer
    }

    /// Asks the user for a line; `None` when there will be none.
    pub(crate) async fn line(&self, question: &str) -> Option<String> {
        self.log(question);
        // The process ends without it if nobody types.
        let read = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            let read = io::stdin().lock().read_line(&mut line);
            matches!(read, Ok(bytes) if bytes > 0).then_some(line)
        });
        let line = read.await.ok().flatten();
        if line.is_none() {
            self.log("\n");
        }
        line.map(|line| line.trim_end_matches(['\n', '\r']).to_owned())
    }
}

fn paint(paints: bool, style: Style, text: &str) -> String {
    match paints {
        true => format!("{style}{text}{style:#}"),
        false => text.to_owned(),
    }
}
