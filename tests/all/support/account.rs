//! An account at a provider that is a list in memory, and a connector whose URLs are the services
//! themselves. Both do as the test says.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::pin::Pin;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};
use std::thread;
use tokio::sync::{mpsc, watch};
use underpass::model::{
    AccountId, AccountState, DeviceCode, LivePort, Metrics, Offers, Pending, Port, PortNumber,
    Protocol, ProviderOptions, Reason, Remote, Secret, Tunnel, TunnelId, UnixMillis,
};
use underpass::provider::devtunnel::OFFERS;
use underpass::provider::{
    Account, Answer, BoxFuture, ConnectError, Connector, Ended, HostOrder, Inventory, OnCode,
    ProbeMarks, Progress, Provider, Row, Session, SessionEvent, SessionPart, Tokens, TrafficBoard,
};

/// What the provider has, and what it was asked.
#[derive(Default)]
pub struct Cloud {
    /// Who is signed in.
    pub state: AccountState,
    pub tunnels: Vec<Tunnel>,
    pub metrics: BTreeMap<PortNumber, Metrics>,
    /// The next change is refused for this.
    pub refuse: Option<Reason>,
    /// No token is given while this is set.
    pub no_token: Option<Reason>,
    /// What was asked, a line each.
    pub calls: Vec<String>,
    /// What was set for the connectors.
    pub options: Vec<ProviderOptions>,
    /// The sessions there were, each with the end that the test holds.
    pub sessions: Vec<mpsc::Sender<SessionEvent>>,
}

#[derive(Clone)]
pub struct FakeAccount {
    cloud: Arc<Mutex<Cloud>>,
    /// Changes and lists wait while it is shut.
    gate: Arc<watch::Sender<bool>>,
}

impl Default for FakeAccount {
    fn default() -> Self {
        let cloud = Cloud {
            state: AccountState::NotInstalled,
            ..Cloud::default()
        };
        Self {
            cloud: Arc::new(Mutex::new(cloud)),
            gate: Arc::new(watch::Sender::new(true)),
        }
    }
}

fn ready() -> AccountState {
    AccountState::Ready {
        user: "ana@example.org".to_owned(),
        via: "Microsoft".to_owned(),
    }
}

impl FakeAccount {
    pub fn cloud(&self) -> MutexGuard<'_, Cloud> {
        self.cloud.lock().expect("nobody panicked")
    }

    /// Somebody is signed in.
    pub fn signed_in(&self) {
        self.cloud().state = ready();
    }

    pub fn open(&self, is: bool) {
        self.gate.send_replace(is);
    }

    /// A tunnel that is in the account already.
    pub fn add(&self, id: &str, ports: &[u16], hosts: u32) -> TunnelId {
        let tunnel = tunnel(id, ports, hosts);
        let id = tunnel.id.clone();
        self.cloud().tunnels.push(tunnel);
        id
    }

    pub fn calls(&self, what: &str) -> usize {
        let cloud = self.cloud();
        cloud.calls.iter().filter(|c| c.starts_with(what)).count()
    }

    /// Answers once the gate is open.
    fn answer<T: Send + 'static>(
        &self,
        call: String,
        make: impl FnOnce(&mut Cloud) -> Result<T, Reason> + Send + 'static,
    ) -> Answer<T> {
        self.cloud().calls.push(call);
        let fake = self.clone();
        Box::pin(async move {
            let mut gate = fake.gate.subscribe();
            gate.wait_for(|open| *open)
                .await
                .expect("the test holds it");
            make(&mut fake.cloud())
        })
    }

    fn edit(
        &self,
        call: String,
        id: &TunnelId,
        make: impl FnOnce(&mut Tunnel) + Send + 'static,
    ) -> Answer<Option<Row>> {
        let id = id.clone();
        let changed = self.answer(call, move |cloud| {
            cloud.refuse.take().map_or(Ok(()), Err)?;
            let mut tunnels = cloud.tunnels.iter_mut();
            let tunnel = tunnels.find(|tunnel| tunnel.id == id);
            make(tunnel.ok_or(Reason::TunnelGone)?);
            Ok(id)
        });
        let fake = self.clone();
        Box::pin(async move {
            let id = changed.await?;
            Ok(fake.show(id.to_string()).await.ok())
        })
    }
}

fn tunnel(id: &str, ports: &[u16], hosts: u32) -> Tunnel {
    let id = TunnelId::new(id).expect("an id");
    let port = |number: &u16| {
        let number = PortNumber::new(*number).expect("not 0");
        Port {
            number,
            protocol: Protocol::Http,
            target: underpass::model::Target::local(number),
            label: id.clone(),
            public_port: None,
            options: underpass::model::PortOptions::default(),
        }
    };
    Tunnel {
        name: id.as_str().split('.').next().unwrap_or_default().to_owned(),
        provider: OFFERS.id,
        ports: ports.iter().map(port).collect(),
        chosen: underpass::model::Chosen::default(),
        created_at: UnixMillis(1),
        expires_at: None,
        remote: Some(Remote {
            hosts,
            ..Remote::default()
        }),
        id,
    }
}

