//! Tests of the one instance: second starts, crashes, strangers at the socket.

use super::*;
use proptest::prelude::*;
use std::sync::mpsc;

const LONG: Duration = Duration::from_secs(20);

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn second(dir: &Path) -> AlreadyRunning {
    match Instance::acquire(dir) {
        Err(AcquireError::AlreadyRunning(other)) => other,
        other => panic!("{other:?}"),
    }
}

fn endpoint(dir: &Path) -> Endpoint {
    let text = fs::read(dir.join(ENDPOINT)).expect("there");
    serde_json::from_slice(&text).expect("an endpoint")
}

#[test]
fn a_second_start_raises_the_first() {
    let dir = folder();
    let first = Instance::acquire(dir.path()).expect("the first");
    let (rang, rings) = mpsc::channel();
    first.on_raise(move || rang.send(()).expect("the test listens"));
    for _ in 0..3 {
        second(dir.path()).raise().expect("it answers");
        rings.recv_timeout(LONG).expect("it is told");
    }
    drop(first);
    Instance::acquire(dir.path()).expect("free again");
}

#[test]
fn a_raise_that_comes_before_there_is_a_window_is_not_lost() {
    let dir = folder();
    let first = Instance::acquire(dir.path()).expect("the first");
    second(dir.path()).raise().expect("it answers");
    let (rang, rings) = mpsc::channel();
    // The answer goes out before the raise; a second one comes after it.
    second(dir.path()).raise().expect("it answers");
    first.on_raise(move || rang.send(()).expect("the test listens"));
    rings.recv_timeout(LONG).expect("it is told");
}

#[test]
fn what_a_crash_left_is_in_nobodys_way() {
    let dir = folder();
    for left in ["", "garbage", r#"{"port":1,"secret":"old"}"#] {
        fs::write(dir.path().join(LOCK), "12345").expect("written");
        fs::write(dir.path().join(ENDPOINT), left).expect("written");
        let first = Instance::acquire(dir.path()).expect("the first");
        first.on_raise(|| {});
        second(dir.path()).raise().expect("it answers");
    }
    assert!(!dir.path().join(ENDPOINT).exists(), "nothing stays behind");
}

#[test]
fn a_first_that_never_answers_is_given_up() {
    let dir = folder();
    let lock = File::create(dir.path().join(LOCK)).expect("made");
    lock.lock().expect("locked");
    let never = second(dir.path());
    let start = Instant::now();
    assert!(never.raise().is_err());
    assert!(start.elapsed() < RETRY_LIMIT + ANSWER_LIMIT);
}

#[test]
fn who_keeps_others_away_for_a_moment_is_waited_for() {
    let dir = folder();
    let moment = Instance::keep_away(dir.path()).expect("nobody is there");
    std::thread::scope(|scope| {
        let start = scope.spawn(|| Instance::acquire(dir.path()));
        drop(moment);
        let first = start.join().expect("no panic").expect("it has waited");
        first.on_raise(|| {});
        let app = Instance::keep_away(dir.path());
        assert!(matches!(app, Err(AcquireError::AlreadyRunning(_))));
    });
}

#[cfg(unix)]
#[test]
fn the_secret_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = folder();
    let _first = Instance::acquire(dir.path()).expect("the first");
    let data = fs::metadata(dir.path().join(ENDPOINT)).expect("there");
    assert_eq!(data.permissions().mode() & 0o777, 0o600);
}

#[test]
fn strangers_raise_nothing_and_stop_nobody() {
    let dir = folder();
    let first = Instance::acquire(dir.path()).expect("the first");
    let (rang, rings) = mpsc::channel();
    first.on_raise(move || rang.send(()).expect("the test listens"));
    let endpoint = endpoint(dir.path());
    let visit = |bytes: &[u8]| {
        let mut peer = TcpStream::connect(loopback(endpoint.port)).expect("it listens");
        let _ = peer.write_all(bytes);
        peer
    };
    let almost = &endpoint.secret[..31];
    visit(format!("{almost}\n").as_bytes());
    visit(format!("{}x\n", endpoint.secret).as_bytes());
    visit(b"\n");
    visit(&vec![b'x'; 1 << 20]);
    visit(b"GET / HTTP/1.1\r\n\r\n");
    // Says nothing, and stays.
    let _silent = visit(almost.as_bytes());
    second(dir.path()).raise().expect("it answers all the same");
    rings.recv_timeout(LONG).expect("it is told");
    assert!(rings.try_recv().is_err(), "once");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_bytes_are_borne(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let listener = TcpListener::bind(loopback(0)).expect("bound");
        let address = listener.local_addr().expect("bound");
        let mut stranger = TcpStream::connect(address).expect("connected");
        let (peer, _) = listener.accept().expect("accepted");
        stranger.write_all(&bytes).expect("small");
        stranger.shutdown(std::net::Shutdown::Write).expect("open");
        prop_assert!(!matches!(answer(&peer, "the secret"), Ok(true)));
    }
}
