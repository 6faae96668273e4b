//! `underpass host --provider localtunnel` with the built binary, at npm's own server.

use super::kit::{Home, Running, Service};
use crate::support::localtunnel::{DOMAIN, NpmServer};
use crate::support::not_tested::not_tested;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

/// What a visitor of a name gets: no resolver knows its domain.
fn visit(server: &NpmServer, name: &str) -> String {
    let mut visitor = TcpStream::connect(server.place()).expect("it accepts");
    let request = format!("GET / HTTP/1.1\r\nHost: {name}.{DOMAIN}\r\nConnection: close\r\n\r\n");
    visitor.write_all(request.as_bytes()).expect("it is open");
    let mut answer = String::new();
    visitor.read_to_string(&mut answer).expect("text");
    answer
}

#[test]
fn it_serves_and_survives_a_restart_of_the_server_under_the_same_name() {
    let Some(mut server) = NpmServer::start() else {
        return not_tested("npm's localtunnel is not installed: see tests/localtunnel/install");
    };
    let (home, service) = (Home::new(), Service::start("hello"));
    let (target, at) = (service.target(), format!("server={}", server.url()));
    let words = [
        "host",
        &target,
        "--name",
        "web",
        "--provider",
        "localtunnel",
        "--set",
        &at,
        "--set",
        "subdomain=my-name",
        "--probe",
        "off",
        "--json",
        "--control",
    ];
    let mut host = Running::start(&mut home.command(&words));
    host.wait_for_error("doesn't encrypt");
    host.state("hosting");
    assert_eq!(host.url(), format!("http://my-name.{DOMAIN}"));
    assert!(visit(&server, "my-name").contains("hello"));
    server.stop();
    host.state("reconnecting");
    server.resume();
    host.state("hosting");
    assert!(visit(&server, "my-name").contains("hello"));
    host.put("stop web");
    host.state("stopped");
    host.put("quit");
    host.end().expect(0);
}

#[test]
fn what_it_has_not_is_refused() {
    let home = Home::new();
    for (words, said) in [
        (&["--set", "server=localtunnel.me"][..], "https://HOST"),
        (&["--set", "subdomain=My Name"], "4-63"),
        (&["--protocol", "tcp"], "carries no tcp"),
    ] {
        let usual = ["host", "3000", "--provider", "localtunnel"];
        let words: Vec<&str> = usual.iter().chain(words).copied().collect();
        let ended = home.run(&words).expect(2);
        assert!(ended.err.contains(said), "{words:?}: {}", ended.err);
    }
}