fn report(cloud: &Cloud, tunnel: &Tunnel) -> Row {
    let live = |port: &Port| LivePort {
        number: port.number,
        url: url(port.number),
        lan_url: None,
        relays_own: false,
    };
    Row {
        tunnel: tunnel.clone(),
        live: tunnel.ports.iter().map(live).collect(),
        metrics: cloud.metrics.clone(),
    }
}

/// The provider's way to a service here: another address than the service's own, or it would be taken
/// for a target that leads back to its own URL.
fn url(port: PortNumber) -> String {
    static FRONTS: LazyLock<Mutex<HashMap<PortNumber, u16>>> = LazyLock::new(Mutex::default);
    let mut fronts = FRONTS.lock().expect("no panic with it");
    let front = *fronts.entry(port).or_insert_with(|| front_of(port));
    format!("http://127.0.0.1:{front}/")
}

/// Passes connections on to a port of this computer, for as long as the tests run.
fn front_of(port: PortNumber) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let front = listener.local_addr().expect("it is bound").port();
    thread::spawn(move || {
        for visitor in listener.incoming().flatten() {
            // A service that is down has its visitors dropped.
            let Ok(service) = TcpStream::connect(("127.0.0.1", port.get())) else {
                continue;
            };
            carry(&visitor, &service);
            carry(&service, &visitor);
        }
    });
    front
}

fn carry(from: &TcpStream, to: &TcpStream) {
    let ends = (from.try_clone(), to.try_clone());
    let (Ok(mut from), Ok(mut to)) = ends else {
        return;
    };
    thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
}

impl Provider for FakeAccount {
    fn offers(&self) -> &'static Offers {
        &OFFERS
    }

    fn inventory(&self, _: &AccountId) -> Option<Arc<dyn Inventory>> {
        Some(Arc::new(self.clone()))
    }

    fn connector(
        &self,
        _: &AccountId,
        options: &ProviderOptions,
        _: ProbeMarks,
    ) -> Box<dyn Connector> {
        self.cloud().options.push(options.clone());
        Box::new(self.clone())
    }
}

impl Inventory for FakeAccount {
    fn list(&self, _: Vec<Tunnel>) -> Answer<Vec<Row>> {
        // What is there when it is asked is what comes, however late.
        let listed = {
            let cloud = self.cloud();
            let reports = cloud.tunnels.iter().map(|tunnel| report(&cloud, tunnel));
            reports.collect()
        };
        self.answer("list".to_owned(), move |_| Ok(listed))
    }

    fn show(&self, id: String) -> Answer<Row> {
        let cloud = self.cloud();
        let mut tunnels = cloud.tunnels.iter();
        let is = |t: &&Tunnel| t.id.as_str() == id || t.id.as_str().starts_with(&format!("{id}."));
        let found = tunnels.find(is).map(|tunnel| report(&cloud, tunnel));
        drop(cloud);
        self.cloud().calls.push(format!("show {id}"));
        Box::pin(std::future::ready(found.ok_or(Reason::TunnelGone)))
    }

    fn change(&self, change: Pending, _: Tunnel) -> Answer<Option<Row>> {
        match change {
            Pending::Create(asked) => self.create(asked),
            Pending::Delete(id) => self.answer(format!("delete {id}"), move |cloud| {
                cloud.refuse.take().map_or(Ok(()), Err)?;
                cloud.tunnels.retain(|tunnel| tunnel.id != id);
                Ok(None)
            }),
            Pending::AddPort(id, port) => {
                let call = format!("add {id} {}", port.number);
                self.edit(call, &id, |tunnel| tunnel.ports.push(port))
            }
            Pending::RemovePort(key) => {
                let call = format!("remove {} {}", key.tunnel, key.port);
                self.edit(call, &key.tunnel.clone(), move |tunnel| {
                    tunnel.ports.retain(|port| port.number != key.port);
                })
            }
            Pending::ChangeProtocol(key, protocol) => {
                let call = format!("protocol {} {} {protocol}", key.tunnel, key.port);
                self.edit(call, &key.tunnel.clone(), move |tunnel| {
                    for port in tunnel.ports.iter_mut().filter(|p| p.number == key.port) {
                        port.protocol = protocol;
                    }
                })
            }
            Pending::SetHostHeader(..)
            | Pending::SetHealth(..)
            | Pending::Rename(..)
            | Pending::ChangeTarget(..) => Box::pin(std::future::ready(Ok(None))),
            Pending::SetAccess(id, access) => {
                self.edit(format!("access {id} {access:?}"), &id, move |tunnel| {
                    if let Some(remote) = &mut tunnel.remote {
                        remote.access = access;
                    }
                })
            }
            Pending::Renew(id) => self.edit(format!("renew {id}"), &id, |tunnel| {
                tunnel.expires_at = Some(UnixMillis(u64::MAX / 2));
            }),
        }
    }

