//! A computer that hosts: the whole app on a folder of its own, drawn to a recording screen.

use super::account::FakeAccount;
use super::screen::{Screen, Shown, record};
use super::visitor::Site;
use super::wait::within;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use underpass::app::{App, Begin, Event, Mailbox, Options, Profile, RelayChoice, RelayDirectory};
use underpass::audit;
use underpass::model::{
    Access, Action, Health, JoinLink, Life, PortKey, PortNumber, Protocol, ProviderId, Settings,
    TimingSettings, TunnelId,
};
use underpass::provider::registry;
use underpass::secrets::Secrets;
use underpass::store::Home;

/// The name of the joined relay's token among the secrets.
const RELAY_TOKEN: &str = "relay-token";

/// The folder of one installation; apps come and go on it.
pub struct Computer {
    dir: TempDir,
    home: Home,
    /// The account at Dev Tunnels, as far as it goes here.
    pub account: FakeAccount,
}

impl Computer {
    /// With the embedded relay.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("there is room");
        let home = Home::at(dir.path()).expect("it can be made");
        let account = FakeAccount::default();
        let computer = Self { dir, home, account };
        computer.set(|settings| {
            // Quick, and patient with a loaded machine.
            settings.timing = TimingSettings {
                probe_interval_ms: 100,
                probe_timeout_ms: 10_000,
                backoff_initial_ms: 50,
                backoff_cap_ms: 200,
                jitter_percent: 10,
            };
            settings.relay.http_port = 0;
            settings.relay.tcp_ports = (0, 0);
        });
        computer
    }

    /// With this relay.
    pub fn joined(link: &JoinLink) -> Self {
        let computer = Self::new();
        let secrets = computer.secrets();
        secrets.set(RELAY_TOKEN, &link.token).expect("it is kept");
        let address = link.to_string();
        let address = address.rsplit_once('@').expect("it has a token").1;
        computer.set(|settings| settings.relay.joined = Some(address.to_owned()));
        computer
    }

    /// Changes the settings for the next start.
    pub fn set(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.home.settings().load().value;
        change(&mut settings);
        self.home.settings().save(&settings).expect("it is saved");
    }

    fn secrets(&self) -> Secrets {
        Secrets::open(self.home.path(), true)
    }

    /// Starts the app with what the folder holds.
    pub fn start(&self) -> Desk {
        let settings = self.home.settings().load().value;
        let secrets = Arc::new(self.secrets());
        let relay = RelayDirectory::new(
            self.home.clone(),
            choice(&settings, &secrets),
            settings.relay.clone(),
        );
        let begin = Begin {
            settings,
            tunnels: self.home.tunnels().load().value,
            hosted: self.home.hosted().load().value,
            rows: self.home.rows().load().value,
            install: self.home.install_id().value,
            accounts: true,
            ..Begin::default()
        };
        let options = Options {
            home: self.home.clone(),
            profile: Profile::Desktop,
            begin,
            providers: registry::all(Arc::clone(&relay) as _, &secrets)
                .with(Arc::new(self.account.clone())),
            relay,
            secrets,
        };
        let (recorder, screen) = record();
        let app = App::start(options, Box::new(recorder)).expect("it starts");
        Desk {
            mailbox: app.mailbox(),
            app: Some(app),
            screen,
        }
    }

    /// The audit log's lines, and proof that their chain holds.
    pub fn audit(&self) -> Vec<audit::Record> {
        let path = self.home.audit_log();
        audit::verify(&path).expect("the chain holds");
        let read = audit::read(&path).expect("it can be read");
        read.map(|record| record.expect("each line is one"))
            .collect()
    }

    /// Every file in the folder.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut folders = vec![self.dir.path().to_owned()];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("it is there") {
                let path = entry.expect("it can be read").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push(path);
                }
            }
        }
        files
    }
}

