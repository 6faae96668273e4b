//! The example scripts host a service and hand on its URL.

use super::commands::is_understood;
use super::root;
use super::runner::{Place, service, visit};
use std::fs;
use std::net::TcpListener;

/// Runs a script whose command writes the URL down and waits for a line, so that the URL is visited while
/// it is hosted.
fn hosts_while_its_command_runs(script: &str) {
    let place = Place::new();
    let script = root().join("docs/examples").join(script);
    let port = service();
    // The command's last word is the URL; it goes on once it is told to.
    let command = "bash -c 'echo \"visit $1\"; read -r go' command";
    let running = place.start(&format!("'{}' {port} {command}", script.display()));
    let url = running.word(&["http://"]);
    assert!(visit(&url).ends_with("hello"), "{url}");
    assert_eq!(running.go_on(), Some(0));
    let at = url
        .rsplit(':')
        .next()
        .expect("a port")
        .trim_end_matches('/');
    let port: u16 = at.parse().expect("a port");
    let free = TcpListener::bind(("127.0.0.1", port));
    assert!(free.is_ok(), "the relay of the host is still there");
}

#[test]
fn the_bash_example_hosts_while_its_command_runs() {
    hosts_while_its_command_runs("with-url.sh");
}

#[test]
fn the_python_example_hosts_while_its_command_runs() {
    hosts_while_its_command_runs("with_url.py");
}

#[test]
fn the_workflow_s_commands_are_understood() {
    let place = Place::new();
    let path = root().join("docs/examples/github-actions.yml");
    let text = fs::read_to_string(path).expect("it is there");
    let mut seen = 0;
    for line in text.lines() {
        if let Some((_, words)) = line.split_once("coproc underpass ") {
            assert_eq!(
                is_understood(&place, &words.replace("${{ github.run_id }}", "1")),
                Ok(())
            );
            seen += 1;
        }
    }
    assert_eq!(seen, 1);
}
