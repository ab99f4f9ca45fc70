//! Skills: served from folders, loaded by clients who believe nothing.

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use fmcp::{
    BoxFuture, Call, Client, ClientError, Endpoint, Error, Extra, Kind, Method, Middleware, Next,
    Reply, Revision, Server,
    model::{CacheScope, EmptyResult},
    skills::{EXTENSION, Files, Skills},
    testing::{self, Wire, connect_at, expect_result, expect_rpc_error},
};
use serde_json::{Value, json};
use tempfile::TempDir;

const SKILL: &str = "---\nname: pdf\ndescription: Fill in forms\nmetadata:\n  version: 1.0\n---\n\nRead FORMS.md.\r\n";

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

/// A good skill: text, bytes, a folder, a name that has to be written otherwise in a URI.
fn good() -> TempDir {
    folder(&[
        ("README.md", b"beside the skills"),
        ("pdf/SKILL.md", SKILL.as_bytes()),
        ("pdf/references/FORMS.md", b"Forms.\n"),
        ("pdf/references/für alle.md", "Für alle.\n".as_bytes()),
        ("pdf/assets/logo.png", &[0x89, 0x50, 0x4e, 0x47, 0xff, 0x00]),
        ("pdf/not-utf8.txt", &[0xff, 0xfe]),
        ("pdf/empty.txt", b""),
        ("pdf/.git/config", b"secret"),
    ])
}

fn serve(folder: &TempDir) -> Server {
    Server::new("s").skills(Skills::folder(folder.path()).unwrap())
}

/// The URIs that are read.
#[derive(Clone, Default)]
struct Reads(Arc<Mutex<Vec<String>>>);

