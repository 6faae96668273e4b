//! npm's own localtunnel server and client, where `tests/localtunnel/install` could put them.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The domain of the names that a server gives.
pub const DOMAIN: &str = "lt.test";

/// A program of node's that ends when its standard input does.
struct Node {
    child: Child,
    /// Its first line.
    said: String,
}

impl Node {
    /// Nothing where it is not installed.
    fn start(script: &str, words: &[&str]) -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/localtunnel");
        let script: PathBuf = folder.join(script);
        // It is written last.
        if !folder.join("installed").exists() {
            return None;
        }
        let mut child = Command::new("node")
            .arg(script)
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut said = String::new();
        let out = child.stdout.take().expect("it is piped");
        BufReader::new(out)
            .read_line(&mut said)
            .expect("it says so");
        Some(Self {
            child,
            said: said.trim().to_owned(),
        })
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The server.
pub struct NpmServer {
    node: Option<Node>,
    pub port: u16,
}

impl NpmServer {
    /// Nothing where it is not installed.
    pub fn start() -> Option<Self> {
        let node = Node::start("server.cjs", &[DOMAIN])?;
        let port = node.said.parse().expect("it says its port");
        let node = Some(node);
        Some(Self { node, port })
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Where its visitors go, whatever the name.
    pub fn place(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// It is killed.
    pub fn stop(&mut self) {
        self.node = None;
    }

    /// It starts again at the same port, and knows nothing of before.
    pub fn resume(&mut self) {
        self.stop();
        let node = Node::start("server.cjs", &[DOMAIN, &self.port.to_string()]);
        let node = node.expect("it was there");
        assert_eq!(node.said, self.port.to_string());
        self.node = Some(node);
    }
}

/// The client, which hosts.
pub struct NpmClient {
    _node: Node,
    pub url: String,
}

impl NpmClient {
    /// Hosts a local port at this server under this name.
    pub fn host(server: &NpmServer, port: u16, name: &str) -> Self {
        let node = Node::start("client.js", &[&server.url(), &port.to_string(), name]);
        let node = node.expect("it is where the server is");
        let url = node.said.clone();
        Self { _node: node, url }
    }
}
