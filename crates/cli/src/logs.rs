//! Where the library's log goes: to standard error, between what is shown.

use std::io;

use tracing_subscriber::{filter::LevelFilter, fmt::MakeWriter};

use crate::terminal::{Output, clean};

/// Shows what is logged from `level` on.
pub(crate) fn start(level: LevelFilter, out: &Output) {
    if level == LevelFilter::OFF {
        return;
    }
    // Set once; whoever sets it again loses nothing.
    let _ = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_target(false)
        .without_time()
        .with_ansi(false)
        .with_writer(Beside(out.clone()))
        .try_init();
}

#[derive(Clone)]
struct Beside(Output);

impl io::Write for Beside {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Servers' words are among what is logged.
        self.0.log(&clean(&String::from_utf8_lossy(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Beside {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
