//! What visitors run into is known without a window that shows it.

use super::kit::{Home, Service, free_port, get};
use crate::support::not_tested::not_tested;
use crate::support::web::WebService;
use serde_json::json;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// A look each second, and a machine that is loaded.
const SOON: Duration = Duration::from_secs(15);

#[test]
fn a_dead_raw_service_of_another_machine_is_found_out_by_its_first_visitor() {
    let home = Home::new();
    // It leads here, which cannot be seen by looking at it.
    let target = format!("127.1:{}", free_port());
    let words = ["host", &target, "--protocol", "tcp", "--json", "--control"];
    let mut host = home.start(&words);
    let url = host.url();
    host.health("operational");
    let public = url.strip_prefix("tcp://").expect("a raw one");
    let mut visitor = TcpStream::connect(public).expect("the relay listens");
    visitor.write_all(b"hello").expect("sent");
    // However the connection ends: nobody answers.
    let _ = visitor.read(&mut [0; 1]);
    assert_eq!(host.health("service-down")["reason"], json!("refused"));
    host.put("quit");
    host.end().expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certificate_that_was_accepted_is_told() {
    let (home, service) = (Home::new(), WebService::start_tls("it"));
    // This computer's own services are taken at their word.
    let Some(target) = elsewhere(service.address()).await else {
        return not_tested("this computer has no address but its own");
    };
    let words = ["host", &target, "--protocol", "https", "--no-tls-verify"];
    let mut host = home.start(&[&words[..], &["--json", "--control"]].concat());
    let url = host.url();
    host.health("operational");
    // The probe has accepted it, whose connection a visitor may use.
    let mut other = visit(&url, "/events");
    other.read_exact(&mut [0; 12]).expect("it is answered");
    assert_eq!(get(&url), (200, "hello from it".to_owned()));
    let told = host.find(&json!({"event": "certificate"}));
    let told = told["sha256"].as_str().expect("text");
    assert!(told.len() >= 64, "{told}");
    host.put("quit");
    host.end().expect(0);
}

/// An address at which a service of this computer seems to be another's.
async fn elsewhere(service: SocketAddr) -> Option<String> {
    // Nothing is sent.
    let route = UdpSocket::bind("0.0.0.0:0").ok()?;
    route.connect("192.0.2.1:9").ok()?;
    let own = route.local_addr().ok()?.ip();
    let listener = tokio::net::TcpListener::bind((own, 0)).await.ok()?;
    let address = listener.local_addr().ok()?;
    tokio::spawn(async move {
        while let Ok((mut visitor, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut service = tokio::net::TcpStream::connect(service).await?;
                tokio::io::copy_bidirectional(&mut visitor, &mut service).await
            });
        }
    });
    (!own.is_loopback()).then(|| address.to_string())
}

/// As `php -S` does it.
#[test]
fn a_service_that_serves_one_after_the_other_is_busy_and_not_down() {
    let home = Home::new();
    home.write(
        "settings.json",
        r#"{"version":1,"data":{"relay":{"http_port":0,"tcp_ports":[0,0]},
            "timing":{"probe_interval_ms":1000,"probe_timeout_ms":1000}}}"#,
    );
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("it has one").port();
    let (enough, said) = mpsc::channel::<()>();
    thread::spawn(move || serve_in_turn(&listener, &said));
    let target = port.to_string();
    let words = ["host", &target, "--protocol", "http", "--json", "--control"];
    let mut host = home.start(&words);
    let url = host.url();
    host.health("operational");
    let _visitor = visit(&url, "/long");
    assert_eq!(host.health("busy")["reason"], json!("busy"));
    enough.send(()).expect("it waits");
    host.health("operational");
    host.put("quit");
    host.end().expect(0);
}

/// A visitor who asks for this and waits.
fn visit(url: &str, path: &str) -> TcpStream {
    let authority = url.trim_start_matches("http://").trim_end_matches('/');
    let (_, port) = authority.rsplit_once(':').expect("a port");
    let mut visitor = TcpStream::connect(format!("127.0.0.1:{port}")).expect("the relay listens");
    let request = format!("GET {path} HTTP/1.1\r\nhost: {authority}\r\n\r\n");
    visitor.write_all(request.as_bytes()).expect("sent");
    visitor
}

fn serve_in_turn(listener: &TcpListener, enough: &mpsc::Receiver<()>) {
    for socket in listener.incoming().map_while(Result::ok) {
        let mut lines = BufReader::new(&socket).lines().map_while(Result::ok);
        let first = lines.next().unwrap_or_default();
        lines.find(String::is_empty);
        if first.contains("/long") {
            let _ = enough.recv();
        }
        let _ = (&socket).write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
    }
}

/// Nobody visits it, and the next probe is half a minute away.
#[cfg(target_os = "linux")]
#[test]
fn a_service_of_this_computer_that_dies_is_known_to_be_down_within_seconds() {
    let home = Home::new();
    home.write(
        "settings.json",
        r#"{"version":1,"data":{"relay":{"http_port":0,"tcp_ports":[0,0]}}}"#,
    );
    let mut service = Service::start("it");
    let mut host = home.start(&["host", &service.target(), "--json", "--control"]);
    host.health("operational");
    for _ in 0..2 {
        service.stop();
        let died = Instant::now();
        host.health("service-down");
        assert!(died.elapsed() < SOON, "{:?}", died.elapsed());
        service.restart();
        let came = Instant::now();
        host.health("operational");
        assert!(came.elapsed() < SOON, "{:?}", came.elapsed());
    }
    host.put("quit");
    host.end().expect(0);
}
