//! The file of `host --file`: what is read, and what is said of what cannot be.

use super::*;
use crate::model::Language;
use crate::provider::registry;
use crate::shell::text::Catalogue;
use proptest::prelude::*;

/// It, beside nothing typed and nothing in the environment.
fn read_text(text: &str) -> Result<Asked, Wrong> {
    read_with(text.as_bytes(), |_| None)
}

fn read_with(bytes: &[u8], variable: fn(&str) -> Option<String>) -> Result<Asked, Wrong> {
    let typed = HostArgs {
        file: Some("f.toml".into()),
        ..HostArgs::typed(&["1"])
    };
    let folder = Path::new("/repo");
    read(bytes, folder, &typed, &registry::catalog(), variable)
}

/// What is said of it, behind its line.
fn refused(text: &str) -> String {
    said(&read_text(text).expect_err(text))
}

fn said(wrong: &Wrong) -> String {
    let text = Catalogue::new(Language::EnUs).format(&wrong.fault.msg());
    format!("{}: {text}", wrong.line)
}

#[test]
fn each_tunnel_is_as_if_it_had_been_typed() {
    let asked = read_text(
        "reach = \"network\"\n\
         [[tunnel]]\nname = \"shop\"\nport = 3000\nprotocol = \"http\"\nhost-header = \"rewrite\"\n\
         health = { path = \"/healthz\", interval = \"10s\" }\n\
         [[tunnel]]\ntargets = [5432, \"nas.lan:9000\"]\nprotocol = \"tcp\"\n\
         [[tunnel]]\nprovider = \"manual\"\nset = { url = \"https://app.example.org/\" }\n",
    );
    let entries = asked.expect("it is right").entries;
    let [shop, two, manual] = &entries[..] else {
        panic!("{entries:?}");
    };
    let typed = HostArgs::typed(&[
        "3000",
        "--name",
        "shop",
        "--protocol",
        "http",
        "--host-header",
        "rewrite",
        "--health",
        "path=/healthz",
        "--health",
        "interval=10s",
        "--reach",
        "network",
    ]);
    let typed_provider = Some(ProviderId::RELAY);
    assert_eq!(
        shop.args,
        HostArgs {
            typed_provider,
            ..typed
        }
    );
    let typed = HostArgs::typed(&[
        "5432",
        "nas.lan:9000",
        "--protocol",
        "tcp",
        "--reach",
        "network",
    ]);
    assert_eq!(
        two.args,
        HostArgs {
            typed_provider,
            ..typed
        }
    );
    assert_eq!(manual.args.set.tunnel["url"], "https://app.example.org/");
    assert_eq!(manual.args.name.as_deref(), Some("app.example.org"));
}

#[test]
fn what_is_wrong_is_said_with_its_line_and_a_remedy() {
    let head = "[[tunnel]]\nport = 3000\n";
    for (text, said) in [
        ("", "1: no tunnel is in it: put one under [[tunnel]]"),
        (
            "[[tunnel]]\nport = 3000\nport = 3001",
            "3: this is not TOML, or a key is there twice",
        ),
        ("[[tunnel]]\nname = shop\n", "2: this is not TOML"),
        (
            "tunnel = 3000\n",
            "1: a tunnel is a table: write [[tunnel]]",
        ),
        (
            "[[tunnel]]\nprot = 3000\n",
            "2: a tunnel has no key \"prot\": protocol is meant?",
        ),
        (
            "[[tunnel]]\nwindow = 1\n",
            "2: a tunnel has no key \"window\": it has name, target",
        ),
        (
            "port = 3000\n",
            "1: port is a tunnel's: put it under [[tunnel]]",
        ),
        (
            "[[tunnel]]\nport = 1\nreach = \"here\"\n",
            "3: reach holds for the whole file: put it above",
        ),
        ("[[tunnel]]\nport = 70000\n", "2: \"70000\" is not a port"),
        (
            "[[tunnel]]\nport = [3000]\n",
            "2: port takes one value, no list",
        ),
        ("[[tunnel]]\ntargets = []\n", "2: targets is empty"),
        (
            "[[tunnel]]\ntargets = [{}]\n",
            "2: targets takes PORT or HOST:PORT",
        ),
        (
            "[[tunnel]]\ntarget = \"shop\"\n",
            "2: target takes PORT or HOST:PORT: a saved tunnel",
        ),
        ("[[tunnel]]\nport = 1\ntarget = 2\n", "3: "),
        (
            "[[tunnel]]\nport = 1\npublic = \"yes\"\n",
            "3: public takes true or false",
        ),
        ("[[tunnel]]\nport = 1\nset = 3\n", "3: set takes a table"),
        (
            "[[tunnel]]\nport = 1\nprotocol = \"udp\"\n",
            "3: protocol: \"udp\" is not a protocol",
        ),
        (
            "[[tunnel]]\nport = 1\nprovider = \"acme\"\n",
            "3: unknown provider \"acme\"",
        ),
        ("[[tunnel]]\nname = \"x\"\n", "1: a TARGET is missing"),
        (
            "[[tunnel]]\nport = 1\npublic-port = 9\n",
            "1: --public-port goes with --protocol tcp",
        ),
        ("reach = \"all\"\n", "1: reach: "),
        ("relay = \"example\"\n", "1: relay takes HOST:PORT"),
        (
            "reach = \"here\"\nrelay = \"a.example:7443\"\n",
            "2: relay goes with reach = \"internet\"",
        ),
        (
            &format!("{head}\n{head}"),
            "4: the tunnel of line 1 is called \"port-3000\" too",
        ),
    ] {
        let is = refused(text);
        assert!(is.starts_with(said), "{text:?}: {is}");
    }
    let bytes = read_with(b"a = 1\nb = \"\xff\"\n", |_| None).expect_err("no text");
    assert!(said(&bytes).starts_with("2: it is not UTF-8"), "{bytes:?}");
    let large = vec![b'\n'; 1024 * 1024 + 1];
    let large = read_with(&large, |_| None).expect_err("too large");
    assert!(said(&large).contains("1 MiB"), "{large:?}");
}

