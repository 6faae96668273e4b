//! What is taken for each option, what is refused, and that nothing of it panics.

use super::*;
use crate::provider::ngrok::OFFERS;
use crate::provider::tests::port;
use proptest::prelude::*;

fn set(key: &str, value: &str) -> Result<Options, Rejected> {
    Options::parse([(key, value)])
}

#[test]
fn each_option_takes_what_it_is_for() {
    for (key, value) in [
        ("protocol", "TLS"),
        ("domain", "https://App.Example.org/"),
        ("domain", "*.example.org"),
        ("address", "tcp://1.tcp.ngrok.io:20001"),
        ("basic-auth", "anna:correct horse:battery"),
        ("allow", "192.0.2.7"),
        ("deny", "2001:db8::/32"),
        ("oauth", "GitHub"),
        ("policy", "{\"on_http_request\":[]}"),
        ("policy", "on_http_request: []"),
        ("pooling", "on"),
        ("binding", "internal"),
        ("server", "eu"),
    ] {
        assert!(
            set(key, value).is_ok(),
            "{key}={value}: {:?}",
            set(key, value)
        );
    }
    let options = set("domain", "https://App.Example.org/").expect("a name");
    assert_eq!(options.domain.as_deref(), Some("app.example.org"));
    let options = set("allow", "192.0.2.7").expect("an address");
    assert_eq!(options.allow, ["192.0.2.7/32"]);
    let options = set("deny", "192.0.2.0/24, 2001:db8::1").expect("two");
    assert_eq!(options.deny, ["192.0.2.0/24", "2001:db8::1/128"]);
    let options = set("basic-auth", "anna:password1\nbert:password2").expect("two");
    assert_eq!(options.basic_auth.len(), 2);
}

#[test]
fn what_is_wrong_is_said_with_what_is_right() {
    for (key, value, word) in [
        ("protocol", "udp", "http, tcp, tls"),
        ("domain", "localhost", "app.example.org"),
        ("domain", "192.0.2.7", "app.example.org"),
        ("domain", "a b.example", "app.example.org"),
        ("domain", "*.", "app.example.org"),
        ("address", "1.tcp.ngrok.io", "HOST:PORT"),
        ("basic-auth", "anna", "USER:PASSWORD"),
        ("basic-auth", "anna:short", "8 to 128"),
        ("basic-auth", ":password1", "USER:PASSWORD"),
        ("allow", "192.0.2.0/33", "192.0.2.0/24"),
        ("deny", "everybody", "192.0.2.0/24"),
        ("oauth", "myspace", "github"),
        ("policy", "", "bytes"),
        ("policy", "{", "JSON"),
        ("pooling", "maybe", "on, off"),
        ("binding", "private", "public, internal, kubernetes"),
        ("server", "http://x/", "region"),
        ("colour", "red", "no such"),
    ] {
        let said = set(key, value).expect_err(value).to_string();
        assert!(said.starts_with(key) && said.contains(word), "{said}");
    }
    let said = set("basic-auth", "anna:s3cret")
        .expect_err("short")
        .to_string();
    assert!(!said.contains("s3cret"), "{said}");
}

#[test]
fn what_does_not_go_together_is_refused() {
    for (chosen, key) in [
        (&[("policy", "a: b"), ("oauth", "google")][..], "policy"),
        (
            &[("protocol", "tcp"), ("basic-auth", "anna:password1")],
            "basic-auth",
        ),
        (&[("protocol", "tls"), ("oauth", "google")], "oauth"),
        (&[("protocol", "tcp"), ("domain", "a.example")], "domain"),
        (
            &[("protocol", "http"), ("address", "a.example:1")],
            "address",
        ),
    ] {
        let refused = Options::parse(chosen.iter().copied()).expect_err(key);
        assert_eq!(refused.key, key);
    }
    let options = set("domain", "a.example").expect("a name");
    let (one, two) = (port(1, Protocol::Http), port(2, Protocol::Auto));
    let tcp = port(3, Protocol::Tcp);
    assert_eq!(options.check_ports(&[one.clone(), tcp.clone()]), Ok(()));
    let refused = options.check_ports(&[one.clone(), two]).expect_err("two");
    assert_eq!(refused.key, "domain");
    let refused = options.check_ports(std::slice::from_ref(&tcp));
    assert_eq!(refused.expect_err("no name").key, "domain");
    let options = set("address", "a.example:1").expect("a place");
    let refused = options.check_ports(std::slice::from_ref(&one));
    assert_eq!(refused.expect_err("no address").key, "address");
    let options = set("oauth", "google").expect("a place");
    assert_eq!(options.check_ports(&[one]), Ok(()));
    let refused = options.check_ports(&[tcp]).expect_err("bytes");
    assert_eq!(refused.key, "oauth");
}

#[test]
fn no_password_is_shown() {
    let options = set("basic-auth", "anna:s3cret-password").expect("a pair");
    let shown = format!("{options:?}");
    assert!(
        shown.contains("anna") && !shown.contains("s3cret"),
        "{shown}"
    );
}

proptest! {
    #[test]
    fn nothing_that_is_typed_panics(key in 0..OFFERS.options.len(), value in ".{0,60}") {
        let _ = set(OFFERS.options[key].key, &value);
    }

    #[test]
    fn what_is_taken_for_a_name_is_one(value in "[a-zA-Z0-9.*:/-]{0,40}") {
        if let Ok(name) = domain(&value) {
            prop_assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b".-*".contains(&b)));
        }
    }
}
