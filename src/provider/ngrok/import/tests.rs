//! Files as ngrok's documents have them.

use super::*;
use proptest::prelude::*;

fn read(text: &str) -> Import {
    let file = ConfigFile {
        path: "ngrok.yml".into(),
        text: text.to_owned(),
    };
    super::read(&file, &Folders::default())
}

/// What was found, a line each: options, and the keys of what is secret.
fn found(import: &Import) -> Vec<String> {
    let shown = |it: &Found| {
        let options = it
            .options
            .iter()
            .map(|(key, value)| format!(" {key}={value}"));
        let secrets = it.secrets.keys().map(|key| format!(" {key}=***"));
        let rest: String = options.chain(secrets).collect();
        format!(
            "{}: {} {} {}{rest}",
            it.line, it.name, it.protocol, it.target
        )
    };
    import.found.iter().map(shown).collect()
}

fn skipped(import: &Import) -> Vec<String> {
    let shown = |it: &crate::model::Skipped| format!("{}: {} {}", it.line, it.what, it.why.code);
    import.skipped.iter().map(shown).collect()
}

#[test]
fn version_2_becomes_tunnels_and_what_keeps_strangers_out_is_kept_or_refused() {
    let import = read(include_str!("v2.yml"));
    assert_eq!(
        found(&import),
        [
            "6: web http localhost:3000 domain=shop.example.org",
            "12: api https localhost:8443 basic-auth=***",
            "17: db tcp 192.168.1.7:5432 address=1.tcp.eu.ngrok.io:20001",
            "22: pass tcp localhost:443 domain=tls.example.org protocol=tls",
            "32: github http localhost:4001 allow=192.0.2.0/24 oauth=github",
        ]
    );
    assert_eq!(
        skipped(&import),
        [
            "3: region import-for-all",
            "4: web_addr import-left-out",
            "11: tunnels.web.inspect import-left-out",
            "31: tunnels.staff.oauth.allow_domains import-restricts",
            "42: tunnels.weak.basic_auth import-invalid",
            "45: tunnels.files.addr import-no-port",
            "49: tunnels.later.only_for import-unknown",
            "51: tunnels.edge.labels import-not-carried",
        ]
    );
    assert_eq!(import.found[0].port.host_header, HostHeader::Rewrite);
    assert_eq!(import.found[2].port.proxy_protocol, Some(ProxyVersion::V2));
    let auth = import.found[1].secrets["basic-auth"].expose();
    assert_eq!(auth, "anna:password1\nbert:password2");
    assert_eq!(import.tokens.len(), 1);
    assert_eq!(import.tokens[0].1.expose(), "2abcDEF_4ghiJKL5mnoPQR");
}

#[test]
fn version_3_becomes_tunnels_with_the_endpoints_urls() {
    let import = read(include_str!("v3.yml"));
    assert_eq!(
        found(&import),
        [
            "7: web http localhost:3000 domain=shop.example.org pooling=on",
            "12: own http localhost:8080 binding=internal domain=db.internal",
            "16: ssh tcp localhost:22 address=1.tcp.eu.ngrok.io:20001",
            "19: any http localhost:9000",
            "29: old http localhost:7000",
        ]
    );
    assert_eq!(
        skipped(&import),
        [
            "20: endpoints.any.upstream.protocol import-left-out",
            "23: endpoints.guarded.traffic_policy ngrok-import-policy",
            "26: endpoints.nowhere.upstream import-no-port",
            "4: agent.connect_url import-for-all",
            "5: agent.log import-left-out",
        ]
    );
    assert_eq!(import.tokens.len(), 1);
}

