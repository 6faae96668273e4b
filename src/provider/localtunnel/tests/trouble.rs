//! What goes wrong: servers that are none, that are busy, that fall silent.

use super::connector;
use crate::model::{Class, Protocol, Reason};
use crate::provider::ConnectError;
use crate::provider::tests::{SOON, closed, connect, ended, host, order, port, service};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;

/// A web server: what `answer` makes of the path, or silence.
async fn server(
    answer: impl Fn(&str) -> Option<(u16, String)> + Send + Sync + 'static,
) -> (String, AbortOnDropHandle<()>) {
    let answer = Arc::new(answer);
    let (number, task) = service(move |mut socket| {
        let answer = Arc::clone(&answer);
        async move {
            let mut head = vec![0; 4096];
            let read = socket.read(&mut head).await.unwrap_or(0);
            let head = String::from_utf8_lossy(&head[..read]).into_owned();
            assert!(head.contains("bypass-tunnel-reminder: 1"), "{head}");
            assert!(!head.contains("Mozilla"), "{head}");
            let path = head.split(' ').nth(1).unwrap_or_default();
            let Some((status, body)) = answer(path) else {
                sleep(SOON * 2).await;
                return;
            };
            let (length, place) = (body.len(), "location: /?new");
            let page = format!(
                "HTTP/1.1 {status} x\r\n{place}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            let _ = socket.write_all(page.as_bytes()).await;
            let _ = socket.shutdown().await;
        }
    })
    .await;
    (format!("http://127.0.0.1:{number}"), task)
}

/// What a server says of a name whose connections go to this port.
fn lease(port: u16) -> String {
    format!(
        r#"{{"id":"some-name","port":{port},"max_conn_count":4,"url":"http://some-name.lt.test"}}"#
    )
}

async fn refused(status: u16, body: &str, name: Option<&str>) -> ConnectError {
    let body = body.to_owned();
    let (url, _server) = server(move |_| Some((status, body.clone()))).await;
    let mut chosen = vec![("server", &url[..])];
    chosen.extend(name.map(|name| ("subdomain", name)));
    let order = order(&[port(3000, Protocol::Http)]);
    let began = Instant::now();
    let refused = connect(&connector(&chosen), &order).await;
    assert!(began.elapsed() < SOON / 2);
    refused.expect_err("it is refused")
}

#[tokio::test]
async fn what_is_no_localtunnel_server_is_told_as_that() {
    let huge = "x".repeat(1024 * 1024);
    let with = |from: &str, to: &str| lease(9000).replace(from, to);
    for body in [
        "<html>a page</html>",
        "",
        "{}",
        &huge,
        &with("some-name\"", "../x\""),
        &with("9000", "0"),
        &with("9000", "70000"),
        &with("http://some", "ftp://some"),
        &with("http://some", "http://u:p@some"),
        &with("\"port\"", "\"ip\":\"nowhere\",\"port\""),
    ] {
        let error = refused(200, body, None).await;
        assert_eq!(error.reason.code(), "protocol-fault", "{error:?}");
        assert!(
            error
                .reason
                .detail()
                .is_some_and(|detail| detail.len() < 400)
        );
    }
    for (status, body, name, code) in [
        (404, "404", None, "protocol-fault"),
        (302, "", None, "protocol-fault"),
        (
            403,
            r#"{"message":"Invalid subdomain."}"#,
            Some("my-name"),
            "options-invalid",
        ),
        (403, r#"{"message":"go \u001b[31maway"}"#, None, "refused"),
        (408, "", None, "service-trouble"),
        (429, "", None, "quota"),
        (503, "", Some("my-name"), "service-trouble"),
    ] {
        let error = refused(status, body, name).await;
        assert_eq!(error.reason.code(), code, "{status} {error:?}");
        assert!(!format!("{error:?}").contains('\x1b'));
    }
}

#[tokio::test]
async fn a_server_that_is_silent_or_not_there_is_waited_for_no_longer_than_it_may() {
    let (mute, _mute) = server(|_| None).await;
    let shut = format!("http://127.0.0.1:{}", closed().await);
    let nowhere = closed().await;
    let (dead_end, _dead_end) = server(move |_| Some((200, lease(nowhere)))).await;
    for (url, code) in [
        (mute, "timed-out"),
        (shut, "relay-unreachable"),
        (dead_end, "relay-unreachable"),
    ] {
        let order = order(&[port(3000, Protocol::Http)]);
        let refused = connect(&connector(&[("server", &url)]), &order).await;
        let refused = refused.expect_err("it is refused");
        assert_eq!(refused.reason.code(), code, "{refused:?}");
        assert_eq!(refused.class(), Class::Transient);
    }
    let ports = [port(3000, Protocol::Http), port(3001, Protocol::Http)];
    let chosen = [("server", "http://127.0.0.1:9"), ("subdomain", "my-name")];
    let error = connect(&connector(&chosen), &order(&ports)).await;
    let error = error.expect_err("one name for two");
    assert_eq!(error.reason.code(), "options-invalid");
}

/// Takes connections and holds them; counts those that are open and all that came.
async fn held() -> (u16, Arc<AtomicUsize>, AbortOnDropHandle<()>) {
    let came = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&came);
    let (number, task) = service(move |mut socket| {
        count.fetch_add(1, Ordering::SeqCst);
        async move {
            let _ = socket.read(&mut [0; 16]).await;
        }
    })
    .await;
    (number, came, task)
}

#[tokio::test]
async fn a_server_that_falls_silent_is_found_out_when_it_is_asked() {
    let (data, came, _held) = held().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let (url, _server) = server(move |path| match path {
        "/?new" => Some((200, lease(data))),
        _ if count.fetch_add(1, Ordering::SeqCst) == 0 => {
            Some((200, r#"{"connected_sockets":4}"#.to_owned()))
        }
        _ => None,
    })
    .await;
    let order = order(&[port(3000, Protocol::Http)]);
    let mut session = host(&connector(&[("server", &url)]), &order).await;
    assert!(came.load(Ordering::SeqCst) <= 4);
    let began = Instant::now();
    session.part.check_link();
    assert_eq!(ended(&mut session).await.reason, Reason::LinkSilent);
    assert!(
        began.elapsed() < Duration::from_secs(6),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn a_server_that_sees_no_connection_or_forgets_the_name_is_left() {
    for (later, reason) in [
        ((404, String::new()), Reason::LinkLost),
        (
            (200, r#"{"connected_sockets":0}"#.to_owned()),
            Reason::LinkSilent,
        ),
    ] {
        let (data, _came, _held) = held().await;
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let (url, _server) = server(move |path| match path {
            "/?new" => Some((200, lease(data))),
            _ if count.fetch_add(1, Ordering::SeqCst) == 0 => {
                Some((200, r#"{"connected_sockets":4}"#.to_owned()))
            }
            _ => Some(later.clone()),
        })
        .await;
        let order = order(&[port(3000, Protocol::Http)]);
        let mut session = host(&connector(&[("server", &url)]), &order).await;
        session.part.check_link();
        assert_eq!(ended(&mut session).await.reason, reason);
    }
}

#[tokio::test]
async fn a_server_that_knows_no_status_is_hosted_at_all_the_same() {
    let (data, _came, _held) = held().await;
    let (url, _server) = server(move |path| match path {
        "/?new" => Some((200, lease(data))),
        _ => Some((404, "404".to_owned())),
    })
    .await;
    let order = order(&[port(3000, Protocol::Http)]);
    host(&connector(&[("server", &url)]), &order).await;
}

#[tokio::test]
async fn connections_that_are_closed_at_once_are_not_made_without_end() {
    let came = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&came);
    let (data, _data) = service(move |mut socket| {
        let first = count.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            if first {
                let _ = socket.read(&mut [0; 16]).await;
            }
        }
    })
    .await;
    let (url, _server) = server(move |path| match path {
        "/?new" => Some((200, lease(data))),
        _ => Some((200, r#"{"connected_sockets":1}"#.to_owned())),
    })
    .await;
    let order = order(&[port(3000, Protocol::Http)]);
    let _session = host(&connector(&[("server", &url)]), &order).await;
    sleep(Duration::from_secs(3)).await;
    let came = came.load(Ordering::SeqCst);
    assert!((4..=1 + 3 * 9).contains(&came), "{came}");
}
