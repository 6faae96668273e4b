//! What words mean, and which ones are refused.

use super::host::HostTarget;
use super::port::PortOptionArgs;
use super::*;
use crate::model::{HostHeader, Protocol, ProviderId, ProxyVersion};
use proptest::prelude::*;

fn read(words: &[&str]) -> Result<CommandLine, String> {
    read_with(words, None)
}

fn read_with(words: &[&str], relay: Option<&str>) -> Result<CommandLine, String> {
    let words = std::iter::once("underpass").chain(words.iter().copied());
    let relay = relay.map(|link| (RELAY_VARIABLE, link));
    read_in(words, relay.as_slice())
}

/// With these variables in the environment.
fn read_in<'w>(
    words: impl Iterator<Item = &'w str>,
    environment: &[(&str, &str)],
) -> Result<CommandLine, String> {
    let variable = |name: &str| {
        let mut found = environment.iter().filter(|(known, _)| *known == name);
        found.next().map(|(_, value)| (*value).to_owned())
    };
    parse(words.map(OsString::from), variable, &Catalog::sample())
        .map_err(|error| error.to_string())
}

fn host(words: &[&str]) -> HostArgs {
    host_with(words, None)
}

fn host_with(words: &[&str], relay: Option<&str>) -> HostArgs {
    let words: Vec<&str> = std::iter::once("host")
        .chain(words.iter().copied())
        .collect();
    match read_with(&words, relay).expect("it is right").command {
        Some(Command::Host(args)) => *args,
        other => panic!("{other:?}"),
    }
}

fn refused(words: &[&str]) -> String {
    read(words).expect_err("it is wrong")
}

fn link(token: &str) -> String {
    format!("underpass://{token}@relay.example:7443#{}", "0a".repeat(32))
}

#[test]
fn clap_finds_the_commands_sound() {
    CommandLine::command().debug_assert();
}

#[test]
fn nothing_is_the_window() {
    let args = |words| {
        let typed = read(words).expect("it is right");
        assert_eq!(typed.command, None);
        (typed.minimized, typed.verbose)
    };
    assert_eq!(args(&[]), (false, 0));
    assert_eq!(args(&["--minimised", "-vv"]), (true, 2));
    assert!(refused(&["--minimised", "doctor"]).contains("--minimized"));
}

#[test]
fn targets_are_ports_hosts_or_names() {
    let args = host(&["3000", "nas.lan:80", "Mein Büro", "[::1]:8080"]);
    let shown: Vec<String> = args
        .targets
        .iter()
        .map(|asked| match asked {
            HostTarget::Service(typed) => typed.target.to_string(),
            HostTarget::Saved(name) => format!("saved {name}"),
        })
        .collect();
    assert_eq!(
        shown,
        [
            "localhost:3000",
            "nas.lan:80",
            "saved Mein Büro",
            "[::1]:8080"
        ]
    );
    for bad in ["0", "70000", "+80", "nas:0", "nas:70000", "a b:80", "8.0"] {
        let said = refused(&["host", "--", bad]);
        assert!(
            said.contains("port") || said.contains("PORT"),
            "{bad}: {said}"
        );
    }
    assert!(refused(&["host"]).contains("TARGET"));
}

#[test]
fn a_port_is_also_said_as_other_programs_say_it() {
    let by_option = host(&["-p", "3000", "--port", "nas:22", "--subdomain", "shop"]);
    let by_us = host(&["3000", "nas:22", "--name", "shop"]);
    assert_eq!(by_option, by_us);
    assert_eq!(host(&["--url", ":3000"]).targets, host(&["3000"]).targets);
    let http = read(&["HTTP", "3000"]).expect("it is right");
    let ours = read(&["host", "3000", "--protocol", "http"]);
    assert_eq!(http, ours.expect("it is right"));
    for (words, said) in [
        (&["3000:8080"][..], "two ports"),
        (&["-p", "3000:8080"], "two ports"),
        (&["http"], "TARGET"),
        (&["70000"], "1 to 65535"),
    ] {
        let refused = refused(words);
        assert!(refused.contains(said), "{words:?}: {refused}");
    }
}

#[test]
fn a_word_of_another_program_leads_to_ours() {
    for (word, ours) in [
        ("update", "install the new version"),
        ("funnel", "underpass host PORT"),
        ("authtoken", "underpass account add"),
        ("Login", "underpass account sign-in"),
        ("frontend", "underpass host NAME"),
    ] {
        let said = refused(&[word]);
        assert!(said.contains(ours) && !said.contains("audit'"), "{said}");
    }
    assert!(refused(&["hots"]).contains("'host'"));
}

