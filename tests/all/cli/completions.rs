//! Completions as bash asks for them: its own function of the printed script is called, and answers with
//! what is saved and hosted.

use super::kit::{Ended, Home, Service, finish};
use std::env;
use std::path::Path;
use std::process::Command;

/// What bash offers where the last of these words is completed.
fn complete(home: &Home, words: &[&str]) -> Ended {
    let of_home = home.command(&[]);
    let program = Path::new(of_home.get_program());
    let mut bash = Command::new("bash");
    bash.args(["--norc", "--noprofile", "-c"]).arg(
        "source <(underpass completions bash)\n\
         COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); COMP_TYPE=9\n\
         _clap_complete_underpass underpass \"${COMP_WORDS[COMP_CWORD]}\" \"\"\n\
         ((${#COMPREPLY[@]} == 0)) || printf '%s\\n' \"${COMPREPLY[@]}\"",
    );
    bash.arg("bash").args(words);
    let path = env::var("PATH").unwrap_or_default();
    let folder = program.parent().expect("a folder").display();
    bash.env("PATH", format!("{folder}:{path}"));
    bash.env("UNDERPASS_HOME", home.path());
    finish(&mut bash).expect(0)
}

fn offers(home: &Home, words: &[&str]) -> Vec<String> {
    let ended = complete(home, words);
    assert_eq!(ended.err, "");
    ended.out.lines().map(str::to_owned).collect()
}

#[test]
fn bash_offers_what_is_saved_and_what_is_hosted_in_a_terminal() {
    let (home, service) = (Home::new(), Service::start("hello"));
    // Its name would be two words, and a third would be run.
    let name = "My $(touch pwned) blog";
    home.run(&["tunnels", "create", name, "3000"]).expect(0);
    let mut host = home.start(&["host", &service.target(), "--name", "shop", "--json"]);
    host.url();
    for command in [
        &["stop"][..],
        &["start"],
        &["url"],
        &["open"],
        &["status"],
        &["host"],
        &["tunnels", "rename"],
        &["tunnels", "edit"],
        &["tunnels", "delete"],
        &["tunnels", "port", "remove"],
    ] {
        let words = [&["underpass"], command, &[""]].concat();
        let offered = offers(&home, &words);
        for id in ["my-touch-pwned-blog", "shop"] {
            assert!(offered.iter().any(|it| it == id), "{id} in {offered:?}");
        }
        assert!(offered.iter().all(|it| !it.contains(' ')), "{offered:?}");
    }
    assert_eq!(offers(&home, &["underpass", "stop", "sh"]), ["shop"]);
    host.put("quit");
}

#[test]
fn bash_offers_providers_and_protocols() {
    let home = Home::empty();
    let offered = offers(&home, &["underpass", "host", "3000", "--provider", ""]);
    assert!(offered.iter().any(|it| it == "relay"), "{offered:?}");
    let offered = offers(&home, &["underpass", "host", "3000", "--protocol", "t"]);
    assert_eq!(offered, ["tcp"]);
    assert_eq!(home.names(), [""; 0], "nothing is made");
}

#[test]
fn a_file_that_is_damaged_leaves_fewer_words_and_stays_where_it_is() {
    let home = Home::empty();
    home.write("tunnels.json", "{");
    let offered = offers(&home, &["underpass", "stop", "x"]);
    assert_eq!(offered, [""; 0]);
    assert_eq!(home.names(), ["tunnels.json"]);
}
