//! What works: web and TCP ports, several of them, a stop, and other people's rules left alone.

use super::stand_in::SERVES;
use super::*;

#[tokio::test]
async fn a_web_port_is_served_in_the_foreground_and_stops_with_nothing_left() {
    let stand_in = StandIn::start();
    let connector = connector(&stand_in, &[]);
    let session = host(&connector, &web()).await;
    assert_eq!(urls(&session), ["https://box.tail1234.ts.net"]);
    let started = stand_in.started();
    assert!(
        started[0].starts_with("funnel --https=443 http://127.0.0.1:"),
        "{started:?}"
    );
    let gone = stand_in.alive();
    assert!(session.close().await, "it takes no longer than it may");
    gone.await;
    assert_harmless(&stand_in);
}

#[tokio::test]
async fn several_ports_get_what_others_leave_free() {
    let stand_in = StandIn::start();
    let ports = [port(3000, Protocol::Http), port(5432, Protocol::Tcp)];
    let connector = connector(&stand_in, &[]);
    let session = host(&connector, &order(&ports)).await;
    assert_eq!(
        urls(&session),
        [
            "https://box.tail1234.ts.net",
            "tcp://box.tail1234.ts.net:10000"
        ]
    );
    let started = stand_in.started();
    assert!(
        started[1].starts_with("funnel --tls-terminated-tcp=10000 tcp://127.0.0.1:"),
        "{started:?}"
    );
    drop(session);
    let most = [3000, 4000, 5000, 6000].map(|number| port(number, Protocol::Http));
    let error = connect(&connector, &order(&most))
        .await
        .expect_err("there are three");
    assert_eq!(error.reason.code(), "options-invalid");
    assert_harmless(&stand_in);
}

#[tokio::test]
async fn what_was_chosen_is_asked_for() {
    let stand_in = StandIn::start();
    stand_in.others("");
    let connector = connector(&stand_in, &[("port", "8443"), ("tcp", "raw")]);
    let session = host(&connector, &order(&[port(5432, Protocol::Tcp)])).await;
    assert_eq!(urls(&session), ["tcp://box.tail1234.ts.net:8443"]);
    assert!(stand_in.started()[0].starts_with("funnel --tcp=8443 tcp://127.0.0.1:"));
}

#[tokio::test]
async fn two_tunnels_at_once_never_choose_the_same_port() {
    let stand_in = StandIn::start();
    stand_in.others("");
    // Long enough for another one to look meanwhile which ports are free.
    stand_in.does(&format!("sleep 0.5\n{SERVES}"));
    let (one, other) = (connector(&stand_in, &[]), connector(&stand_in, &[]));
    let (order, another) = (web(), web());
    let (one, other) = tokio::join!(host(&one, &order), host(&other, &another));
    let mut all = [urls(&one), urls(&other)].concat();
    all.sort_unstable();
    let expected = [
        "https://box.tail1234.ts.net",
        "https://box.tail1234.ts.net:8443",
    ];
    assert_eq!(all, expected);
}
