//! 2024-11-05: cannot say audio, how a tool behaves, that there are completions, nor words with progress.

use super::dialect::Dialect;
use crate::{
    Notice,
    protocol::model::{Content, DiscoverResult, TextContent, Tool},
};

pub(super) struct V2024_11_05;

impl Dialect for V2024_11_05 {
    fn has_version_header(&self) -> bool {
        false
    }

    fn discover(&self, result: &mut DiscoverResult) {
        result.capabilities.completions = None;
    }

    fn tool(&self, tool: &mut Tool) {
        tool.annotations = None;
    }

    fn content(&self, content: &mut Content) {
        if let Content::Audio(audio) = content {
            let bytes = audio.data.len() / 4 * 3;
            let text = format!("[audio, {}, about {bytes} bytes]", audio.mime_type);
            let mut block = TextContent::new(text);
            block.annotations = audio.annotations.take();
            *content = block.into();
        }
    }

    fn notice(&self, notice: &mut Notice) {
        if let Notice::Progress(progress) = notice {
            progress.message = None;
        }
    }
}
