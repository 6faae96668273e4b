//! The services that are made of an SSH server: what they are asked, and what comes of what they say.

use super::fake::{Fake, Manner};
use super::*;

fn web() -> HostOrder {
    order(&[port(3000, Protocol::Http)])
}

/// What was asked of a service that answers with this, and the URL that came of it.
async fn hosted(
    service: &str,
    more: &[(&str, &str)],
    order: &HostOrder,
    says: &str,
) -> (Vec<String>, String) {
    let fake = Fake::start(Manner::Nobody).await;
    let mut chosen = vec![("service", service)];
    chosen.extend(more);
    let connector = fake.connector(&chosen);
    let (session, ()) = tokio::join!(host(&connector, order), fake.say(says));
    let asked = fake.said.lock().asked.clone();
    (asked, url(&session).to_owned())
}

#[tokio::test]
async fn each_service_is_asked_in_its_own_way_and_its_url_is_served() {
    let json = r#"{"event":"tcpip-forward","address":"a.lhr.life","status":"success"}"#;
    for (service, order, says, asked, url) in [
        (
            "localhost.run",
            web(),
            json,
            ["localhost:80", "exec --output json"],
            "https://a.lhr.life",
        ),
        (
            "serveo",
            web(),
            "from https://a.serveo.net",
            ["localhost:80", "shell"],
            "https://a.serveo.net",
        ),
        (
            "serveo",
            tcp(1),
            "from serveo.net:4",
            ["localhost:0", "shell"],
            "tcp://serveo.net:4",
        ),
        (
            "pinggy",
            web(),
            "http://a.free.pinggy.link\nhttps://a.free.pinggy.link",
            ["localhost:0", "shell"],
            "https://a.free.pinggy.link",
        ),
        (
            "srv.us",
            web(),
            "1: https://a.srv.us/, https://b.gh.srv.us/",
            ["localhost:1", "shell"],
            "https://a.srv.us",
        ),
        (
            "tuns.sh",
            web(),
            "HTTP: http://a.tuns.sh\r\nHTTPS: https://a.tuns.sh",
            ["localhost:80", "shell"],
            "https://a.tuns.sh",
        ),
        (
            "sish",
            tcp(1),
            "TCP: 127.0.0.1:4",
            ["localhost:0", "shell"],
            "tcp://127.0.0.1:4",
        ),
        (
            "ngrok-ssh",
            web(),
            "Forwarding https://a.ngrok-free.app",
            ["localhost:443", "exec http"],
            "https://a.ngrok-free.app",
        ),
        (
            "frps",
            web(),
            "RemoteAddress: :9090",
            ["localhost:80", "exec http"],
            "http://127.0.0.1:9090",
        ),
    ] {
        // By its own name, which is not the one of this server.
        let says = says.replace("from serveo.net", "from 127.0.0.1");
        let url = url.replace("tcp://serveo.net", "tcp://127.0.0.1");
        let hosted = hosted(service, &[], &order, &format!("{says}\r\n")).await;
        assert_eq!(
            hosted,
            (asked.map(str::to_owned).to_vec(), url),
            "{service}"
        );
    }
}

#[tokio::test]
async fn a_name_a_command_and_its_token_get_there() {
    let more = [
        ("command", "http --token {token}"),
        ("token", "t0ken"),
        ("name", "mine"),
    ];
    let (asked, _) = hosted(
        "frps",
        &more,
        &web(),
        "RemoteAddress: http://mine.example.org\r\n",
    )
    .await;
    assert_eq!(asked, ["mine:80", "exec http --token t0ken"]);
}

#[tokio::test]
async fn a_url_without_an_end_of_line_is_found_in_the_end() {
    let (_, url) = hosted("serveo", &[], &web(), "at https://a.serveo.net").await;
    assert_eq!(url, "https://a.serveo.net");
}

#[tokio::test]
async fn a_url_that_changes_is_told() {
    let fake = Fake::start(Manner::Nobody).await;
    let connector = fake.connector(&[("service", "localhost.run")]);
    let order = web();
    let event = |name: &str| {
        let words = r#"{"event":"tcpip-forward","status":"success","tls_termination":true,"#;
        format!("{words}\"address\":\"{name}.lhr.life\"}}\r\n")
    };
    let (first, second) = (event("a"), event("b"));
    let (mut session, ()) = tokio::join!(host(&connector, &order), fake.say(&first));
    // The same again is none.
    fake.say(&first).await;
    fake.say(&second).await;
    let SessionEvent::Ports(live) = next(&mut session).await else {
        panic!("it is told");
    };
    assert_eq!(live[0].url, "https://b.lhr.life");
    fake.end().await;
    let ended = ended(&mut session).await;
    assert_eq!(ended.class(), Class::Transient, "{ended:?}");
}

/// A service that says for its owner what visitors ask for.
#[tokio::test]
async fn no_visitor_changes_the_url() {
    let fake = Fake::start(Manner::Nobody).await;
    let connector = fake.connector(&[("service", "tuns.sh")]);
    let order = web();
    let (mut session, ()) =
        tokio::join!(host(&connector, &order), fake.say("https://a.tuns.sh\r\n"));
    fake.say("10.0.0.1 | 404 | GET /,https://evil.tuns.sh\r\n")
        .await;
    // What the server answers comes behind what it said before.
    let mut ports = order.ports.clone();
    ports.push(port(3001, Protocol::Http));
    session.part.set_ports(ports);
    let SessionEvent::Ports(live) = next(&mut session).await else {
        panic!("the ports change");
    };
    assert_eq!(live[0].url, "https://a.tuns.sh");
}