#[test]
fn the_environment_may_say_name_and_provider() {
    let hosted = |words: &str, environment: &[_]| -> Result<_, String> {
        match read_in(words.split(' '), environment)?.command {
            Some(Command::Host(args)) => Ok((args.name, args.provider)),
            other => panic!("{other:?}"),
        }
    };
    let (name, relay) = ((NAME_VARIABLE, "shop"), ProviderId::RELAY);
    let shop = |name: &str| Ok((Some(name.to_owned()), relay));
    assert_eq!(hosted("underpass 1", &[name]), shop("shop"));
    assert_eq!(hosted("underpass 1 --name web", &[name]), shop("web"));
    assert_eq!(hosted("underpass host saved", &[name]), Ok((None, relay)));
    let nobody = (PROVIDER_VARIABLE, "nobody");
    let refused = hosted("underpass 1", &[nobody]).expect_err("there is none");
    assert!(refused.contains("nobody"), "{refused}");
    let typed = hosted("underpass 1 --provider relay", &[nobody]);
    assert_eq!(typed, Ok((None, relay)));
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    let cases = [
        (&["host", "web", "--name", "x"][..], "saved tunnel"),
        (&["host", "web", "--protocol", "tcp"], "saved tunnel"),
        (
            &["host", "1", "2", "--protocol", "tcp", "--public-port", "9"],
            "several",
        ),
        (&["host", "1", "--public-port", "9"], "--protocol tcp"),
        (&["host", "1", "--public-port", "70000"], "1 to 65535"),
        (
            &["host", "1", "--protocol", "ftp"],
            "http, https, tcp or auto",
        ),
        (&["host", "1", "--provider", "nobody"], "relay"),
        (&["host", "1", "--name", "…"], "cannot be a name"),
        (&["host", "web", "--host-header", "keep"], "saved tunnel"),
        (&["host", "1", "--host-header", "a b"], "HOST[:PORT]"),
        (&["host", "1", "--proxy-protocol", "v3"], "v1 or v2"),
        (
            &["host", "1", "--protocol", "tcp", "--host-header", "keep"],
            "HTTP",
        ),
        (&["relay", "--tcp-ports", "9-1"], "A-B"),
        (&["relay", "--domain", "a b"], "host name"),
        (&["relay", "--advertise", "h:1"], "without a port"),
        (
            &["relay", "--trusted-proxy", "proxy.lan"],
            "isn't a network",
        ),
        (&["relay", "--proxy-protocol"], "--trusted-proxy"),
        (
            &["relay", "--public-url", "example.org"],
            "can't be a public URL",
        ),
        (
            &[
                "relay",
                "--public-url",
                "https://a.example",
                "--domain",
                "b",
            ],
            "cannot be used",
        ),
        (&["relay", "--listen", "7443"], "invalid"),
        (&["audit", "--verify", "--tail", "3"], "cannot be used"),
    ];
    for (words, expected) in cases {
        let said = refused(words);
        assert!(said.contains(expected), "{words:?}: {said}");
    }
    let args = host(&["5432", "--protocol", "tcp", "--public-port", "7500"]);
    assert_eq!(args.protocol, Some(Protocol::Tcp));
}

#[test]
fn the_join_link_comes_from_the_option_or_the_environment_and_is_never_quoted() {
    let parsed: JoinLink = link("option").parse().expect("a link");
    let typed = link("option");
    assert_eq!(
        host(&["1", "--relay", &typed]).relay.as_ref(),
        Some(&parsed)
    );
    let both = host_with(&["1", "--relay", &typed], Some(&link("env")));
    assert_eq!(both.relay.as_ref(), Some(&parsed));
    assert_eq!(host_with(&["1"], Some(&typed)).relay, Some(parsed));
    assert_eq!(host_with(&["1"], Some(" ")).relay, None);

    let garbled = link("s3cret").replace("0a0a", "zz");
    for said in [
        refused(&["host", "1", "--relay", &garbled]),
        read_with(&["host", "1"], Some(&garbled)).expect_err("garbled"),
        refused(&["host", &garbled]),
        refused(&["host", &format!("x {}", garbled.to_uppercase())]),
        refused(&[&garbled]),
        refused(&["tunnels", "show", &garbled]),
        refused(&["relay", "account", "rotate", &garbled]),
        refused(&["relay", &format!("--data={garbled}")]),
        refused(&["host", "1", "--name", &garbled]),
        refused(&["host", "1", "--protocol", &garbled]),
    ] {
        assert!(
            said.contains("join link") && !said.contains("s3cret"),
            "{said}"
        );
    }
}

#[test]
fn a_join_link_where_none_is_taken_is_not_quoted_either() {
    let (link, typed) = (link("s3cret"), format!("--relay={}", link("s3cret")));
    for words in [
        &["--relay", &link][..],
        &[&typed],
        &["tunnels", "show", "x", "--relay", &link],
        &["tunnels", "show", "x", &typed],
        &["host", "--relay", &link],
        &["host", "1", "--relay", &link, "--nonsense"],
        &["host", "1", &typed, &typed],
        &["relay", &typed],
    ] {
        let said = refused(words);
        assert!(!said.contains("s3cret"), "{words:?}: {said}");
    }
}

#[test]
fn what_is_chosen_for_ports_is_read() {
    let args = host(&["5173", "--host-header", "rewrite", "--proxy-protocol", "v2"]);
    assert_eq!(args.options.host_header, Some(HostHeader::Rewrite));
    assert_eq!(args.options.proxy_protocol, Some(ProxyVersion::V2));
    assert_eq!(host(&["5173"]).options, PortOptionArgs::default());
}

proptest! {
    #[test]
    fn any_words_are_read_or_refused(words in prop::collection::vec("\\PC{0,12}", 0..4)) {
        let mut all = vec!["underpass".to_owned(), "host".to_owned()];
        all.extend(words);
        let _ = parse(all.into_iter().map(OsString::from), |_| None, &Catalog::sample());
    }
}