#[test]
fn a_secret_is_refused_unquoted_with_where_it_belongs() {
    let link = format!("{}hunter22@a.example:7443", JoinLink::SCHEME);
    for (text, said) in [
        (format!("relay = \"{link}\"\n"), RELAY_VARIABLE),
        (
            format!("[[tunnel]]\nname = \"{link}\"\nport = 1\n"),
            RELAY_VARIABLE,
        ),
        (
            "[[tunnel]]\nport = 1\ntoken = \"hunter22\"\n".to_owned(),
            "account add",
        ),
        (
            "[[tunnel]]\ntarget = \"http://me:hunter22@nas:80\"\n".to_owned(),
            "no user name or password",
        ),
    ] {
        let is = refused(&text);
        assert!(is.contains(said) && !is.contains("hunter22"), "{is}");
    }
    // Each secret option of each provider of this build.
    let mut tried = 0;
    for offers in registry::catalog().iter() {
        for option in offers.options.iter().filter(|option| option.is_secret()) {
            let of = |value: &str| {
                let (id, key) = (offers.id, option.key);
                format!(
                    "[[tunnel]]\nport = 1\nprovider = \"{id}\"\nset = {{ {key} = \"{value}\" }}\n"
                )
            };
            for value in ["hunter22", "@", "@-"] {
                let is = refused(&of(value));
                assert!(is.starts_with("4: ") && is.contains("@THAT-FILE"), "{is}");
                assert!(!is.contains("hunter22"), "{is}");
            }
            tried += 1;
        }
    }
    assert!(tried > 0, "no provider has a secret option");
}

#[test]
fn a_file_goes_without_what_each_of_its_tunnels_says() {
    let refused = |words: &str| {
        let words = ["underpass", "host"].into_iter().chain(words.split(' '));
        let read = crate::cli::parse(words.map(Into::into), |_| None, &Catalog::sample());
        read.err().map(|error| error.to_string())
    };
    assert_eq!(refused("--file f.toml --check --reach here"), None);
    for words in [
        "3000",
        "--name x",
        "--protocol tcp",
        "--provider manual",
        "--set a=b",
        "--public",
    ] {
        let said = refused(&format!("--file f.toml {words}")).expect(words);
        assert!(said.contains("cannot be used with"), "{said}");
    }
    let alone = refused("3000 --check").expect("no file");
    assert!(alone.contains("--check goes with --file"), "{alone}");
}

#[test]
fn only_for_whom_it_is_comes_from_outside() {
    let variable = |name: &str| match name {
        REACH_VARIABLE => Some("network".to_owned()),
        RELAY_VARIABLE => None,
        _ => Some("other".to_owned()),
    };
    let own = read_with(b"[[tunnel]]\nport = 3000\n", variable).expect("it is right");
    let args = &own.entries[0].args;
    assert_eq!((args.reach, &args.name), (Some(Reach::Network), &None));
    let said = read_with(b"reach = \"here\"\n[[tunnel]]\nport = 3000\n", variable);
    let said = said.expect("it is right");
    assert_eq!(said.entries[0].args.reach, Some(Reach::Here));
}

#[test]
fn a_file_that_names_its_relay_is_hosted_through_no_other() {
    let text = "relay = \"a.example:7443\"\n[[tunnel]]\nport = 1\n";
    let asked = read_text(text).expect("it is right");
    assert_eq!(asked.relay, Some((1, "a.example:7443".to_owned())));
    let args = HostArgs {
        for_relay: Some("a.example:7443".to_owned()),
        ..asked.entries[0].args.clone()
    };
    let by = |joined: Option<&str>, reach| {
        let mut settings = crate::model::Settings::default();
        settings.relay.joined = joined.map(str::to_owned);
        let args = HostArgs {
            reach,
            ..args.clone()
        };
        super::super::check::relay(&args, &settings).is_ok()
    };
    assert!(by(Some("a.example:7443#ff"), None));
    assert!(!by(Some("b.example:7443#ff"), None));
    assert!(!by(None, Some(Reach::Internet)));
    assert!(
        by(None, Some(Reach::Here)),
        "--reach here was typed over it"
    );
}

/// Bytes, and what is nearly such a file.
fn any_file() -> impl Strategy<Value = Vec<u8>> {
    let near = r#"(reach|relay|name|port|targets|set|health|public|\[\[tunnel\]\]|\[tunnel\]|[a-z-]{1,9})( = ("[ -~]{0,9}"|[0-9]{1,6}|true|\[[0-9, "]{0,9}\]|\{ ?[a-z]{0,4} ?=? ?[0-9"]{0,4} ?\}))?"#;
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..256),
        prop::collection::vec(near, 0..6).prop_map(|lines| lines.join("\n").into_bytes()),
        near.prop_map(|line| format!("[[tunnel]]\nport = 1\n{line}\n").into_bytes()),
    ]
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_at_a_line_of_theirs(bytes in any_file()) {
        let lines = bytes.split(|byte| *byte == b'\n').count();
        match read_with(&bytes, |_| None) {
            Ok(asked) => prop_assert!(!asked.entries.is_empty()),
            Err(wrong) => {
                prop_assert!((1..=lines).contains(&wrong.line), "{wrong:?}");
                prop_assert!(!said(&wrong).is_empty());
            }
        }
    }
}
