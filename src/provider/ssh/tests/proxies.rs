//! The way through a proxy, which is for servers elsewhere only: it leads any name to the server of the
//! test.

use super::fake::{Fake, Manner};
use super::*;
use crate::provider::dial::Proxies;
use parking_lot::Mutex;

/// What a proxy was asked for.
type Asked = Arc<Mutex<Vec<String>>>;

async fn lead(mut visitor: TcpStream, port: u16) {
    let server = TcpStream::connect(("127.0.0.1", port)).await;
    let mut server = server.expect("it listens");
    let _ = tokio::io::copy_bidirectional(&mut visitor, &mut server).await;
}

/// A proxy that speaks HTTP, and lets through whom it knows.
async fn http(port: u16) -> (u16, Asked, AbortOnDropHandle<()>) {
    let asked = Asked::default();
    let noted = Arc::clone(&asked);
    let (at, task) = service(move |mut visitor| {
        let noted = Arc::clone(&noted);
        async move {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(visitor.read_u8().await.expect("a head"));
            }
            let head = String::from_utf8(head).expect("text");
            let line = head.lines().next().expect("a line").to_owned();
            let head = head.to_ascii_lowercase();
            // anna:s3cret
            let is_known = head.contains("proxy-authorization: basic yw5uytpzm2nyzxq=");
            noted.lock().push(line);
            if !is_known {
                let no = b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
                let _ = visitor.write_all(no).await;
                return;
            }
            let yes = visitor.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            yes.expect("it is open");
            lead(visitor, port).await;
        }
    })
    .await;
    (at, asked, task)
}

/// One that speaks SOCKS5.
async fn socks(port: u16) -> (u16, Asked, AbortOnDropHandle<()>) {
    let asked = Asked::default();
    let noted = Arc::clone(&asked);
    let (at, task) = service(move |mut visitor| {
        let noted = Arc::clone(&noted);
        async move {
            let mut greeting = [0; 2];
            visitor.read_exact(&mut greeting).await.expect("a greeting");
            let mut ways = vec![0; greeting[1].into()];
            visitor.read_exact(&mut ways).await.expect("ways");
            visitor.write_all(&[5, 0]).await.expect("it is open");
            let mut request = [0; 5];
            visitor.read_exact(&mut request).await.expect("a request");
            assert_eq!(request[..4], [5, 1, 0, 3], "to connect, by name");
            let mut name = vec![0; request[4].into()];
            visitor.read_exact(&mut name).await.expect("a name");
            let number = visitor.read_u16().await.expect("a port");
            let name = String::from_utf8(name).expect("text");
            noted.lock().push(format!("{name}:{number}"));
            let yes = [5, 0, 0, 1, 0, 0, 0, 0, 0, 0];
            visitor.write_all(&yes).await.expect("it is open");
            lead(visitor, port).await;
        }
    })
    .await;
    (at, asked, task)
}

const FAR: &str = "ssh://anna@far.example:2222";

#[tokio::test]
async fn a_server_is_reached_through_a_proxy_of_either_kind() {
    let fake = Fake::start(Manner::Nobody).await;
    let (at, asked, _task) = http(fake.port).await;
    let proxies = Proxies::one(&format!("http://anna:s3cret@127.0.0.1:{at}"), "");
    let connector = fake.connector_to(FAR, &[]).with_proxies(proxies);
    let session = host(&connector, &tcp(1)).await;
    assert_eq!(url(&session), "tcp://far.example:4");
    assert_eq!(*asked.lock(), ["CONNECT far.example:2222 HTTP/1.1"]);
    let (at, asked, _task) = socks(fake.port).await;
    let proxies = Proxies::one(&format!("socks5h://127.0.0.1:{at}"), "");
    let connector = fake.connector_to(FAR, &[]).with_proxies(proxies);
    let session = host(&connector, &tcp(1)).await;
    assert_eq!(url(&session), "tcp://far.example:4");
    assert_eq!(*asked.lock(), ["far.example:2222"]);
}

#[tokio::test]
async fn a_proxy_that_lets_nobody_through_is_told_and_is_not_gone_through_to_this_computer() {
    let fake = Fake::start(Manner::Nobody).await;
    let (at, asked, _task) = http(fake.port).await;
    let proxies = Proxies::one(&format!("http://127.0.0.1:{at}"), "");
    let connector = fake.connector_to(FAR, &[]).with_proxies(proxies.clone());
    let error = refused(&connector, &tcp(1)).await;
    assert!(
        matches!(&error.reason, Reason::ProxyFailed { address, detail }
            if address.ends_with(&at.to_string()) && detail.contains("407")),
        "{error:?}"
    );
    host(&fake.connector(&[]).with_proxies(proxies), &tcp(1)).await;
    assert_eq!(asked.lock().len(), 1);
}
