//! The visitors' streams of a session: each is brought to its local service, or told why not.

use crate::base::local::{LocalPort, LocalStream, Memories, leads_to};
use crate::base::own::{self, Dialled};
use crate::link::HANDSHAKE_TIMEOUT;
use crate::link::mux::MuxStream;
use crate::link::opening::{Answer, Failure, Opening};
use crate::link::pump::pump;
use crate::model::{LivePort, Port, Protocol, ServiceFault};
use crate::provider::TrafficBoard;
use std::collections::{HashMap, HashSet};
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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

    pub(super) fn get(&self, number: u16) -> Option<Arc<LocalPort>> {
        self.lock().get(&number).cloned()
    }

    /// Serves these ports and no others. One that stays as it was keeps what is known of it.
    pub(super) fn set(&self, ports: &[Port]) {
        self.memories.retain(ports);
        let mut local = self.lock();
        local.retain(|_, local| ports.contains(&local.port));
        for port in ports {
            local
                .entry(port.number.get())
                .or_insert_with(|| self.local(port));
        }
    }

    /// Serves these ports too: the relay may send visitors before its answer is here.
    pub(super) fn add(&self, ports: &[Port]) {
        let mut local = self.lock();
        for port in ports {
            let number = port.number.get();
            if local.get(&number).is_none_or(|known| known.port != *port) {
                local.insert(number, self.local(port));
            }
        }
    }

    /// Notes which ports would lead back to themselves at these addresses.
    pub(super) fn serve_at(&self, live: &[LivePort]) {
        let ports = self.lock().clone();
        let leads_back = |live: &&LivePort| {
            let local = ports.get(&live.number.get());
            !live.relays_own && local.is_some_and(|l| leads_to(&l.port.target, &live.url))
        };
        let loops = live.iter().filter(leads_back).map(|live| live.number.get());
        *self.loops() = loops.collect();
    }

    fn loops(&self) -> MutexGuard<'_, HashSet<u16>> {
        self.loops.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn local(&self, port: &Port) -> Arc<LocalPort> {
        Arc::new(LocalPort::new(port.clone(), &self.memories))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u16, Arc<LocalPort>>> {
        self.ports.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves one visitor's stream.
pub(super) async fn serve(
    mut stream: MuxStream,
    local: Arc<LocalPorts>,
    traffic: Arc<TrafficBoard>,
) {
    let opening = timeout(HANDSHAKE_TIMEOUT, Opening::read(&mut stream)).await;
    let Ok(Ok(opening)) = opening else {
        return tracing::debug!("a stream began with garbage");
    };
    let loops = local.loops().contains(&opening.port) || own::is_dialled(opening.visitor);
    let Some(local) = local.get(opening.port) else {
        return refuse(stream, Answer::UnknownPort).await;
    };
    let counters = traffic.port(local.port.number);
    if loops {
        counters.note(Some(ServiceFault::Loop));
        return refuse(stream, Answer::Failed(Failure::Loop)).await;
    }
    let from = opening.visitor.port();
    let first = if local.port.protocol == Protocol::Tcp && own::may_be_probe(from) {
        match first_bytes(&mut stream).await {
            Some(bytes) => Some(bytes),
            None => return,
        }
    } else {
        None
    };
    let _open = counters.connection();
    let connected = match &first {
        // It was answered already.
        Some(_) => local.connect().await,
        None => connect(&mut stream, &local).await,
    };
    counters.note(connected.as_ref().err().copied());
    counters.note_certificate(local.accepted());
    let (mut service, _from) = match connected {
        Ok(connected) => connected,
        Err(_) if first.is_some() => return,
        Err(fault) => return refuse(stream, Answer::Failed(map_fault(fault))).await,
    };
    let begun = match &first {
        Some(bytes) => service.write_all(bytes).await,
        None => Answer::Connected.write(&mut stream).await,
    };
    if begun.is_err() {
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
    // While the service does not read, nobody reads the stream either.
    let broken = stream.broken();
    let carried = tokio::select! {
        biased;
        carried = pump(&mut stream, &mut service, received, sent) => carried,
        () = broken => Err(io::ErrorKind::ConnectionReset.into()),
    };
    if let Err(error) = carried {
        tracing::debug!(visitor = %opening.visitor, %error, "a connection broke");
    }
    if asked && !answered {
        local.doubt();
    }
}

/// What a visitor who may be a probe of ours says first; `None` when it was one. A probe ends at once
/// and says nothing: the service hears nothing of it. Somebody else waits a moment for the service.
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

/// Connects to the service, and says so when that takes a while.
async fn connect(
    stream: &mut MuxStream,
    local: &LocalPort,
) -> Result<(LocalStream, Dialled), ServiceFault> {
    let mut connecting = pin!(local.connect());
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
        ServiceFault::NotHttp | ServiceFault::Other => Failure::Other,
    }
}
