//! The real server of bore, `bore-cli`'s, on a loopback address of its own: its port is fixed.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::sleep;

/// The servers of this process.
static SERVERS: AtomicU8 = AtomicU8::new(1);

/// A server on a thread of its own: what it has begun ends with it.
pub struct BoreServer {
    pub address: Ipv4Addr,
    ports: RangeInclusive<u16>,
    secret: Option<String>,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl BoreServer {
    pub fn start(secret: Option<&str>) -> Self {
        Self::with_ports(20_000..=59_999, secret)
    }

    /// One that gives these public ports.
    pub fn with_ports(ports: RangeInclusive<u16>, secret: Option<&str>) -> Self {
        let [.., high, low] = std::process::id().to_be_bytes();
        let own = SERVERS.fetch_add(1, Ordering::Relaxed);
        let mut server = Self {
            address: Ipv4Addr::new(127, high, low, own),
            ports,
            secret: secret.map(str::to_owned),
            running: None,
        };
        server.resume();
        server
    }

    /// It is killed, with all that it has opened.
    pub fn stop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            // One that has panicked needs no word.
            let _ = stop.send(());
            thread.join().expect("it does not panic");
        }
    }

    /// It starts again, and knows nothing of before.
    pub fn resume(&mut self) {
        self.stop();
        let mut server = bore_cli::server::Server::new(self.ports.clone(), self.secret.as_deref());
        server.set_bind_addr(IpAddr::V4(self.address));
        server.set_bind_tunnels(IpAddr::V4(self.address));
        let (stop, stopped) = oneshot::channel();
        let (ready, is_ready) = mpsc::channel();
        let address = self.address;
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                tokio::spawn(async move {
                    while TcpStream::connect((address, 7835)).await.is_err() {
                        sleep(Duration::from_millis(5)).await;
                    }
                    // Whoever waited may have given up.
                    let _ = ready.send(());
                });
                tokio::select! {
                    ended = server.listen() => panic!("{ended:?}"),
                    _ = stopped => {}
                }
            });
        });
        self.running = Some((stop, thread));
        let started = is_ready.recv_timeout(Duration::from_secs(20));
        started.expect("it starts");
    }

    /// The same with other public ports.
    pub fn resume_with(&mut self, ports: RangeInclusive<u16>) {
        self.ports = ports;
        self.resume();
    }
}

impl Drop for BoreServer {
    fn drop(&mut self) {
        self.stop();
    }
}
