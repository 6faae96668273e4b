//! What goes wrong: links, tokens, endpoints, and the edge's own will.

use super::*;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Beats as they do by default.
fn usual(edge: &Edge) -> NgrokConnector {
    connector(edge, &[]).with_patience(Patience::default())
}

fn web(number: u16) -> HostOrder {
    order(&[port(number, Protocol::Http)])
}

/// A service that says how each connection of its ends.
async fn witness() -> (
    u16,
    AbortOnDropHandle<()>,
    mpsc::UnboundedReceiver<std::io::Result<usize>>,
) {
    let (sender, ends) = mpsc::unbounded_channel();
    let (number, task) = service(move |mut socket| {
        let sender = sender.clone();
        async move {
            let _ = socket.write_all(b"hello").await;
            let mut bytes = [0; 1024];
            loop {
                match socket.read(&mut bytes).await {
                    Ok(1..) => {}
                    end => {
                        let _ = sender.send(end);
                        return;
                    }
                }
            }
        }
    })
    .await;
    (number, task, ends)
}

/// Has a visitor greeted by the service.
async fn greeted(edge: &Edge, session: usize, endpoint: &str) -> Visitor {
    let mut visitor = edge.session(session).await.visit(endpoint).await;
    let mut hello = [0; 5];
    let greeting = visitor.stream.read_exact(&mut hello);
    timeout(SOON, greeting)
        .await
        .expect("soon")
        .expect("it is there");
    visitor
}

#[tokio::test]
async fn a_visitor_s_reset_reaches_the_service_as_one() {
    let edge = Edge::start().await;
    let (number, _service, mut ends) = witness().await;
    let connector = connector(&edge, &[]);
    let _session = host(&connector, &web(number)).await;
    let visitor = greeted(&edge, 1, "e1").await;
    edge.session(1).await.reset(&visitor);
    let end = timeout(SOON, ends.recv())
        .await
        .expect("soon")
        .expect("it ends");
    assert!(end.is_err(), "a part must not pass for the whole: {end:?}");
    let mut whole = greeted(&edge, 1, "e1").await;
    whole.stream.shutdown().await.expect("it is open");
    let end = timeout(SOON, ends.recv())
        .await
        .expect("soon")
        .expect("it ends");
    assert_eq!(end.expect("an end is an end"), 0);
}

#[tokio::test]
async fn a_session_that_breaks_is_resumed_once_with_the_same_url() {
    let edge = Edge::start().await;
    let (number, _service, mut ends) = witness().await;
    let connector = connector(&edge, &[]);
    let mut session = host(&connector, &web(number)).await;
    let before = url(&session).to_owned();
    let _visitor = greeted(&edge, 1, "e1").await;
    edge.session(1).await.cut();
    assert_eq!(ended(&mut session).await.reason, Reason::LinkLost);
    let end = timeout(SOON, ends.recv())
        .await
        .expect("soon")
        .expect("it ends");
    assert!(end.is_err(), "a part must not pass for the whole: {end:?}");
    drop(session);
    let mut session = host(&connector, &web(number)).await;
    assert_eq!(url(&session), before);
    let (auth, bind) = (&edge.asked("auth")[1], &edge.asked("bind")[1]);
    assert_eq!(
        (auth.at("/ClientId"), auth.at("/Extra/Cookie")),
        ("c1", "crumbs")
    );
    assert_eq!(
        (bind.at("/Id"), bind.at("/Extra/Token")),
        ("e1", "token of e1")
    );
    let _visitor = greeted(&edge, 2, "e1").await;
    // The second time it is made anew, and asks for the name that it had.
    edge.session(2).await.cut();
    assert_eq!(ended(&mut session).await.reason, Reason::LinkLost);
    drop(session);
    let session = host(&connector, &web(number)).await;
    assert_eq!(url(&session), before);
    assert_eq!(edge.asked("auth")[2].at("/ClientId"), "");
    let _visitor = greeted(&edge, 3, "e3").await;
}

