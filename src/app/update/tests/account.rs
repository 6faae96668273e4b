//! An account at a provider: lists and changes that meet each other, signing in and out.

use super::*;
use crate::app::event::AskNumber;
use crate::model::{
    AccountFacts, AccountId, AccountState, Catalog, PendingWord, Port, Remote, Target, Tunnel,
};
use crate::provider::Row;

pub(super) const REAL: &str = "web-7f3k.usw2";

pub(super) fn tunnel(text: &str, ports: &[u16]) -> Tunnel {
    let port = |number: &u16| Port {
        number: port(*number),
        protocol: Protocol::Http,
        target: Target::local(port(*number)),
        label: id(text),
        public_port: None,
        options: crate::model::PortOptions::default(),
    };
    Tunnel {
        id: id(text),
        name: text.split('.').next().unwrap_or_default().to_owned(),
        provider: ProviderId::SAMPLE,
        ports: ports.iter().map(port).collect(),
        chosen: crate::model::Chosen::default(),
        created_at: UnixMillis(5),
        expires_at: None,
        remote: Some(Remote::default()),
    }
}

pub(super) fn ready() -> AccountState {
    AccountState::Ready {
        user: "ana".to_owned(),
        via: "GitHub".to_owned(),
    }
}

/// The one account.
pub(super) const fn whose() -> AccountId {
    AccountId::only(ProviderId::SAMPLE)
}

pub(super) fn found(state: AccountState) -> Event {
    Event::Account {
        account: whose(),
        state,
    }
}

pub(super) fn signed_in(result: Result<AccountState, Reason>) -> Event {
    Event::SignedIn {
        account: whose(),
        result,
    }
}

pub(super) fn signed_out() -> Event {
    Event::SignedOut {
        account: whose(),
        result: Ok(()),
    }
}

impl Rig {
    pub(super) fn facts(&self) -> &AccountFacts {
        self.state.inputs.account(&whose())
    }

    /// A person with an account, looking at an empty list that came.
    pub(super) fn account() -> Self {
        let begin = Begin {
            install: "0123456789abcdef".to_owned(),
            accounts: true,
            providers: Catalog::sample(),
            ..Begin::default()
        };
        let at = UnixMillis(1_000_000);
        let mut rig = Self {
            state: State::new(begin, at),
            at,
        };
        let commands = rig.put(Event::Started);
        let asked = list_asked(&commands).expect("it asks at its start");
        rig.put(found(ready()));
        rig.list(asked, vec![]);
        rig
    }

    /// The same, with these tunnels.
    pub(super) fn with(tunnels: &[Tunnel]) -> Self {
        let mut rig = Self::account();
        let commands = rig.act(Action::Refresh);
        let asked = list_asked(&commands).expect("it asks");
        rig.list(asked, tunnels.to_vec());
        rig
    }

    pub(super) fn list(&mut self, asked: AskNumber, tunnels: Vec<Tunnel>) -> Vec<Command> {
        let result = Ok(tunnels.into_iter().map(Row::new).collect());
        self.put(Event::Listed {
            account: whose(),
            asked,
            result,
        })
    }

    pub(super) fn new_remote(&mut self, name: &str) -> Vec<Command> {
        self.act(Action::CreateTunnel {
            name: name.to_owned(),
            provider: ProviderId::SAMPLE,
            reach: None,
            access: Access::Private,
            target: "3000".to_owned(),
            protocol: Protocol::Http,
            public_port: String::new(),
            options: [].into(),
        })
    }

    /// The provider took the change.
    pub(super) fn took(&mut self, commands: &[Command], made: Option<Tunnel>) -> Vec<Command> {
        let change = change(commands).expect("a change was asked for");
        let result = Ok(made.map(Row::new).map(Box::new));
        self.put(Event::Changed { change, result })
    }

    pub(super) fn refused(&mut self, commands: &[Command], reason: Reason) -> Vec<Command> {
        let change = change(commands).expect("a change was asked for");
        let result = Err(reason);
        self.put(Event::Changed { change, result })
    }

    pub(super) fn ids(&self) -> Vec<&str> {
        let tunnels = self.state.inputs.tunnels.iter();
        tunnels.map(|tunnel| tunnel.id.as_str()).collect()
    }

    pub(super) fn engine_of(&mut self, tunnel: &str, state: Life) -> Vec<Command> {
        let engine = self.state.last_engine;
        self.put(Event::Engine {
            tunnel: id(tunnel),
            engine,
            event: EngineEvent::Life(state),
        })
    }

    pub(super) fn sign_in_needed(&mut self, tunnel: &str) -> Vec<Command> {
        let since = self.at;
        let reason = Reason::SignedOut;
        self.engine_of(tunnel, Life::SignIn(Outage { since, reason }))
    }
}

