//! Messages one behind the other, in whatever pieces they come.

use super::{
    Decoder, Fault, Length, head_end, of_request, of_response, parse_request, parse_response,
};
use bytes::Bytes;
use http::Method;
use proptest::prelude::*;
use std::fmt::Write as _;

/// What a reader made of a connection's bytes: each request's target and body, until a fault.
#[derive(Debug, Default, PartialEq, Eq)]
struct Read {
    requests: Vec<(Vec<u8>, Vec<u8>)>,
    fault: Option<Fault>,
}

/// Reads requests as a connection does, from bytes that come in pieces.
#[derive(Default)]
struct Reader {
    buffer: Vec<u8>,
    seen: usize,
    body: Option<Decoder>,
    read: Read,
}

impl Reader {
    fn push(&mut self, piece: &[u8]) {
        self.buffer.extend_from_slice(piece);
        while self.read.fault.is_none() {
            match self.step() {
                Ok(true) => {}
                Ok(false) => return,
                Err(fault) => self.read.fault = Some(fault),
            }
        }
    }

    /// False when it needs more.
    fn step(&mut self) -> Result<bool, Fault> {
        let Some(decoder) = &mut self.body else {
            let Some(end) = head_end(&self.buffer, self.seen) else {
                self.seen = self.buffer.len();
                return Ok(false);
            };
            let head = parse_request(Bytes::from(self.buffer.drain(..end).collect::<Vec<_>>()))?;
            self.seen = 0;
            self.read.requests.push((head.target.to_vec(), Vec::new()));
            self.body = Some(Decoder::new(of_request(&head.parts)?));
            return Ok(true);
        };
        let over = decoder.is_over();
        if !over {
            let chunk = decoder.decode(&mut self.buffer)?;
            let body = &mut self.read.requests.last_mut().expect("it has begun").1;
            body.extend_from_slice(&self.buffer[chunk.data]);
            self.buffer.drain(..chunk.consumed);
        }
        if over || decoder.is_over() {
            self.body = None;
            return Ok(true);
        }
        Ok(false)
    }
}

fn read(bytes: &[u8], pieces: &[usize]) -> Read {
    let mut reader = Reader::default();
    let (mut rest, mut sizes) = (bytes, pieces.iter().cycle());
    while !rest.is_empty() {
        let size = sizes
            .next()
            .map_or(rest.len(), |&size| size.clamp(1, rest.len()));
        reader.push(&rest[..size]);
        rest = &rest[size..];
    }
    reader.read
}

#[derive(Clone, Debug)]
enum Sent {
    Plain(Vec<u8>),
    Chunked(Vec<Vec<u8>>, bool),
}

fn sent() -> impl Strategy<Value = Sent> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..60);
    prop_oneof![
        bytes().prop_map(Sent::Plain),
        (prop::collection::vec(bytes(), 0..5), any::<bool>())
            .prop_map(|(chunks, more)| Sent::Chunked(chunks, more)),
    ]
}

fn encode(number: usize, sent: &Sent) -> Vec<u8> {
    let mut head = format!("POST /{number} HTTP/1.1\r\nHost: a\r\n");
    let mut body = Vec::new();
    match sent {
        Sent::Plain(bytes) => {
            write!(head, "Content-Length: {}\r\n\r\n", bytes.len()).expect("it fits");
            body.extend_from_slice(bytes);
        }
        Sent::Chunked(chunks, more) => {
            head.push_str("Transfer-Encoding: chunked\r\n\r\n");
            for chunk in chunks.iter().filter(|chunk| !chunk.is_empty()) {
                let extension = if *more { " ;a=\"b\"" } else { "" };
                body.extend(format!("{:x}{extension}\r\n", chunk.len()).bytes());
                body.extend_from_slice(chunk);
                body.extend_from_slice(b"\r\n");
            }
            body.extend_from_slice(if *more {
                b"0\r\nX-Sum: 1\r\n\r\n"
            } else {
                b"0\r\n\r\n"
            });
        }
    }
    [head.into_bytes(), body].concat()
}

