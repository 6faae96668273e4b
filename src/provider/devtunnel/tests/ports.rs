//! Ports that come and go, at our wish and at that of others.

use super::*;
use std::sync::atomic::{AtomicBool, Ordering};

#[tokio::test]
async fn ports_that_the_tunnel_has_are_left_as_they_are() {
    let rig = Rig::start(&[]).await;
    let known = [rig.number()];
    drop(rig);
    let rig = Rig::start(&known).await;
    let mut order = rig.order.clone();
    order.ports = vec![port(known[0])];
    let tokens = rig.connector.mint(&order).await.expect("tokens");
    let connecting = rig.connector.connect(&order, &tokens, &|_| {});
    let accepting = async {
        let mut link = rig.relay.accept(V2).await;
        link.next().await;
        link
    };
    let (session, _link) = tokio::join!(connecting, accepting);
    assert_eq!(session.expect("it connects").ports.len(), 1);
    assert_eq!(rig.calls("PUT").len(), 1, "the endpoint alone");
}

#[tokio::test]
async fn ports_come_and_go_while_it_hosts() {
    let rig = Rig::start(&[]).await;
    let (mut session, mut link) = rig.host().await;
    session.part.set_ports(vec![port(rig.number()), port(4321)]);
    assert_eq!(
        link.next().await,
        Said::Forward(4321, "host token".to_owned())
    );
    let live = ports(&mut session).await;
    assert_eq!(live.len(), 2);
    assert!(
        rig.calls("PUT")
            .contains(&"/tunnels/web/ports/4321".to_owned())
    );
    session.part.set_ports(vec![port(4321)]);
    assert_eq!(link.next().await, Said::Cancel(u32::from(rig.number())));
    link.open(u32::from(rig.number()), false).await;
    assert_eq!(link.next().await, Said::Refused(1), "it is not served");
    link.open(4321, false).await;
    assert_eq!(
        link.next().await,
        Said::Refused(2),
        "its service is not there"
    );
}