impl Reads {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Middleware for Reads {
    async fn handle(&self, call: Call, next: Next<'_>) -> fmcp::Result<Reply> {
        if call.method() == &Method::ReadResource {
            let uri = call.name().unwrap_or_default().into_owned();
            self.0.lock().unwrap().push(uri);
        }
        next.run(call).await
    }
}

#[tokio::test]
async fn a_good_skill_is_loaded_in_every_revision() {
    for revision in Revision::ALL {
        let (from, reads) = (good(), Reads::default());
        let client = connect_at(serve(&from).layer(reads.clone()), revision).await;
        let skills = client.list_skills().await.unwrap();
        assert_eq!(skills.len(), 1, "{revision}");
        let skill = &skills[0];
        assert_eq!(skill.name(), "pdf");
        assert_eq!(skill.description(), "Fill in forms");
        assert_eq!(client.skill(skill.uri()).await.unwrap(), *skill);
        assert_eq!(reads.take(), [""; 0], "nothing is read before it is wanted");

        let loaded = skill.load(&client).await.unwrap();
        assert_eq!(reads.take(), ["skill://pdf/SKILL.md"]);
        assert_eq!(loaded.text(), SKILL);
        assert_eq!(loaded.instructions(), "\nRead FORMS.md.\r\n");
        let forms = loaded.read("references/FORMS.md").await.unwrap();
        assert_eq!(forms, "Forms.\n");
        let logo = loaded.read("skill://pdf/assets/logo.png").await.unwrap();
        assert_eq!(logo[..], [0x89, 0x50, 0x4e, 0x47, 0xff, 0x00]);
        let error = loaded.read("references/OTHER.md").await.unwrap_err();
        assert!(error.to_string().contains("not among"), "{error}");
    }
}

#[tokio::test]
async fn a_download_is_the_folder_without_what_begins_with_a_dot() {
    let (from, to) = (good(), tempfile::tempdir().unwrap());
    let client = Client::connect(serve(&from)).await.unwrap();
    let skill = client.skill("skill://pdf/SKILL.md").await.unwrap();
    let place = skill.download(&client, to.path()).await.unwrap();
    assert_eq!(place, to.path().join("pdf"));
    for path in [
        "SKILL.md",
        "references/FORMS.md",
        "references/für alle.md",
        "assets/logo.png",
        "not-utf8.txt",
        "empty.txt",
    ] {
        let (sent, got) = (from.path().join("pdf").join(path), place.join(path));
        assert_eq!(fs::read(got).unwrap(), fs::read(sent).unwrap(), "{path}");
    }
    assert!(!place.join(".git").exists());

    let again = skill.download(&client, to.path()).await.unwrap_err();
    assert!(matches!(again, ClientError::Unsaved { .. }), "{again}");
    assert_eq!(
        fs::read_dir(to.path()).unwrap().count(),
        1,
        "nothing half done is left"
    );
}

/// Says of the skill what it is told to say.
struct Liar(Value);

impl Endpoint for Liar {
    fn call(&self, _: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
        let mut result = EmptyResult::new();
        result.extra = Extra::from_iter([("skills", json!([self.0])), ("skill", self.0.clone())]);
        Box::pin(async move { Ok(result.into()) })
    }
}

/// Loads a skill of which something else is said than what is there: which words refuse it?
async fn check_lie(change: impl FnOnce(&mut Value), words: &str) {
    let from = good();
    let honest = Wire::new(serve(&from));
    let get = testing::modern("skills/get", json!({"uri": "skill://pdf/SKILL.md"}));
    let mut entry = expect_result(&honest.send(get).await)["skill"].clone();
    change(&mut entry);
    let reads = Reads::default();
    let server = Server::new("s")
        .provider(Skills::folder(from.path()).unwrap())
        .extension(
            EXTENSION,
            json!({}),
            ["skills/list", "skills/get"],
            Liar(entry),
        )
        .layer(reads.clone());
    let client = Client::connect(server).await.unwrap();
    let (skills, to) = (
        client.list_skills().await.unwrap(),
        tempfile::tempdir().unwrap(),
    );
    let error = match skills.first() {
        Some(skill) => skill.download(&client, to.path()).await.unwrap_err(),
        None => client.skill("skill://pdf/SKILL.md").await.unwrap_err(),
    };
    assert!(error.to_string().contains(words), "{words}: {error}");
    let further: Vec<_> = reads
        .take()
        .into_iter()
        .filter(|uri| !uri.ends_with("/SKILL.md"))
        .collect();
    assert_eq!(further, [""; 0], "nothing more is read: {words}");
    assert_eq!(fs::read_dir(to.path()).unwrap().count(), 0, "{words}");
}

fn skill_md(entry: &mut Value) -> &mut Value {
    let files = entry["resources"].as_array_mut().unwrap();
    files
        .iter_mut()
        .find(|file| file["uri"] == "skill://pdf/SKILL.md")
        .unwrap()
}

#[tokio::test]
async fn what_is_not_what_was_listed_is_refused_in_words() {
    check_lie(
        |entry| skill_md(entry)["size"] = json!(3),
        "was listed with 3 bytes, and has 87",
    )
    .await;
    let other = format!("sha256:{}", "0".repeat(64));
    check_lie(
        |entry| skill_md(entry)["digest"] = json!(other),
        "it was listed as sha256:0000",
    )
    .await;
    check_lie(
        |entry| entry["frontmatter"]["description"] = json!("Fill"),
        "`description` was listed as \"Fill\", and is \"Fill in forms\"",
    )
    .await;
    check_lie(
        |entry| entry["frontmatter"]["license"] = json!("MIT"),
        "`license` was listed",
    )
    .await;
    check_lie(
        |entry| entry["resources"] = json!("dynamic"),
        "nothing to hold them against",
    )
    .await;
    check_lie(
        |entry| entry["frontmatter"]["name"] = json!("other"),
        "its folder is \"pdf\"",
    )
    .await;
    check_lie(
        |entry| skill_md(entry)["uri"] = json!("skill://pdf/%2e%2e/x"),
        "does not lie in its folder",
    )
    .await;
    check_lie(
        |entry| entry["uri"] = json!("skill://pdf/x/SKILL.md"),
        "another skill",
    )
    .await;
    check_lie(|entry| *entry = json!(7), "skills/get").await;
}

#[tokio::test]
async fn a_file_that_is_not_what_was_listed_leaves_nothing_on_the_disk() {
    let (from, to) = (good(), tempfile::tempdir().unwrap());
    let client = Client::connect(serve(&from)).await.unwrap();
    let skill = client.skill("skill://pdf/SKILL.md").await.unwrap();
    // The server is another one now, with another file.
    fs::write(from.path().join("pdf/references/FORMS.md"), "Frauds.").unwrap();
    let changed = Client::connect(serve(&from)).await.unwrap();
    let error = skill.download(&changed, to.path()).await.unwrap_err();
    assert!(matches!(error, ClientError::Unverified { .. }), "{error}");
    assert!(
        error
            .to_string()
            .starts_with("skill://pdf/references/FORMS.md: not used, because"),
        "{error}"
    );
    assert_eq!(fs::read_dir(to.path()).unwrap().count(), 0);
}

fn check_refused(files: &[(&str, &[u8])], words: &[&str]) {
    let folder = folder(files);
    let Err(error) = Skills::folder(folder.path()) else {
        panic!("served: {words:?}");
    };
    for words in words {
        assert!(error.message().contains(words), "{words}: {error}");
    }
}

#[test]
fn folders_that_cannot_be_served_are_refused_with_all_their_faults() {
    let named = |name: &str| format!("---\nname: {name}\ndescription: d\n---\n").into_bytes();
    check_refused(
        &[("a/x.md", b""), ("b/SKILL.md", b"# B")],
        &["SKILL.md: is missing", "front matter"],
    );
    check_refused(&[("a/SKILL.md", &named("b"))], &["its folder is \"a\""]);
    check_refused(&[("A_b/SKILL.md", &named("A_b"))], &["no name for a skill"]);
    check_refused(
        &[("a/SKILL.md", &named("a")), ("a/b/SKILL.md", &named("b"))],
        &["a skill within a skill"],
    );
    check_refused(&[("a/SKILL.md", &[0xff])], &["not UTF-8"]);
    let large = vec![b'x'; 16 << 20];
    check_refused(
        &[("a/SKILL.md", &named("a")), ("a/x", &large)],
        &["more than 16777216 bytes"],
    );
    let names: Vec<String> = (0..512).map(|n| format!("a/{n}")).collect();
    let skill = named("a");
    let mut many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    many.push(("a/SKILL.md", &skill));
    check_refused(&many, &["more than 512 files"]);
    assert!(Skills::folder(Path::new("/nowhere/at/all")).is_err());
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let folder = good();
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("pdf/passwd")).unwrap();
    let error = Skills::folder(folder.path()).err().unwrap();
    assert!(
        error.message().contains("passwd: is a symbolic link"),
        "{error}"
    );
}

