//! The edge of these tests proven with ngrok's own client: what serves that one is no dialect of ours.

use super::*;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

/// Names a folder in which npm has installed `@ngrok/ngrok`, as `tests/rig/ngrok` does.
const VARIABLE: &str = "UNDERPASS_NGROK_CLIENT";

/// Hosts a port, says its URL, and goes when its standard input ends.
const CLIENT: &str = "
const { SessionBuilder } = require('@ngrok/ngrok');
const [, server, ca, port] = process.argv;
(async () => {
    const builder = new SessionBuilder().authtoken('t0ken').serverAddr(server);
    const session = await builder.caCert(require('fs').readFileSync(ca)).connect();
    const listener = await session.httpEndpoint().listenAndForward('http://127.0.0.1:' + port);
    console.log(listener.url());
    process.stdin.on('end', async () => { await listener.close(); process.exit(0); }).resume();
})().catch(error => { console.error(String(error)); process.exit(1); });
";

#[tokio::test]
#[ignore = "needs ngrok's own client, which tests/rig/ngrok installs; that runs it"]
async fn the_official_client_hosts_at_the_same_edge() {
    let folder = std::env::var_os(VARIABLE).expect("tests/rig/ngrok names it");
    let (edge, (number, _service)) = (Edge::start().await, echo().await);
    let authority = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(authority.path(), &edge.authority).expect("it is written");
    let address = server(&edge).address();
    let mut client = Command::new("node")
        .current_dir(folder)
        .args(["-e", CLIENT, &address])
        .arg(authority.path())
        .arg(number.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("node is there");
    let served = edge.session(1).await;
    let mut url = String::new();
    let stdout = client.stdout.take().expect("it is piped");
    let reading = BufReader::new(stdout).read_line(&mut url).await;
    assert!(
        reading.is_ok() && url.trim() == "https://e1.edge.test",
        "{url}"
    );
    visit(&served).await;
    // It comes back by itself, under its old ids.
    served.cut();
    edge.was_asked("bind", 2).await;
    assert_eq!(edge.asked("auth")[1].at("/ClientId"), "c1");
    assert_eq!(edge.asked("bind")[1].at("/Id"), "e1");
    let again = edge.session(2).await;
    visit(&again).await;
    drop(client.stdin.take());
    edge.was_asked("unbind", 1).await;
    assert!(timeout(SOON, client.wait()).await.expect("soon").is_ok());
}

async fn visit(served: &edge::Served) {
    let mut visitor = served.visit("e1").await;
    visitor
        .stream
        .write_all(b"hello")
        .await
        .expect("it is open");
    let mut said = [0; 5];
    visitor
        .stream
        .read_exact(&mut said)
        .await
        .expect("it answers");
    assert_eq!(&said, b"hello");
}
