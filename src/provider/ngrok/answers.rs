//! What the edge answers while a session is resumed: to the sign-in, then to each endpoint. Pure.
//!
//! The crate tells of a failure, once it has tried again, and of a success never; and it shows the
//! old address whatever the edge says.

use super::frames::Seen;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The longest answer; a longer one is none of the edge's.
const LONGEST: usize = 256 * 1024;

/// An endpoint as the edge has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Rebound {
    /// Its id: that of before, or the crate hands its visitors to nobody.
    #[serde(default)]
    pub(super) id: String,
    /// Where it is reached.
    #[serde(default, rename = "URL")]
    pub(super) url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Fault {
    #[serde(default)]
    error: String,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All is as it was, at these places.
    Resumed(Vec<Rebound>),
    /// The edge would not have it: the crate is about to say why.
    Refused,
}

/// Waits for the answers to a sign-in and to so many endpoints.
#[derive(Debug)]
pub(super) struct Answers {
    endpoints: usize,
    signed_in: bool,
    rebound: Vec<Rebound>,
    /// What has come of answers that are not whole yet.
    parts: BTreeMap<u32, Vec<u8>>,
}

impl Answers {
    pub(super) const fn to(endpoints: usize) -> Self {
        Self {
            endpoints,
            signed_in: false,
            rebound: Vec::new(),
            parts: BTreeMap::new(),
        }
    }

    /// Takes in what passes by; says what came of it, once.
    pub(super) fn take(&mut self, seen: &Seen<'_>) -> Option<Outcome> {
        match seen {
            // What we opened: the edge's own streams have even numbers.
            Seen::Data { stream, bytes } if stream % 2 == 1 => {
                let part = self.parts.entry(*stream).or_default();
                // The heartbeats' stream never ends, and says a few bytes at a time.
                let room = LONGEST.saturating_sub(part.len());
                part.extend_from_slice(&bytes[..bytes.len().min(room)]);
                None
            }
            Seen::End { stream } => {
                let answer = self.parts.remove(stream)?;
                self.handle(&answer)
            }
            Seen::Data { .. } | Seen::Taken { .. } | Seen::Opened { .. } | Seen::GoAway => None,
        }
    }

    fn handle(&mut self, answer: &[u8]) -> Option<Outcome> {
        match serde_json::from_slice::<Fault>(answer) {
            Ok(Fault { error }) if error.is_empty() => {}
            Ok(_) | Err(_) => return Some(Outcome::Refused),
        }
        if !self.signed_in {
            self.signed_in = true;
        } else if let Ok(rebound) = serde_json::from_slice(answer) {
            self.rebound.push(rebound);
        } else {
            return Some(Outcome::Refused);
        }
        let is_whole = self.rebound.len() == self.endpoints;
        is_whole.then(|| Outcome::Resumed(std::mem::take(&mut self.rebound)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(answers: &mut Answers, stream: u32, text: &str) -> Option<Outcome> {
        for byte in text.as_bytes().chunks(3) {
            let seen = Seen::Data {
                stream,
                bytes: byte,
            };
            assert_eq!(answers.take(&seen), None, "it is not over");
        }
        answers.take(&Seen::End { stream })
    }

    #[test]
    fn a_session_is_resumed_when_each_endpoint_has_its_answer() {
        let mut answers = Answers::to(2);
        assert_eq!(
            answers.take(&Seen::Data {
                stream: 3,
                bytes: b"beat"
            }),
            None
        );
        assert_eq!(
            say(&mut answers, 5, r#"{"Version":"3","ClientId":"c"}"#),
            None
        );
        let visitor = Seen::Data {
            stream: 2,
            bytes: b"{",
        };
        assert_eq!(answers.take(&visitor), None);
        assert_eq!(answers.take(&Seen::End { stream: 2 }), None);
        let one = r#"{"Id":"a","URL":"https://a.example","Proto":"https"}"#;
        assert_eq!(say(&mut answers, 7, one), None);
        let two = r#"{"Id":"b","URL":"tcp://b.example:1","Error":""}"#;
        let rebound = |id: &str, url: &str| Rebound {
            id: id.to_owned(),
            url: url.to_owned(),
        };
        assert_eq!(
            say(&mut answers, 9, two),
            Some(Outcome::Resumed(vec![
                rebound("a", "https://a.example"),
                rebound("b", "tcp://b.example:1"),
            ]))
        );
    }

    #[test]
    fn an_answer_that_says_no_ends_it() {
        let refusal = r#"{"Error":"no\n\nERR_NGROK_107\n"}"#;
        assert_eq!(say(&mut Answers::to(1), 5, refusal), Some(Outcome::Refused));
        let mut answers = Answers::to(1);
        assert_eq!(say(&mut answers, 5, "{}"), None);
        assert_eq!(say(&mut answers, 7, "no JSON"), Some(Outcome::Refused));
    }
}