proptest! {
    #[test]
    fn each_request_gets_its_own_body_and_nothing_of_anothers(
        messages in prop::collection::vec(sent(), 1..5),
        pieces in prop::collection::vec(1..50_usize, 1..8),
    ) {
        let bytes: Vec<u8> =
            messages.iter().enumerate().flat_map(|(n, sent)| encode(n, sent)).collect();
        let expected = messages.iter().enumerate().map(|(n, sent)| {
            let body = match sent {
                Sent::Plain(bytes) => bytes.clone(),
                Sent::Chunked(chunks, _) => chunks.concat(),
            };
            (format!("/{n}").into_bytes(), body)
        });
        let expected = Read { requests: expected.collect(), fault: None };
        prop_assert_eq!(read(&bytes, &pieces), expected);
    }

    #[test]
    fn the_pieces_that_bytes_come_in_make_no_difference(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                &b"POST / HTTP/1.1\r\n"[..], b"GET /x HTTP/1.0\r\n", b"\r\n", b"\n", b"\r",
                b"Transfer-Encoding: chunked\r\n", b"Content-Length: 3\r\n",
                b"content-length: 4\r\n", b" fold\r\n", b"3\r\nabc\r\n", b"0\r\n\r\n",
                b"0\r\nA: b\r\n", b"5;x\r\n", b"abc", b"\0", b": ",
            ]),
            0..14,
        ),
        pieces in prop::collection::vec(1..9_usize, 1..8),
    ) {
        let bytes = parts.concat();
        prop_assert_eq!(read(&bytes, &pieces), read(&bytes, &[]));
    }

    #[test]
    fn garbage_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read(&bytes, &[7]);
        let _ = parse_request(Bytes::from(bytes.clone()));
        let _ = parse_response(Bytes::from(bytes));
    }
}

fn request(head: &str) -> Result<Length, Fault> {
    let head = parse_request(Bytes::copy_from_slice(head.as_bytes()))?;
    of_request(&head.parts)
}

#[test]
fn what_two_readers_could_read_differently_is_no_request() {
    for lines in [
        "Content-Length: 3\r\nContent-Length: 4",
        "Content-Length: 3, 4",
        "Content-Length: +3",
        "Content-Length: 0x3",
        "Content-Length: 3 3",
        "Content-Length:",
        "Content-Length: 99999999999999999999",
        "Content-Length: 18446744073709551615",
        "Content-Length: 18446744073709551612",
        "Content-Length: 9223372036854775808",
        "Content-Length: 3\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 3",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: chunked, gzip",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding:",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding\t: chunked",
        "Transfer-Encoding: chunked\r\n folded: 1",
        " first: folded",
        "X: a\rb",
        "X: a\0b",
        "no colon",
        ": no name",
        "b\u{e4}d: 1",
    ] {
        let head = format!("POST / HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n");
        assert_eq!(request(&head), Err(Fault::Malformed), "{lines:?}");
    }
    let old = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(request(old), Err(Fault::Malformed));
    let packed = "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(request(packed), Err(Fault::UnknownCoding));
    let twice = "POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n";
    assert_eq!(request(twice), Ok(Length::Known(3)));
}

#[test]
fn first_lines_that_are_none_are_refused() {
    for line in [
        "GET /",
        "GET  / HTTP/1.1",
        "GET / HTTP/1.1 ",
        "GET / http/1.1",
        "GET / HTTP/2.0",
        "GET / HTTP/1.10",
        "GET /\tx HTTP/1.1",
        "GET x HTTP/1.1",
        "G\u{e4}T / HTTP/1.1",
        " GET / HTTP/1.1",
    ] {
        let head = format!("{line}\r\nHost: a\r\n\r\n");
        assert_eq!(request(&head), Err(Fault::Malformed), "{line:?}");
    }
}

#[test]
fn a_target_goes_on_as_it_came() {
    for (target, sent, host) in [
        ("/?q=<b>\"x\"|{}^`\\", "/?q=<b>\"x\"|{}^`\\", None),
        ("/caf\u{e9}#x", "/caf\u{e9}#x", None),
        ("//a/../b", "//a/../b", None),
        ("*", "*", None),
        ("http://a.b:80/x?\"", "/x?\"", Some("a.b:80")),
        ("HTTP://a.b", "/", Some("a.b")),
        ("http://a.b?x", "/?x", Some("a.b")),
    ] {
        let head = format!("OPTIONS {target} HTTP/1.1\r\n\r\n");
        let head = parse_request(Bytes::from(head)).expect("it is a request");
        assert_eq!(head.target, sent, "{target}");
        let authority = head.parts.uri.authority().map(http::uri::Authority::as_str);
        assert_eq!(authority, host, "{target}");
    }
}

