//! The last records of one tunnel, for whoever looks at it. It reads from the end, and not more than a
//! bounded part of the log.

use super::chain::{Record, parse_line};
use super::files::Files;
use super::lock::lock_for_reading;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// How much of each of the last files is looked at.
const WINDOW: u64 = 8 * 1024 * 1024;

/// How many files are looked at; the newest may be empty yet.
const FILES: usize = 3;

/// A record names its tunnel before this many bytes.
const HEAD: usize = 512;

/// The last `count` records of this tunnel, oldest first, without a look at the chain. What is older than
/// some ten thousand events of all tunnels is not looked for.
///
/// # Errors
/// The log cannot be read. One that is not there has no records.
pub fn recent(path: &Path, tunnel: &str, count: usize) -> io::Result<Vec<Record>> {
    let mut found = Vec::new();
    for file in Files::of(path).list()?.iter().rev().take(FILES) {
        let bytes = match File::open(&file.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            opened => end_of(&opened?)?,
        };
        take(&bytes, tunnel, count, &mut found);
        if found.len() >= count {
            break;
        }
    }
    found.reverse();
    Ok(found)
}

/// Puts those of a file's records that are asked for behind what newer files had, newest first.
fn take(bytes: &[u8], tunnel: &str, count: usize, found: &mut Vec<Record>) {
    let lines = bytes.rsplit(|byte| *byte == b'\n');
    // The hash is looked at only where the tunnel is the right one.
    let records = lines
        .filter(|line| is_of(line, tunnel))
        .filter_map(parse_line)
        .filter(|record| record.tunnel == tunnel);
    found.extend(records.take(count - found.len()));
}

/// Whether the line may be a record of this tunnel. An id needs no escapes in JSON.
fn is_of(line: &[u8], tunnel: &str) -> bool {
    let field = format!("\"tunnel\":\"{tunnel}\"");
    let head = line.get(..HEAD).unwrap_or(line);
    head.windows(field.len())
        .any(|part| part == field.as_bytes())
}

fn end_of(mut file: &File) -> io::Result<Vec<u8>> {
    lock_for_reading(file)?;
    let len = file.metadata()?.len();
    file.seek(SeekFrom::Start(len.saturating_sub(WINDOW)))?;
    let mut bytes = Vec::new();
    file.take(WINDOW).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{AuditLog, Entry, Kind, Limits, new_run_id};
    use crate::model::{ProviderId, SessionNumber, TunnelId, UnixMillis};

    #[test]
    fn the_last_of_a_tunnel_are_found_over_two_files_and_no_others() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("audit.jsonl");
        assert_eq!(recent(&path, "web", 9).expect("none"), []);
        let limits = Limits {
            file_bytes: 1,
            files: 100,
        };
        for (part, limits) in [Limits::USUAL, limits].into_iter().enumerate() {
            let log = AuditLog::with_limits(&path, limits);
            for n in 0..4u64 {
                let tunnel = if n % 2 == 0 { "web" } else { "web2" };
                let session = SessionNumber(part as u64 * 4 + n);
                log.append(&entry(tunnel, session)).expect("appended");
            }
        }
        let sessions = |count| {
            let records = recent(&path, "web", count).expect("read");
            assert!(records.iter().all(|record| record.tunnel == "web"));
            let of = records.iter().filter_map(|record| record.session);
            of.collect::<Vec<_>>()
        };
        // The first of the second part ends the first file; each of the others has one of its own.
        assert_eq!(sessions(1), [6]);
        assert_eq!(sessions(9), [6], "older files are not looked at");
        let log = AuditLog::open(&path);
        for n in 10..13 {
            log.append(&entry("web", SessionNumber(n)))
                .expect("appended");
        }
        assert_eq!(sessions(2), [11, 12]);
        assert_eq!(sessions(9), [6, 10, 11, 12]);
    }

    fn entry(tunnel: &str, session: SessionNumber) -> Entry {
        Entry {
            at: UnixMillis(1_790_000_000_000),
            kind: Kind::Up,
            tunnel: TunnelId::new(tunnel).expect("an id"),
            provider: ProviderId::RELAY,
            cause: None,
            urls: Vec::new(),
            error: None,
            run: new_run_id(),
            session: Some(session),
        }
    }
}
