//! `underpass tunnels`: the saved tunnels from the command line.

use super::kit::Home;
use serde_json::{Value, json};
use underpass::platform::Instance;

fn list(home: &Home) -> Vec<Value> {
    home.run(&["tunnels", "list", "--json"]).expect(0).json()
}

#[test]
fn tunnels_and_ports_come_and_go() {
    let home = Home::new();
    assert!(
        home.run(&["tunnels", "list"])
            .expect(0)
            .out
            .contains("No saved tunnels")
    );
    let made = home
        .run(&["tunnels", "create", "Mein Büro", "3000", "--json"])
        .expect(0);
    assert_eq!(made.json()[0]["id"], json!("mein-buro"));
    let add = [
        "tunnels",
        "port",
        "add",
        "mein-buro",
        "nas:5432",
        "--protocol",
        "tcp",
        "--public-port",
        "7501",
    ];
    home.run(&add).expect(0);
    let ports = list(&home)[0]["ports"].clone();
    assert_eq!(ports[1]["label"], json!("mein-buro-5432"));
    assert_eq!(
        (&ports[1]["target"]["host"], &ports[1]["public_port"]),
        (&json!("nas"), &json!(7501))
    );
    let shown = home.run(&["tunnels", "show", "Mein Büro"]).expect(0);
    assert!(
        shown.out.contains("nas:5432") && shown.out.contains("tcp"),
        "{shown:?}"
    );
    home.run(&["tunnels", "port", "remove", "mein-buro", "3000"])
        .expect(0);
    assert_eq!(list(&home)[0]["ports"][0]["number"], json!(5432));
    home.run(&["tunnels", "delete", "mein büro"]).expect(0);
    assert_eq!(list(&home), Vec::<Value>::new());
    // Nothing was ever hosted by that.
    assert!(!home.names().contains(&"audit.jsonl".to_owned()));
}

