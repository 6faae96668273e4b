//! Files as frp's documents have them.

use super::*;
use proptest::prelude::*;

fn read(name: &str, text: &str) -> Import {
    let file = ConfigFile {
        path: name.into(),
        text: text.to_owned(),
    };
    super::read(&file, &Folders::default())
}

fn found(import: &Import) -> Vec<String> {
    let shown = |it: &Found| format!("{}: {} {} {}", it.line, it.name, it.protocol, it.target);
    import.found.iter().map(shown).collect()
}

fn skipped(import: &Import) -> Vec<String> {
    let shown = |it: &crate::model::Skipped| format!("{}: {} {}", it.line, it.what, it.why.code);
    import.skipped.iter().map(shown).collect()
}

#[test]
fn what_leads_to_a_port_is_taken_for_our_relay_and_the_rest_is_told() {
    let import = read("frpc.toml", include_str!("frpc.toml"));
    assert_eq!(
        found(&import),
        ["6: web http localhost:8080", "13: ssh tcp 192.168.1.7:22"]
    );
    assert!(
        import
            .found
            .iter()
            .all(|it| it.provider == ProviderId::RELAY)
    );
    let header = HostHeader::Value("app.local".to_owned());
    assert_eq!(import.found[0].port.host_header, header);
    assert_eq!(import.found[1].port.proxy_protocol, Some(ProxyVersion::V2));
    assert_eq!(
        skipped(&import),
        [
            "1: serverAddr import-frp-server",
            "4: auth.token import-frp-token",
            "47: secret_ssh import-not-carried",
            "10: web.customDomains import-frp-name",
            "18: ssh.remotePort import-frp-port",
            "20: ssh.transport.useEncryption import-left-out",
            "26: staff import-restricts",
            "29: dns import-not-carried",
            "38: files import-no-port",
            "45: filled import-template",
        ]
    );
}

#[test]
fn the_forms_of_old_and_of_json_say_the_same() {
    let ini = read("frpc.ini", include_str!("frpc.ini"));
    assert_eq!(
        found(&ini),
        ["5: web http localhost:8080", "11: ssh tcp localhost:22"]
    );
    let codes: Vec<&str> = ini.skipped.iter().map(|it| it.why.code).collect();
    assert_eq!(
        codes,
        [
            OTHER_SERVER,
            TOKEN,
            Why::NOT_CARRIED,
            NAME,
            REMOTE_PORT,
            Why::RESTRICTS
        ]
    );
    let json = r#"{"serverAddr":"x","proxies":[{"name":"a","type":"tcp","localPort":1}]}"#;
    assert_eq!(found(&read("frpc.json", json)), ["1: a tcp localhost:1"]);
    let yaml = "proxies:\n- name: a\n  type: https\n  localPort: 443\n  localIP: \"::2\"\n";
    assert_eq!(found(&read("frpc.yaml", yaml)), ["2: a https [::2]:443"]);
}

#[test]
fn what_lets_only_some_come_or_might_is_no_tunnel() {
    let toml = |line: &str| {
        let text = format!("[[proxies]]\nname = \"a\"\ntype = \"http\"\nlocalPort = 1\n{line}\n");
        read("frpc.toml", &text)
    };
    for (line, code) in [
        ("locations = [\"/api\"]", Why::RESTRICTS),
        ("routeByHTTPUser = \"anna\"", Why::RESTRICTS),
        ("allowUsers = [\"anna\"]", Why::RESTRICTS),
        ("httpuser = \"anna\"", Why::UNKNOWN),
        ("ofLater = 1", Why::UNKNOWN),
        ("enabled = false", Why::UNKNOWN),
    ] {
        let import = toml(line);
        assert!(import.found.is_empty(), "{line}");
        assert_eq!(skipped(&import), [format!("5: a {code}")], "{line}");
    }
    for line in [
        "locations = []",
        "enabled = true",
        "transport.useCompression = true",
        "healthCheck.type = \"tcp\"",
        "loadBalancer = {group = \"g\", groupKey = \"k\"}",
        "metadatas.a = \"b\"",
        "annotations.a = \"b\"",
        "requestHeaders.set.x = \"y\"",
    ] {
        assert_eq!(toml(line).found.len(), 1, "{line}");
    }
    let ini = |line: &str| {
        let text = format!("[common]\nserver_addr = x\n[a]\ntype = http\nlocal_port = 1\n{line}\n");
        read("frpc.ini", &text)
    };
    for line in ["locations = /api", "route_by_http_user = anna", "later = 1"] {
        assert!(ini(line).found.is_empty(), "{line}");
    }
    for line in ["use_encryption = true", "group_key = x", "meta_a = b"] {
        assert_eq!(ini(line).found.len(), 1, "{line}");
    }
}

#[test]
fn a_header_that_is_none_says_what_is_one_and_no_more() {
    let text = "[[proxies]]\nlocalPort = 1\nhostHeaderRewrite = \"a/b\"\n";
    let import = read("frpc.toml", text);
    let why = Why::with(Why::INVALID, HostHeader::TAKES);
    assert_eq!(import.skipped[0].why, why);
}

#[test]
fn no_secret_is_in_what_is_told() {
    for (name, text) in [
        ("frpc.toml", include_str!("frpc.toml")),
        ("frpc.ini", include_str!("frpc.ini")),
    ] {
        let told = format!("{:?}", read(name, text));
        for secret in ["s3cret", "hunter22", "abcdef"] {
            assert!(!told.contains(secret), "{secret}: {told}");
        }
    }
}

#[test]
fn what_is_filled_in_later_and_what_is_no_toml_is_told() {
    let filled = read("frpc.toml", "serverAddr = {{ .Envs.HOST }}\n");
    assert_eq!(skipped(&filled), ["1:  import-template"]);
    assert_eq!(
        skipped(&read("frpc.toml", "a = [\n")),
        ["1:  import-unreadable"]
    );
}

proptest! {
    #[test]
    fn any_text_is_read(
        key in "(name|type|localPort|localIP|remotePort|plugin|transport|httpUser|customDomains)",
        value in "[a-z0-9:/.@\\[\\]{}, \"'=-]{0,40}",
        any in "\\PC{0,80}",
    ) {
        for name in ["frpc.toml", "frpc.ini", "frpc.yaml"] {
            read(name, &any);
            read(name, &format!("[common]\n{key} = {value}\n[{value}]\n{key}={value}"));
            read(name, &format!("[[proxies]]\nlocalPort = 1\n{key} = {value}\n"));
            read(name, &format!("proxies:\n- localPort: 1\n  {key}: {value}\n"));
        }
    }
}

#[test]
fn what_may_carry_a_tunnel_and_is_not_read_is_told() {
    for (name, text, told) in [
        (
            "frpc.toml",
            "includes = [\"./a/*.toml\", \"b.toml\"]\n",
            "1: ./a/*.toml, b.toml import-frp-includes",
        ),
        (
            "frpc.ini",
            "[common]\nincludes = ./a/*.ini\n",
            "2: ./a/*.ini import-frp-includes",
        ),
        (
            "frpc.toml",
            "serverPort = 1\n[ssh]\ntype = \"tcp\"\nlocal_port = 22\n",
            "2: ssh import-unknown",
        ),
        ("frpc.yaml", "- proxies\n", "1:  import-unreadable"),
    ] {
        assert_eq!(skipped(&read(name, text)), [told], "{text}");
    }
    assert_eq!(read("frpc.toml", "includes = []\n"), Import::default());
}
