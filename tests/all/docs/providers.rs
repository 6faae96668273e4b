//! What the documents type for each provider, with the names of servers that are here; where a service and
//! its program are others', at a stand-in for them.

use super::commands::{first_of_each_choice, typed_with};
use super::runner::{Place, Running, SECRET, service, visit, visit_at};
use crate::support::bore::BoreServer;
use crate::support::cloudflared::{self, NAMED};
use crate::support::localtunnel::NpmServer;
use crate::support::ngrok::Edge;
use crate::support::not_tested::not_tested;
use crate::support::sshd::Sshd;
use crate::support::tailscale;
use std::fs;
use std::net::TcpListener;
use std::path::Path;

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

/// What somebody else serves is a service that is here: its URL is said, and it is watched, not served.
#[test]
fn a_url_of_somebody_else_is_watched() {
    let lines = typed_with("--provider manual");
    assert!(!lines.is_empty(), "the commands are found no more");
    for line in &lines {
        let url = format!("http://localhost:{}/", service());
        let line = put_in(line, &[("https://app.example.org/", &url)]);
        let place = Place::new();
        let host = place.start_as_typed(&format!("{line} --json"));
        let found = host.word(&["http://"]);
        assert_eq!(found, url, "{line}");
        host.word(&["operational"]);
        assert_eq!(host.stop(), Some(0), "{line}");
    }
}

/// Hosts at a program that serves nobody: its URL, and that Ctrl-C ends it.
fn is_hosted(place: &Place, line: &str, url: &str) {
    let line = first_of_each_choice(line);
    let host = place.start_as_typed(&format!("{line} --probe off"));
    let found = host.word(&["https://", "tls://", "tcp://"]);
    assert!(found.starts_with(url), "{line}: {found}");
    assert_eq!(host.stop(), Some(0), "{line}");
}

fn with_program(name: &str, program: &Path) -> Place {
    let place = Place::new();
    std::os::unix::fs::symlink(program, place.home().join("bin").join(name)).expect("linked");
    place
}

#[tokio::test(flavor = "multi_thread")]
async fn cloudflared_is_run() {
    let lines = typed_with("--provider cloudflared");
    assert!(lines.len() > 3, "{lines:?}: the commands are found no more");
    for line in &lines {
        let stand_in = cloudflared::StandIn::start().await;
        let place = with_program("cloudflared", &stand_in.program());
        let is_named = line.contains("hostname=");
        if is_named {
            stand_in.says(NAMED);
        }
        // `@FILE` is a token, `=FILE` what `cloudflared tunnel create` wrote.
        let token = "eyJhIjoiYWNjb3VudCIsInQiOiJ0dW5uZWwiLCJzIjoic2VjcmV0In0";
        let credentials = r#"{"AccountTag":"a","TunnelSecret":"c2VjcmV0","TunnelID":"6ff42ae2-765d-4adf-8112-31c55c1551ef"}"#;
        let is_token = line.contains("@FILE");
        let text = if is_token { token } else { credentials };
        fs::write(place.home().join("work/file"), text).expect("written");
        let line = put_in(line, &[("FILE", "file")]);
        let url = if is_named {
            "https://app.example.org"
        } else {
            "https://calm-river-1."
        };
        tokio::task::spawn_blocking(move || is_hosted(&place, &line, url))
            .await
            .expect("it is hosted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tailscale_is_run() {
    let lines = typed_with("--provider tailscale");
    assert!(lines.len() > 2, "{lines:?}: the commands are found no more");
    for line in lines {
        let stand_in = tailscale::StandIn::start();
        let place = with_program("tailscale", &stand_in.program());
        let url = if line.contains("tcp") {
            "tcp://box.tail1234.ts.net:443"
        } else {
            "https://box.tail1234.ts.net"
        };
        tokio::task::spawn_blocking(move || is_hosted(&place, &line, url))
            .await
            .expect("it is hosted");
    }
}

/// The two lines of the README follow each other: the token that is typed is the one that hosts.
#[tokio::test(flavor = "multi_thread")]
async fn ngrok_s_account_is_added_and_hosts() {
    let edge = Edge::start().await;
    edge.open_door().await;
    let (server, authority) = (format!("localhost:{}", edge.port()), edge.authority.clone());
    let lines = [
        typed_with("account add ngrok"),
        typed_with("--provider ngrok"),
    ]
    .concat();
    assert!(lines.len() > 1, "{lines:?}: the commands are found no more");
    tokio::task::spawn_blocking(move || {
        let mut place = Place::new();
        let authority_file = place.home().join("edge.pem");
        fs::write(&authority_file, authority).expect("written");
        place.set("UNDERPASS_NGROK_SERVER", &server);
        place.set("UNDERPASS_NGROK_CA", &authority_file.display().to_string());
        for line in &lines {
            if line.contains("account add") {
                let added = place.finish(&format!("echo {SECRET} | {line}"));
                assert!(added.status.success(), "{line}: {added:?}");
            } else {
                let port = service().to_string();
                let line = put_in(line, &[("host 3000", &format!("host {port}"))]);
                serves(place.start_as_typed(&line), &line, visit);
            }
        }
    })
    .await
    .expect("it is hosted");
    let asked = edge.asked("auth");
    assert_eq!(asked[0].at("/Extra/AuthToken"), SECRET);
}
