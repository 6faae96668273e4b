//! What the program may take of the machine, and what strangers may take of the program.

#[cfg(target_os = "linux")]
use super::kit::Service;
use super::kit::{Home, Running};
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
#[cfg(target_os = "linux")]
use std::process::Command;

const RELAY: [&str; 8] = [
    "relay",
    "--listen",
    "127.0.0.1:0",
    "--http",
    "127.0.0.1:0",
    "--tcp-ports",
    "0-0",
    "--json",
];

/// The same command, under a limit in the words of `ulimit`.
#[cfg(target_os = "linux")]
fn limited(plain: &Command, limit: &str) -> Command {
    let mut limited = Command::new("sh");
    let script = format!("ulimit {limit}; exec \"$0\" \"$@\"");
    limited
        .args(["-c", &script])
        .arg(plain.get_program())
        .args(plain.get_args());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    limited
}

/// Shells and service managers give few open files, and let a program have more if it asks.
#[cfg(target_os = "linux")]
#[test]
fn as_many_files_may_be_open_as_the_system_allows() {
    let home = Home::empty();
    let mut limited = limited(&home.command(&RELAY), "-S -n 256");
    let mut relay = Running::start(&mut limited);
    relay.wait_for(&json!({"event": "listening"}));
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", relay.pid()));
    let limits = limits.expect("it runs");
    let files = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let words: Vec<&str> = files.expect("it is told").split_whitespace().collect();
    let (soft, hard) = (words[3], words[4]);
    assert!(soft != "256", "{words:?}");
    // Some systems allow more than anybody needs.
    assert!(soft == hard || soft == (1 << 20).to_string(), "{words:?}");
}

/// Visitors take what there is of files, and leave enough for the program's own.
#[cfg(target_os = "linux")]
#[test]
fn at_the_limit_of_open_files_the_audit_log_keeps_its_lines() {
    let (home, service) = (Home::new(), Service::start("it"));
    let target = service.target();
    let words = ["host", &target, "--protocol", "tcp", "--json", "--control"];
    let mut host = Running::start(&mut limited(&home.command(&words), "-n 256"));
    let url = host.url();
    host.health("operational");
    let public = url.strip_prefix("tcp://").expect("a raw one");
    let visitors: Vec<TcpStream> = (0..400)
        .filter_map(|_| TcpStream::connect(public).ok())
        .collect();
    assert!(visitors.len() > 200, "{}", visitors.len());
    let full = visitors.iter().filter(|visitor| {
        let mut visitor = *visitor;
        // Whoever is turned away sees the end, everybody else waits.
        visitor.set_nonblocking(true).is_ok()
            && !matches!(visitor.read(&mut [0]), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
    });
    assert!(full.count() > 0, "the limit is reached");
    let id = format!("port-{}", service.port());
    host.put(&format!("reconnect {id}"));
    host.state("reconnecting");
    host.state("hosting");
    host.put(&format!("stop {id}"));
    host.state("stopped");
    host.put("quit");
    host.end().expect(0);
    let records = home.run(&["audit", "--json"]).expect(0).json();
    let kinds: Vec<_> = records
        .iter()
        .map(|record| record["kind"].clone())
        .collect();
    let expected = [
        "tunnel.up",
        "tunnel.manual_reconnect",
        "tunnel.down",
        "tunnel.up",
        "tunnel.manual_stop",
        "tunnel.down",
    ];
    assert_eq!(kinds, expected);
    home.run(&["audit", "--verify"]).expect(0);
}

#[test]
fn what_strangers_send_fills_no_log() {
    let home = Home::empty();
    let mut relay = home.start(&RELAY);
    let up = relay.wait_for(&json!({"event": "listening"}));
    let http = up["http"].as_str().expect("an address");
    let host = "\\\"\u{7f}".repeat(1_000);
    for _ in 0..50 {
        let mut visitor = TcpStream::connect(http).expect("it listens");
        let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        visitor.write_all(request.as_bytes()).expect("it reads");
        let mut answer = Vec::new();
        visitor.read_to_end(&mut answer).expect("it closes");
        assert!(answer.starts_with(b"HTTP/1.1 4"));
    }
    relay.signal("TERM");
    relay.end().expect(0);
    let logs = home.logs();
    assert!(logs.contains("relay is up"), "{logs}");
    assert!(logs.len() < 5_000, "{} bytes: {logs}", logs.len());
}

#[test]
fn the_doctor_begins_with_the_version_and_ends_with_the_sum() {
    let home = Home::new();
    let first = &home.run(&["doctor", "--json"]).json()[0];
    assert_eq!(
        (&first["check"], &first["status"]),
        (&json!("version"), &json!("ok"))
    );
    let ended = home.run(&["doctor"]);
    let lines: Vec<&str> = ended.out.lines().collect();
    assert!(lines[0].contains(env!("CARGO_PKG_VERSION")), "{lines:?}");
    let fine = lines.iter().filter(|line| line.starts_with('✓')).count();
    let sum = format!("Checks: {fine} fine, ");
    assert!(
        lines.last().is_some_and(|line| line.starts_with(&sum)),
        "{lines:?}"
    );
}

#[test]
fn the_doctor_and_the_help_tell_the_limits() {
    let home = Home::empty();
    let ended = home.run(&["doctor", "--json"]);
    for check in ["open-files", "relay-limits"] {
        let told = ended.json().into_iter().find(|line| line["check"] == check);
        assert!(told.is_some_and(|line| line["status"] == "ok" || check == "open-files"));
    }
    let help = home.run(&["relay", "--help"]).expect(0).out;
    assert!(help.contains("Limits:") && help.contains("--max-visitors-per-address"));
}
