//! What the services are known to say, cut at every byte, and what nobody would say.

use super::super::services::Service;
use super::*;
use proptest::prelude::*;

const LHR: &str = concat!(
    "\u{1b}[1mWelcome to localhost.run!\u{1b}[0m\r\n",
    "Follow your favourite reverse tunnel at https://twitter.com/localhost_run.\r\n",
    "To set up and manage custom domains go to https://admin.localhost.run/\r\n",
    "More details on custom domains at https://localhost.run/docs/custom-domains\r\n",
    r#"{"event":"authn","message":"authenticated as anonymous user"}"#,
    "\r\n",
    r#"{"event":"tcpip-forward","address":"0a1b2c3d4e.lhr.life","listen_host":"localhost","listen_port":80,"status":"success","tls_termination":true,"authz_code":"OK","connection_id":"x","message":"0a1b2c3d4e.lhr.life tunneled with tls termination, https://0a1b2c3d4e.lhr.life\n\u2588"}"#,
    "\r\n"
);

const LHR_TEXT: &str = "** see https://localhost.run/docs/ **\r\n0a1b2c3d4e.lhr.life tunneled with tls termination, https://0a1b2c3d4e.lhr.life\r\n";

const SERVEO: &str = "\u{1b}[32mForwarding HTTP traffic from \u{1b}[0mhttps://0d3f.serveousercontent.com\r\n\
                      To use a name of your own, visit https://console.serveo.net/ssh/keys\r\n";

const PINGGY: &str = "Allocated port 8 for remote forward to localhost:3000\n\
    You are not authenticated.\nYour tunnel will expire in 60 minutes. Upgrade to Pinggy Pro to get unrestricted tunnels. \
    https://dashboard.pinggy.io\n\nhttp://rnabc-192-0-2-1.a.free.pinggy.link\nhttps://rnabc-192-0-2-1.a.free.pinggy.link\n";

const SISH: &str = "Press Ctrl-C to close the session.\r\n\r\nStarting SSH Forwarding service for \u{1b}[36mhttp:80\u{1b}[0m. \
    Forwarded connections can be accessed via the following methods:\r\n\u{1b}[31mHTTP\u{1b}[0m: http://x7f.tuns.sh\r\n\
    \u{1b}[31mHTTPS\u{1b}[0m: https://x7f.tuns.sh\r\n";

const SRV: &str = "1: https://abcdefghijklmnop.srv.us/, https://anna.gh.srv.us/\r\n2: https://qrstuvwx.srv.us/\r\n";

const NGROK: &str = "ngrok (via SSH) (Ctrl+C to quit)\r\n\r\nAccount     anna (Plan: Free)\r\nRegion      us\r\n\
    Forwarding  https://1a2b.ngrok-free.app\r\nSee https://dashboard.ngrok.com and https://ngrok.com/docs\r\n";

const FRPS: &str = "frps (via SSH) (Ctrl+C to quit)\r\n\r\nUser:\r\nProxyName: web\r\nType: tcp\r\nRemoteAddress: :9090\r\n";

/// All addresses of a text that comes in parts of so many bytes.
fn found(service: &str, tcp: bool, text: &str, part: usize) -> Vec<String> {
    let service = Service::find(service).expect("it is one");
    let rule = service.rule(service.host.unwrap_or("own.example"), None, tcp);
    let mut announcer = Announcer::new(rule);
    let parts = text.as_bytes().chunks(part);
    let mut found: Vec<Found> = parts.flat_map(|part| announcer.take(part)).collect();
    found.extend(announcer.end_line());
    found.into_iter().map(|found| found.url).collect()
}

#[test]
fn each_service_s_address_is_found_and_no_other_link_however_it_is_cut() {
    let (http, tcp) = (false, true);
    for (service, tcp, text, expected) in [
        (
            "localhost.run",
            http,
            LHR,
            &["https://0a1b2c3d4e.lhr.life"][..],
        ),
        (
            "localhost.run",
            http,
            LHR_TEXT,
            &["https://0a1b2c3d4e.lhr.life"],
        ),
        (
            "serveo",
            http,
            SERVEO,
            &["https://0d3f.serveousercontent.com"],
        ),
        (
            "serveo",
            tcp,
            "Forwarding TCP connections from serveo.net:40123\r\n",
            &["tcp://serveo.net:40123"],
        ),
        (
            "serveo",
            tcp,
            "Forwarding TCP connections from tcp://serveo.net:40123",
            &["tcp://serveo.net:40123"],
        ),
        (
            "pinggy",
            http,
            PINGGY,
            &[
                "http://rnabc-192-0-2-1.a.free.pinggy.link",
                "https://rnabc-192-0-2-1.a.free.pinggy.link",
            ],
        ),
        (
            "pinggy",
            http,
            "https://x.run.pinggy-free.link\n",
            &["https://x.run.pinggy-free.link"],
        ),
        (
            "pinggy",
            tcp,
            "tcp://rnabc-192-0-2-1.a.free.pinggy.link:41234\n",
            &["tcp://rnabc-192-0-2-1.a.free.pinggy.link:41234"],
        ),
        (
            "tuns.sh",
            http,
            SISH,
            &["http://x7f.tuns.sh", "https://x7f.tuns.sh"],
        ),
        (
            "sish",
            tcp,
            "\u{1b}[31mTCP\u{1b}[0m: own.example:40001\r\n",
            &["tcp://own.example:40001"],
        ),
        (
            "srv.us",
            http,
            SRV,
            &["https://abcdefghijklmnop.srv.us", "https://qrstuvwx.srv.us"],
        ),
        ("ngrok-ssh", http, NGROK, &["https://1a2b.ngrok-free.app"]),
        ("frps", tcp, FRPS, &["tcp://own.example:9090"]),
        (
            "frps",
            http,
            "RemoteAddress: http://web.own.example:8080\r\n",
            &["http://web.own.example:8080"],
        ),
    ] {
        for part in 1..=text.len() {
            assert_eq!(
                found(service, tcp, text, part),
                expected,
                "{service}, in parts of {part}"
            );
        }
    }
}

