//! What the documents type for bore, localtunnel and SSH, with the names of servers that are these here.

use super::commands::typed_with;
use super::runner::{Place, Running, SECRET, service, visit, visit_at};
use crate::support::bore::BoreServer;
use crate::support::localtunnel::NpmServer;
use crate::support::not_tested::not_tested;
use crate::support::sshd::Sshd;
use std::fs;
use std::net::TcpListener;

/// Each word that begins so, or that is this, put in.
fn put_in(line: &str, words: &[(&str, &str)]) -> String {
    words
        .iter()
        .fold(line.to_owned(), |line, (from, to)| line.replace(from, to))
}

/// Served at the URL that it prints, until Ctrl-C.
fn serves(host: Running, line: &str, visit: impl Fn(&str) -> String) {
    let url = host.word(&["http://", "https://", "tcp://"]);
    let page = visit(&url);
    assert!(
        page.contains(" 200 ") && page.ends_with("hello"),
        "{line}: {page}"
    );
    assert_eq!(host.stop(), Some(0), "{line}");
}

#[test]
fn a_bore_server_is_hosted_through() {
    let lines = typed_with("--provider bore");
    for line in &lines {
        let secret = line.contains("BORE_SECRET").then_some(SECRET);
        let server = BoreServer::start(secret);
        let (port, address) = (service().to_string(), server.address.to_string());
        let free = TcpListener::bind((server.address, 0)).expect("a free port");
        let public = format!("remote-port={}", free.local_addr().expect("bound").port());
        drop(free);
        let line = put_in(
            line,
            &[
                ("host 3000", &format!("host {port}")),
                ("host 5432", &format!("host {port}")),
                ("BORE_SECRET=…", &format!("BORE_SECRET={SECRET}")),
                ("bore.example.org", &address),
                ("remote-port=9000", &public),
            ],
        );
        let place = Place::new();
        serves(place.start_as_typed(&line), &line, visit);
    }
    assert!(lines.len() > 3, "{lines:?}: the commands are found no more");
}

#[test]
fn a_localtunnel_server_is_hosted_through() {
    let lines = typed_with("--provider localtunnel");
    assert!(lines.len() > 1, "{lines:?}: the commands are found no more");
    for line in &lines {
        let Some(server) = NpmServer::start() else {
            return not_tested("npm's localtunnel is not installed: see tests/localtunnel/install");
        };
        let (port, url) = (service().to_string(), format!("server={}", server.url()));
        let mut line = put_in(
            line,
            &[
                ("host 3000", &format!("host {port}")),
                ("server=https://lt.example.org", &url),
            ],
        );
        if !line.contains(&url) {
            // The public server's place is taken by this one.
            line = format!("{line} --set {url}");
        }
        let place = Place::new();
        serves(place.start_as_typed(&line), &line, |url| {
            visit_at(&server.place(), url)
        });
    }
}

#[test]
fn a_server_of_ssh_is_hosted_through() {
    if !Sshd::is_there() {
        return not_tested("hosting through sshd: openssh-server is not installed");
    }
    let lines = typed_with("--set server=ssh://");
    assert!(!lines.is_empty(), "the commands are found no more");
    for line in &lines {
        let (sshd, place) = (Sshd::start(""), Place::new());
        let keys = place.home().join(".ssh");
        fs::create_dir(&keys).expect("made");
        fs::copy(sshd.path("id"), keys.join("id_ed25519")).expect("a copy");
        fs::copy(sshd.path("known_hosts"), keys.join("known_hosts")).expect("a copy");
        let port = service().to_string();
        let line = put_in(
            line,
            &[
                ("host 3000", &format!("host {port}")),
                ("ssh://anna@example.org", &sshd.url()),
            ],
        );
        serves(place.start_as_typed(&line), &line, visit);
    }
}
