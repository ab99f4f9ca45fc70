//! Pictures, sound and files as content.

#![allow(clippy::unwrap_used)]

use std::{fs, io, path::Path};

use fmcp::{
    Audio, Call, Content, Endpoint, File, Image, Method, Prompt, Resource, Server, Tool, ToolError,
    model::{Annotations, Role},
};
use serde_json::{Value, json};

fn written(content: impl Into<Content>) -> Value {
    serde_json::to_value(content.into()).unwrap()
}

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

#[tokio::test]
async fn the_extension_says_the_type() {
    for (name, image, audio, file) in [
        ("a.png", "image/png", "audio/wav", "image/png"),
        ("a.JPG", "image/jpeg", "audio/wav", "image/jpeg"),
        ("a.jpeg", "image/jpeg", "audio/wav", "image/jpeg"),
        ("a.svg", "image/svg+xml", "audio/wav", "image/svg+xml"),
        ("a.tif", "image/tiff", "audio/wav", "image/tiff"),
        ("a.mp3", "image/png", "audio/mpeg", "audio/mpeg"),
        ("a.ogg", "image/png", "audio/ogg", "audio/ogg"),
        ("a.flac", "image/png", "audio/flac", "audio/flac"),
        ("a.m4a", "image/png", "audio/mp4", "audio/mp4"),
        ("a.mp4", "image/png", "audio/mp4", "video/mp4"),
        ("a.json", "image/png", "audio/wav", "application/json"),
        (
            "a.xyz",
            "image/png",
            "audio/wav",
            "application/octet-stream",
        ),
        (
            "plain",
            "image/png",
            "audio/wav",
            "application/octet-stream",
        ),
    ] {
        let folder = folder(&[(name, b"abc")]);
        let path = folder.path().join(name);
        assert_eq!(
            Image::read(&path).await.unwrap().mime_type(),
            image,
            "{name}"
        );
        assert_eq!(
            Audio::read(&path).await.unwrap().mime_type(),
            audio,
            "{name}"
        );
        assert_eq!(File::read(&path).await.unwrap().mime_type(), file, "{name}");
    }
}

#[test]
fn a_format_is_an_extension_or_a_type() {
    for (format, mime) in [
        (None, "image/png"),
        (Some("jpg"), "image/jpeg"),
        (Some(".GIF"), "image/gif"),
        (Some("image/x-own"), "image/x-own"),
        (Some("jxl"), "image/jxl"),
    ] {
        assert_eq!(Image::from_bytes("abc", format).mime_type(), mime);
    }
    assert_eq!(Audio::from_bytes("abc", "mp3").mime_type(), "audio/mpeg");
    assert_eq!(Audio::from_bytes("abc", None).mime_type(), "audio/wav");
}

#[test]
fn pictures_and_sound_become_blocks() {
    let annotations = Annotations::default().audience([Role::User]);
    assert_eq!(
        written(Image::from_bytes("abc", "png").annotations(annotations)),
        json!({"type": "image", "data": "YWJj", "mimeType": "image/png", "annotations": {"audience": ["user"]}})
    );
    assert_eq!(
        written(Audio::from_bytes("abc", None)),
        json!({"type": "audio", "data": "YWJj", "mimeType": "audio/wav"})
    );
}

#[test]
fn a_file_is_text_where_it_can_be() {
    for (name, bytes, expect) in [
        (
            "a.csv",
            b"a,b".as_slice(),
            json!({"text": "a,b", "mimeType": "text/csv"}),
        ),
        (
            "a.json",
            b"{}",
            json!({"text": "{}", "mimeType": "application/json"}),
        ),
        (
            "a.txt",
            b"\xff",
            json!({"blob": "/w==", "mimeType": "text/plain"}),
        ),
        (
            "a.pdf",
            b"abc",
            json!({"blob": "YWJj", "mimeType": "application/pdf"}),
        ),
        (
            "a",
            b"abc",
            json!({"blob": "YWJj", "mimeType": "application/octet-stream"}),
        ),
    ] {
        let mut expect = expect;
        expect["uri"] = format!("file:///{name}").into();
        assert_eq!(
            written(File::from_bytes(bytes, name)),
            json!({"type": "resource", "resource": expect}),
            "{name}"
        );
    }
    let file = File::from_bytes("abc", "a").with_mime_type("text/x-own");
    assert_eq!(written(file)["resource"]["text"], "abc");
}