#[tokio::test]
async fn a_service_that_names_no_url_is_told_with_what_it_says() {
    let fake = Fake::start(Manner::Nobody).await;
    let connector = fake.connector(&[("service", "serveo")]);
    let order = web();
    let says = fake.say("\u{1b}[1mclosed for repairs, see https://serveo.net/docs\r\n");
    let (error, ()) = tokio::join!(refused(&connector, &order), says);
    let detail = error.reason.detail().expect("it says what").to_owned();
    assert!(detail.contains("closed for repairs"), "{detail}");
}

/// As Pinggy's documents have it.
const ACTIVE: &str =
    "Login is not allowed: A tunnel with the same token `t0ken` is already active.";

/// What comes of what a service says that then ends its session.
async fn said(
    fake: &Fake,
    connector: &SshConnector,
    order: &HostOrder,
    says: &str,
) -> ConnectError {
    let saying = async {
        fake.say(&format!("{says}\r\n")).await;
        fake.end().await;
    };
    let (error, ()) = tokio::join!(refused(connector, order), saying);
    error
}

#[tokio::test]
async fn a_tunnel_that_another_host_has_is_told_as_that_and_taken_over_where_the_service_can() {
    for (service, says, is_taken) in [
        ("pinggy", ACTIVE, true),
        (
            "pinggy",
            "A tunnel with the same token (x) is already active",
            true,
        ),
        // What a visitor asked for, and what others might mean by it.
        ("pinggy", "GET /the tunnel is already active", false),
        ("pinggy", "too many of these, and a rate limit", false),
        ("tuns.sh", ACTIVE, false),
        ("serveo", "port already in use", false),
    ] {
        let fake = Fake::start(Manner::Nobody).await;
        let connector = fake.connector(&[("service", service)]);
        let error = said(&fake, &connector, &web(), says).await;
        let is_told = error.reason == Reason::HostedElsewhere;
        assert_eq!(is_told, is_taken, "{says}: {error:?}");
        assert!(is_told || error.class() == Class::Fatal, "{error:?}");
    }
    for (service, user) in [("pinggy", "t0ken+http+force"), ("tuns.sh", "t0ken+http")] {
        let fake = Fake::start(Manner::Nobody).await;
        let url = format!("ssh://t0ken+http@127.0.0.1:{}", fake.port);
        let connector = fake.connector_to(&url, &[("service", service)]);
        let order = HostOrder {
            take_over: true,
            ..web()
        };
        let says = format!(
            "http://a.{}\n",
            if service == "pinggy" {
                "pinggy.link"
            } else {
                "tuns.sh"
            }
        );
        let (_session, ()) = tokio::join!(host(&connector, &order), fake.say(&says));
        assert_eq!(fake.said.lock().user, user);
    }
}

#[tokio::test]
async fn what_our_own_connection_of_a_moment_ago_has_is_no_other_host_s() {
    let fake = Fake::start(Manner::Nobody).await;
    let connector = fake.connector(&[("service", "pinggy")]);
    let order = web();
    let says = fake.say("https://a.pinggy.link\n");
    let (session, ()) = tokio::join!(host(&connector, &order), says);
    drop(session);
    fake.said.lock().forget();
    let error = said(&fake, &connector, &order, ACTIVE).await;
    assert_eq!(error.reason.code(), "still-held", "{error:?}");
}

#[tokio::test]
async fn no_secret_is_in_what_a_service_says_again() {
    let fake = Fake::start(Manner::Nobody).await;
    let url = format!("ssh://t0ken+http@127.0.0.1:{}", fake.port);
    let connector = fake.connector_to(&url, &[("service", "pinggy"), ("password", "pa55word")]);
    let says = "nobody knows t0ken, nor pa55word";
    let error = said(&fake, &connector, &web(), says).await;
    let told = format!("{error:?}");
    assert!(told.contains("nobody knows ***, nor ***"), "{told}");
    assert!(
        !told.contains("t0ken") && !told.contains("pa55word"),
        "{told}"
    );
}

#[tokio::test]
async fn a_service_that_never_stops_talking_is_heard_without_harm() {
    let fake = Fake::start(Manner::Nobody).await;
    let connector = fake.connector(&[("service", "tuns.sh")]);
    let order = web();
    let (session, ()) = tokio::join!(host(&connector, &order), fake.say("https://a.tuns.sh\r\n"));
    for part in 0..400 {
        fake.say(&format!("https://x{part}.tuns.sh\r\n").repeat(200))
            .await;
        fake.say(&"\u{1b}[31m".repeat(2_000)).await;
    }
    assert!(session.close().await, "it takes no longer than it may");
}

#[tokio::test]
async fn what_a_service_does_not_carry_is_told_before_it_is_asked() {
    let fake = Fake::start(Manner::Nobody).await;
    let two = order(&[port(1, Protocol::Http), port(2, Protocol::Http)]);
    for (service, order) in [("localhost.run", tcp(1)), ("serveo", two)] {
        let error = refused(&fake.connector(&[("service", service)]), &order).await;
        assert!(
            matches!(error.reason, Reason::OptionsInvalid { .. }),
            "{error:?}"
        );
    }
    assert!(fake.said.lock().asked.is_empty());
}
