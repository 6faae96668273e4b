//! `underpass host --provider ngrok` with the built binary, at an edge on loopback.

use super::kit::{Home, Running, Service, get};
use crate::support::ngrok::{Edge, STOP};
use serde_json::{Value, json};
use std::process::Command;

/// What is secret here; it is to be in nothing that is written.
const TOKEN: &str = "2t0kenOfThisTest";
const PASSWORD: &str = "corr3ct-horse";

/// A home, and an edge that lets visitors in.
struct Scene {
    home: Home,
    edge: Edge,
    service: Service,
}

impl Scene {
    async fn new() -> Self {
        let edge = Edge::start().await;
        edge.open_door().await;
        let home = Home::new();
        home.write("edge.pem", &edge.authority);
        Self {
            home,
            edge,
            service: Service::start("hello"),
        }
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = self.home.command(words);
        command
            .env(
                "UNDERPASS_NGROK_SERVER",
                format!("localhost:{}", self.edge.port()),
            )
            .env("UNDERPASS_NGROK_CA", self.home.path().join("edge.pem"))
            .env_remove("NGROK_AUTHTOKEN");
        command
    }

    /// Hosts the service with these words beside, and the token in the environment.
    fn host(&self, words: &[&str]) -> Running {
        let target = self.service.target();
        let usual = [
            "host",
            &target,
            "--name",
            "web",
            "--provider",
            "ngrok",
            "--json",
            "--control",
        ];
        let words: Vec<&str> = usual.iter().chain(words).copied().collect();
        Running::start(self.command(&words).env("NGROK_AUTHTOKEN", TOKEN))
    }

    /// Hosts with this in the environment until it is up and this is told: what was said beside the
    /// lines.
    fn hosted_with(&self, token: Option<&str>, told: &str) -> String {
        let target = self.service.target();
        let words = [
            "host",
            &target,
            "--provider",
            "ngrok",
            "--json",
            "--control",
        ];
        let mut command = self.command(&words);
        let mut host = Running::start(command.envs(token.map(|it| ("NGROK_AUTHTOKEN", it))));
        host.state("hosting");
        if !told.is_empty() {
            host.wait_for_error(told);
        }
        host.put("quit");
        host.end().expect(0).err
    }

    /// The kinds of the audit log's records, each with its reason.
    fn audit(&self) -> Vec<(String, String)> {
        let records = self.home.run(&["audit", "--json"]).expect(0).json();
        let verdict = self
            .home
            .run(&["audit", "--verify", "--json"])
            .expect(0)
            .json();
        assert_eq!(verdict[0]["ok"], json!(true));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let of = |record: &Value| {
            assert_eq!(record["provider"], json!("ngrok"), "{record}");
            (text(&record["kind"]), text(&record["reason"]))
        };
        records.iter().map(of).collect()
    }

    /// Nothing secret is in what was written.
    fn keeps_secrets(&self, said: &str) {
        let logs = self.home.logs();
        assert!(!logs.is_empty());
        for text in [
            &logs,
            said,
            &self.home.read("audit.jsonl"),
            &self.home.read("tunnels.json"),
        ] {
            assert!(!text.contains(TOKEN) && !text.contains(PASSWORD));
        }
    }
}

