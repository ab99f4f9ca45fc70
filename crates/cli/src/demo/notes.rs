//! Notes that are kept on disk.

use std::io;

use fmcp::{Context, Json, ResourceError, Server, State, ToolError, resource, tool};

use super::folder::Folder;

/// Write a note, or write it anew.
#[tool(idempotent)]
async fn write(
    title: String,
    text: String,
    #[ctx] folder: State<Folder>,
) -> Result<String, ToolError> {
    let (notes, name) = (folder.clone(), title.clone());
    in_folder(move || notes.write(&name, &text))
        .await
        .map_err(|e| ToolError::new(said(&title, &e)))?;
    Ok(format!("{title:?} is written"))
}

/// The titles of all notes.
#[tool(read_only)]
async fn titles(#[ctx] folder: State<Folder>) -> Result<Json<Vec<String>>, ToolError> {
    let notes = folder.clone();
    let all = in_folder(move || notes.titles()).await;
    all.map(Json)
        .map_err(|e| ToolError::new(said("the folder", &e)))
}

/// Remove a note, once the user agrees.
#[tool(destructive)]
async fn remove(
    title: String,
    ctx: Context,
    #[ctx] folder: State<Folder>,
) -> Result<String, ToolError> {
    if !ctx.confirm(format!("Remove the note {title:?}?")).await? {
        return Ok("Nothing is removed.".to_owned());
    }
    let (notes, name) = (folder.clone(), title.clone());
    in_folder(move || notes.remove(&name))
        .await
        .map_err(|e| ToolError::new(said(&title, &e)))?;
    Ok(format!("{title:?} is removed"))
}

/// A note.
#[resource("notes://{title}", mime = "text/markdown")]
async fn note(title: String, #[ctx] folder: State<Folder>) -> Result<String, ResourceError> {
    let (notes, name) = (folder.clone(), title.clone());
    let read = in_folder(move || notes.read(&name)).await;
    read.map_err(|e| ResourceError::new(said(&title, &e)))
}

pub(super) fn server(folder: Folder) -> Server {
    Server::new("notes")
        .state(folder)
        .tool(write::tool())
        .tool(titles::tool())
        .tool(remove::tool())
        .resource(note::resource())
}

/// Runs what waits for the disk where waiting harms nobody.
async fn in_folder<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}

fn said(title: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!("there is no note {title:?}"),
        _ => format!("{title}: {error}"),
    }
}