#[tokio::test]
async fn a_client_that_comes_has_the_ports_read_again() {
    let others = Arc::new(Mutex::new(vec![4321, 4322]));
    let mut rig = Rig::with_ports(Arc::clone(&others), Source::default()).await;
    rig.order.fixed_ports = false;
    others
        .lock()
        .expect("no test panics with it")
        .push(rig.number());
    let (mut session, mut link) = rig.host().await;
    *others.lock().expect("no test panics with it") = vec![rig.number(), 4322];
    link.open_client(6).await;
    let (mut forwarded, mut confirmed) = (false, false);
    while !(forwarded && confirmed) {
        match link.next().await {
            Said::Confirmed { .. } => confirmed = true,
            Said::Forward(4322, _) => forwarded = true,
            other => panic!("{other:?}"),
        }
    }
    let live = ports(&mut session).await;
    assert_eq!(live.len(), 2, "the one that another made is served");
    *others.lock().expect("no test panics with it") = vec![4322];
    link.open_client(7).await;
    let (mut cancelled, mut confirmed) = (false, false);
    while !(cancelled && confirmed) {
        match link.next().await {
            Said::Confirmed { .. } => confirmed = true,
            Said::Cancel(_) => cancelled = true,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(
        ports(&mut session).await.len(),
        1,
        "the one that went is not"
    );
    assert_eq!(
        rig.calls("PUT")
            .iter()
            .filter(|path| path.ends_with(&format!("/ports/{}", rig.number())))
            .count(),
        0,
        "and is not made anew"
    );
}

#[tokio::test]
async fn what_others_took_away_is_not_put_back_unless_it_was_typed_here() {
    let there = Arc::new(Mutex::new(vec![]));
    let mut rig = Rig::with_ports(Arc::clone(&there), Source::default()).await;
    rig.order.fixed_ports = false;
    rig.order.ports.push(port(4322));
    there
        .lock()
        .expect("no test panics with it")
        .push(rig.number());
    let (session, link) = rig.host().await;
    assert_eq!(session.ports.len(), 1);
    assert_eq!(rig.calls("PUT").len(), 1, "the endpoint alone");
    drop((session, link));
    rig.order.fixed_ports = true;
    let (session, _link) = rig.host().await;
    drop(session);
    let made = rig
        .calls("PUT")
        .into_iter()
        .filter(|path| path.ends_with("/ports/4322"));
    assert_eq!(made.count(), 1);
}

/// The service says what the test says.
async fn told() -> (Rig, Arc<Mutex<String>>) {
    let mut rig = Rig::start(&[]).await;
    let (uri, body) = (rig.relay.uri(), Arc::new(Mutex::new("{}".to_owned())));
    let said = Arc::clone(&body);
    rig.service = Service::start(move |asked| match asked.method.as_str() {
        "GET" => Answered::json(200, &said.lock().expect("no test panics with it")),
        _ => answer(asked, &uri, &[]),
    })
    .await;
    rig.connector = rig.another_connector();
    (rig, body)
}

#[tokio::test]
async fn a_port_that_was_made_anew_is_told_to_the_relay_and_no_answer_takes_none_away() {
    let (rig, body) = told().await;
    let number = rig.number();
    let say = |text: String| *body.lock().expect("no test panics with it") = text;
    let speaks = |word| format!(r#"{{"ports":[{{"portNumber":{number},"protocol":"{word}"}}]}}"#);
    say(speaks("http"));
    let (mut session, mut link) = rig.host().await;
    // It does not say that there are none.
    say("{}".to_owned());
    link.open_client(6).await;
    assert_eq!(link.next().await, Said::Confirmed { e2ee: false });
    while rig.calls("GET").len() < 2 {
        tokio::task::yield_now().await;
    }
    say(speaks("https"));
    session.part.set_ports(vec![port(number)]);
    assert_eq!(link.next().await, Said::Cancel(u32::from(number)));
    let forward = Said::Forward(u32::from(number), "host token".to_owned());
    assert_eq!(link.next().await, forward);
    assert_eq!(ports(&mut session).await.len(), 1);
}

#[tokio::test]
async fn with_fixed_ports_what_others_make_is_not_served() {
    let others = Arc::new(Mutex::new(vec![4322]));
    let mut rig = Rig::with_ports(Arc::clone(&others), Source::default()).await;
    rig.order.fixed_ports = true;
    let (mut session, mut link) = rig.host().await;
    *others.lock().expect("no test panics with it") = vec![rig.number(), 4322];
    link.open_client(6).await;
    let live = ports(&mut session).await;
    assert_eq!(live.len(), 1);
    assert_eq!(live[0].number.get(), rig.number());
}

#[tokio::test]
async fn a_port_that_speaks_no_http_is_reached_by_the_client_s_command() {
    for word in ["ssh", "rdp", "tcp"] {
        let mut rig = Rig::start(&[]).await;
        let (uri, number) = (rig.relay.uri(), rig.number());
        let said = format!(r#"{{"ports":[{{"portNumber":{number},"protocol":"{word}"}}]}}"#);
        rig.service = Service::start(move |asked| match asked.method.as_str() {
            "GET" => Answered::json(200, &said),
            _ => answer(asked, &uri, &[]),
        })
        .await;
        rig.connector = rig.another_connector();
        let (session, _link) = rig.host().await;
        let urls: Vec<&str> = session.ports.iter().map(|port| &*port.url).collect();
        assert_eq!(urls, ["devtunnel connect web.usw2"], "{word}");
    }
}

/// What is told next of ports that lack.
async fn lacking(session: &mut Session) -> Vec<(u16, &'static str)> {
    loop {
        if let Some(SessionEvent::Lacking(lacking)) = session.events.recv().await {
            let told = lacking.iter().map(|(port, why)| (port.get(), why.code()));
            return told.collect();
        }
    }
}

#[tokio::test]
async fn a_port_that_cannot_be_made_is_told_with_its_reason_once() {
    let may_make = Arc::new(AtomicBool::new(false));
    let mut rig = Rig::start(&[]).await;
    let (uri, allowed) = (rig.relay.uri(), Arc::clone(&may_make));
    rig.service = Service::start(move |asked| {
        let is_other = asked.method == "PUT" && asked.path.contains("/ports/4321");
        if is_other && !allowed.load(Ordering::Relaxed) {
            return Answered::json(400, r#"{"title":"no more ports"}"#);
        }
        answer(asked, &uri, &[])
    })
    .await;
    rig.connector = rig.another_connector();
    // From the start,
    rig.order.ports.push(port(4321));
    let (mut session, mut link) = rig.host().await;
    assert_eq!(session.ports.len(), 1);
    assert_eq!(lacking(&mut session).await, [(4321, "refused")]);
    // once,
    session.part.set_ports(rig.order.ports.clone());
    assert_eq!(ports(&mut session).await.len(), 1);
    assert!(session.events.try_recv().is_err(), "it is known");
    // and that it came.
    may_make.store(true, Ordering::Relaxed);
    session.part.set_ports(rig.order.ports.clone());
    let forward = Said::Forward(4321, "host token".to_owned());
    assert_eq!(link.next().await, forward);
    assert_eq!(lacking(&mut session).await, []);
    assert_eq!(ports(&mut session).await.len(), 2);
}
