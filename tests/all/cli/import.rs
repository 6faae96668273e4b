//! `underpass import`, `backup` and `restore`: from a person's files to tunnels, and from one home to
//! another.

use super::kit::{Ended, Home};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use underpass::platform::Instance;

const NGROK: &str = "version: 2\nauthtoken: 2hunter22TOKEN\ntunnels:\n  shop:\n    proto: http\n    addr: 3000\n    \
                     basic_auth: [\"anna:hunter22hunter\"]\n";
const SSH: &str =
    "Host box\n  HostName box.example\n  User anna\n  RemoteForward 8080 localhost:3001\n";
const FRP: &str = "serverAddr = \"x\"\nauth.token = \"hunter22\"\n[[proxies]]\nname = \"db\"\ntype = \"tcp\"\nlocalPort = 5432\n";

/// A person's folder with files of other programs.
fn files() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    for (name, text) in [
        (".config/ngrok/ngrok.yml", NGROK),
        (".ssh/config", SSH),
        (".config/frp/frpc.toml", FRP),
    ] {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().expect("it has one")).expect("a folder");
        fs::write(path, text).expect("written");
    }
    dir
}

fn run(home: &Home, of: &Path, words: &[&str]) -> Ended {
    let mut command = home.command(words);
    command.env("HOME", of);
    for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "NGROK_AUTHTOKEN"] {
        command.env_remove(name);
    }
    super::kit::finish(&mut command)
}

fn ids(home: &Home) -> Vec<String> {
    let listed = home.run(&["tunnels", "list", "--json"]).expect(0).json();
    let id = |tunnel: &Value| tunnel["id"].as_str().expect("it has one").to_owned();
    listed.iter().map(id).collect()
}

fn of_kind(ended: &Ended, kind: &str) -> Vec<Value> {
    let lines = ended.json().into_iter();
    lines.filter(|line| line["kind"] == *kind).collect()
}

/// What is looked at shows no secret, and neither does what is kept in the open.
fn assert_hidden(home: &Home, ended: &Ended) {
    let files = ["tunnels.json", "settings.json", "accounts.json"];
    let files: String = files.iter().map(|name| home.read(name)).collect();
    let logs = home.logs();
    for text in [&ended.out, &ended.err, &files, &logs] {
        assert!(!text.contains("hunter22"), "{text}");
    }
}

#[cfg(all(target_os = "linux", feature = "ssh", feature = "ngrok"))]
#[test]
fn what_is_there_is_shown_then_taken_over_once() {
    let (home, person) = (Home::new(), files());
    let looked = run(&home, person.path(), &["import", "--json"]).expect(0);
    assert_eq!(of_kind(&looked, "tunnel").len(), 3);
    assert_hidden(&home, &looked);
    assert!(ids(&home).is_empty(), "nobody said so");
    run(&home, person.path(), &["import", "--all", "--dry-run"]).expect(0);
    assert!(ids(&home).is_empty());

    let taken = run(&home, person.path(), &["import", "--all", "--json"]).expect(0);
    assert_hidden(&home, &taken);
    assert_eq!(of_kind(&taken, "token")[0]["outcome"], "new");
    assert_eq!(ids(&home), ["shop", "box", "db"]);
    let secrets = home.read("secrets.json");
    for kept in [
        "token/ngrok/",
        "2hunter22TOKEN",
        "option/shop/basic-auth",
        "anna:hunter22hunter",
    ] {
        assert!(secrets.contains(kept), "{kept}");
    }
    let told: Vec<Value> = of_kind(&taken, "skipped")
        .iter()
        .map(|line| line["reason"].clone())
        .collect();
    assert_eq!(
        told,
        [json!("import-frp-server"), json!("import-frp-token")]
    );

    let again = run(&home, person.path(), &["import", "--all", "--json"]).expect(0);
    let outcomes: Vec<Value> = of_kind(&again, "tunnel")
        .iter()
        .map(|line| line["outcome"].clone())
        .collect();
    assert_eq!(outcomes, vec![json!("there"); 3]);
    assert_eq!(of_kind(&again, "token")[0]["outcome"], "there");
    assert_eq!(ids(&home).len(), 3);
}