pub(super) fn list_asked(commands: &[Command]) -> Option<AskNumber> {
    commands.iter().find_map(|command| match command {
        Command::AskAccount { asked, .. } => Some(*asked),
        _ => None,
    })
}

pub(super) fn change(commands: &[Command]) -> Option<Pending> {
    commands.iter().find_map(|command| match command {
        Command::Change {
            account, change, ..
        } if *account == whose() => Some(change.clone()),
        _ => None,
    })
}

pub(super) fn shows(commands: &[Command]) -> Vec<&str> {
    let asked = commands.iter().filter_map(|command| match command {
        Command::AskTunnel { tunnel, .. } => Some(tunnel.as_str()),
        _ => None,
    });
    asked.collect()
}

#[test]
fn a_new_tunnel_goes_on_under_its_real_id_and_keeps_its_name() {
    let mut rig = Rig::account();
    let asked = rig.new_remote("Web");
    let [Pending::Create(placeholder)] = &rig.state.inputs.pending[..] else {
        panic!("it is shown at once")
    };
    let key = PortKey::new(&placeholder.id, port(3000));
    rig.act(Action::Select { key });
    assert_eq!(starts(&asked), 0);
    let commands = rig.took(&asked, Some(tunnel(REAL, &[3000])));
    assert_eq!(rig.ids(), [REAL]);
    assert_eq!(rig.state.inputs.tunnels[0].name, "Web");
    assert_eq!(starts(&commands), 1);
    assert!(commands.iter().any(
        |c| matches!(c, Command::StartEngine { order, .. } if order.tunnel.as_str() == REAL && order.account.provider == ProviderId::SAMPLE)
    ));
    assert!(commands.contains(&Command::SaveHosted([id(REAL)].into())));
    assert_eq!(
        rig.state.inputs.selected,
        Some(PortKey::new(&id(REAL), port(3000)))
    );
    assert!(list_asked(&commands).is_some(), "and the list is refreshed");
}

#[test]
fn our_relay_may_have_a_tunnel_of_the_same_name() {
    let mut rig = Rig::account();
    rig.create("web", "3000");
    let commands = rig.new_remote("web");
    assert!(change(&commands).is_some());
    assert_eq!(rig.state.inputs.pending.len(), 1);
    let again = rig.new_remote("web");
    assert_eq!(change(&again), None, "but the account only one");
}

#[test]
fn a_refused_change_goes_back_and_says_why() {
    let mut rig = Rig::account();
    let asked = rig.new_remote("web");
    let limit = 10;
    rig.refused(&asked, Reason::TooManyTunnels { limit });
    let inputs = &rig.state.inputs;
    assert!(inputs.pending.is_empty() && inputs.tunnels.is_empty());
    assert!(matches!(
        &inputs.notices[0].kind,
        NoticeKind::ChangeRefused {
            change: PendingWord::Create,
            name,
            ..
        } if name == "web"
    ));
}

#[test]
fn a_list_older_than_a_change_does_not_undo_it() {
    let both = [tunnel("a.usw2", &[80]), tunnel("b.usw2", &[80])];
    let mut rig = Rig::with(&both);
    let old = list_asked(&rig.act(Action::Refresh)).expect("it asks");
    let delete = rig.act(Action::DeleteTunnel {
        tunnel: id("a.usw2"),
    });
    let add = rig.act(Action::AddPort {
        tunnel: id("b.usw2"),
        target: "81".to_owned(),
        protocol: Protocol::Http,
        public_port: String::new(),
    });
    rig.took(&delete, None);
    rig.took(&add, Some(tunnel("b.usw2", &[80, 81])));
    let commands = rig.list(old, both.to_vec());
    assert_eq!(rig.ids(), ["b.usw2"], "what was deleted stays deleted");
    assert_eq!(rig.state.inputs.tunnels[0].ports.len(), 2);
    let again = list_asked(&commands).expect("a newer one was asked for meanwhile");
    rig.list(again, vec![tunnel("b.usw2", &[80])]);
    assert_eq!(
        rig.state.inputs.tunnels[0].ports.len(),
        1,
        "a newer list counts"
    );
}

#[test]
fn a_list_that_has_the_new_tunnel_already_shows_it_once() {
    let mut rig = Rig::account();
    let early = list_asked(&rig.act(Action::Refresh)).expect("it asks");
    let asked = rig.new_remote("web-7f3k");
    rig.list(early, vec![tunnel(REAL, &[3000])]);
    assert!(rig.ids().is_empty(), "its making has not been reported");
    rig.took(&asked, Some(tunnel(REAL, &[3000])));
    assert_eq!(rig.ids(), [REAL]);
}

