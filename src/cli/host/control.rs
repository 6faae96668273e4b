//! Commands on standard input, for a program that hosts through this one.

use crate::app::Event;
use crate::model::{Action, TunnelId};
use std::io::{self, BufRead};

/// The longest line that is read; no command comes near it.
const MAX_LINE: usize = 256;

/// What a line asks for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Request {
    /// Something for a tunnel.
    Do(TunnelId, Box<Event>),
    /// End.
    Quit,
    /// Nothing: an empty line.
    Nothing,
    /// No command.
    Unknown(String),
    /// Longer than any command.
    TooLong,
}

/// Reads requests until the input ends, which is a [`Request::Quit`]; `false` from `take` ends it too.
pub(super) fn run(mut input: impl BufRead, mut take: impl FnMut(Request) -> bool) {
    loop {
        let request = match read_line(&mut input) {
            Ok(Line::Whole(line)) => parse(&line),
            Ok(Line::TooLong) => Request::TooLong,
            Ok(Line::None) => Request::Quit,
            Err(error) => {
                tracing::warn!(%error, "standard input cannot be read");
                Request::Quit
            }
        };
        let last = request == Request::Quit;
        if !take(request) || last {
            return;
        }
    }
}

/// What was read.
enum Line {
    Whole(String),
    /// Nothing of it is kept.
    TooLong,
    /// The input is over.
    None,
}

fn read_line(input: &mut impl BufRead) -> io::Result<Line> {
    let (mut line, mut length, mut ended) = (Vec::new(), 0, false);
    while !ended {
        let part = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            part => part?,
        };
        if part.is_empty() {
            break;
        }
        let end = part.iter().position(|byte| *byte == b'\n');
        let (text, used) = match end {
            Some(end) => (&part[..end], end + 1),
            None => (part, part.len()),
        };
        length += text.len();
        if length <= MAX_LINE {
            line.extend_from_slice(text);
        }
        ended = end.is_some();
        input.consume(used);
    }
    if !ended && length == 0 {
        return Ok(Line::None);
    }
    if length > MAX_LINE {
        return Ok(Line::TooLong);
    }
    Ok(Line::Whole(String::from_utf8_lossy(&line).into_owned()))
}

fn parse(line: &str) -> Request {
    let mut words = line.split_whitespace();
    let Some(verb) = words.next() else {
        return Request::Nothing;
    };
    let (id, more) = (words.next(), words.next());
    let unknown = || Request::Unknown(line.trim().to_owned());
    if more.is_some() {
        return unknown();
    }
    let tunnel = match (verb, id) {
        ("quit", None) => return Request::Quit,
        ("host" | "stop" | "drop" | "reconnect", Some(id)) => TunnelId::new(id),
        _ => return unknown(),
    };
    let Ok(id) = tunnel else { return unknown() };
    let tunnel = id.clone();
    let event = match verb {
        "host" => Event::Act(Action::Host { tunnel }),
        "stop" => Event::Act(Action::Stop { tunnel }),
        "reconnect" => Event::Act(Action::Reconnect { tunnel }),
        // The only verb left.
        _ => Event::DropLink { tunnel },
    };
    Request::Do(id, Box::new(event))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(input: &[u8]) -> Vec<Request> {
        let mut requests = vec![];
        run(io::BufReader::with_capacity(7, input), |request| {
            requests.push(request);
            true
        });
        requests
    }

    #[test]
    fn each_command_is_read_and_the_end_is_a_quit() {
        let web = TunnelId::new("web").expect("an id");
        let act = |action| Request::Do(web.clone(), Box::new(Event::Act(action)));
        let tunnel = || web.clone();
        assert_eq!(
            read(b"host web\n\n stop web \r\ndrop web\nreconnect web"),
            [
                act(Action::Host { tunnel: tunnel() }),
                Request::Nothing,
                act(Action::Stop { tunnel: tunnel() }),
                Request::Do(tunnel(), Box::new(Event::DropLink { tunnel: tunnel() })),
                act(Action::Reconnect { tunnel: tunnel() }),
                Request::Quit,
            ]
        );
        assert_eq!(read(b"quit\nhost web\n"), [Request::Quit]);
        for bad in [
            "host", "host a b", "HOST web", "quit web", "host Web", "x", "\u{1}",
        ] {
            let requests = read(bad.as_bytes());
            assert_eq!(
                requests[0],
                Request::Unknown(bad.trim().to_owned()),
                "{bad}"
            );
        }
    }

    #[test]
    fn a_line_without_end_is_not_kept() {
        let mut input = vec![b'x'; 1_000_000];
        input.extend(b"\nquit\n");
        assert_eq!(read(&input), [Request::TooLong, Request::Quit]);
    }

    proptest! {
        #[test]
        fn any_input_comes_to_its_end(input in prop::collection::vec(any::<u8>(), 0..600)) {
            let requests = read(&input);
            prop_assert_eq!(requests.last(), Some(&Request::Quit));
        }
    }
}