fn choice(settings: &Settings, secrets: &Secrets) -> RelayChoice {
    let Some(address) = &settings.relay.joined else {
        return RelayChoice::Embedded;
    };
    let Some(token) = secrets.get(RELAY_TOKEN).expect("it can be read") else {
        return RelayChoice::TokenMissing;
    };
    let link = format!("{}{}@{address}", JoinLink::SCHEME, token.expose());
    RelayChoice::Joined(link.parse().expect("it was one"))
}

/// A running app, and the person before it.
pub struct Desk {
    app: Option<App>,
    mailbox: Mailbox,
    pub screen: Screen,
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.act(Action::Quit);
    }
}

impl Desk {
    pub fn act(&self, action: Action) {
        self.mailbox.act(action);
    }

    pub fn send(&self, event: Event) {
        self.mailbox.send(event);
    }

    /// Quits, and waits until the app has said its goodbyes.
    pub async fn quit(mut self) {
        self.act(Action::Quit);
        let app = self.app.take().expect("it runs");
        let ended = tokio::task::spawn_blocking(move || app.wait());
        let ended = within("the app ends", ended).await.expect("it ends well");
        ended.expect("it could run");
    }

    /// Makes a tunnel of one port, which is hosted at once.
    pub fn create(&self, name: &str, port: u16, protocol: Protocol) -> PortKey {
        self.act(Action::CreateTunnel {
            provider: ProviderId::RELAY,
            reach: None,
            access: Access::Private,
            name: name.to_owned(),
            target: port.to_string(),
            protocol,
            public_port: String::new(),
            options: [].into(),
        });
        key(name, port)
    }

    /// The same, and waits until it works.
    pub async fn share(&mut self, name: &str, port: u16, protocol: Protocol) -> (PortKey, Site) {
        let key = self.create(name, port, protocol);
        let url = self.until_works(&key).await;
        (key, Site::of(&url))
    }

    /// Waits until the port works: its URL.
    pub async fn until_works(&mut self, key: &PortKey) -> String {
        let what = format!("{}:{} works", key.tunnel, key.port);
        let works = |shown: &Shown| {
            let well = health(shown, key) == Some(Health::Operational);
            let url = shown.inputs.url(key).filter(|_| well);
            url.map(str::to_owned)
        };
        self.screen.until(&what, works).await
    }

    pub async fn until_health(&mut self, key: &PortKey, wanted: Health) {
        let what = format!("{}:{} is {wanted:?}", key.tunnel, key.port);
        let is_so = |shown: &Shown| (health(shown, key) == Some(wanted)).then_some(());
        self.screen.until(&what, is_so).await;
    }

    /// Waits until the tunnel is in the state of this name.
    pub async fn until_state(&mut self, tunnel: &TunnelId, wanted: &str) -> Life {
        let what = format!("{tunnel} is {wanted}");
        let find = |shown: &Shown| state(shown, tunnel).filter(|now| now.as_str() == wanted);
        self.screen.until(&what, find).await
    }

    /// The tunnel's state now.
    pub fn state(&self, tunnel: &TunnelId) -> Life {
        state(&self.screen.now(), tunnel).expect("it is known")
    }
}

/// The tunnel's state at one moment.
pub fn state(shown: &Shown, tunnel: &TunnelId) -> Option<Life> {
    Some(shown.inputs.hosts.get(tunnel)?.life.clone())
}

/// The port's health in the session that is up at that moment.
pub fn health(shown: &Shown, key: &PortKey) -> Option<Health> {
    let session = state(shown, &key.tunnel)?.session()?;
    let last = shown.inputs.probes.get(key)?.last.as_ref()?;
    (last.session == session).then_some(last.health())
}

/// The key of a port of the tunnel of that name.
pub fn key(name: &str, port: u16) -> PortKey {
    let tunnel = TunnelId::from_name(name).expect("the name gives an id");
    PortKey::new(&tunnel, PortNumber::new(port).expect("not 0"))
}