#[test]
fn what_services_get_wrong_is_put_right() {
    let answer = b"HTTP/1.1 299 Tr\xe8s bien\r\nX-Thing : 1\r\nX-Long: one\r\n  two\r\n\tthree\r\n\
                   PHP Warning: x in y\r\n more of it\r\nnothing\r\nX-Last:2\n\n";
    let head = parse_response(Bytes::from_static(answer)).expect("it is an answer");
    assert_eq!(head.reason, &b"Tr\xe8s bien"[..]);
    let fields: Vec<_> = head
        .parts
        .headers
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_bytes()))
        .collect();
    assert_eq!(
        fields,
        [
            ("x-thing", &b"1"[..]),
            ("x-long", b"one two three"),
            ("x-last", b"2")
        ]
    );
}

#[test]
fn an_answers_body_ends_where_its_head_says() {
    let length = |method: &Method, head: &str| {
        let head = parse_response(Bytes::copy_from_slice(head.as_bytes()))?;
        of_response(method, &head.parts)
    };
    for (method, lines, expected) in [
        (Method::GET, "200 OK", Ok(Length::UntilEnd)),
        (
            Method::GET,
            "200 OK\r\nContent-Length: 5, 5",
            Ok(Length::Known(5)),
        ),
        (
            Method::GET,
            "200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
            Ok(Length::Chunked),
        ),
        (
            Method::HEAD,
            "200 OK\r\nContent-Length: 5",
            Ok(Length::Known(0)),
        ),
        (
            Method::GET,
            "304 Not Modified\r\nContent-Length: 5",
            Ok(Length::Known(0)),
        ),
        (
            Method::GET,
            "204 No Content\r\nTransfer-Encoding: chunked",
            Ok(Length::Known(0)),
        ),
        (
            Method::GET,
            "200 OK\r\nTransfer-Encoding: gzip, chunked",
            Err(Fault::UnknownCoding),
        ),
        (
            Method::GET,
            "200 OK\r\nTransfer-Encoding: gzip",
            Err(Fault::UnknownCoding),
        ),
        (
            Method::GET,
            "200 OK\r\nContent-Length: 5, 6",
            Err(Fault::Malformed),
        ),
        (
            Method::HEAD,
            "200 OK\r\nContent-Length: 5\r\nContent-Length: 6",
            Err(Fault::Malformed),
        ),
        (
            Method::GET,
            "304 Not Modified\r\nContent-Length: abc",
            Err(Fault::Malformed),
        ),
        (
            Method::HEAD,
            "200 OK\r\nContent-Length: abc\r\nTransfer-Encoding: chunked",
            Ok(Length::Known(0)),
        ),
        (Method::GET, "20 OK", Err(Fault::Malformed)),
    ] {
        let head = format!("HTTP/1.1 {lines}\r\n\r\n");
        assert_eq!(length(&method, &head), expected, "{lines}");
    }
}

#[test]
fn chunks_that_are_none_are_refused() {
    for body in [
        &b"x\r\n"[..],
        b"\r\n",
        b"-1\r\n",
        b"0x3\r\nabc\r\n",
        b"3\nabc\r\n",
        b"3\r\nabcd\r\n",
        b"3\r\nabc\n",
        b"3\r\nabc\rx",
        b"3;a\nb\r\n",
        b"3;a\rb\r\n",
        b"3 a\r\nabc\r\n",
        b"11111111111111111\r\n",
        b"0\r\nA: b\n\r\n",
        b"0\r\nA: b\rc\r\n\r\n",
    ] {
        let mut decoder = Decoder::new(Length::Chunked);
        let chunk = decoder.decode(&mut body.to_vec());
        assert_eq!(
            chunk,
            Err(Fault::Malformed),
            "{:?}",
            String::from_utf8_lossy(body)
        );
    }
    let mut endless = b"3;".to_vec();
    endless.resize(17 * 1024, b'x');
    let chunk = Decoder::new(Length::Chunked).decode(&mut endless);
    assert_eq!(chunk, Err(Fault::TooLarge));
}
