//! What comes over a link: serves visitors' streams, and probes, by the local services.
//!
//! It knows nothing of the session that they belong to.

use crate::base::local::{self, LocalPort, LocalStream, Memories, leads_to};
use crate::base::own::{self, Dialled};
use crate::link::mux::MuxStream;
use crate::link::opening::{Answer, Failure, Kind, Opening};
use crate::link::pump::pump;
use crate::link::{HANDSHAKE_TIMEOUT, exchange};
use crate::model::{LivePort, Port, Protocol, ServiceFault};
use crate::provider::types::PortCounters;
use crate::provider::{LogLimit, ProbeMarks, TrafficBoard};
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

/// A visitor's stream whose service has not accepted by then is answered that it is being tried.
const TRYING_AFTER: Duration = Duration::from_millis(100);

/// A probe's connection is at its end by then, over any link that is of use.
const PROBE_ENDS_WITHIN: Duration = Duration::from_secs(1);

/// The local ports by number: a stream is looked up when it has said for which port it is.
#[derive(Debug)]
pub(super) struct LocalPorts {
    ports: Mutex<HashMap<u16, Arc<LocalPort>>>,
    /// Those whose target is their own public address.
    loops: Mutex<HashSet<u16>>,
    /// What is known of the services, longer than a session lives.
    memories: Arc<Memories>,
}

impl LocalPorts {
    pub(super) fn new(memories: Arc<Memories>) -> Self {
        Self {
            ports: Mutex::default(),
            loops: Mutex::default(),
            memories,
        }
    }

    fn get(&self, number: u16) -> Option<Arc<LocalPort>> {
        self.ports.lock().get(&number).cloned()
    }

    /// Serves these ports and no others. One that stays as it was keeps what is known of it.
    pub(super) fn set(&self, ports: &[Port]) {
        self.memories.retain(ports);
        let mut local = self.ports.lock();
        local.retain(|_, local| ports.contains(&local.port));
        for port in ports {
            local
                .entry(port.number.get())
                .or_insert_with(|| self.local(port));
        }
    }

    /// Serves these ports too: the relay may send visitors before its answer is here.
    pub(super) fn add(&self, ports: &[Port]) {
        let mut local = self.ports.lock();
        for port in ports {
            let number = port.number.get();
            if local.get(&number).is_none_or(|known| known.port != *port) {
                local.insert(number, self.local(port));
            }
        }
    }

    /// Notes which ports would lead back to themselves at these addresses.
    pub(super) fn serve_at(&self, live: &[LivePort]) {
        let ports = self.ports.lock().clone();
        let leads_back = |live: &&LivePort| {
            let local = ports.get(&live.number.get());
            !live.relays_own && local.is_some_and(|l| leads_to(&l.port.target, &live.url))
        };
        let loops = live.iter().filter(leads_back).map(|live| live.number.get());
        *self.loops.lock() = loops.collect();
    }

    fn local(&self, port: &Port) -> Arc<LocalPort> {
        Arc::new(LocalPort::new(port.clone(), &self.memories))
    }
}

/// Visitors break connections off as often as they like.
static BROKEN: LogLimit = LogLimit::new();

fn io_kind(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::ConnectionReset => "reset",
        io::ErrorKind::BrokenPipe => "broken-pipe",
        io::ErrorKind::TimedOut => "timed-out",
        _ => "other",
    }
}

/// Serves one visitor's stream.
pub(super) async fn serve(
    mut stream: MuxStream,
    local: Arc<LocalPorts>,
    traffic: Arc<TrafficBoard>,
    probes: Option<ProbeMarks>,
) {
    let opening = timeout(HANDSHAKE_TIMEOUT, Opening::read(&mut stream)).await;
    let Ok(Ok(opening)) = opening else {
        return tracing::debug!("a stream began with garbage");
    };
    let loops = local.loops.lock().contains(&opening.port)
        || own::is_dialled(opening.visitor, opening.reached);
    let Some(local) = local.get(opening.port) else {
        return refuse(stream, Answer::UnknownPort).await;
    };
    let from = opening.visitor.port();
    let probe = opening.probe || probes.is_some_and(|probes| probes.take(from));
    let counters = traffic.port(local.port.number);
    if loops {
        if !probe {
            counters.note(Some(ServiceFault::Loop));
        }
        return refuse(stream, Answer::Failed(Failure::Loop)).await;
    }
    if probe {
        return serve_probe(stream, &local, &counters, &opening).await;
    }
    let _open = counters.connection();
    let connected = connect(&mut stream, &local, opening.visitor).await;
    counters.note(connected.as_ref().err().copied());
    counters.note_certificate(local.accepted());
    let (mut service, _from) = match connected {
        Ok(connected) => connected,
        Err(fault) => return refuse(stream, Answer::Failed(map_fault(fault))).await,
    };
    if Answer::Connected.write(&mut stream).await.is_err() {
        return;
    }
    let (mut asked, mut answered) = (false, false);
    let received = |bytes| {
        asked = true;
        counters.add_in(bytes);
    };
    let sent = |bytes| {
        answered = true;
        counters.add_out(bytes);
    };
    if let Err(error) = carry(&mut stream, &mut service, opening.kind, received, sent).await {
        if let Some(left_out) = BROKEN.admit(io_kind(&error)) {
            tracing::debug!(visitor = %opening.visitor, %error, left_out, "a connection broke");
        }
        // A clean end would pass a part for the whole.
        local::reset(&service);
    }
    if asked && !answered {
        local.doubt();
    }
}