#[tokio::test]
async fn lists_come_in_pages() {
    let names = ["a", "b", "c"];
    let texts = names.map(|name| {
        (
            format!("{name}/SKILL.md"),
            format!("---\nname: {name}\ndescription: d\n---\n"),
        )
    });
    let files: Vec<_> = texts
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_bytes()))
        .collect();
    let folder = folder(&files);
    let skills = Skills::folder(folder.path()).unwrap().page_size(1);
    let skills = skills.cache(Duration::from_secs(60), CacheScope::Public);
    let server = Server::new("s").skills(skills);
    let client = Client::connect(&server).await.unwrap();
    let listed: Vec<_> = client.list_skills().await.unwrap();
    assert_eq!(
        listed
            .iter()
            .map(fmcp::skills::Skill::name)
            .collect::<Vec<_>>(),
        names
    );
    assert!(matches!(listed[0].files(), Files::Listed(files) if files.len() == 1));

    let wire = Wire::new(server);
    let first = wire.send(testing::modern("skills/list", json!({}))).await;
    let first = expect_result(&first);
    assert_eq!(
        (&first["ttlMs"], &first["cacheScope"]),
        (&json!(60_000), &json!("public"))
    );
    assert_eq!(first["resultType"], "complete");
    let wrong = testing::modern("skills/list", json!({"cursor": "x"}));
    expect_rpc_error(&wire.send(wrong).await, -32602);
    let unnamed = testing::modern("skills/get", json!({"name": "skill://a/SKILL.md"}));
    expect_rpc_error(&wire.send(unnamed).await, -32602);
}

#[tokio::test]
async fn a_skill_is_listed_among_the_resources_by_what_it_begins_with() {
    let client = Client::connect(serve(&good())).await.unwrap();
    let declared = client.capabilities().extensions.as_ref().unwrap();
    assert_eq!(
        declared.get(EXTENSION).unwrap().to_value(),
        json!({"directoryRead": true})
    );
    let resources = client.list_resources().await.unwrap();
    assert_eq!(resources.len(), 1);
    let resource = &resources[0];
    assert_eq!(
        (resource.uri.as_str(), resource.name.as_str()),
        ("skill://pdf/SKILL.md", "pdf")
    );
    assert_eq!(resource.mime_type.as_deref(), Some("text/markdown"));
    assert_eq!(resource.description.as_deref(), Some("Fill in forms"));
    let hidden = client.read("skill://pdf/.git/config").await.unwrap_err();
    assert!(hidden.to_string().contains("not found"), "{hidden}");
}

/// Lets nobody through.
struct Closed;

impl Middleware for Closed {
    async fn handle(&self, call: Call, next: Next<'_>) -> fmcp::Result<Reply> {
        match call.method() {
            Method::Other(name) => Err(Error::new(Kind::Forbidden, format!("no {name}"))),
            _ => next.run(call).await,
        }
    }
}

#[tokio::test]
async fn the_methods_of_an_extension_come_through_the_middleware() {
    let client = Client::connect(serve(&good()).layer(Closed)).await.unwrap();
    let error = client.list_skills().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Forbidden, "{error}");
}

/// Breaks down.
struct Broken;

impl Endpoint for Broken {
    fn call(&self, _: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
        panic!("secret");
    }
}

#[tokio::test]
async fn an_extension_is_judged_when_it_is_given_and_may_break_alone() {
    let with = |methods: &[&'static str]| {
        let methods: Vec<_> = methods.to_vec();
        Server::new("s").extension("x/y", json!({}), methods, Broken)
    };
    for (server, words) in [
        (with(&["tools/call"]), "the protocol's own"),
        (with(&["a", "a"]), "given twice"),
        (
            with(&["a"]).extension("x/y", json!({}), ["b"], Broken),
            "has it already",
        ),
        (
            with(&["a"]).extension("x/z", json!({}), ["a"], Broken),
            "another extension",
        ),
    ] {
        let error = server.check().unwrap_err();
        assert!(error.message().contains(words), "{words}: {error}");
    }
    let wire = Wire::new(with(&["x/break"]));
    let answer = wire.send(testing::modern("x/break", json!({}))).await;
    let error = expect_rpc_error(&answer, -32603);
    assert!(!error.to_string().contains("secret"), "{error}");
    let other = wire.send(testing::modern("x/other", json!({}))).await;
    expect_rpc_error(&other, -32601);
}
