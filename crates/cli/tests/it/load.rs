//! Load, counted.

use crate::door::fmcp;

#[test]
fn a_bench_counts_answers_and_their_times() {
    let words = [
        "bench",
        "$SERVER",
        "add",
        "a=1",
        "--duration",
        "500ms",
        "-c",
        "4",
        "--json",
    ];
    let json = fmcp(&words).well().json();
    let answers = json["answers"].as_u64().unwrap();
    assert!(answers > 10, "{json}");
    assert_eq!(json["failures"], 0);
    let ms = |name: &str| json["latencyMs"][name].as_f64().unwrap();
    assert!(
        0.0 < ms("min") && ms("min") <= ms("p50") && ms("p50") <= ms("p99"),
        "{json}"
    );
    assert!(ms("p99") <= ms("max"), "{json}");
    let counted: u64 = json["histogram"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["count"].as_u64().unwrap())
        .sum();
    assert_eq!(counted, answers);
}

#[test]
fn a_bench_may_keep_to_a_rate() {
    let words = [
        "bench",
        "$SERVER",
        "--duration",
        "1s",
        "--rate",
        "20",
        "--json",
    ];
    let answers = fmcp(&words).well().json()["answers"].as_u64().unwrap();
    assert!((15..=20).contains(&answers), "{answers}");
    fmcp(&["bench", "$SERVER", "--duration", "200ms"])
        .well()
        .shows(&["answers in", "p99", "█"]);
}

#[test]
fn a_rate_may_be_so_small_that_only_one_call_begins() {
    let words = ["bench", "$SERVER", "-d", "200ms", "--rate", "1e-30"];
    fmcp(&words).well().shows(&["1 answer in", "0 failures"]);
}

#[test]
fn what_does_not_work_once_is_not_done_a_thousand_times() {
    fmcp(&["bench", "$SERVER", "fail", "why=x"])
        .ends(1)
        .tells(&["failed: x"]);
    for number in ["1000000", "0", "x"] {
        fmcp(&["bench", "$SERVER", "-c", number])
            .ends(2)
            .tells(&["--concurrency", "expected a number from 1 to 65535"]);
    }
    fmcp(&["watch", "$SERVER", "--count", "0"])
        .ends(2)
        .tells(&["expected a number from 1 on"]);
    fmcp(&["bench", "$SERVER", "--duration", "none"])
        .ends(2)
        .tells(&["it has to end"]);
}
