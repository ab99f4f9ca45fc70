//! How servers begin.

use super::*;

#[tokio::test]
async fn a_server_is_started_and_called() {
    let link = open(server("")).await;
    assert_eq!(link.revision(), Revision::NEWEST);
    assert_eq!(pid(&link).await, pid(&link).await);
}

#[tokio::test]
async fn a_server_of_the_time_of_sessions_is_asked_for_one() {
    let handshake = r#"while IFS= read -r line; do id_of
        case $line in
            *initialize\"*) initialize ;;
            *notifications*) ;;
            *tools*) answer $$ ;;
            *) UNKNOWN ;;
        esac
    done"#;
    // What servers do that do not know the first question: refuse it, ignore it, go.
    for unknown in ["refuse", "echo 'what?' >&2", "exit 1"] {
        let link = open(script(&handshake.replace("UNKNOWN", unknown))).await;
        assert_eq!(link.revision(), Revision::V2025_06_18, "{unknown}");
        pid(&link).await;
    }
}

#[tokio::test]
async fn a_server_that_prints_is_understood() {
    let prints = server("").arguments.pop().unwrap().into_string().unwrap();
    let link = open(script(&format!("echo 'Starting...'; echo; {prints}"))).await;
    pid(&link).await;
}

#[tokio::test]
async fn a_server_has_what_it_is_given_and_no_secrets() {
    let answer = r#"*env*) answer "{\"name\":\"${CARGO_MANIFEST_DIR-none} ${OWN-none} ${PATH:+path} $PWD\"}" ;;"#;
    let mut settings = server(answer).variable("OWN", "given");
    settings.directory = Some("/".into());
    let env = call(&open(settings.clone()).await, "env").await.unwrap();
    assert_eq!(env["name"], "none given path /");
    settings.inherit = Inherit::All;
    let env = call(&open(settings).await, "env").await.unwrap();
    let all = concat!(env!("CARGO_MANIFEST_DIR"), " given path /");
    assert_eq!(env["name"], all);
}

#[tokio::test]
async fn a_program_that_cannot_be_started_is_named() {
    let check = async |settings: Settings, words: &[&str]| {
        let error = refused(settings).await;
        assert_eq!(error.kind(), Kind::Unavailable);
        for words in words {
            assert!(error.to_string().contains(words), "{error}");
        }
    };
    let path = std::env::var("PATH").unwrap();
    let start = &path[..path.len().min(20)];
    check(
        Settings::new("fmcp-no-such-program"),
        &["no program `fmcp-no-such-program` in PATH (", start],
    )
    .await;
    let own = Settings::new("fmcp-no-such-program").variable("PATH", "/nowhere");
    check(own, &["in PATH (/nowhere)"]).await;
    check(
        Settings::new("/no/such/program"),
        &["no program `/no/such/program`"],
    )
    .await;
    check(
        Settings::new("/etc/passwd"),
        &["`/etc/passwd` may not be run"],
    )
    .await;
    let mut nowhere = server("");
    nowhere.directory = Some("/no/such/folder".into());
    check(nowhere, &["does not exist: /no/such/folder"]).await;
    let mut unwritable = server("");
    unwritable.stderr = Stderr::File("/no/such/folder/log".into());
    let error = refused(unwritable).await;
    assert!(
        whole(&error).contains("/no/such/folder/log"),
        "{}",
        whole(&error)
    );
}

#[tokio::test]
async fn a_server_that_goes_at_once_says_how_and_its_last_words_are_for_the_log() {
    let error = refused(script("echo 'no KEY set' >&2; exit 7")).await;
    assert_eq!(error.kind(), Kind::Unavailable);
    assert_eq!(
        error.to_string(),
        "script: the server has ended (exit status: 7)"
    );
    assert!(whole(&error).contains("no KEY set"), "{}", whole(&error));
}

#[tokio::test]
async fn what_it_writes_to_its_standard_error_goes_where_it_is_to_go() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    fs::write(&path, "before\n").unwrap();
    let mut settings = server(r#"*say*) echo "words" >&2; answer 1 ;;"#);
    for stderr in [Stderr::File(path.clone()), Stderr::Null] {
        settings.stderr = stderr;
        call(&open(settings.clone()).await, "say").await.unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "before\nwords\n");
    }
}

#[tokio::test]
async fn a_server_that_floods_its_standard_error_is_not_held_up() {
    let flood = r#"*flood*) i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo "line $i xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" >&2; done; answer 1 ;;"#;
    let link = open(server(flood)).await;
    call(&link, "flood").await.unwrap();
}
