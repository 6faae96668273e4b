//! `underpass host --provider ssh` with the built binary, at OpenSSH's own server on loopback.

use super::kit::{Home, Running, Service, get};
use crate::support::not_tested::not_tested;
use crate::support::sshd::{Sshd, wait_until_free};
use serde_json::json;

/// A home, a server and a service; none where the server is not installed.
struct Scene {
    home: Home,
    sshd: Sshd,
    service: Service,
}

impl Scene {
    fn new() -> Option<Self> {
        if !Sshd::is_there() {
            not_tested("hosting through sshd: openssh-server is not installed");
            return None;
        }
        Some(Self {
            home: Home::new(),
            sshd: Sshd::start(""),
            service: Service::start("hello"),
        })
    }

    /// Hosts the service with these options.
    fn host(&self, options: &[String]) -> Running {
        let target = self.service.target();
        let usual = [
            "host",
            &target,
            "--name",
            "web",
            "--provider",
            "ssh",
            "--json",
            "--control",
        ];
        let set = options.iter().flat_map(|option| ["--set", option]);
        let words: Vec<&str> = usual.into_iter().chain(set).collect();
        Running::start(self.home.command(&words).env_remove("SSH_AUTH_SOCK"))
    }

    /// The server, who one is there, and this.
    fn options(&self, more: &[&str]) -> Vec<String> {
        let mut options = vec![
            format!("server={}", self.sshd.url()),
            format!("identity={}", self.sshd.path("id").display()),
        ];
        options.extend(more.iter().map(|option| (*option).to_owned()));
        options
    }

    fn known(&self) -> String {
        format!("known-hosts={}", self.sshd.path("known_hosts").display())
    }
}

fn port(url: &str) -> u16 {
    let port = url.trim_end_matches('/').rsplit(':').next();
    port.and_then(|port| port.parse().ok()).expect(url)
}

#[test]
fn it_serves_survives_a_drop_at_the_same_url_and_stops() {
    let Some(scene) = Scene::new() else { return };
    let known = scene.known();
    let mut host = scene.host(&scene.options(&[&known]));
    host.state("hosting");
    let url = host.url();
    host.health("operational");
    assert_eq!(get(&url), (200, "hello".to_owned()));
    scene.sshd.kill();
    let lost = host.wait_for(&json!({"event": "state", "reason": "link-lost"}));
    assert_ne!(lost["state"], json!("hosting"));
    host.state("hosting");
    host.health("operational");
    assert_eq!(get(&url), (200, "hello".to_owned()));
    host.put("stop web");
    host.state("stopped");
    wait_until_free(port(&url));
    host.put("quit");
    host.end().expect(0);
}

#[test]
fn a_server_that_nobody_knows_is_told_with_its_key_and_taken_once_that_is_set() {
    let Some(scene) = Scene::new() else { return };
    scene.home.write("empty", "");
    let known = format!("known-hosts={}", scene.home.path().join("empty").display());
    let mut host = scene.host(&scene.options(&[&known]));
    let told = host.state("failed");
    assert_eq!(told["reason"], json!("host-key-unknown"), "{told}");
    let fingerprint = scene.sshd.fingerprint();
    assert!(told.to_string().contains(&fingerprint), "{told}");
    host.put("quit");
    host.end();
    assert_eq!(scene.home.read("empty"), "", "it is never written");
    let pin = format!("host-key={fingerprint}");
    let mut host = scene.host(&scene.options(&[&known, &pin]));
    host.state("hosting");
    host.put("quit");
    host.end().expect(0);
}

#[test]
fn a_server_is_named_or_there_is_a_sentence() {
    let Some(scene) = Scene::new() else { return };
    let mut host = scene.host(&["remote-port=8080".to_owned()]);
    let told = host.state("failed");
    assert_eq!(told["reason"], json!("options-invalid"));
    host.put("quit");
    host.end();
}
