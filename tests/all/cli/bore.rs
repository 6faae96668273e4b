//! `underpass host --provider bore` with the built binary, at the real server.

use super::kit::{Home, Running, Service, get};
use crate::support::bore::BoreServer;
use serde_json::json;

/// What is secret here; it is to be in nothing that is written.
const SECRET: &str = "corr3ct-horse";

struct Scene {
    home: Home,
    server: BoreServer,
    service: Service,
}

impl Scene {
    fn new(secret: Option<&str>) -> Self {
        let service = Service::start("hello");
        Self {
            home: Home::new(),
            server: BoreServer::start(secret),
            service,
        }
    }

    /// Hosts the service with these words beside, and this secret in the environment.
    fn host(&self, words: &[&str], secret: Option<&str>) -> Running {
        let (target, server) = (
            self.service.target(),
            format!("server={}", self.server.address),
        );
        let usual = [
            "host",
            &target,
            "--name",
            "web",
            "--provider",
            "bore",
            "--set",
            &server,
            "--json",
            "--control",
        ];
        let words: Vec<&str> = usual.iter().chain(words).copied().collect();
        let mut command = self.home.command(&words);
        command.env_remove("BORE_SECRET");
        Running::start(command.envs(secret.map(|secret| ("BORE_SECRET", secret))))
    }
}

#[test]
fn it_serves_says_that_it_is_not_encrypted_and_survives_a_restart_of_the_server() {
    let mut scene = Scene::new(Some(SECRET));
    let mut host = scene.host(&[], Some(SECRET));
    host.wait_for_error("doesn't encrypt");
    host.state("hosting");
    let url = host.url();
    host.health("operational");
    assert_eq!(get(&url), (200, "hello".to_owned()));
    scene.server.stop();
    host.state("reconnecting");
    scene.server.resume();
    host.state("hosting");
    host.health("operational");
    assert_eq!(get(&url), (200, "hello".to_owned()));
    host.put("reconnect web");
    host.state("hosting");
    host.put("stop web");
    host.state("stopped");
    host.put("quit");
    let ended = host.end().expect(0);
    let urls = ended
        .out
        .lines()
        .filter(|line| line.contains(r#""event":"url""#));
    let same = format!(r#""url":"{url}""#);
    assert!(
        urls.clone().all(|line| line.contains(&same)),
        "{}",
        ended.out
    );
    assert!(urls.count() > 0);
    for text in [
        &scene.home.logs(),
        &ended.out,
        &ended.err,
        &scene.home.read("audit.jsonl"),
    ] {
        assert!(!text.contains(SECRET));
    }
}

#[test]
fn a_secret_is_read_from_a_file_and_what_is_wrong_with_it_is_told() {
    let scene = Scene::new(Some(SECRET));
    for (text, state) in [(SECRET, "hosting"), ("wrong", "failed")] {
        scene.home.write("secret", text);
        let file = format!("secret=@{}", scene.home.path().join("secret").display());
        let mut host = scene.host(&["--set", &file], None);
        let told = host.state(state);
        if state == "failed" {
            assert_eq!(told["reason"], json!("options-invalid"));
            let detail = told["detail"].as_str().expect("it says which");
            assert!(
                detail.starts_with("secret: ") && !detail.contains("wrong"),
                "{detail}"
            );
        }
        host.put("quit");
        host.end();
    }
}

#[test]
fn what_it_offers_is_listed_and_what_it_has_not_is_refused() {
    let home = Home::new();
    let listed = home.run(&["providers", "bore", "--json"]).expect(0).json();
    assert_eq!(listed[0]["encrypted"], json!(false));
    let told = home.run(&["providers", "bore"]).expect(0).out;
    assert!(told.contains("doesn't encrypt"), "{told}");
    for (words, said) in [
        (&["--set", "server=http://bore.pub"][..], "HOST[:PORT]"),
        (&["--set", "remote-port=0"], "1-65535"),
        (&["--set", "secret=typed"], "@FILE"),
        (&["--public"], "--public"),
        (&["--host-header", "local"], "bore"),
    ] {
        let usual = ["host", "3000", "--provider", "bore"];
        let words: Vec<&str> = usual.iter().chain(words).copied().collect();
        let ended = home.run(&words).expect(2);
        assert!(ended.err.contains(said), "{words:?}: {}", ended.err);
    }
}
