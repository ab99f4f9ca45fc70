//! Requests that two servers would read in two ways.

use super::host::host;

/// Each is refused, and what follows it on the connection is not looked at.
const REFUSED: &[(&str, &str)] = &[
    (
        "two lengths",
        "content-length: 3\r\ncontent-length: 5\r\n\r\nabcde",
    ),
    ("two lengths in one", "content-length: 3, 5\r\n\r\nabcde"),
    ("a negative length", "content-length: -3\r\n\r\nabc"),
    ("a length with a sign", "content-length: +3\r\n\r\nabc"),
    ("a length in hexadecimal", "content-length: 0x3\r\n\r\nabc"),
    ("a length that is none", "content-length: three\r\n\r\nabc"),
    (
        "a length beyond all numbers",
        "content-length: 99999999999999999999999\r\n\r\nabc",
    ),
    (
        "chunks inside of something",
        "transfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    ),
    (
        "chunks that are none",
        "transfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
    ),
    ("a folded line", "x: a\r\n b\r\ncontent-length: 0\r\n\r\n"),
    ("a space before the colon", "content-length : 3\r\n\r\nabc"),
    ("a space before the name", " x: y\r\n\r\n"),
    ("no name", ": y\r\n\r\n"),
    ("no colon", "nothing\r\n\r\n"),
    ("a return within a value", "x: a\rb\r\n\r\n"),
    ("a zero within a value", "x: a\0b\r\n\r\n"),
];

#[tokio::test]
async fn what_can_be_read_in_two_ways_is_refused() {
    let (host, mut faults) = (host(|_| {}).await, Vec::new());
    for (name, rest) in REFUSED {
        let mut raw = host.connect().await;
        let request = format!("POST / HTTP/1.1\r\nhost: localhost\r\n{rest}");
        let smuggled = "GET /smuggled HTTP/1.1\r\nhost: localhost\r\n\r\n";
        raw.shout(format!("{request}{smuggled}").as_bytes()).await;
        let heard = raw.hear_out().await;
        if !heard.starts_with("HTTP/1.1 400") || heard.matches("HTTP/1.1").count() != 1 {
            faults.push(format!("{name}: {heard}"));
        }
        assert!(host.serves().await, "after {name}");
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// RFC 9112 (6.1) lets a server go by the chunks, if it closes the connection then.
#[tokio::test]
async fn where_there_are_a_length_and_chunks_the_chunks_count_and_nothing_follows() {
    let host = host(|_| {}).await;
    for fields in [
        "content-length: 3\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 3",
    ] {
        let mut raw = host.connect().await;
        let request = format!(
            "POST / HTTP/1.1\r\nhost: localhost\r\n{fields}\r\n\r\n1\r\na\r\n0\r\n\r\n\
             GET /smuggled HTTP/1.1\r\nhost: localhost\r\n\r\n"
        );
        raw.shout(request.as_bytes()).await;
        let heard = raw.hear_out().await;
        assert!(heard.contains("connection: close"), "{heard}");
        assert!(heard.ends_with("\r\n\r\na"), "{heard}");
        assert_eq!(heard.matches("HTTP/1.1").count(), 1, "{heard}");
    }
    assert_eq!(host.service.asked(), 2);
}

#[tokio::test]
async fn chunks_that_are_not_in_order_are_the_end_of_a_connection() {
    let host = host(|_| {}).await;
    for (name, body) in [
        ("a size that is none", "xyz\r\nabc\r\n0\r\n\r\n".to_owned()),
        ("a negative size", "-1\r\nabc\r\n0\r\n\r\n".to_owned()),
        (
            "a size beyond all numbers",
            "fffffffffffffffff\r\nabc\r\n0\r\n\r\n".to_owned(),
        ),
        ("more than the size", "1\r\nabc\r\n0\r\n\r\n".to_owned()),
        (
            "extensions without end",
            format!("1;{}\r\na\r\n0\r\n\r\n", "x".repeat(100_000)),
        ),
        (
            "a line break within an extension",
            "1;a\nb\r\na\r\n0\r\n\r\n".to_owned(),
        ),
    ] {
        let mut raw = host.connect().await;
        let head = "POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n";
        let smuggled = "GET /smuggled HTTP/1.1\r\nhost: localhost\r\n\r\n";
        raw.shout(format!("{head}{body}{smuggled}").as_bytes())
            .await;
        let heard = raw.hear_out().await;
        assert!(heard.matches("HTTP/1.1").count() <= 1, "{name}: {heard}");
        // The service hears that the body is broken.
        assert!(
            heard.is_empty() || heard.ends_with("broken"),
            "{name}: {heard}"
        );
        assert!(host.serves().await, "after {name}");
    }
}

#[tokio::test]
async fn what_can_be_read_in_one_way_only_is_read() {
    let host = host(|_| {}).await;
    for (name, rest, expect) in [
        (
            "the same length twice",
            "content-length: 3\r\ncontent-length: 3\r\n\r\nabc",
            "abc",
        ),
        // A line may end so (RFC 9112, 2.2); what it cannot do is hide a field.
        (
            "lines without a return",
            "content-length: 3\nx: y\n\nabc",
            "abc",
        ),
        (
            "chunks",
            "transfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
            "abc",
        ),
        (
            "an extension",
            "transfer-encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\n\r\n",
            "abc",
        ),
    ] {
        let mut raw = host.connect().await;
        let request = format!("POST / HTTP/1.1\r\nhost: localhost\r\n{rest}");
        let heard = raw.ask(request.as_bytes()).await;
        assert!(heard.starts_with("HTTP/1.1 200"), "{name}: {heard}");
        assert!(heard.ends_with(expect), "{name}: {heard}");
    }
}