/// Serves a probe, which is in no count. Of one of a raw port the service hears nothing.
async fn serve_probe(
    mut stream: MuxStream,
    local: &LocalPort,
    counters: &PortCounters,
    opening: &Opening,
) {
    let from = opening.visitor;
    if local.port.protocol == Protocol::Tcp {
        if let Some(bytes) = first_bytes(&mut stream).await {
            serve_after_all(stream, local, from, &bytes).await;
        }
        return;
    }
    let (mut service, _from) = match connect(&mut stream, local, from).await {
        Ok(connected) => connected,
        Err(fault) => return refuse(stream, Answer::Failed(map_fault(fault))).await,
    };
    // Visitors may go on over this very connection, and make none.
    counters.note_certificate(local.accepted());
    if Answer::Connected.write(&mut stream).await.is_err() {
        return;
    }
    // However it ends, the relay has seen what there was to see.
    let _ = carry(&mut stream, &mut service, opening.kind, |_| (), |_| ()).await;
}

/// What comes from where a raw probe was expected says first; `None` when it was one: it ends at once
/// and says nothing. Somebody else, whose port is the same by chance, waits a moment for the service.
async fn first_bytes(stream: &mut MuxStream) -> Option<Vec<u8>> {
    Answer::Connected.write(stream).await.ok()?;
    let mut bytes = vec![0; 1024];
    match timeout(PROBE_ENDS_WITHIN, stream.read(&mut bytes)).await {
        Ok(Ok(0) | Err(_)) => {
            let _ = stream.shutdown().await;
            None
        }
        Ok(Ok(read)) => {
            bytes.truncate(read);
            Some(bytes)
        }
        Err(_) => Some(vec![]),
    }
}

/// Serves whoever turned out to be no probe, and was answered already.
async fn serve_after_all(mut stream: MuxStream, local: &LocalPort, from: SocketAddr, said: &[u8]) {
    // The way it ends without the service is the same as with one that says nothing.
    let Ok((mut service, _from)) = local.connect(from).await else {
        return;
    };
    // One that does not take it may have said why.
    let taken = service.write_all(said).await;
    let carried = carry(&mut stream, &mut service, Kind::Bytes, |_| (), |_| ()).await;
    if taken.and(carried).is_err() {
        // A clean end would pass a part for the whole.
        local::reset(&service);
    }
}

/// Carries what the stream is for until both ends are done, or either breaks.
async fn carry(
    stream: &mut MuxStream,
    service: &mut LocalStream,
    kind: Kind,
    received: impl FnMut(u64),
    sent: impl FnMut(u64),
) -> io::Result<()> {
    // While the service does not read, nobody reads the stream either.
    let broken = stream.broken();
    let carrying = async {
        match kind {
            Kind::Bytes => pump(stream, service, received, sent).await,
            Kind::Requests => exchange::serve(stream, service, local::is_silent, received, sent)
                .await
                .map(|ended| tracing::trace!(?ended, "a connection's requests are over")),
        }
    };
    tokio::select! {
        biased;
        carried = carrying => carried,
        () = broken => Err(io::ErrorKind::ConnectionReset.into()),
    }
}

/// Connects to the service, and says so when that takes a while.
async fn connect(
    stream: &mut MuxStream,
    local: &LocalPort,
    visitor: SocketAddr,
) -> Result<(LocalStream, Dialled), ServiceFault> {
    let mut connecting = pin!(local.connect(visitor));
    if let Ok(connected) = timeout(TRYING_AFTER, &mut connecting).await {
        return connected;
    }
    // A stream that broke is found out about when the service's bytes are to go.
    let _ = Answer::Trying.write(stream).await;
    connecting.await
}

async fn refuse(mut stream: MuxStream, answer: Answer) {
    if answer.write(&mut stream).await.is_ok() {
        let _ = stream.shutdown().await;
    }
}

/// What the relay is told of the service.
fn map_fault(fault: ServiceFault) -> Failure {
    match fault {
        ServiceFault::Refused => Failure::Refused,
        ServiceFault::TimedOut | ServiceFault::NoAnswer | ServiceFault::Busy => Failure::TimedOut,
        ServiceFault::UnknownName => Failure::UnknownName,
        ServiceFault::Unreachable => Failure::Unreachable,
        ServiceFault::UntrustedCertificate { fingerprint } => {
            Failure::UntrustedCertificate(fingerprint.0)
        }
        ServiceFault::ChangedCertificate { fingerprint } => {
            Failure::ChangedCertificate(fingerprint.0)
        }
        ServiceFault::NotTls => Failure::NotTls,
        ServiceFault::TlsRefused => Failure::TlsRefused,
        ServiceFault::HostFull => Failure::HostFull,
        ServiceFault::NotPermitted => Failure::NotPermitted,
        ServiceFault::Loop => Failure::Loop,
        ServiceFault::NotHttp | ServiceFault::NameRefused | ServiceFault::Other => Failure::Other,
    }
}
