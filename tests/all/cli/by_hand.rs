//! What somebody did by hand, and what is said of it: keys of the settings file, a home that is nowhere.

use super::kit::{Home, Service, finish};
use serde_json::json;

/// A settings file with this data.
fn settings(home: &Home, data: &serde_json::Value) {
    let file = json!({"version": 1, "data": data});
    home.write("settings.json", &file.to_string());
}

#[test]
fn a_misspelt_setting_is_told_by_the_doctor_by_the_list_and_by_a_host() {
    let (home, service) = (Home::empty(), Service::start("hello"));
    settings(
        &home,
        &json!({"theem": "dark", "relay": {"htp_port": 1, "http_port": 0, "tcp_ports": [0, 0]}}),
    );
    let theem = "settings.json: “theem” isn't a setting and has no effect. Did you mean “theme”?";
    let removed = "Did you mean “relay.http_port”? It is removed when a setting is changed.";
    let doctor = home.run(&["doctor"]).out;
    assert!(
        doctor.contains(theem) && doctor.contains(removed),
        "{doctor}"
    );
    let list = home.run(&["config", "list"]).expect(0);
    assert!(
        list.err.contains(theem) && list.err.contains(removed),
        "{list:?}"
    );
    assert!(list.out.contains("relay.http_port = 0"), "{list:?}");
    let mut host = home.start(&["host", &service.target(), "--json", "--control"]);
    host.wait_for_error(theem);
    host.wait_for_error(removed);
    host.put("quit");
    host.end().expect(0);
    assert!(home.logs().contains("htp_port"));
}

#[test]
fn a_protocol_alone_is_told_as_one_in_any_case() {
    let home = Home::empty();
    for typed in ["TCP", "tcp", "Http"] {
        let err = home.run(&["host", typed]).expect(2).err;
        let option = format!("host 3000 --protocol {}", typed.to_lowercase());
        assert!(err.contains(&option), "{err}");
    }
    assert_eq!(home.run(&["host", "shop"]).expect(3).out, "");
}

#[test]
fn a_terminal_that_hosts_the_old_name_is_named() {
    let (home, service) = (Home::new(), Service::start("hello"));
    home.run(&["tunnels", "create", "shop", &service.target()])
        .expect(0);
    let quiet = home.run(&["tunnels", "rename", "shop", "One"]).expect(0);
    assert_eq!(quiet.err, "");
    let mut host = home.start(&["host", "shop", "--json", "--control"]);
    host.url();
    let told = home.run(&["tunnels", "rename", "shop", "Two"]).expect(0);
    let process = format!("(process {})", host.pid());
    assert!(told.err.contains(&process), "{told:?}");
    host.put("quit");
    host.end().expect(0);
}

#[test]
fn what_was_put_aside_is_told_by_every_doctor_while_it_is_there() {
    let home = Home::empty();
    settings(&home, &json!({"relay": {"lan": "yes"}}));
    let first = home.run(&["doctor"]).out;
    assert!(
        first.contains("the value of “relay.lan” isn't of its kind"),
        "{first}"
    );
    let kept = |home: &Home| {
        let names = home.names().into_iter();
        names
            .filter(|name| name.starts_with("settings.json.corrupt-"))
            .collect::<Vec<_>>()
    };
    let names = kept(&home);
    let [name] = &names[..] else {
        panic!("{names:?}");
    };
    for _ in 0..2 {
        let lines = home.run(&["doctor", "--json"]).json();
        let mut told = lines.iter().filter(|line| line["check"] == "kept-aside");
        let told = told.next().expect("it is told");
        let path = home.path().join(name).display().to_string();
        assert_eq!(told["status"], "warn");
        assert!(
            told["detail"].as_str().is_some_and(|it| it.contains(&path)),
            "{told}"
        );
    }
    std::fs::remove_file(home.path().join(name)).expect("removed");
    let lines = home.run(&["doctor", "--json"]).json();
    assert!(lines.iter().all(|line| line["check"] != "kept-aside"));
}

#[test]
fn a_relative_home_is_refused_in_one_sentence_and_nothing_is_made() {
    let (home, place) = (Home::empty(), Home::empty());
    for words in [
        &["status"][..],
        &["doctor"],
        &["host", "3000"],
        &["relay"],
        &[],
    ] {
        let mut command = home.command(words);
        command
            .env("UNDERPASS_HOME", "rel/home")
            .current_dir(place.path());
        let ended = finish(&mut command).expect(1);
        assert_eq!(ended.out, "", "{words:?}");
        assert!(
            ended
                .err
                .contains("UNDERPASS_HOME must be an absolute path: “rel/home”"),
            "{ended:?}"
        );
        assert_eq!(ended.err.lines().count(), 1, "{ended:?}");
    }
    assert_eq!(place.names(), [""; 0]);
}