#[tokio::test]
async fn a_session_that_is_dropped_on_purpose_is_resumed_too() {
    let edge = Edge::start().await;
    let connector = connector(&edge, &[]);
    let mut session = host(&connector, &web(3000)).await;
    session.part.drop_link();
    assert_eq!(ended(&mut session).await.reason, Reason::LinkLost);
    edge.lost(1).await;
    drop(session);
    host(&connector, &web(3000)).await;
    assert_eq!(edge.asked("auth")[1].at("/ClientId"), "c1");
}

#[tokio::test]
async fn an_edge_that_sends_everybody_away_is_come_back_to() {
    let edge = Edge::start().await;
    let (number, _service, mut ends) = witness().await;
    let connector = connector(&edge, &[]);
    let mut session = host(&connector, &web(number)).await;
    let _visitor = greeted(&edge, 1, "e1").await;
    edge.session(1).await.go_away();
    assert_eq!(ended(&mut session).await.reason, Reason::RelayShutDown);
    edge.lost(1).await;
    let end = timeout(SOON, ends.recv())
        .await
        .expect("soon")
        .expect("it ends");
    assert!(end.is_err(), "a part must not pass for the whole: {end:?}");
    let before = url(&session).to_owned();
    let session = host(&connector, &web(number)).await;
    assert_eq!(url(&session), before);
}

#[tokio::test]
async fn an_edge_that_opens_a_stream_twice_is_left_and_come_back_to() {
    let edge = Edge::start().await;
    let (number, _service, mut ends) = witness().await;
    let connector = connector(&edge, &[]);
    let mut session = host(&connector, &web(number)).await;
    let visitor = greeted(&edge, 1, "e1").await;
    edge.session(1).await.open_again(&visitor);
    let why = ended(&mut session).await;
    assert!(why.detail.contains("twice"), "{why:?}");
    let end = timeout(SOON, ends.recv());
    let end = end.await.expect("soon").expect("it ends");
    assert!(end.is_err(), "a part must not pass for the whole: {end:?}");
    drop(session);
    host(&connector, &web(number)).await;
}

#[tokio::test]
async fn a_dead_link_is_found_within_five_seconds() {
    let edge = Edge::start().await;
    let connector = usual(&edge);
    let mut session = host(&connector, &web(3000)).await;
    let began = Instant::now();
    edge.be_deaf();
    assert_eq!(ended(&mut session).await.reason, Reason::LinkSilent);
    // And what a computer with much else to do takes.
    let took = began.elapsed();
    assert!(took < Duration::from_secs(6), "{took:?}");
    edge.lost(1).await;
    assert_eq!(
        edge.connections(),
        1,
        "the crate connects to nothing by itself"
    );
}

#[tokio::test]
async fn a_refused_token_is_told_at_once_and_tried_once() {
    let edge = Edge::start().await;
    edge.refuse(|asked| (asked.what == "auth").then_some("ERR_NGROK_107"));
    let connector = connector(&edge, &[]);
    let began = Instant::now();
    let refused = connect(&connector, &web(3000))
        .await
        .expect_err("it is no good");
    assert!(began.elapsed() < Duration::from_secs(3));
    assert!(
        matches!(refused.reason, Reason::TokenInvalid { .. }),
        "{refused:?}"
    );
    assert_eq!(refused.class(), Class::SignIn);
    assert!(!format!("{refused:?}").contains(TOKEN), "{refused:?}");
    edge.lost(1).await;
    assert_eq!((edge.connections(), edge.asked("auth").len()), (1, 1));
}

#[tokio::test]
async fn a_token_that_is_refused_later_is_told_as_well() {
    let edge = Edge::start().await;
    let connector = connector(&edge, &[]);
    let mut session = host(&connector, &web(3000)).await;
    edge.refuse(|asked| (asked.what == "auth").then_some("ERR_NGROK_107"));
    edge.session(1).await.cut();
    assert_eq!(ended(&mut session).await.reason, Reason::LinkLost);
    let refused = connect(&connector, &web(3000))
        .await
        .expect_err("it is no good");
    assert!(
        matches!(refused.reason, Reason::TokenInvalid { .. }),
        "{refused:?}"
    );
    assert!(!format!("{refused:?}").contains(TOKEN), "{refused:?}");
    // The engine would try once more with a fresh one: it is the same.
    let again = connect(&connector, &web(3000))
        .await
        .expect_err("it is no good");
    assert!(
        matches!(again.reason, Reason::TokenInvalid { .. }),
        "{again:?}"
    );
    edge.lost(2).await;
    assert_eq!((edge.connections(), edge.asked("auth").len()), (2, 2));
}