    fn account(&self) -> Option<&dyn Account> {
        Some(self)
    }
}

impl FakeAccount {
    fn create(&self, asked: Tunnel) -> Answer<Option<Row>> {
        let name = asked.name.clone();
        self.answer(format!("create {name}"), move |cloud| {
            cloud.refuse.take().map_or(Ok(()), Err)?;
            let id = TunnelId::from_name(&name).expect("it was checked");
            let made = Tunnel {
                id: TunnelId::new(format!("{id}-7f3k.usw2")).expect("an id"),
                ..asked
            };
            cloud.tunnels.push(made.clone());
            Ok(Some(report(cloud, &made)))
        })
    }
}

impl Account for FakeAccount {
    fn preflight(&self) -> Pin<Box<dyn Future<Output = AccountState> + Send>> {
        let mut cloud = self.cloud();
        cloud.calls.push("preflight".to_owned());
        Box::pin(std::future::ready(cloud.state.clone()))
    }

    fn limits(&self) -> Answer<Vec<(String, String)>> {
        self.answer("limits".to_owned(), |_| Ok(vec![]))
    }

    fn sign_in(&self, way: String, device: bool, on_code: OnCode) -> Answer<()> {
        if device {
            on_code(DeviceCode {
                url: "https://microsoft.example/devicelogin".to_owned(),
                code: "ABCD-1234".to_owned(),
            });
        }
        self.answer(format!("sign-in {way} {device}"), |cloud| {
            cloud.refuse.take().map_or(Ok(()), Err)?;
            cloud.state = ready();
            cloud.no_token = None;
            Ok(())
        })
    }

    fn sign_out(&self) -> Answer<()> {
        self.answer("sign-out".to_owned(), |cloud| {
            cloud.state = AccountState::SignedOut;
            Ok(())
        })
    }

    fn version(&self) -> Answer<String> {
        Self::told_version()
    }
}

impl FakeAccount {
    /// What its program would be.
    fn told_version() -> Answer<String> {
        Box::pin(std::future::ready(Ok("1.0".to_owned())))
    }
}

impl Connector for FakeAccount {
    fn mint<'a>(&'a self, order: &'a HostOrder) -> BoxFuture<'a, Result<Tokens, ConnectError>> {
        let mut cloud = self.cloud();
        cloud.calls.push(format!("mint {}", order.tunnel));
        let refused = cloud.no_token.clone().map(ConnectError::new);
        let tokens = Tokens {
            by_scope: [("host", Secret::new("t"))].into(),
            lifetime: None,
        };
        Box::pin(std::future::ready(refused.map_or(Ok(tokens), Err)))
    }

    fn connect<'a>(
        &'a self,
        order: &'a HostOrder,
        _: &'a Tokens,
        _: Progress<'a>,
    ) -> BoxFuture<'a, Result<Session, ConnectError>> {
        let (events_in, events) = mpsc::channel(4);
        let mut cloud = self.cloud();
        cloud.calls.push(format!("connect {}", order.tunnel));
        let mut tunnels = cloud.tunnels.iter_mut();
        let Some(tunnel) = tunnels.find(|tunnel| tunnel.id == order.tunnel) else {
            let gone = ConnectError::new(Reason::TunnelGone);
            return Box::pin(std::future::ready(Err(gone)));
        };
        if let Some(remote) = &mut tunnel.remote {
            remote.hosts = 1;
        }
        events_in
            .try_send(SessionEvent::Established)
            .expect("there is room");
        cloud.sessions.push(events_in.clone());
        let part = Part {
            account: self.clone(),
            tunnel: order.tunnel.clone(),
            events: events_in,
        };
        let session = Session {
            ports: served(&order.ports),
            events,
            traffic: Arc::new(TrafficBoard::default()),
            part: Box::new(part),
        };
        Box::pin(std::future::ready(Ok(session)))
    }
}

fn served(ports: &[Port]) -> Vec<LivePort> {
    let live = |port: &Port| LivePort {
        number: port.number,
        url: url(port.number),
        lan_url: None,
        relays_own: false,
    };
    ports.iter().map(live).collect()
}

struct Part {
    account: FakeAccount,
    tunnel: TunnelId,
    events: mpsc::Sender<SessionEvent>,
}

impl SessionPart for Part {
    fn set_ports(&self, ports: Vec<Port>) {
        // A test that fills the channel has ended.
        let _ = self.events.try_send(SessionEvent::Ports(served(&ports)));
    }

    fn check_link(&self) {}

    fn drop_link(&self) {
        let lost = Ended::new(Reason::LinkLost);
        let _ = self.events.try_send(SessionEvent::Ended(lost));
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        let mut cloud = self.account.cloud();
        cloud.calls.push(format!("close {}", self.tunnel));
        Box::pin(async {})
    }
}