#[tokio::test]
async fn what_cannot_be_read_names_the_path() {
    async fn check(path: &Path, max: u64, kind: io::ErrorKind, words: &str) {
        let error = File::read_up_to(path, max).await.unwrap_err();
        let path = path.display().to_string();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(&path), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
    let folder = folder(&[("four", b"1234")]);
    let path = folder.path();
    check(path, 9, io::ErrorKind::IsADirectory, "directory").await;
    check(&path.join("none"), 9, io::ErrorKind::NotFound, "No such").await;
    check(
        &path.join("four"),
        3,
        io::ErrorKind::FileTooLarge,
        "more than 3 bytes",
    )
    .await;
    assert_eq!(
        File::read_up_to(path.join("four"), 4)
            .await
            .unwrap()
            .bytes(),
        "1234"
    );
    let big = path.join("big.png");
    fs::File::create(&big)
        .unwrap()
        .set_len(16 * 1024 * 1024 + 1)
        .unwrap();
    let error = Image::read(&big).await.unwrap_err();
    assert!(
        error.to_string().contains("more than 16777216 bytes"),
        "{error}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_no_file_is_not_waited_for() {
    let error = File::read("/dev/zero").await.unwrap_err();
    assert!(error.to_string().contains("not a regular file"), "{error}");
}

#[tokio::test]
async fn handlers_give_them_back() {
    let server = Server::new("media")
        .tool(Tool::new("image", async || Image::from_bytes("abc", "png")))
        .tool(Tool::new("mixed", async || -> Vec<Content> {
            vec![
                "look:".into(),
                Audio::from_bytes("abc", "mp3").into(),
                File::from_bytes("abc", "a.txt").into(),
            ]
        }))
        .tool(Tool::new(
            "missing",
            async || -> Result<Image, ToolError> { Ok(Image::read("/there/is/none.png").await?) },
        ))
        .prompt(Prompt::new("shown", async || {
            Image::from_bytes("abc", "png")
        }))
        .resource(Resource::new("data://notes", async || {
            File::from_bytes("abc", "notes.md")
        }));
    let ask = async |method, params: Value| {
        let reply = server
            .call(Call::of(method, &params).unwrap())
            .await
            .unwrap();
        match reply {
            fmcp::Reply::CallTool(result) => serde_json::to_value(result).unwrap(),
            fmcp::Reply::GetPrompt(result) => serde_json::to_value(result).unwrap(),
            reply => serde_json::to_value(reply.into_resource().unwrap()).unwrap(),
        }
    };
    let image = ask(Method::CallTool, json!({"name": "image"})).await;
    assert_eq!(image["content"][0]["type"], "image");
    let mixed = ask(Method::CallTool, json!({"name": "mixed"})).await;
    let kinds = mixed["content"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| &c["type"]);
    assert_eq!(kinds.collect::<Vec<_>>(), ["text", "audio", "resource"]);
    // Where the server's files lie is nobody's business.
    let missing = ask(Method::CallTool, json!({"name": "missing"})).await;
    assert_eq!(missing["isError"], true);
    assert!(!missing.to_string().contains("/there"), "{missing}");
    let prompt = ask(Method::GetPrompt, json!({"name": "shown"})).await;
    assert_eq!(prompt["messages"][0]["content"]["type"], "image");
    let notes = ask(Method::ReadResource, json!({"uri": "data://notes"})).await;
    assert_eq!(
        notes["contents"][0],
        json!({"uri": "data://notes", "mimeType": "text/markdown", "text": "abc"})
    );
}