#[test]
fn a_stranger_s_address_is_none_of_the_service_s() {
    for word in [
        "https://serveo.net",
        "https://evil.example/.serveo.net",
        "https://serveo.net.evil.example",
        "https://x.serveo.net@evil.example",
        "ftp://x.serveo.net",
        "https://.serveo.net",
        "https://x_y/.serveo.net",
        "https://www.serveo.net",
        "javascript:x.serveo.net",
        "https://evil.example?x.serveo.net",
        "https://evil.example#.serveo.net",
    ] {
        let found = found("serveo", false, word, 7);
        assert_eq!(found, [""; 0], "{word}");
    }
    let failed = r#"{"event":"tcpip-forward","address":"a.lhr.life","status":"failure"}"#;
    assert_eq!(found("localhost.run", false, failed, 99), [""; 0]);
    let elsewhere = r#"{"event":"tcpip-forward","address":"a.evil.example","status":"success"}"#;
    assert_eq!(found("localhost.run", false, elsewhere, 99), [""; 0]);
}

#[test]
fn which_port_it_is_of_is_said_where_that_is_known() {
    let rule = Service::find("srv.us")
        .expect("it is one")
        .rule("srv.us", None, false);
    let numbers: Vec<_> = Announcer::new(rule)
        .take(SRV.as_bytes())
        .into_iter()
        .map(|found| found.number)
        .collect();
    assert_eq!(numbers, [Some(1), Some(2)]);
}

#[test]
fn little_is_kept_of_much() {
    let mut announcer = Announcer::default();
    for _ in 0..4 {
        announcer.take(&[b'x'; LONGEST_LINE]);
        announcer.take(b"\x1b]0;");
        announcer.take(&[b'y'; LONGEST_LINE]);
    }
    assert_eq!(announcer.line.len(), LONGEST_LINE);
    for line in 0..1_000 {
        announcer.take(format!("{line} {}\n", "z".repeat(1_000)).as_bytes());
    }
    assert_eq!(announcer.lines.len(), MOST_LINES);
    assert!(announcer.transcript().chars().count() <= MOST_LINES * (SHOWN + 3));
    assert!(announcer.line.capacity() <= 2 * LONGEST_LINE);
}

proptest! {
    #[test]
    fn whatever_is_said_is_bounded_and_read_the_same_in_any_parts(
        bytes in proptest::collection::vec(any::<u8>(), 0..600), part in 1_usize..50)
    {
        let read = |part| {
            let rule = Rule { names: vec![".a".to_owned()], ..Rule::default() };
            let mut announcer = Announcer::new(rule);
            let found: Vec<_> = bytes.chunks(part).flat_map(|it| announcer.take(it)).collect();
            (found, announcer.transcript())
        };
        prop_assert_eq!(read(part), read(1));
    }

    #[test]
    fn only_names_with_a_known_end_are_ever_taken(
        words in proptest::collection::vec(proptest::sample::select(vec![
            "https://", "http://", "tcp://", "x", ".serveo.net", "evil.example", "@", ":", "/", "?", "1", " ", "\r\n", "\u{1b}[1m", "{", "}", "\""]), 0..30))
    {
        for url in found("serveo", false, &words.concat(), 3) {
            let host = url.split_once("://").map(|(_, host)| host).unwrap_or_default();
            let (name, _) = split_port(host);
            prop_assert!(name.ends_with(".serveo.net") && name.len() > ".serveo.net".len(), "{}", url);
        }
    }
}

#[test]
fn no_secret_is_shown_however_a_line_is_cut() {
    let secrets = ["t0ken", "t0ken-and-more"].map(str::to_owned);
    let said = |text: &str| {
        let mut announcer = Announcer::new(Rule::default()).hiding(secrets.to_vec());
        announcer.take(text.as_bytes());
        announcer.transcript()
    };
    assert_eq!(
        said("a t0ken b\n\u{1b}[1mt0ken-and-more\r\n"),
        "a *** b / ***"
    );
    for before in SHOWN - 16..SHOWN {
        let shown = said(&format!("{}t0ken-and-more\n", "x".repeat(before)));
        assert!(!shown.contains("t0"), "{shown}");
    }
}