#[test]
fn a_file_is_taken_over_and_one_of_no_kind_is_named() {
    let (home, person) = (Home::new(), files());
    let path = person.path().join("mine");
    fs::write(&path, FRP).expect("written");
    let path = path.to_str().expect("a path");
    home.run(&["tunnels", "create", "db", "1"]).expect(0);
    let taken = run(&home, person.path(), &["import", path]).expect(0);
    assert!(
        taken.out.contains("db-2") && taken.out.contains("line 1"),
        "{taken:?}"
    );
    assert_eq!(ids(&home), ["db", "db-2"]);
    fs::write(path, "hello").expect("written");
    let refused = run(&home, person.path(), &["import", path]).expect(1);
    assert!(
        refused.err.contains("ngrok.yml") || refused.err.contains("frpc.toml"),
        "{refused:?}"
    );
    run(&home, person.path(), &["import", "--all", path]).expect(2);
}

#[test]
fn nothing_is_taken_over_beside_the_app() {
    let (home, person) = (Home::new(), files());
    let _app = Instance::keep_away(home.path()).expect("nobody is there");
    run(&home, person.path(), &["import", "--all"]).expect(4);
    run(&home, person.path(), &["import"]).expect(0);
    assert!(ids(&home).is_empty());
}

#[test]
fn a_backup_has_all_but_the_secrets_and_comes_back_elsewhere() {
    let (home, dir) = (Home::new(), tempfile::tempdir().expect("a folder"));
    home.run(&["tunnels", "create", "web", "3000"]).expect(0);
    home.run(&["tunnels", "create", "api", "3001"]).expect(0);
    home.write(
        "settings.json",
        r#"{"version":1,"data":{"theme":"dark","relay":{"joined":"r.example:1#ab"}}}"#,
    );
    let path = dir.path().join("b.json");
    let path = path.to_str().expect("a path");
    home.run(&["backup", path]).expect(0);
    home.run(&["backup", path]).expect(1);
    home.run(&["backup", path, "--force"]).expect(0);

    let other = Home::empty();
    let dry = other
        .run(&["restore", path, "--dry-run", "--json"])
        .expect(0);
    assert_eq!(of_kind(&dry, "tunnel").len(), 2);
    assert!(ids(&other).is_empty() && other.read("settings.json").is_empty());
    let restored = other.run(&["restore", path, "--json"]).expect(0);
    assert_eq!(of_kind(&restored, "secret")[0]["key"], "relay-token");
    assert_eq!(ids(&other), ["web", "api"]);
    assert!(other.read("settings.json").contains("dark"));
    assert!(
        other
            .names()
            .iter()
            .any(|name| name.starts_with("before-restore-"))
    );

    // What is there is newer.
    other
        .run(&["tunnels", "port", "add", "web", "9000"])
        .expect(0);
    other.run(&["tunnels", "delete", "api"]).expect(0);
    let again = other.run(&["restore", path, "--json"]).expect(0);
    let outcomes: Vec<Value> = of_kind(&again, "tunnel")
        .iter()
        .map(|line| line["outcome"].clone())
        .collect();
    assert_eq!(outcomes, [json!("new"), json!("there")]);
    assert!(other.read("tunnels.json").contains("9000"));
}

#[test]
fn what_cannot_be_restored_changes_nothing() {
    let (home, dir) = (Home::new(), tempfile::tempdir().expect("a folder"));
    home.run(&["tunnels", "create", "web", "3000"]).expect(0);
    let before = (home.read("tunnels.json"), home.read("settings.json"));
    let path = dir.path().join("b.json");
    let shown = path.to_str().expect("a path");
    let newer = home.run(&["restore", shown]).expect(1);
    assert!(newer.err.contains("Nothing was changed"), "{newer:?}");
    for (text, said) in [
        (r#"{"version":2,"backup":{}}"#, "newer version"),
        (
            r#"{"version":1,"backup":{"made_at":1,"settings":{},"tunnels":[{"id":"a"}]}}"#,
            "isn't a usable backup",
        ),
        ("{", "isn't a usable backup"),
    ] {
        fs::write(&path, text).expect("written");
        let refused = home.run(&["restore", shown]).expect(1);
        assert!(refused.err.contains(said), "{refused:?}");
    }
    fs::write(
        &path,
        r#"{"version":1,"backup":{"made_at":1,"settings":{},"tunnels":[]}}"#,
    )
    .expect("written");
    let _app = Instance::keep_away(home.path()).expect("nobody is there");
    home.run(&["restore", shown]).expect(4);
    assert_eq!(
        (home.read("tunnels.json"), home.read("settings.json")),
        before
    );
}
