//! `underpass host --file`: tunnels that a repository keeps.

use super::kit::{Home, Service, get};
use serde_json::json;

#[test]
fn the_tunnels_of_a_file_are_told_and_hosted() {
    let (home, shop, api) = (Home::new(), Service::start("shop"), Service::start("api"));
    let text = format!(
        "[[tunnel]]\nname = \"shop\"\nport = {}\n\n[[tunnel]]\nname = \"api\"\ntarget = \"localhost:{}\"\nprotocol = \"http\"\n",
        shop.port(),
        api.port()
    );
    home.write("underpass.toml", &text);
    let path = home.path().join("underpass.toml");
    let file = path.to_str().expect("text");

    let told = home.run(&["host", "--file", file, "--check"]).expect(0);
    let line = format!("shop: localhost:{} (auto), by relay", shop.port());
    assert!(told.out.starts_with(&line), "{told:?}");
    assert!(told.out.contains("2 tunnels would be hosted"), "{told:?}");
    let told = home.run(&["host", "--file", file, "--check", "--json"]);
    let told = told.expect(0).json();
    assert_eq!(
        (&told[0]["id"], &told[1]["id"]),
        (&json!("shop"), &json!("api"))
    );
    assert!(
        !home.names().contains(&"audit.jsonl".to_owned()),
        "nothing was hosted"
    );

    let mut host = home.start(&["host", "--file", file, "--json", "--control"]);
    for (id, body) in [("shop", "shop"), ("api", "api")] {
        let line = host.find(&json!({"event": "url", "tunnel": id}));
        let url = line["url"].as_str().expect("text");
        assert!(url.starts_with(&format!("http://{id}.localhost:")), "{url}");
        assert_eq!(get(url), (200, body.to_owned()));
    }
    host.put("quit");
    host.end().expect(0);
    assert!(home.read("tunnels.json").is_empty(), "nothing was saved");
}

#[test]
fn the_file_of_the_documents_would_be_hosted() {
    let page = include_str!("../../../docs/command-line.md");
    let lines = page
        .lines()
        .skip_while(|line| !line.starts_with("    reach = "));
    let lines = lines.take_while(|line| line.is_empty() || line.starts_with("    "));
    let text: String = lines.flat_map(|line| [line, "\n"]).collect();
    let home = Home::new();
    home.write("underpass.toml", &text);
    let path = home.path().join("underpass.toml");
    let file = path.to_str().expect("text");
    let told = home.run(&["host", "--file", file, "--check"]).expect(0);
    assert!(told.out.contains("3 tunnels would be hosted"), "{told:?}");
}

#[test]
fn a_file_that_cannot_be_taken_is_told_with_its_line_and_exit_code_2() {
    let home = Home::new();
    let path = home.path().join("underpass.toml");
    let file = path.to_str().expect("text");
    let missing = home.run(&["host", "--file", file]).expect(2);
    assert!(missing.err.contains("There is no file"), "{missing:?}");
    for (text, said) in [
        (
            "[[tunnel]]\nprot = 3000\n",
            "underpass.toml, line 2: a tunnel has no key",
        ),
        ("[[tunnel]]\nport = 1\ntoken = \"t\"\n", "account add"),
        // What only the plan finds out.
        (
            "[[tunnel]]\nport = 1\n[[tunnel]]\ntargets = [9, \"nas:9\"]\n",
            "underpass.toml, line 3: ",
        ),
        (
            "relay = \"relay.example:7443\"\n[[tunnel]]\nport = 1\n",
            "underpass.toml, line 2: It is for the relay relay.example:7443",
        ),
    ] {
        home.write("underpass.toml", text);
        for more in [&[][..], &["--check"]] {
            let words = [&["host", "--file", file][..], more].concat();
            let ended = home.run(&words).expect(2);
            assert!(
                ended.err.contains(said) && ended.out.is_empty(),
                "{ended:?}"
            );
        }
        let words = ["host", "--file", file, "--json"];
        let line = &home.run(&words).expect(2).json()[0];
        assert_eq!((&line["code"], &line["exit"]), (&json!("usage"), &json!(2)));
    }
    let both = home.run(&["host", "3000", "--file", file]).expect(2);
    assert!(both.err.contains("cannot be used with"), "{both:?}");
    home.run(&["host", "3000", "--check"]).expect(2);
}