#[test]
fn what_is_hosted_here_outlives_a_list_that_lacks_it() {
    let mut rig = Rig::with(&[tunnel("a.usw2", &[80]), tunnel("b.usw2", &[80])]);
    rig.act(Action::Host {
        tunnel: id("a.usw2"),
    });
    let asked = list_asked(&rig.act(Action::Refresh)).expect("it asks");
    let commands = rig.list(asked, vec![]);
    assert_eq!(rig.ids(), ["a.usw2"], "its engine knows better");
    assert!(
        commands
            .iter()
            .any(|c| matches!(c, Command::SaveListed(left) if left.len() == 1))
    );
    let commands = rig.act(Action::Forget {
        tunnel: id("a.usw2"),
    });
    assert!(rig.ids().is_empty() && rig.state.inputs.hosts.is_empty());
    assert!(commands.contains(&Command::StopEngine(id("a.usw2"))));
}

#[test]
fn a_list_that_says_nothing_new_saves_nothing() {
    let mut rig = Rig::with(&[tunnel("a.usw2", &[80])]);
    let asked = list_asked(&rig.act(Action::Refresh)).expect("it asks");
    assert_eq!(rig.list(asked, vec![tunnel("a.usw2", &[80])]), []);
}

#[test]
fn names_targets_and_expiry_survive_a_list() {
    let day = 24 * 3_600_000;
    let named = |name: &str, expires: u64| Tunnel {
        name: name.to_owned(),
        expires_at: Some(UnixMillis(expires)),
        ..tunnel("a.usw2", &[80])
    };
    let mut known = named("Mine", 30 * day);
    known.ports[0].target.host = "nas.lan".to_owned();
    let mut rig = Rig::with(&[]);
    rig.state.inputs.tunnels.push(known);
    for (told, kept) in [(30, 30), (29, 29), (30, 30)] {
        let asked = list_asked(&rig.act(Action::Refresh)).expect("it asks");
        rig.list(asked, vec![named("theirs", told * day + 5)]);
        let tunnel = &rig.state.inputs.tunnels[0];
        assert_eq!(tunnel.name, "Mine");
        assert_eq!(tunnel.ports[0].target.host, "nas.lan");
        let at = tunnel.expires_at.expect("it has one").0;
        assert_eq!(at / day, kept, "told {told}");
    }
}

#[test]
fn hosting_asks_about_its_tunnel_alone() {
    let mut rig = Rig::with(&[tunnel(REAL, &[3000]), tunnel("b.usw2", &[80])]);
    let commands = rig.act(Action::Host { tunnel: id(REAL) });
    assert_eq!(list_asked(&commands), None);
    let since = rig.at;
    let up = |established| Life::Up {
        session: SessionNumber(1),
        since,
        proven: established,
    };
    assert_eq!(shows(&rig.engine_of(REAL, up(false))), [] as [&str; 0]);
    let commands = rig.engine_of(REAL, up(true));
    assert_eq!(shows(&commands), [REAL], "one targeted question");
    assert_eq!(list_asked(&commands), None);
}

#[test]
fn hosting_here_is_not_taken_for_hosting_elsewhere() {
    let hosted = |hosts| Tunnel {
        remote: Some(Remote {
            hosts,
            ..Remote::default()
        }),
        ..tunnel(REAL, &[3000])
    };
    let mut rig = Rig::with(&[hosted(0)]);
    rig.act(Action::Host { tunnel: id(REAL) });
    let hosts = |rig: &Rig| rig.state.inputs.tunnels[0].remote.as_ref().map(|r| r.hosts);
    let asked = list_asked(&rig.act(Action::Refresh)).expect("it asks");
    rig.list(asked, vec![hosted(1)]);
    rig.act(Action::Stop { tunnel: id(REAL) });
    assert_eq!(hosts(&rig), Some(0));
    let asked = list_asked(&rig.act(Action::Refresh)).expect("it asks");
    rig.list(asked, vec![hosted(1)]);
    assert_eq!(hosts(&rig), Some(0), "the provider counts it for a moment");
    rig.at.0 += 60_000;
    let asked = list_asked(&rig.act(Action::Refresh)).expect("it asks");
    rig.list(asked, vec![hosted(1)]);
    assert_eq!(hosts(&rig), Some(1), "somebody else hosts it");
}

#[test]
fn a_deletion_that_is_refused_hosts_again() {
    let mut rig = Rig::with(&[tunnel(REAL, &[3000])]);
    rig.act(Action::Host { tunnel: id(REAL) });
    let asked = rig.act(Action::DeleteTunnel { tunnel: id(REAL) });
    assert!(asked.contains(&Command::StopEngine(id(REAL))));
    let commands = rig.refused(&asked, Reason::TimedOut);
    assert_eq!(starts(&commands), 1);
    assert_eq!(rig.ids(), [REAL]);
}
