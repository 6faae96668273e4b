//! One line of the log and its hash. It knows bytes, not files.
//!
//! A line is a JSON object whose last field is `hash`: SHA-256 over every byte of the line before
//! `,"hash":`. It covers `prev`, the hash of the record before, and so everything before that.

use super::entry::Entry;
use crate::base::clock::rfc3339;
use crate::base::digest;
use serde::{Deserialize, Serialize};

/// The longest line a reader takes, without its end. A writer stays far below.
pub(super) const MAX_LINE: usize = 64 * 1024;

/// What stands between the hashed bytes and the hash.
const HASH_KEY: &str = ",\"hash\":\"";

/// What closes a line after the hash.
const CLOSE: &str = "\"}";

/// What the first record of a chain has before it.
pub(super) const NO_RECORD: &str =
    "0000000000000000000000000000000000000000000000000000000000000000";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Counts the records from 1.
    pub seq: u64,
    /// When: RFC 3339, UTC, milliseconds.
    pub at: String,
    /// What happened: `tunnel.up` and the like.
    pub kind: String,
    pub tunnel: String,
    pub provider: String,
    /// The word of its [`Cause`](super::Cause).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The public URLs it had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
    /// What the system or the provider said of a failure, cleaned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Pairs an up with its down.
    pub run: String,
    /// The session's number in this run of the tunnel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<u64>,
    /// What a crash left unfinished right before this record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub torn: Option<Torn>,
    /// What the rotation that began this file took away. Only in a file's first record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<Removed>,
    /// The file that should have gone before was gone when this was written, and its records with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missing: bool,
    /// The next record is in the next file, which was there before this was written.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ends_file: bool,
    /// The hash of the record before.
    pub prev: String,
    /// The hash of this one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hash: String,
}

/// Bytes between two records that are none: the start of a line whose writer died.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Torn {
    /// How many, without the end of line that was put behind them.
    pub bytes: u64,
    /// Their SHA-256.
    pub sha256: String,
}

/// The last of the records that a rotation took away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    pub seq: u64,
    pub hash: String,
}

/// What the next record follows, and what it says of its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ChainPosition {
    pub seq: u64,
    pub prev: String,
    pub torn: Option<Torn>,
    pub removed: Option<Removed>,
    pub missing: bool,
    pub ends_file: bool,
}

impl ChainPosition {
    pub fn first() -> Self {
        Self::at(1, NO_RECORD.to_owned())
    }

    pub fn after(record: Record) -> Self {
        Self::at(record.seq + 1, record.hash)
    }

    fn at(seq: u64, prev: String) -> Self {
        Self {
            seq,
            prev,
            torn: None,
            removed: None,
            missing: false,
            ends_file: false,
        }
    }
}

/// The entry as a line, with its end.
pub(super) fn to_line(entry: &Entry, position: ChainPosition) -> serde_json::Result<String> {
    let provider = serde_json::to_value(entry.provider)?;
    let record = Record {
        seq: position.seq,
        at: rfc3339(entry.at),
        kind: entry.kind.as_str().to_owned(),
        tunnel: entry.tunnel.to_string(),
        provider: provider.as_str().unwrap_or_default().to_owned(),
        reason: entry.cause.as_ref().map(super::Cause::word),
        urls: entry.clean_urls(),
        error: entry.error_text(),
        run: entry.run.0.clone(),
        session: entry.session.map(|session| session.0),
        torn: position.torn,
        removed: position.removed,
        missing: position.missing,
        ends_file: position.ends_file,
        prev: position.prev,
        hash: String::new(),
    };
    let mut line = serde_json::to_string(&record)?;
    line.pop();
    let hash = sha256(line.as_bytes());
    line.extend([HASH_KEY, &hash, CLOSE, "\n"]);
    Ok(line)
}

/// Reads a line (without its end) that carries its own right hash; `None` for any other bytes.
pub(super) fn parse_line(line: &[u8]) -> Option<Record> {
    let record: Record = serde_json::from_slice(line).ok()?;
    let tail = format!("{HASH_KEY}{}{CLOSE}", record.hash);
    let hashed = line.strip_suffix(tail.as_bytes())?;
    (sha256(hashed) == record.hash).then_some(record)
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    digest::hex(&digest::sha256(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Cause, Kind, new_run_id};
    use crate::model::{ProviderId, SessionNumber, TunnelId, UnixMillis};

    fn entry() -> Entry {
        Entry {
            at: UnixMillis(1_790_000_000_007),
            kind: Kind::Up,
            tunnel: TunnelId::new("web").expect("an id"),
            provider: ProviderId::RELAY,
            cause: Some(Cause::Started),
            urls: vec!["http://web.localhost:7480/".to_owned()],
            error: None,
            run: new_run_id(),
            session: Some(SessionNumber(1)),
        }
    }

    #[test]
    fn a_line_says_everything_and_is_read_back() {
        let line = to_line(&entry(), ChainPosition::first()).expect("a line");
        let record = parse_line(line.trim_end().as_bytes()).expect("its hash is right");
        assert_eq!(record.at, "2026-09-21T14:13:20.007Z");
        assert_eq!(
            (record.kind.as_str(), record.provider.as_str()),
            ("tunnel.up", "relay")
        );
        assert_eq!(
            (record.seq, record.prev.as_str(), record.session),
            (1, NO_RECORD, Some(1))
        );
        assert_eq!(line.lines().count(), 1);
    }

    #[test]
    fn any_other_byte_makes_it_no_record() {
        let line = to_line(&entry(), ChainPosition::first()).expect("a line");
        let line = line.trim_end().as_bytes();
        for at in 0..line.len() {
            let mut edited = line.to_vec();
            edited[at] ^= 1;
            assert_eq!(parse_line(&edited), None, "byte {at}");
            assert_eq!(parse_line(&line[..at]), None, "cut at {at}");
        }
        assert_eq!(parse_line(&[line, b" "].concat()), None);
    }

    #[test]
    fn the_longest_entry_fits_a_line() {
        let mut entry = entry();
        entry.urls = vec!["\"".repeat(9_000); 40];
        entry.error = Some("\u{1F980}".repeat(9_000));
        let line = to_line(&entry, ChainPosition::first()).expect("a line");
        assert!(line.len() < MAX_LINE / 2, "{}", line.len());
    }
}
