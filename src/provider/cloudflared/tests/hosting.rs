//! What works: the three kinds of tunnel, visitors, several ports, a stop.

use super::*;

#[tokio::test]
async fn a_quick_tunnel_serves_visitors_and_stops_with_nothing_left() {
    let stand_in = StandIn::start().await;
    let (number, _service) = web("hello").await;
    let scene = scene(&stand_in);
    let session = scene.host(&order(&[port(number)])).await;
    assert_eq!(url(&session), "https://calm-river-1.trycloudflare.com");
    let started = stand_in.started();
    assert_eq!(started.len(), 1);
    for word in [
        "tunnel --no-autoupdate --no-prechecks --output json --config ",
        "--metrics 127.0.0.1:0",
        "--protocol auto",
        "--grace-period 4s",
        "--url http://127.0.0.1:",
    ] {
        assert!(started[0].contains(word), "{started:?}");
    }
    assert_eq!(stand_in.configuration(), "", "none of the person's is read");
    assert!(visit(&origin(&stand_in)).await.ends_with("hello"));
    let traffic = session.traffic.read();
    let counted = traffic.values().next().expect("there is a port");
    assert_eq!((counted.total, counted.failed), (1, 0));
    let alive = stand_in.alive();
    assert!(session.close().await, "it takes no longer than it may");
    alive.gone().await;
}

#[tokio::test]
async fn a_service_that_is_down_has_a_page_that_says_whose_side_it_is() {
    let stand_in = StandIn::start().await;
    let number = closed().await;
    let scene = scene(&stand_in);
    let session = scene.host(&order(&[port(number)])).await;
    let page = visit(&origin(&stand_in)).await;
    assert!(
        page.starts_with("HTTP/1.1 502 ") && page.contains("Cloudflare and the tunnel are fine"),
        "{page}"
    );
    let traffic = session.traffic.read();
    let counted = traffic.values().next().expect("there is a port");
    assert_eq!(counted.fault, Some(crate::model::ServiceFault::Refused));
}

