//! Files as Cloudflare's documents have them.

use super::*;
use proptest::prelude::*;

fn read(text: &str) -> Import {
    let file = ConfigFile {
        path: "/etc/cloudflared/config.yml".into(),
        text: text.to_owned(),
    };
    let folders = Folders {
        home: "/home/anna".into(),
        ..Folders::default()
    };
    super::read(&file, &folders)
}

fn skipped(import: &Import) -> Vec<String> {
    let shown = |it: &crate::model::Skipped| format!("{}: {} {}", it.line, it.what, it.why.code);
    import.skipped.iter().map(shown).collect()
}

#[test]
fn a_tunnel_with_one_hostname_is_taken_and_the_rest_is_told() {
    let import = read(include_str!("one.yml"));
    let [found] = &import.found[..] else {
        panic!("{import:?}");
    };
    assert_eq!((found.line, found.name.as_str()), (8, "app.example.org"));
    assert_eq!(
        (found.protocol, found.target.to_string()),
        (Protocol::Https, "localhost:8443".to_owned())
    );
    let options: Vec<String> = found
        .options
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    assert_eq!(
        options,
        [
            "credentials=/home/anna/.cloudflared/6ff42ae2-765d-4adf-8112-31c55c1551ef.json",
            "hostname=app.example.org",
            "protocol=http2",
        ]
    );
    assert_eq!(
        skipped(&import),
        [
            "4: loglevel import-left-out",
            "6: originRequest.connectTimeout import-left-out",
            "12: app.example.org.originRequest.httpHostHeader import-left-out",
        ]
    );
}

#[test]
fn two_hostnames_of_one_tunnel_are_none_of_ours() {
    let rule = |name: &str| format!("  - {{hostname: {name}, service: 'http://localhost:1'}}\n");
    let text = format!(
        "tunnel: t\ningress:\n{}{}",
        rule("a.example"),
        rule("b.example")
    );
    let import = read(&text);
    assert!(import.found.is_empty());
    assert_eq!(
        skipped(&import),
        [
            "3: a.example cloudflared-import-many",
            "4: b.example cloudflared-import-many"
        ]
    );
}

#[test]
fn a_rule_that_is_not_taken_leads_to_the_same_tunnel_all_the_same() {
    let one = "  - {hostname: app.example, service: 'http://localhost:1'}\n";
    for (other, told) in [
        (
            "{hostname: app.example, path: /a, service: 'http://localhost:2'}",
            [
                "3: app.example cloudflared-import-path",
                "2: app.example cloudflared-import-path",
            ],
        ),
        (
            "{hostname: ssh.example, service: 'ssh://localhost:22'}",
            [
                "3: ssh.example import-not-carried",
                "2: app.example cloudflared-import-many",
            ],
        ),
        (
            "{hostname: '*.example', service: 'http://localhost:2'}",
            [
                "3: *.example import-invalid",
                "2: app.example cloudflared-import-many",
            ],
        ),
        (
            "{hostname: sock.example, service: 'unix:/run/web.sock'}",
            [
                "3: sock.example import-no-port",
                "2: app.example cloudflared-import-many",
            ],
        ),
        (
            "{hostname: b.example, service: 'http://localhost:2', originRequest: {access: {required: true}}}",
            [
                "3: b.example import-restricts",
                "2: app.example cloudflared-import-many",
            ],
        ),
    ] {
        let import = read(&format!("ingress:\n{one}  - {other}\n"));
        assert!(import.found.is_empty(), "{other}");
        assert_eq!(skipped(&import), told, "{other}");
    }
}

#[test]
fn who_may_come_in_is_kept_or_there_is_no_tunnel() {
    let rule = "  - hostname: a.example\n    service: http://localhost:1\n";
    let texts = |access: &str| {
        let access = format!("originRequest: {{access: {access}}}\n");
        [
            format!("ingress:\n{rule}    {access}"),
            format!("{access}ingress:\n{rule}"),
            // Nothing said there leaves what is said for all.
            format!("{access}ingress:\n{rule}    originRequest: {{access: ~}}\n"),
        ]
    };
    let words = [
        "true", "True", "TRUE", "yes", "on", "y", "1", "'true'", "[]",
    ];
    for word in words {
        for text in texts(&format!("{{required: {word}, teamName: x}}")) {
            let import = read(&text);
            assert!(import.found.is_empty(), "{text}");
            assert!(
                skipped(&import)
                    .iter()
                    .any(|it| it.ends_with("a.example import-restricts")),
                "{text}"
            );
        }
    }
    for access in ["{teamName: x}", "{required: false}", "{required: Off}", "~"] {
        for text in texts(access) {
            assert_eq!(read(&text).found.len(), 1, "{text}");
        }
    }
}

#[test]
fn what_is_managed_elsewhere_says_where() {
    for (text, code) in [
        ("tunnel: t\n", DASHBOARD),
        ("tunnel: t\nurl: http://localhost:1\n", NO_HOSTNAME),
        (
            "tunnel: t\ningress:\n  - service: http://localhost:1\n",
            NO_HOSTNAME,
        ),
        ("[", Why::UNREADABLE),
        ("- tunnel: t\n", Why::UNREADABLE),
    ] {
        let import = read(text);
        assert!(import.found.is_empty());
        assert_eq!(import.skipped[0].why.code, code, "{text}");
    }
    let old = read("tunnel: t\nhostname: a.example\nurl: http://localhost:1\n");
    assert_eq!(
        old.found[0].options["credentials"],
        "/etc/cloudflared/t.json"
    );
}

#[test]
fn a_token_is_a_secret_and_shown_nowhere() {
    let token = format!("eyJhIjoi{}", "x".repeat(60));
    let text = format!(
        "token: {token}\ningress: [{{hostname: a.example, service: 'http://localhost:1'}}]\n"
    );
    let import = read(&text);
    assert_eq!(import.found[0].secrets["token"].expose(), token);
    assert!(!format!("{import:?}").contains(&token));
}

proptest! {
    #[test]
    fn any_text_is_read(
        key in "(tunnel|ingress|hostname|service|path|originRequest|access|token|url)",
        value in "[a-z0-9:/.@*\\[\\]{}, \"'-]{0,40}",
        any in "\\PC{0,80}",
    ) {
        read(&any);
        read(&format!("{key}: {value}\n"));
        read(&format!("ingress:\n  - hostname: a.b\n    service: http://localhost:1\n    {key}: {value}\n"));
    }
}
