//! `underpass account`: tokens in, and never out.

use super::kit::{Ended, Home, Running};
use serde_json::{Value, json};
use std::process::Command;

/// Adds the account `name` with the token `token-of-NAME` on standard input.
pub(super) fn add(command: &mut Command, name: &str) -> Ended {
    let mut running = Running::start(command);
    running.put(&format!("token-of-{name}"));
    running.close_stdin();
    running.end()
}

fn run(home: &Home, words: &[&str]) -> Ended {
    let mut command = home.command(words);
    super::kit::finish(command.env_remove("NGROK_AUTHTOKEN"))
}

#[cfg(feature = "ngrok")]
fn names(home: &Home) -> Vec<Value> {
    let listed = run(home, &["account", "list", "ngrok", "--json"]).expect(0);
    listed
        .json()
        .iter()
        .map(|line| line["account"].clone())
        .collect()
}

#[cfg(feature = "ngrok")]
#[test]
fn accounts_come_and_go_by_their_names() {
    let home = Home::new();
    assert!(names(&home).is_empty());
    let add = |words: &[&str], name| add(&mut home.command(words), name);
    add(&["account", "add", "ngrok"], "anna").expect(0);
    let said = add(&["account", "add", "ngrok", "--name", "work"], "work").expect(0);
    assert!(!said.out.contains("token-of-work") && !said.err.contains("token-of-work"));
    assert_eq!(names(&home), [json!(""), json!("work")]);
    assert!(!home.read("accounts.json").contains("token-of"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let file = std::fs::metadata(home.path().join("secrets.json")).expect("it is there");
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }
    run(&home, &["account", "remove", "ngrok"]).expect(0);
    run(&home, &["account", "remove", "ngrok"]).expect(3);
    assert_eq!(names(&home), [json!("work")]);
    assert!(!home.read("secrets.json").contains("token-of-anna"));
}

#[cfg(feature = "ngrok")]
#[test]
fn what_is_no_token_is_not_kept() {
    let home = Home::new();
    let mut two = home.command(&["account", "add", "ngrok"]);
    let said = add(&mut two, "two words").expect(1);
    assert!(said.err.contains("https://"), "{said:?}");
    assert!(
        !said.err.contains("two words"),
        "what was typed may be a secret"
    );
    assert!(names(&home).is_empty());
    let mut variable = home.command(&["account", "list", "ngrok", "--json"]);
    let listed = super::kit::finish(variable.env("NGROK_AUTHTOKEN", "2abc"));
    assert_eq!(listed.json()[0]["state"], json!("token"));
}

#[test]
fn what_a_provider_lacks_is_refused_with_what_it_has() {
    let home = Home::new();
    let said = |words: &[&str]| run(&home, words).expect(2).err;
    assert!(said(&["account", "add", "relay"]).contains("no accounts"));
    assert!(said(&["account", "add", "nobody"]).contains("has relay"));
    assert!(said(&["host", "1", "--account", "x"]).contains("--account"));
    #[cfg(feature = "ngrok")]
    {
        let port = "host 1 --provider ngrok --protocol tcp --public-port 9";
        let port = said(&port.split(' ').collect::<Vec<_>>());
        assert!(port.contains("--set protocol, domain, address"), "{port}");
    }
    #[cfg(feature = "devtunnel")]
    {
        assert!(said(&["account", "add", "devtunnel"]).contains("sign-in devtunnel"));
        let with = said(&["account", "sign-in", "devtunnel", "--with", "nobody"]);
        assert!(with.contains("microsoft, git-hub"), "{with}");
    }
}

#[test]
fn a_list_that_cannot_be_read_is_no_empty_list() {
    let home = Home::new();
    home.write("accounts.json", "garbage {{{");
    let said = run(&home, &["account", "list"]).expect(0);
    assert!(said.err.contains("accounts.json"), "{said:?}");
    assert!(said.err.contains("couldn't be read"), "{said:?}");
    assert!(!said.err.contains("WARN"), "it is said once: {said:?}");
    assert_eq!(home.read("accounts.json"), "garbage {{{");
}