#[tokio::test]
async fn a_token_is_in_the_environment_alone() {
    let stand_in = StandIn::start().await;
    stand_in.says(NAMED);
    stand_in.config(r#"{"version":1,"config":{"ingress":[{"hostname":"app.example.org","service":"http://localhost:3000"},{"service":"http_status:404"}]}}"#);
    let scene = scene(&stand_in);
    let order = scene.with_token(order(&[port(3000)]));
    let session = scene.host(&order).await;
    assert_eq!(url(&session), "https://app.example.org");
    let started = stand_in.started();
    assert!(
        started[0].ends_with(" run")
            && !started[0].contains(TOKEN)
            && !started[0].contains("--url"),
        "{started:?}"
    );
    let environment = stand_in.environment();
    assert!(
        environment.contains(&format!("TUNNEL_TOKEN={TOKEN}\n"))
            && environment.contains("LC_ALL=C\n")
    );
    // Managed elsewhere: nobody leads to this port.
    session.close().await;
    let other = scene.with_token(super::order(&[port(4000)]));
    let scene = scene_with(
        &stand_in,
        &[],
        Patience {
            ready: Duration::from_millis(300),
            ..patience()
        },
    );
    let other = scene.with_token(other);
    let error = scene
        .connect(&other)
        .await
        .expect_err("no name leads there");
    assert_eq!(error.reason.code(), "not-ready");
    let detail = error.reason.detail().expect("a remedy");
    assert!(
        detail.contains("http://localhost:4000") && detail.contains("one.dash.cloudflare.com"),
        "{detail}"
    );
}

#[tokio::test]
async fn credentials_make_a_configuration_of_ours() {
    let stand_in = StandIn::start().await;
    stand_in.says(NAMED);
    let file = stand_in.path().join("it's \"mine\".json");
    let id = "6ff42ae2-765d-4adf-8112-31c55c1551ef";
    let text = format!(r#"{{"AccountTag":"a","TunnelSecret":"c2VjcmV0","TunnelID":"{id}"}}"#);
    std::fs::write(&file, text).expect("written");
    let path = file.to_str().expect("text");
    let chosen = [
        ("credentials", path),
        ("hostname", "app.example.org"),
        ("protocol", "http2"),
    ];
    let scene = scene_with(&stand_in, &chosen, patience());
    let (number, _service) = web("hello").await;
    let session = scene.host(&order(&[port(number)])).await;
    assert_eq!(url(&session), "https://app.example.org");
    let started = stand_in.started();
    assert!(
        started[0].ends_with(&format!(" run {id}")) && started[0].contains("--protocol http2"),
        "{started:?}"
    );
    let config: serde_json::Value =
        serde_json::from_str(&stand_in.configuration()).expect("it is JSON");
    assert_eq!(config["tunnel"], id);
    assert_eq!(config["credentials-file"], path);
    assert_eq!(config["ingress"][0]["hostname"], "app.example.org");
    assert_eq!(config["ingress"][1]["service"], "http_status:404");
    let origin = config["ingress"][0]["service"].as_str().expect("text");
    let origin = origin.strip_prefix("http://").expect("a URL");
    assert!(visit(origin).await.ends_with("hello"));
    drop(session);
    let many = order(&[port(3000), port(4000)]);
    let error = scene.connect(&many).await.expect_err("one name, one port");
    assert_eq!(error.reason.code(), "options-invalid");
}

#[tokio::test]
async fn ports_come_and_go_and_those_that_stay_keep_their_url() {
    let stand_in = StandIn::start().await;
    let (second, _service) = web("second").await;
    let scene = scene(&stand_in);
    let mut session = scene.host(&order(&[port(3000)])).await;
    let first = origin(&stand_in);
    session.part.set_ports(vec![port(3000), port(4000)]);
    let SessionEvent::Ports(live) = next(&mut session).await else {
        panic!("the ports change");
    };
    let urls: Vec<&str> = live.iter().map(|port| port.url.as_str()).collect();
    assert_eq!(
        urls,
        [
            "https://calm-river-1.trycloudflare.com",
            "https://calm-river-2.trycloudflare.com"
        ]
    );
    let mut moved = port(3000);
    moved.target.port = PortNumber::new(second).expect("a port");
    session.part.set_ports(vec![moved]);
    let SessionEvent::Ports(live) = next(&mut session).await else {
        panic!("the ports change");
    };
    assert_eq!(live.len(), 1);
    assert_eq!(live[0].url, "https://calm-river-1.trycloudflare.com");
    assert!(visit(&first).await.ends_with("second"));
    assert_eq!(stand_in.started().len(), 2);
    let alive = stand_in.alive();
    drop(session);
    alive.gone().await;
}

#[tokio::test]
async fn a_port_that_cannot_be_added_says_why_and_is_asked_for_again() {
    let stand_in = StandIn::start().await;
    let mut session = scene(&stand_in).host(&order(&[port(3000)])).await;
    // One that says where it is may pass for ready before its end is seen.
    stand_in.says("");
    stand_in.does("exit 1");
    session.part.set_ports(vec![port(3000), port(4000)]);
    let event = next(&mut session).await;
    assert!(
        matches!(&event, SessionEvent::Lacking(lacking)
            if lacking.iter().map(|(port, why)| (port.get(), why.code())).eq([(4000, "process-exited")])),
        "{event:?}"
    );
    assert!(matches!(next(&mut session).await, SessionEvent::Ports(live) if live.len() == 1));
    stand_in.says(QUICK);
    stand_in.does(SERVES);
    let added = async {
        loop {
            match next(&mut session).await {
                SessionEvent::Ports(live) if live.len() == 2 => return,
                SessionEvent::Ports(_) | SessionEvent::Lacking(_) => {}
                other => panic!("{other:?}"),
            }
        }
    };
    timeout(SOON, added).await.expect("it is asked for again");
}

#[tokio::test]
async fn an_old_version_is_started_without_what_it_does_not_know() {
    let stand_in = StandIn::start().await;
    stand_in.says("");
    let serve = "2026-11-29T14:29:11Z INF |  https://old-one.trycloudflare.com  |\n2026-11-29T14:29:11Z INF Starting metrics server on METRICS/metrics\n";
    stand_in.says(serve);
    stand_in.does(
        "case \"$*\" in *--output*) echo 'Incorrect Usage: flag provided but not defined: -output'; echo; echo 'NAME:'; exit 0;; esac\nread -r code < \"$here/die\"",
    );
    // The script tells before it looks at its arguments; the real one does not.
    let path = stand_in.program();
    let script = std::fs::read_to_string(&path).expect("it is there");
    let says = "sed \"s/NAME/calm-river-$n/\" \"$here/says\" >&2\n";
    assert!(script.contains(says));
    let script = script
        .replace(says, "")
        .replace("read -r code", &format!("{says}read -r code"));
    std::fs::write(&path, script).expect("written");
    let session = scene(&stand_in).host(&order(&[port(3000)])).await;
    assert_eq!(url(&session), "https://old-one.trycloudflare.com");
    let started = stand_in.started();
    assert_eq!(started.len(), 2);
    assert!(
        !started[1].contains("--output") && !started[1].contains("--no-prechecks"),
        "{started:?}"
    );
}