#[test]
fn a_deleted_tunnel_is_not_hosted_by_the_next_start() {
    let home = Home::new();
    home.run(&["tunnels", "create", "web", "3000"]).expect(0);
    home.run(&["tunnels", "create", "api", "4000"]).expect(0);
    home.write("hosted.json", r#"{"version":1,"data":["api","web"]}"#);
    home.run(&["tunnels", "delete", "web"]).expect(0);
    let hosted: Value = serde_json::from_str(&home.read("hosted.json")).expect("JSON");
    assert_eq!(hosted["data"], json!(["api"]));
}

#[test]
fn what_cannot_be_saved_is_named() {
    let home = Home::new();
    home.run(&["tunnels", "create", "web", "3000"]).expect(0);
    let cases = [
        (&["tunnels", "create", "Web", "1"][..], 2, "already"),
        (&["tunnels", "create", "x", "70000"], 2, "from 1 to 65535"),
        (&["tunnels", "create", "x", "a b:1"], 2, "HOST:PORT"),
        (
            &["tunnels", "create", "…", "1"],
            2,
            "can't be used as a name",
        ),
        (
            &["tunnels", "create", "x", "1", "--public-port", "9"],
            2,
            "Only tcp",
        ),
        (
            &["tunnels", "port", "add", "web", "3000"],
            2,
            "already has port 3000",
        ),
        (
            &["tunnels", "port", "add", "nobody", "1"],
            3,
            "no tunnel “nobody”",
        ),
        (&["tunnels", "port", "remove", "web", "9"], 3, "no port 9"),
        (&["tunnels", "show", "nobody"], 3, "no tunnel “nobody”"),
        (&["tunnels", "delete", "nobody"], 3, "no tunnel “nobody”"),
    ];
    let before = home.read("tunnels.json");
    for (words, code, expected) in cases {
        let said = home.run(words).expect(code);
        assert!(
            said.err.contains(expected) && said.out.is_empty(),
            "{words:?}: {said:?}"
        );
    }
    assert_eq!(home.read("tunnels.json"), before);
}

#[test]
fn while_the_app_runs_nothing_is_changed_behind_its_back() {
    let home = Home::new();
    home.run(&["tunnels", "create", "web", "3000"]).expect(0);
    let app = Instance::acquire(home.path()).expect("it is the first");
    let said = home.run(&["tunnels", "delete", "web"]).expect(4);
    assert!(said.err.contains("app is running"), "{said:?}");
    assert_eq!(list(&home).len(), 1);
    drop(app);
    home.run(&["tunnels", "delete", "web"]).expect(0);
}

#[test]
fn commands_at_the_same_time_wait_for_each_other() {
    let home = Home::new();
    let many: Vec<_> = (0..8)
        .map(|n| {
            let (name, port) = (format!("web-{n}"), (3000 + n).to_string());
            home.start(&["tunnels", "create", &name, &port])
        })
        .collect();
    for one in many {
        one.end().expect(0);
    }
    assert_eq!(list(&home).len(), 8);
}

#[test]
fn only_the_tunnels_of_a_provider_are_listed_where_it_is_named() {
    let home = Home::new();
    home.run(&["tunnels", "create", "web", "3000"]).expect(0);
    let of = |provider| {
        let words = ["tunnels", "list", "--json", "--provider", provider];
        home.run(&words).expect(0).json().len()
    };
    assert_eq!((of("relay"), of("manual")), (1, 0));
    let said = home.run(&["tunnels", "list", "--provider", "manual"]);
    assert!(said.expect(0).out.contains("No saved tunnels"));
}

#[test]
fn what_somebody_wrote_into_the_files_is_shown_and_not_obeyed() {
    let home = Home::new();
    home.run(&["tunnels", "create", "My shop", "3000"])
        .expect(0);
    let escape = r"\u001b]0;pwned\u0007\u001b[31m";
    let text = home
        .read("tunnels.json")
        .replace("My shop", &format!("My {escape} shop"));
    home.write("tunnels.json", &text);
    let record = format!(
        r#"{{"seq":1,"at":"{escape}","kind":"tunnel.up","tunnel":"my-shop","provider":"relay","reason":"started","run":"r","prev":"0","hash":"0"}}"#
    );
    home.write("audit.jsonl", &format!("{record}\n"));
    let commands: [&[&str]; 4] = [
        &["tunnels", "list"],
        &["tunnels", "show", "my-shop"],
        &["audit"],
        &["host", "My \u{1b}[31m"],
    ];
    for words in commands {
        let said = home.run(words);
        let obeyed = |c: char| c.is_control() && c != '\n';
        let both = format!("{}{}", said.out, said.err);
        assert!(!both.contains(obeyed), "{words:?}: {both:?}");
        assert!(!both.is_empty(), "{words:?}");
    }
}

#[test]
fn a_tunnel_is_called_otherwise_and_a_port_speaks_otherwise() {
    let home = Home::new();
    home.run(&["tunnels", "create", "web", "3000"]).expect(0);
    home.run(&["tunnels", "create", "api", "4000"]).expect(0);
    let made = home.run(&["tunnels", "rename", "web", "The shop", "--json"]);
    let made = &made.expect(0).json()[0];
    assert_eq!(
        (&made["id"], &made["name"]),
        (&json!("web"), &json!("The shop"))
    );
    assert_eq!(made["ports"][0]["label"], json!("web"), "its URL stays");
    home.run(&["tunnels", "edit", "The shop", "--protocol", "http"])
        .expect(0);
    let saved = &list(&home)[0];
    assert_eq!(
        (&saved["name"], &saved["ports"][0]["protocol"]),
        (&json!("The shop"), &json!("http"))
    );
    let edit = ["tunnels", "edit", "web", "--target", "nas.lan:8080"];
    let both = [&edit[..], &["--protocol", "tcp", "--json"]].concat();
    let edited = &home.run(&both).expect(0).json()[0];
    let port = json!({"number": 8080, "protocol": "tcp", "label": "web",
        "target": {"host": "nas.lan", "port": 8080}});
    assert_eq!(edited["ports"], json!([port]), "its URL stays");
    assert_eq!(list(&home)[0], *edited);
    let saved = home.read("tunnels.json");
    let again = &home.run(&both).expect(0).json()[0];
    assert_eq!(again, edited);
    assert_eq!(home.read("tunnels.json"), saved, "nothing is another");
    let before = home.read("tunnels.json");
    home.run(&["tunnels", "port", "add", "api", "4001"])
        .expect(0);
    let after = home.read("tunnels.json");
    assert_ne!(before, after);
    for (words, code, said) in [
        (&["rename", "nobody", "x"][..], 3, "no tunnel “nobody”"),
        (&["rename", "web", "api"], 2, "already"),
        (&["rename", "web", "…"], 2, "can't be used as a name"),
        (&["edit", "api", "--protocol", "tcp"], 2, "--port"),
        (
            &["edit", "api", "--port", "9", "--protocol", "tcp"],
            3,
            "no port 9",
        ),
        (
            &["edit", "api", "--protocol", "udp"],
            2,
            "is not a protocol",
        ),
        (&["edit", "web"], 2, "--target"),
        (&["edit", "web", "--target", "a b"], 2, "a b"),
        (
            &["edit", "api", "--port", "4000", "--target", "nas:4001"],
            2,
            "4001",
        ),
    ] {
        let words = [&["tunnels"][..], words].concat();
        let ended = home.run(&words).expect(code);
        assert!(ended.err.contains(said), "{words:?}: {ended:?}");
    }
    assert_eq!(home.read("tunnels.json"), after);
}