#[tokio::test]
async fn an_endpoint_that_is_online_elsewhere_is_somebody_s() {
    let edge = Edge::start().await;
    let connector = connector(&edge, &[]);
    edge.refuse(|asked| (asked.what == "bind").then_some("ERR_NGROK_334"));
    let refused = connect(&connector, &web(3000))
        .await
        .expect_err("it is taken");
    assert_eq!(refused.reason, Reason::HostedElsewhere);
    edge.lost(1).await;
    let mut wanted = web(3000);
    wanted.take_over = true;
    let refused = connect(&connector, &wanted)
        .await
        .expect_err("it is taken still");
    assert_eq!(refused.class(), Class::Transient, "it is asked for again");
}

#[tokio::test]
async fn an_endpoint_of_ours_from_before_is_asked_for_again() {
    let edge = Edge::start().await;
    let connector = connector(&edge, &[]);
    let mut session = host(&connector, &web(3000)).await;
    edge.refuse(|asked| (asked.what == "bind" && asked.session < 4).then_some("ERR_NGROK_334"));
    edge.session(1).await.cut();
    assert_eq!(ended(&mut session).await.reason, Reason::LinkLost);
    drop(session);
    // The first is the resumption, the second a session made anew.
    for _ in 0..2 {
        let refused = connect(&connector, &web(3000))
            .await
            .expect_err("the edge has it still");
        assert_eq!(refused.class(), Class::Transient, "{refused:?}");
        assert!(refused.detail.contains("ERR_NGROK_334"), "{refused:?}");
    }
    host(&connector, &web(3000)).await;
    edge.was_asked("auth", 4).await;
    assert_eq!(edge.connections(), 4);
}

#[tokio::test]
async fn a_place_that_is_not_to_be_had_again_is_given_up() {
    let edge = Edge::start().await;
    let connector = connector(&edge, &[]);
    let mut session = host(&connector, &web(3000)).await;
    let refused = |asked: &edge::Asked| {
        let named = asked.what == "bind" && !asked.at("/Opts/Domain").is_empty();
        // The resumption goes under the old id.
        (named && asked.at("/Id").is_empty()).then_some("ERR_NGROK_313")
    };
    edge.refuse(refused);
    for number in 1..=2 {
        edge.session(number).await.cut();
        assert_eq!(ended(&mut session).await.reason, Reason::LinkLost);
        session = host(&connector, &web(3000)).await;
    }
    assert_eq!(edge.connections(), 3, "the same session asks for any place");
}

#[tokio::test]
async fn the_edge_may_take_an_endpoint_away() {
    let edge = Edge::start().await;
    let connector = connector(&edge, &[]);
    let mut session = host(&connector, &web(3000)).await;
    edge.session(1)
        .await
        .stop_tunnel("e1", "ERR_NGROK_727")
        .await;
    let ended = ended(&mut session).await;
    assert_eq!(ended.class(), Class::Quota, "{ended:?}");
    edge.lost(1).await;
}

#[tokio::test]
async fn the_dashboard_may_stop_an_agent_or_have_it_connect_anew() {
    let edge = Edge::start().await;
    let connector = connector(&edge, &[]);
    for (command, class) in [
        (edge::STOP, Class::Fatal),
        (edge::RESTART, Class::Transient),
    ] {
        let mut session = host(&connector, &web(3000)).await;
        let served = edge.session(edge.connections()).await;
        let (answer, ended) = tokio::join!(served.command(command), ended(&mut session));
        assert_eq!(answer, "{}", "it is done");
        assert_eq!(ended.class(), class, "{ended:?}");
        edge.lost(edge.connections()).await;
    }
    assert!(!edge.asked("unbind").is_empty());
}

