//! The client against a service on loopback that does as the test says.

use super::*;
use crate::model::{Class, PortNumber, Protocol, Target};
use crate::provider::devtunnel::tests::fakes::{Answered, Service};
use tokio::net::TcpListener;

fn id() -> TunnelId {
    TunnelId::new("web.usw2").expect("an id")
}

fn endpoint() -> Endpoint {
    Endpoint {
        host_id: "h".to_owned(),
        public_key: "AAAA".to_owned(),
    }
}

fn client(service: &Service) -> Management {
    let base = Base::at(&service.url()).expect("it is here");
    Management::with_patience(base, Duration::from_secs(2)).expect("a client")
}

#[tokio::test]
async fn a_host_is_registered_and_taken_off_again() {
    let service = Service::start(|asked| match asked.method.as_str() {
        "GET" => Answered::json(200, r#"{"ports":[{"portNumber":3000,"protocol":"http"}]}"#),
        "PUT" => Answered::json(
            200,
            r#"{"hostRelayUri":"ws://x/","portUriFormat":"https://a-{port}.x/"}"#,
        ),
        _ => Answered::json(404, ""),
    })
    .await;
    let (client, token) = (client(&service), Secret::new("jwt"));
    let tunnel = client.tunnel(&id(), &token).await.expect("it answers");
    assert_eq!(tunnel.ports[0].number, 3000);
    let reply = client.put_endpoint(&id(), &endpoint(), &token).await;
    assert_eq!(
        reply.expect("it answers").host_relay.as_deref(),
        Some("ws://x/")
    );
    let gone = client.delete_endpoint(&id(), &endpoint(), &token).await;
    assert_eq!(gone, Ok(()), "404 is gone already");
    let asked = service.asked();
    let lines: Vec<String> = asked
        .iter()
        .map(|asked| format!("{} {}", asked.method, asked.path))
        .collect();
    let version = "api-version=2023-09-27-preview";
    assert_eq!(
        lines,
        [
            format!("GET /tunnels/web?includePorts=true&{version}"),
            format!("PUT /tunnels/web/endpoints/h-relay?connectionMode=TunnelRelay&{version}"),
            format!("DELETE /tunnels/web/endpoints/h-relay?connectionMode=TunnelRelay&{version}"),
        ]
    );
    for asked in &asked {
        assert_eq!(asked.header("authorization"), "tunnel jwt");
        assert_eq!(asked.header("user-agent"), USER_AGENT);
    }
    let body: Value = serde_json::from_str(&asked[1].body).expect("JSON");
    assert_eq!(body, endpoint().body());
}

#[tokio::test]
async fn a_port_is_made_with_its_own_protocol() {
    let service = Service::start(|_| Answered::json(201, "{}")).await;
    let number = PortNumber::new(5173).expect("a port");
    let port = Port {
        number,
        protocol: Protocol::Https,
        target: Target::local(number),
        label: id(),
        public_port: None,
        options: crate::model::PortOptions::default(),
    };
    let made = client(&service)
        .put_port(&id(), &port, &Secret::new("t"))
        .await;
    assert_eq!(made, Ok(()));
    let asked = service.asked();
    assert!(asked[0].path.starts_with("/tunnels/web/ports/5173?"));
    assert_eq!(asked[0].body, r#"{"portNumber":5173,"protocol":"https"}"#);
}

#[tokio::test]
async fn what_the_service_answers_is_classified() {
    for (status, class) in [
        (401, Class::SignIn),
        (403, Class::SignIn),
        (404, Class::Fatal),
        (400, Class::Fatal),
        (429, Class::Quota),
        (503, Class::Transient),
    ] {
        let service = Service::start(move |_| Answered::json(status, r#"{"title":"no"}"#)).await;
        let asked = client(&service).tunnel(&id(), &Secret::new("t")).await;
        assert_eq!(asked.expect_err("it refuses").class(), class, "{status}");
    }
}

/// As in a hotel, where somebody hosts already: what answers is no Dev Tunnels, and it passes.
#[tokio::test]
async fn a_page_of_the_network_is_not_the_service_s_answer() {
    for (body, is_ours) in [
        ("<html>Welcome to our hotel</html>", false),
        ("", false),
        ("{}", false),
        (r#"{"login":"https://hotel.example/"}"#, false),
        // Whoever takes the header away leaves the rest.
        (
            r#"{"tunnelId":"web","ports":[],"hostRelayUri":"ws://x/"}"#,
            true,
        ),
    ] {
        let service = Service::start(move |_| Answered {
            status: 200,
            headers: vec![],
            body: body.to_owned(),
        })
        .await;
        let (client, token) = (client(&service), Secret::new("t"));
        let word = |asked: Option<ConnectError>| asked.map(|error| error.reason.code());
        let expected = (!is_ours).then_some("proxy-failed");
        let tunnel = client.tunnel(&id(), &token).await;
        assert_eq!(word(tunnel.err()), expected, "{body}");
        let put = client.put_endpoint(&id(), &endpoint(), &token).await;
        assert_eq!(word(put.err()), expected, "{body}");
    }
}

#[tokio::test]
async fn redirects_are_not_followed_and_long_answers_are_cut() {
    let service = Service::start(|_| Answered {
        status: 302,
        headers: vec![("location", "http://127.0.0.1:1/".to_owned())],
        body: String::new(),
    })
    .await;
    let asked = client(&service).tunnel(&id(), &Secret::new("t")).await;
    assert_eq!(asked.expect_err("no answer").reason.code(), "proxy-failed");
    assert_eq!(service.asked().len(), 1);
    let long = " ".repeat(2 * LONGEST_BODY);
    let service = Service::start(move |_| Answered::json(200, &long)).await;
    let asked = client(&service).tunnel(&id(), &Secret::new("t")).await;
    assert_eq!(asked, Ok(TunnelReply::default()));
}

#[tokio::test]
async fn a_service_that_is_not_there_or_silent_is_said_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("bound"));
    let base = Base::at(&url).expect("it is here");
    let client = Management::with_patience(base, Duration::from_millis(50)).expect("a client");
    let asked = client.tunnel(&id(), &Secret::new("t")).await;
    assert_eq!(asked.expect_err("silence").reason, Reason::TimedOut);
    drop(listener);
    let asked = client.tunnel(&id(), &Secret::new("t")).await;
    let error = asked.expect_err("it is gone");
    assert_eq!(error.class(), Class::Transient);
    assert_eq!(error.reason.code(), "relay-unreachable", "{error:?}");
}

#[test]
fn a_token_never_prints() {
    let value = authorization(&Secret::new("s3cret")).expect("a header");
    assert!(!format!("{value:?}").contains("s3cret"));
    let bad = authorization(&Secret::new("s3\ncret")).expect_err("no header");
    assert!(!format!("{bad:?}").contains("cret"));
}