fn kinds(records: &[(String, String)]) -> Vec<&str> {
    records.iter().map(|(kind, _)| kind.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_serves_and_survives_a_drop_with_the_same_url() {
    let scene = Scene::new().await;
    let mut host = scene.host(&[]);
    host.state("hosting");
    let url = host.url();
    host.health("operational");
    assert_eq!(get(&url), (200, "hello".to_owned()));
    scene.edge.session(1).await.cut();
    host.state("hosting");
    assert_eq!(get(&url), (200, "hello".to_owned()));
    assert_eq!(scene.edge.asked("bind")[1].at("/Id"), "e1", "it is resumed");
    host.put("reconnect web");
    host.state("hosting");
    host.put("stop web");
    host.state("stopped");
    scene.edge.was_asked("unbind", 1).await;
    host.put("quit");
    let ended = host.end().expect(0);
    let told = ended
        .out
        .lines()
        .filter(|line| line.contains(r#""event":"url""#));
    let same = format!(r#""url":"{url}""#);
    assert!(
        told.clone().all(|line| line.contains(&same)),
        "{}",
        ended.out
    );
    assert!(told.count() > 0);
    let records = scene.audit();
    let (up, down) = ("tunnel.up", "tunnel.down");
    assert_eq!(
        kinds(&records),
        [
            up,
            down,
            up,
            "tunnel.manual_reconnect",
            down,
            up,
            "tunnel.manual_stop",
            down
        ]
    );
    assert_eq!(records[1].1, "dropped");
    scene.keeps_secrets(&ended.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_refused_is_told_at_once_and_not_tried_again() {
    let scene = Scene::new().await;
    scene
        .edge
        .refuse(|asked| (asked.what == "auth").then_some("ERR_NGROK_107"));
    let mut host = scene.host(&[]);
    let told = host.state("sign-in");
    assert_eq!(told["reason"], json!("token-invalid"));
    let detail = told["detail"].as_str().expect("it says why");
    assert!(detail.contains("ERR_NGROK_107"), "{detail}");
    // It would come back by itself, were it one of those: attempts are a tenth of a second apart here.
    host.put("host web");
    host.state("sign-in");
    host.put("quit");
    let ended = host.end();
    assert_eq!(
        scene.edge.asked("auth").len(),
        1,
        "the very token was refused"
    );
    assert_eq!(kinds(&scene.audit())[0], "tunnel.start_failed");
    scene.keeps_secrets(&ended.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_dead_is_noticed_and_replaced() {
    let scene = Scene::new().await;
    // What moves is alive, and a probe's bytes move too.
    let mut host = scene.host(&["--probe", "off"]);
    host.state("hosting");
    scene.edge.be_deaf();
    let lost = host.wait_for(&json!({"event": "state", "reason": "link-silent"}));
    assert_ne!(lost["state"], json!("hosting"));
    scene.edge.found(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_of_the_edge_to_stop_is_followed() {
    let scene = Scene::new().await;
    let mut host = scene.host(&[]);
    host.state("hosting");
    scene.edge.session(1).await.command(STOP).await;
    host.wait_for(&json!({"event": "state", "state": "failed"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_chosen_gets_there_and_what_is_secret_nowhere_else() {
    let scene = Scene::new().await;
    scene.home.write("password", &format!("anna:{PASSWORD}\n"));
    let file = scene.home.path().join("password");
    let auth = format!("basic-auth=@{}", file.display());
    let mut host = scene.host(&["--set", "domain=app.example.org", "--set", &auth]);
    host.state("hosting");
    let asked = scene.edge.asked("bind")[0].clone();
    assert_eq!(asked.at("/Opts/Domain"), "app.example.org");
    assert!(asked.at("/Opts/TrafficPolicy").contains(PASSWORD));
    host.put("quit");
    let ended = host.end().expect(0);
    scene.keeps_secrets(&ended.out);
    scene.keeps_secrets(&ended.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_tunnel_of_another_provider_is_not_hosted_as_if_it_were_of_this_one() {
    let scene = Scene::new().await;
    scene
        .home
        .run(&["tunnels", "create", "shop", "3000"])
        .expect(0);
    scene.home.write("password", &format!("anna:{PASSWORD}\n"));
    let auth = format!(
        "basic-auth=@{}",
        scene.home.path().join("password").display()
    );
    let words = ["host", "shop", "--provider", "ngrok", "--set", &auth];
    let said = super::kit::finish(&mut scene.command(&words)).expect(2).err;
    assert!(said.contains("shop is a tunnel of relay"), "{said}");
    assert_eq!(scene.edge.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_edge_quotes_of_a_policy_is_not_told() {
    let scene = Scene::new().await;
    scene
        .edge
        .refuse(|asked| (asked.what == "bind").then_some("ERR_NGROK_9999"));
    scene.edge.quote(PASSWORD);
    scene.home.write("password", &format!("anna:{PASSWORD}\n"));
    let auth = format!(
        "basic-auth=@{}",
        scene.home.path().join("password").display()
    );
    let mut host = scene.host(&["--set", &auth]);
    let told = host.state("failed");
    assert_eq!(told["reason"], json!("refused"));
    host.put("quit");
    let ended = host.end();
    scene.keeps_secrets(&ended.out);
    scene.keeps_secrets(&ended.err);
}

#[test]
fn a_saved_tunnel_takes_ports_and_takes_its_secrets_along() {
    let home = Home::new();
    let tunnel = json!([{"id": "web", "name": "web", "provider": "ngrok", "ports": [
        {"number": 3000, "protocol": "http", "target": {"host": "localhost", "port": 3000}, "label": "web"}],
        "created_at": 1, "chosen": {"secrets": ["basic-auth"]}}]);
    home.write(
        "tunnels.json",
        &json!({"version": 1, "data": tunnel}).to_string(),
    );
    let secrets = json!({"version": 1, "data": {"option/web/basic-auth": "anna:password1"}});
    home.write("secrets.json", &secrets.to_string());
    home.run(&["tunnels", "port", "add", "web", "3001"])
        .expect(0);
    assert!(home.read("secrets.json").contains("password1"));
    home.run(&["tunnels", "delete", "web"]).expect(0);
    assert!(!home.read("secrets.json").contains("password1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_several_accounts_hosts_with_its_own_token() {
    let scene = Scene::new().await;
    for name in ["home", "work"] {
        super::accounts::add(
            &mut scene.command(&["account", "add", "ngrok", "--name", name]),
            name,
        )
        .expect(0);
    }
    let target = scene.service.target();
    let words = ["host", &target, "--provider", "ngrok", "--json"];
    let mut undecided = scene.command(&words);
    let said = super::kit::finish(&mut undecided).expect(2).out;
    assert!(said.contains("home, work"), "{said}");
    let words = [&words[..], &["--account", "work", "--control"]].concat();
    let mut host = Running::start(&mut scene.command(&words));
    host.state("hosting");
    assert_eq!(
        scene.edge.asked("auth")[0].at("/Extra/AuthToken"),
        "token-of-work"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_variable_s_token_is_kept_the_first_time_and_not_needed_after_that() {
    let scene = Scene::new().await;
    let first = scene.hosted_with(Some(TOKEN), "NGROK_AUTHTOKEN is now saved");
    assert!(!first.contains(TOKEN));
    assert!(scene.home.read("secrets.json").contains(TOKEN));
    for same in [None, Some(TOKEN)] {
        let said = scene.hosted_with(same, "");
        assert!(!said.contains("NGROK_AUTHTOKEN"), "it was said: {said}");
    }
    let other = scene.hosted_with(Some("2another"), "NGROK_AUTHTOKEN holds a different");
    assert!(other.contains("underpass account add ngrok"), "{other}");
    assert!(!other.contains("2another") && !other.contains(TOKEN));
    let auths = scene.edge.asked("auth");
    assert_eq!(auths.len(), 4);
    assert!(auths.iter().all(|it| it.at("/Extra/AuthToken") == TOKEN));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_the_variable_that_cannot_be_kept_serves_the_run() {
    let scene = Scene::new().await;
    let newer = r#"{"version":99,"data":{}}"#;
    scene.home.write("secrets.json", newer);
    scene.hosted_with(Some(TOKEN), "couldn't be saved");
    assert_eq!(scene.home.read("secrets.json"), newer);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_knows_whether_a_token_is_kept_and_the_edge_is_there() {
    let scene = Scene::new().await;
    let checks = |token: Option<&str>, code| -> Vec<(Value, Value)> {
        let mut command = scene.command(&["doctor", "--provider", "ngrok", "--json"]);
        let ended = super::kit::finish(command.envs(token.map(|it| ("NGROK_AUTHTOKEN", it))));
        assert!(!ended.out.contains(TOKEN), "{ended:?}");
        let lines = ended.expect(code).json();
        lines
            .into_iter()
            .map(|line| (line["check"].clone(), line["status"].clone()))
            .collect()
    };
    let service = (json!("ngrok-service"), json!("ok"));
    let token = |status| (json!("ngrok-token"), json!(status));
    assert_eq!(checks(None, 1), [service.clone(), token("fail")]);
    assert_eq!(checks(Some(TOKEN), 0), [service, token("ok")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_of_ones_own_is_told_as_one() {
    let scene = Scene::new().await;
    let mut host = scene.host(&["--set", "policy=/there/is/none"]);
    let told = host.state("failed");
    assert_eq!(told["reason"], json!("options-invalid"));
    let detail = told["detail"].as_str().expect("it says which");
    assert!(detail.contains("policy"), "{detail}");
    host.put("quit");
    host.end();
    assert!(scene.edge.asked("auth").is_empty());
}