#[tokio::test]
async fn an_attempt_that_is_given_up_leaves_nothing_behind() {
    let edge = Edge::start().await;
    edge.delay(Duration::from_mins(5));
    let connector = connector(&edge, &[]);
    let order = web(3000);
    let tokens = connector.mint(&order).await.expect("there is one");
    {
        let mut attempt = connector.connect(&order, &tokens, &|_| ());
        tokio::select! {
            _ = &mut attempt => panic!("nobody answers"),
            () = edge.found(1) => {}
        }
    }
    edge.lost(1).await;
    edge.delay(Duration::ZERO);
    host(&connector, &order).await;
    assert_eq!(edge.connections(), 2);
}

#[tokio::test]
async fn a_session_that_is_dropped_is_gone_at_once() {
    let edge = Edge::start().await;
    let connector = connector(&edge, &[]);
    drop(host(&connector, &web(3000)).await);
    edge.lost(1).await;
    drop(connector);
    assert_eq!(edge.connections(), 1);
}

/// Nothing is kept.
struct Empty;

impl SecretSource for Empty {
    fn token(&self) -> Result<Option<Secret>, String> {
        Ok(None)
    }

    fn option(&self, _: &TunnelId, _: &str) -> Result<Option<Secret>, String> {
        Ok(None)
    }
}

#[tokio::test]
async fn nothing_is_hosted_without_what_is_to_keep_strangers_out() {
    let edge = Edge::start().await;
    let mut guarded = web(3000);
    guarded.secrets.insert("basic-auth".to_owned());
    drop(host(&connector(&edge, &[]), &guarded).await);
    let asked = edge.asked("bind")[0].at("/Opts/TrafficPolicy").to_string();
    assert!(asked.contains("anna:password1"), "{asked}");
    let mut gone = guarded.clone();
    gone.tunnel = TunnelId::new("other").expect("an id");
    let policy = connector(&edge, &[]).with_policy(Some("/no/such/file".into()));
    for (connector, order, said) in [
        (connector(&edge, &[]), &gone, "basic-auth"),
        (policy, &web(3000), "/no/such/file"),
    ] {
        let error = connector.mint(order).await.expect_err("it is not there");
        let Reason::OptionsInvalid { detail, .. } = error.reason else {
            panic!("{error:?}");
        };
        assert!(detail.contains(said), "{detail}");
    }
    assert_eq!(edge.asked("bind").len(), 1);
}

#[tokio::test]
async fn a_file_with_a_policy_goes_as_it_is() {
    let edge = Edge::start().await;
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "on_http_request: []").expect("it is written");
    let connector = connector(&edge, &[]).with_policy(Some(file.path().to_owned()));
    drop(host(&connector, &web(3000)).await);
    let asked = edge.asked("bind")[0].at("/Opts/TrafficPolicy").to_string();
    assert!(asked.contains("on_http_request: []"), "{asked}");
}

#[tokio::test]
async fn what_cannot_be_is_refused_before_anybody_is_asked() {
    let edge = Edge::start().await;
    let none = NgrokConnector::new(Arc::new(Empty), Ok(Options::default()));
    let error = none.mint(&web(3000)).await.expect_err("there is no token");
    assert!(
        matches!(error.reason, Reason::TokenMissing { .. }),
        "{error:?}"
    );
    let connector = connector(&edge, &[("domain", "a.example")]);
    let two = order(&[port(1, Protocol::Http), port(2, Protocol::Http)]);
    let error = connect(&connector, &two)
        .await
        .expect_err("one name for two");
    assert_eq!(error.class(), Class::Fatal);
    let wrong = super::connector(&edge, &[("binding", "private")]);
    let error = connect(&wrong, &web(3000))
        .await
        .expect_err("there is none");
    assert!(
        matches!(error.reason, Reason::OptionsInvalid { .. }),
        "{error:?}"
    );
    assert_eq!(edge.connections(), 0);
    let mut server = server(&edge);
    server.authority = None;
    let stranger = super::connector(&edge, &[]).with_server(server);
    let error = connect(&stranger, &web(3000))
        .await
        .expect_err("not ngrok's");
    assert!(
        matches!(error.reason, Reason::ProxyFailed { .. }),
        "{error:?}"
    );
}
