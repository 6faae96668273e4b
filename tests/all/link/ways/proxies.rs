//! Proxies that the environment may name.

use super::super::rig::*;
use super::fakes::*;
use std::net::SocketAddr;
use underpass::model::{JoinLink, Protocol, Reason};
use underpass::provider::ConnectError;
use underpass::provider::relay::{Detours, Proxies};

/// "anna:s3cret"
const CREDENTIALS: &str = "YW5uYTpzM2NyZXQ=";

/// The relay's port as the proxies know it: nothing listens there, and nobody knows the name.
const PORT: u16 = 7443;
const HTTPS: u16 = 443;

fn through(url: &str) -> Detours {
    Detours {
        proxies: Proxies::one(url, ""),
        ..Detours::default()
    }
}

fn far(link: &JoinLink) -> JoinLink {
    at(link, "relay.example", PORT)
}

fn gate(lets: u16, to: SocketAddr) -> Gate {
    Gate { lets, to }
}

async fn hosted_through(url: &str, link: &JoinLink) {
    let (mut session, _echo) = host_echo(link, through(url)).await;
    let mut visitor = visitor(&session).await;
    echoes(&mut visitor, 300_000).await;
    session.part.drop_link();
    happens(&mut session, |event| {
        *event == underpass::provider::SessionEvent::Resumed
    })
    .await;
    echoes(&mut visitor, 1000).await;
}

async fn fault(url: &str, link: &JoinLink) -> ConnectError {
    let connector = connector(link).with_detours(through(url)).with_patience(
        underpass::provider::relay::Patience {
            dial: std::time::Duration::from_secs(2),
            ..underpass::provider::relay::Patience::default()
        },
    );
    let refused = connect(&connector, &order("web", 3000, Protocol::Http)).await;
    let error = refused.expect_err("there is no way through");
    let said = format!("{error:?}");
    assert!(
        !said.contains("s3cret") && !said.contains(CREDENTIALS),
        "{said}"
    );
    error
}

fn proxy_failed(port: u16, detail: &str) -> Reason {
    Reason::ProxyFailed {
        address: format!("127.0.0.1:{port}"),
        detail: detail.to_owned(),
    }
}

#[tokio::test]
async fn an_http_proxy_is_gone_through_with_credentials_and_without() {
    let rig = Rig::start().await;
    let (link, to) = (far(&rig.relay.join_link()), rig.relay.link_addr());
    let open = http_proxy(gate(PORT, to), None).await;
    hosted_through(&format!("http://127.0.0.1:{}", open.port), &link).await;
    let closed = http_proxy(gate(PORT, to), Some(CREDENTIALS)).await;
    let url = format!("http://anna:s3cret@127.0.0.1:{}", closed.port);
    hosted_through(&url, &link).await;
    let wrong = fault(&url.replace("anna", "bert"), &link).await;
    let said = "407 Proxy Authentication Required";
    assert_eq!(wrong.reason, proxy_failed(closed.port, said));
}

#[tokio::test]
async fn a_proxy_that_lets_only_https_through_carries_a_websocket() {
    let rig = Rig::start().await;
    let link = far(&rig.relay.join_link());
    let proxy = http_proxy(gate(HTTPS, rig.relay.link_addr()), None).await;
    hosted_through(&format!("http://127.0.0.1:{}", proxy.port), &link).await;
    let (socks, _) = socks_proxy(gate(HTTPS, rig.relay.link_addr()), None).await;
    hosted_through(&format!("socks5h://127.0.0.1:{}", socks.port), &link).await;
}

#[tokio::test]
async fn a_socks_proxy_is_gone_through_with_a_login_and_without() {
    let rig = Rig::start().await;
    let (link, to) = (far(&rig.relay.join_link()), rig.relay.link_addr());
    let (open, asked) = socks_proxy(gate(PORT, to), None).await;
    hosted_through(&format!("socks5h://127.0.0.1:{}", open.port), &link).await;
    assert_eq!(
        *asked.borrow(),
        "relay.example:7443",
        "its names, its business"
    );
    let (closed, _) = socks_proxy(gate(PORT, to), Some(("anna", "s3cret"))).await;
    let url = format!("socks5h://anna:s3cret@127.0.0.1:{}", closed.port);
    hosted_through(&url, &link).await;
    let wrong = fault(&url.replace("anna", "bert"), &link).await.reason;
    assert!(matches!(wrong, Reason::ProxyFailed { .. }), "{wrong:?}");
}

/// With `socks5` names are resolved here.
#[tokio::test]
async fn socks_without_an_h_asks_for_addresses() {
    let rig = Rig::start().await;
    let (proxy, asked) = socks_proxy(gate(PORT, rig.relay.link_addr()), None).await;
    let url = format!("socks5://127.0.0.1:{}", proxy.port);
    hosted_through(&url, &at(&rig.relay.join_link(), "192.0.2.7", PORT)).await;
    assert_eq!(*asked.borrow(), "192.0.2.7:7443");
    let unknown = at(&rig.relay.join_link(), "relay.invalid", PORT);
    let reason = fault(&url, &unknown).await.reason;
    assert!(matches!(reason, Reason::ProxyFailed { .. }), "{reason:?}");
}

#[tokio::test]
async fn a_proxy_that_is_none_is_named() {
    let rig = Rig::start().await;
    let link = far(&rig.relay.join_link());
    let port = closed_port().await;
    let error = fault(&format!("http://anna:s3cret@127.0.0.1:{port}"), &link).await;
    let Reason::ProxyFailed { address, .. } = error.reason else {
        panic!("{error:?}");
    };
    assert_eq!(address, format!("127.0.0.1:{port}"));
    let denying = http_proxy(gate(1, rig.relay.link_addr()), None).await;
    let error = fault(&format!("http://127.0.0.1:{}", denying.port), &link).await;
    assert_eq!(error.reason, proxy_failed(denying.port, "403 Forbidden"));
    let silent = Service::start(|socket| async move {
        let _socket = socket;
        std::future::pending::<()>().await;
    })
    .await;
    let error = fault(&format!("http://127.0.0.1:{}", silent.port), &link).await;
    assert_eq!(error.reason, proxy_failed(silent.port, "no answer in time"));
    let error = fault("socks4://127.0.0.1:9", &link).await;
    assert_eq!(error.reason, proxy_failed(9, "socks4 is not spoken here"));
}

/// The password would go to whoever answers there.
#[tokio::test]
async fn a_proxy_in_tls_must_have_a_certificate_that_the_system_trusts() {
    let rig = Rig::start().await;
    let link = far(&rig.relay.join_link());
    let stranger = reverse_proxy(rig.relay.http_addr()).await;
    let error = fault(
        &format!("https://anna:s3cret@127.0.0.1:{}", stranger.port),
        &link,
    )
    .await;
    assert!(
        matches!(error.reason, Reason::ProxyFailed { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn no_proxy_is_used_for_this_computer() {
    let rig = Rig::start().await;
    let nowhere = format!("http://127.0.0.1:{}", closed_port().await);
    let (session, _echo) = host_echo(&rig.relay.join_link(), through(&nowhere)).await;
    echoes(&mut visitor(&session).await, 1).await;
}
