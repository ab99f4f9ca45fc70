//! A user at a terminal: questions, bars, Ctrl-C. The terminal is real: `script` of util-linux makes it.

use std::{
    io::{Read as _, Write as _},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

use crate::door::{Place, server};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program on a terminal, and the hands at the keyboard.
pub(crate) struct Terminal {
    child: Child,
    keyboard: ChildStdin,
    screen: Arc<(Mutex<String>, Condvar)>,
    place: Place,
}

impl Terminal {
    pub(crate) fn fmcp(words: &[&str]) -> Self {
        Self::at(Place::new(), words)
    }

    pub(crate) fn at(place: Place, words: &[&str]) -> Self {
        let words = words.iter().map(|word| word.replace("$SERVER", &server()));
        let quoted = std::iter::once(env!("CARGO_BIN_EXE_fmcp").to_owned())
            .chain(words)
            .map(|word| format!("'{word}'"))
            .collect::<Vec<_>>();
        let mut script = Command::new("script");
        place.dress(&mut script);
        script.args([
            "--quiet",
            "--return",
            "--command",
            &quoted.join(" "),
            "/dev/null",
        ]);
        script.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = script.spawn().expect("util-linux has the program `script`");
        let screen = Arc::new((Mutex::new(String::new()), Condvar::new()));
        let (shown, mut out) = (Arc::clone(&screen), child.stdout.take().unwrap());
        std::thread::spawn(move || {
            let mut some = [0; 4096];
            while let Ok(read @ 1..) = out.read(&mut some) {
                let text = String::from_utf8_lossy(&some[..read]);
                shown.0.lock().unwrap().push_str(&text);
                shown.1.notify_all();
            }
        });
        Self {
            keyboard: child.stdin.take().unwrap(),
            child,
            screen,
            place,
        }
    }

    /// Waits until this is on the screen.
    #[track_caller]
    pub(crate) fn sees(&self, part: &str) {
        let (screen, changed) = &*self.screen;
        let screen = screen.lock().unwrap();
        let (screen, waited) = changed
            .wait_timeout_while(screen, PATIENCE, |screen| !screen.contains(part))
            .unwrap();
        assert!(
            !waited.timed_out(),
            "{part:?} is not on the screen:\n{screen}"
        );
    }

    /// Types.
    pub(crate) fn types(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Waits for a prompt, then types a line.
    #[track_caller]
    pub(crate) fn answers(&mut self, prompt: &str, line: &str) {
        self.sees(prompt);
        self.types(&format!("{line}\n"));
    }

    /// All that has been on the screen.
    pub(crate) fn shown(&self) -> String {
        self.screen.0.lock().unwrap().clone()
    }

    /// Waits for the end; gives the exit code and all that was on the screen.
    pub(crate) fn ends(self) -> (i32, String) {
        let (code, screen, _) = self.ends_in();
        (code, screen)
    }

    /// The same, and the place, for what comes next there.
    pub(crate) fn ends_in(mut self) -> (i32, String, Place) {
        let status = self.child.wait().unwrap();
        let screen = self.shown();
        (status.code().unwrap_or(-1), screen, self.place)
    }
}

#[test]
fn a_form_is_filled_in_field_by_field() {
    let mut terminal = Terminal::fmcp(&["call", "$SERVER", "meet"]);
    terminal.sees("under-test\u{1b}[0m asks:");
    terminal.sees("Who are you?");
    terminal.answers("name (text): ", "Ada");
    terminal.answers("age (whole number, 18 to 99): ", "three");
    terminal.sees("expected an integer");
    terminal.types("36\n");
    terminal.answers("newsletter (yes or no, optional) [no]: ", "y");
    terminal.sees("To be sent: {\"name\":\"Ada\",\"age\":36,\"newsletter\":true}");
    terminal.answers("Send it? [Y/n/edit] ", "");
    let (code, screen) = terminal.ends();
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("Ada is 36, newsletter true"), "{screen}");
}

#[test]
fn the_user_may_say_no_or_leave() {
    let mut no = Terminal::fmcp(&["call", "$SERVER", "meet"]);
    no.answers("name (text): ", "!no");
    let (code, screen) = no.ends();
    assert!(code == 0 && screen.contains("nobody: Declined"), "{screen}");

    let mut left = Terminal::fmcp(&["call", "$SERVER", "meet"]);
    left.sees("name (text): ");
    left.types("\u{4}");
    let (code, screen) = left.ends();
    assert!(
        code == 0 && screen.contains("nobody: Cancelled"),
        "{screen}"
    );
}

#[test]
fn questions_are_asked_in_sessions_too() {
    let words = [
        "call",
        "$SERVER",
        "meet",
        "--protocol-version",
        "2025-06-18",
    ];
    let mut terminal = Terminal::fmcp(&words);
    terminal.answers("name (text): ", "Bob");
    terminal.answers("18 to 99): ", "40");
    terminal.answers("[no]: ", "");
    terminal.answers("Send it? [Y/n/edit] ", "y");
    let (code, screen) = terminal.ends();
    assert!(
        code == 0 && screen.contains("Bob is 40, newsletter false"),
        "{screen}"
    );
}

#[test]
fn answers_may_be_given_before() {
    let place = Place::new();
    let words = [
        "call", "$SERVER", "meet", "--answer", "name=Eve", "--answer", "age=20",
    ];
    place
        .fmcp(&words)
        .well()
        .shows(&["Eve is 20, newsletter false"]);
}

#[test]
fn long_work_shows_a_bar_and_goes_from_the_screen() {
    let terminal = Terminal::fmcp(&["call", "$SERVER", "work", "steps=10", "pause_ms=60"]);
    terminal.sees("%");
    let (code, screen) = terminal.ends();
    assert!(code == 0 && screen.contains("10 steps"), "{screen}");
    assert!(screen.contains("step "), "{screen}");
}

#[test]
fn ctrl_c_cancels_the_call_first() {
    let words = ["call", "$SERVER", "work", "steps=1000", "pause_ms=100"];
    let mut terminal = Terminal::fmcp(&words);
    terminal.sees("step ");
    terminal.types("\u{3}");
    let (code, screen) = terminal.ends();
    assert_eq!(code, 130, "{screen}");
    assert!(screen.contains("Cancelling"), "{screen}");
}

#[test]
fn a_form_that_nobody_can_fill_in_is_left() {
    let (code, screen) = Terminal::fmcp(&["call", "$SERVER", "riddle"]).ends();
    assert!(code == 0 && screen.contains("accepted: false"), "{screen}");
    assert_eq!(screen.matches("asks:").count(), 1, "{screen}");
}

/// A place with a browser, which writes down what it is to open.
fn with_browser() -> Place {
    use std::os::unix::fs::PermissionsExt as _;
    let script = "#!/bin/sh\nprintf %s \"$1\" > \"$HOME/opened\"\n";
    let place = Place::new().file("bin/xdg-open", script);
    let bin = place.folder.path().join("bin");
    std::fs::set_permissions(bin.join("xdg-open"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    place
        .variable("PATH", &format!("{}:{path}", bin.display()))
        .variable("DISPLAY", ":99")
}

#[test]
fn an_address_is_opened_after_a_yes_and_not_before() {
    let url = "http://example.com/pay?order=1&of=2";
    for (typed, agreed) in [
        ("\n", "Declined"),
        ("what\n\u{4}", "Cancelled"),
        ("y\n", "Accepted"),
    ] {
        let mut terminal = Terminal::at(with_browser(), &["call", "$SERVER", "pay"]);
        terminal.sees("Open it in your browser? [y/N] ");
        for part in ["under-test", "Pay here", url, "not encrypted"] {
            terminal.sees(part);
        }
        let opened = terminal.place.folder.path().join("opened");
        assert!(!opened.exists(), "nobody has agreed yet");
        terminal.types(typed);
        let (code, screen, place) = terminal.ends_in();
        assert!(code == 0 && screen.contains(agreed), "{screen}");
        let opened = std::fs::read_to_string(place.folder.path().join("opened")).ok();
        assert_eq!(opened.as_deref(), (agreed == "Accepted").then_some(url));
    }
}

#[test]
fn who_has_no_browser_here_is_told() {
    let mut terminal = Terminal::fmcp(&["call", "$SERVER", "pay"]);
    terminal.answers("Open it in your browser? [y/N] ", "yes");
    let (code, screen) = terminal.ends();
    assert!(code == 0 && screen.contains("Accepted"), "{screen}");
    assert!(screen.contains("open the address yourself"), "{screen}");
}

/// Greets, and then says nothing when it is asked what it has.
const MUTE: &str = r#"
while read -r line; do
  id=${line#*\"id\":}; id=${id%%[,\}]*}
  case $line in
    *'"method":"initialize"'*) echo "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":{\"protocolVersion\":\"2025-06-18\",\"capabilities\":{\"tools\":{}},\"serverInfo\":{\"name\":\"mute\",\"version\":\"1\"}}}" ;;
    *'"method":"tools/list"'*) echo 'asked for tools' >&2 ;;
    *'"id":'*) echo "{\"jsonrpc\":\"2.0\",\"id\":$id,\"error\":{\"code\":-32601,\"message\":\"no\"}}" ;;
  esac
done
"#;

#[test]
fn ctrl_c_ends_a_bench_that_waits_for_the_list_of_tools() {
    let place = Place::new().file("mute.sh", MUTE);
    let mut terminal = Terminal::at(place, &["bench", "sh mute.sh", "add", "-v"]);
    terminal.sees("asked for tools");
    terminal.types("\u{3}");
    let (code, screen) = terminal.ends();
    assert_eq!(code, 130, "{screen}");
}

#[test]
fn colours_are_for_terminals_only() {
    let (_, screen) = Terminal::fmcp(&["list", "$SERVER"]).ends();
    assert!(screen.contains("\u{1b}[1mTools (8)"), "{screen}");
    let (_, screen) = Terminal::fmcp(&["list", "$SERVER", "--color", "never"]).ends();
    assert!(!screen.contains("\u{1b}[1m"), "{screen}");
    let plain = Place::new().fmcp(&["list", "$SERVER"]).well();
    assert!(!plain.out.contains('\u{1b}'), "{plain:?}");
    let forced = Place::new()
        .fmcp(&["list", "$SERVER", "--color", "always"])
        .well();
    assert!(forced.out.contains('\u{1b}'), "{forced:?}");
}