#[test]
fn what_is_not_everybodys_stays_so_or_is_no_tunnel() {
    let endpoint = |rest: &str| format!("endpoints: [{{name: a, upstream: {{url: 80}}, {rest}}}]");
    for (rest, kept) in [
        ("url: 'https://x.internal'", " domain=x.internal"),
        ("url: 'https://x.internal:443/'", " domain=x.internal"),
        (
            "url: 'tls://x.internal:443'",
            " domain=x.internal protocol=tls",
        ),
        ("url: 'tcp://x.internal:22'", " address=x.internal:22"),
        ("url: X.Internal, bindings: [public]", " domain=X.Internal"),
        ("bindings: [public], url: x.internal", " domain=x.internal"),
        ("bindings: internal", ""),
    ] {
        let import = read(&endpoint(rest));
        let [found] = &import.found[..] else {
            panic!("{rest}: {import:?}");
        };
        let mut options = found.options.clone();
        let binding = options.remove("binding");
        assert_eq!(binding.as_deref(), Some("internal"), "{rest}");
        let options = options.iter().map(|(key, value)| format!(" {key}={value}"));
        assert_eq!(options.collect::<String>(), kept, "{rest}");
    }
    for rest in [
        "bindings: [internal, kubernetes]",
        "bindings: [of-later]",
        "bindings: {a: b}",
        "url: 'https://api.internal:8443'",
        "url: 'http://api.internal:8080'",
        "url: 'https://api.internal/path'",
        "url: 'tls://x.internal:8443'",
        "url: 'tcp://x.internal'",
    ] {
        let import = read(&endpoint(rest));
        assert!(import.found.is_empty(), "{rest}: {import:?}");
        assert!(skipped(&import)[0].ends_with(Why::RESTRICTS), "{rest}");
    }
    assert_eq!(read(&endpoint("bindings: []")).found.len(), 1);
    let old = |rest: &str| read(&format!("tunnels: {{a: {{addr: 80, {rest}}}}}"));
    let kept = old("domain: x.internal");
    assert_eq!(kept.found[0].options["binding"], "internal");
    for rest in ["hostname: 'x.internal:8443'", "basic_auth: [{a: b}]"] {
        assert!(old(rest).found.is_empty(), "{rest}");
    }
}

#[test]
fn a_header_that_is_none_says_what_is_one_and_no_more() {
    let import = read("tunnels: {a: {addr: 80, host_header: 'a/b'}}");
    let why = Why::with(Why::INVALID, HostHeader::TAKES);
    assert_eq!(import.skipped[0].why, why);
}

#[test]
fn no_secret_is_in_what_is_told() {
    for text in [include_str!("v2.yml"), include_str!("v3.yml")] {
        let told = format!("{:?}", read(text));
        for secret in ["2abcDEF", "password1", "anna:short"] {
            assert!(!told.contains(secret), "{secret}: {told}");
        }
    }
    let typed = read("tunnels: {a: {addr: 'http://anna:hunter22@localhost:80'}}");
    assert!(!format!("{typed:?}").contains("hunter22"));
}

#[test]
fn what_is_no_yaml_is_told_with_its_line() {
    assert_eq!(skipped(&read("a: 1\nb: [\n")), ["3:  import-unreadable"]);
    assert_eq!(read(""), Import::default());
}

#[test]
fn tunnels_of_another_form_are_told() {
    for (text, told) in [
        ("tunnels:\n  - addr: 80\n", "1: tunnels import-unreadable"),
        ("- tunnels\n", "1:  import-unreadable"),
        ("agent: x\n", "1: agent import-left-out"),
    ] {
        assert_eq!(skipped(&read(text)), [told], "{text}");
    }
    assert_eq!(read("tunnels:\nagent:\n"), Import::default());
}

proptest! {
    #[test]
    fn any_text_is_read(
        key in "(tunnels|endpoints|agent|authtoken|oauth|addr|url|upstream|basic_auth|proto)",
        inner in "(tunnels|endpoints|agent|authtoken|oauth|addr|url|upstream|basic_auth|proto)",
        value in "[a-z0-9:/.@\\[\\]{}, \"'-]{0,40}",
        any in "\\PC{0,80}",
    ) {
        read(&any);
        read(&format!("{key}:\n  {inner}: {value}\n"));
        read(&format!("tunnels:\n  a:\n    addr: 80\n    {inner}: {value}\n"));
        read(&format!("endpoints:\n  - upstream: {{url: 80}}\n    {inner}: {value}\n"));
    }
}
