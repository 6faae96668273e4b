//! Server and client in a home of their own.

use super::server::{MAX_CONNECTIONS, REQUEST_WITHIN};
use super::*;
use crate::model::TunnelId;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Nothing here takes as long.
const LONG: Duration = Duration::from_secs(30);

fn process(pid: u32) -> ProcessStatus {
    ProcessStatus {
        holder: HolderStatus {
            by: "host".into(),
            pid,
            running_since: "2026-11-22T06:25:01.594Z".to_owned(),
        },
        version: "0.1.0".to_owned(),
        tunnels: vec![],
    }
}

/// Answers a status by this process's id, and knows no tunnel.
fn serve(home: &Path, pid: u32) -> Server {
    let handler: Handler = Arc::new(move |request| {
        Box::pin(async move {
            match request {
                Request::Status => Answer::Status(process(pid)),
                Request::Join { .. }
                | Request::Leave
                | Request::Set { .. }
                | Request::Rename { .. }
                | Request::ChangeProtocol { .. }
                | Request::ChangeTarget { .. } => Answer::Done,
                Request::Start { .. } | Request::Stop { .. } => Answer::Refused {
                    why: Refusal::UnknownTunnel,
                },
            }
        })
    });
    Server::start(home, handler).expect("it listens")
}

fn ask(peer: &Peer, request: &Request) -> Result<Answer, AskError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(peer.ask(request, LONG))
}

fn only_peer(home: &Path) -> Peer {
    let [peer] = peers(home).try_into().expect("there is one");
    peer
}

fn sockets(home: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(home.join(FOLDER)).expect("there");
    entries
        .map(|entry| entry.expect("readable").path())
        .collect()
}

#[test]
fn each_process_answers_for_itself_until_it_ends() {
    let home = tempfile::tempdir().expect("a folder");
    let (first, _second) = (serve(home.path(), 1), serve(home.path(), 2));
    let pids = |home: &Path| -> Vec<u32> {
        let answers = peers(home)
            .into_iter()
            .map(|peer| ask(&peer, &Request::Status));
        let mut pids: Vec<u32> = answers
            .map(|answer| match answer.expect("it answers") {
                Answer::Status(process) => process.holder.pid,
                other => panic!("{other:?}"),
            })
            .collect();
        pids.sort_unstable();
        pids
    };
    assert_eq!(pids(home.path()), [1, 2]);
    drop(first);
    assert_eq!(pids(home.path()), [2]);
    assert_eq!(sockets(home.path()).len(), 1, "its socket is gone with it");
}

#[test]
fn nobody_but_the_homes_user_gets_to_a_socket() {
    let home = tempfile::tempdir().expect("a folder");
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    let folder = home.path().join(FOLDER);
    fs::create_dir(&folder).expect("made");
    fs::set_permissions(&folder, PermissionsExt::from_mode(0o777)).expect("opened");
    let _server = serve(home.path(), 1);
    assert_eq!(mode(&folder), 0o700, "also one that was open");
    let [socket] = sockets(home.path()).try_into().expect("one socket");
    assert_eq!(mode(&socket), 0o600);
}

#[test]
fn what_dead_processes_left_is_ignored_and_then_swept() {
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join(FOLDER);
    fs::create_dir(&folder).expect("made");
    let left = folder.join("4711-00000000.sock");
    drop(UnixListener::bind(&left).expect("bound"));
    let gone = ask(&only_peer(home.path()), &Request::Status);
    assert!(matches!(gone, Err(AskError::Gone)), "{gone:?}");
    assert!(left.exists(), "who only asks removes nothing");
    // Somebody listens there and has no time to accept.
    let busy = folder.join("4712-00000000.sock");
    let _listens = UnixListener::bind(&busy).expect("bound");
    let _server = serve(home.path(), 1);
    assert!(!left.exists());
    assert!(busy.exists());
}

#[test]
fn a_home_with_a_long_path_has_a_channel_too() {
    let root = tempfile::tempdir().expect("a folder");
    let home = root.path().join("x".repeat(90)).join("y".repeat(90));
    fs::create_dir_all(&home).expect("made");
    let _server = serve(&home, 7);
    let answer = ask(&only_peer(&home), &Request::Status).expect("it answers");
    assert_eq!(answer, Answer::Status(process(7)));
}

#[test]
fn what_is_no_request_gets_a_word_and_costs_nothing() {
    let home = tempfile::tempdir().expect("a folder");
    let _server = serve(home.path(), 1);
    let [socket] = sockets(home.path()).try_into().expect("one socket");
    let say = |bytes: &[u8]| {
        let mut stream = UnixStream::connect(&socket).expect("it listens");
        stream.set_read_timeout(Some(LONG)).expect("set");
        // It may have heard enough before the end.
        let _ = stream.write_all(bytes);
        let mut said = String::new();
        let _ = stream.read_to_string(&mut said);
        said
    };
    assert!(say(b"GET / HTTP/1.1\r\n").contains("malformed"));
    assert!(say(b"{\"v\":9}\n").contains("version"));
    say(&vec![b'x'; 1_000_000]);
    let unknown = Request::Stop {
        tunnel: TunnelId::new("web").expect("an id"),
    };
    let why = Refusal::UnknownTunnel;
    let answer = ask(&only_peer(home.path()), &unknown).expect("it answers still");
    assert_eq!(answer, Answer::Refused { why });
}

#[test]
fn silent_clients_hold_a_place_for_a_short_time_alone() {
    let home = tempfile::tempdir().expect("a folder");
    let server = serve(home.path(), 1);
    let [socket] = sockets(home.path()).try_into().expect("one socket");
    let connect = |_| UnixStream::connect(&socket).expect("it listens");
    let silent: Vec<UnixStream> = (0..MAX_CONNECTIONS).map(connect).collect();
    let begun = Instant::now();
    ask(&only_peer(home.path()), &Request::Status).expect("it answers after them");
    assert!(begun.elapsed() < REQUEST_WITHIN * 3);
    drop(server);
    drop(silent);
}
