//! Answers about tunnels that are hosted here: what they change, and what they must not.

use super::account::{REAL, list_asked, tunnel};
use super::*;
use crate::app::event::Poll;
use crate::model::{Catalog, Tunnel};
use crate::provider::Row;

/// The answer to the first question about [`REAL`] among these.
fn shown(asked: &[Command], tunnel: Tunnel) -> Event {
    let asked = asked.iter().find_map(|command| match command {
        Command::AskTunnel { asked, .. } => Some(*asked),
        _ => None,
    });
    Event::Shown {
        asked: asked.expect("it asks"),
        tunnel: id(REAL),
        result: Ok(Box::new(Row::new(tunnel))),
    }
}

#[test]
fn a_look_at_a_change_that_is_half_done_undoes_nothing() {
    let mut rig = Rig::with(&[tunnel(REAL, &[3000])]);
    rig.act(Action::Host { tunnel: id(REAL) });
    let key = PortKey::new(&id(REAL), port(3000));
    let asked = rig.act(Action::ChangeProtocol {
        key: key.clone(),
        protocol: Protocol::Https,
    });
    rig.put(Event::WindowShown(true));
    // Between deletion and making anew the provider has no such port.
    let look = rig.act(Action::Select { key });
    assert_eq!(rig.put(shown(&look, tunnel(REAL, &[]))), []);
    let list = list_asked(&rig.act(Action::Refresh)).expect("it asks");
    rig.list(list, vec![tunnel(REAL, &[])]);
    assert_eq!(rig.state.inputs.tunnels[0].ports.len(), 1);
    assert!(rig.state.inputs.hosts[&id(REAL)].wanted);
    rig.took(&asked, None);
    let list = rig.state.ledger.accounts[&super::account::whose()]
        .asked
        .expect("it asks again");
    rig.list(list, vec![tunnel(REAL, &[3000, 4000])]);
    assert_eq!(rig.state.inputs.tunnels[0].ports.len(), 2, "it is over");
}

#[test]
fn no_look_at_a_tunnel_stops_it() {
    let mut rig = Rig::with(&[tunnel(REAL, &[3000])]);
    rig.act(Action::Host { tunnel: id(REAL) });
    rig.put(Event::WindowShown(true));
    let key = PortKey::new(&id(REAL), port(3000));
    let look = rig.act(Action::Select { key });
    let commands = rig.put(shown(&look, tunnel(REAL, &[])));
    assert!(!commands.contains(&Command::StopEngine(id(REAL))));
    assert!(rig.state.inputs.hosts[&id(REAL)].wanted);
    let look = rig.put(Event::Due(Poll::Panel));
    let commands = rig.put(shown(&look, tunnel(REAL, &[3000])));
    let set = |command: &Command| matches!(command, Command::Tell(_, EngineCommand::SetPorts(_)));
    assert!(commands.iter().any(set), "it is back");
}

#[test]
fn ports_that_were_typed_are_all_that_is_hosted() {
    let at = UnixMillis(1_000_000);
    let mut rig = Rig {
        state: State::new(
            Begin {
                tunnels: vec![tunnel(REAL, &[3000])],
                fixed_ports: [id(REAL)].into(),
                providers: Catalog::sample(),
                ..Begin::default()
            },
            at,
        ),
        at,
    };
    let started = rig.act(Action::Host { tunnel: id(REAL) });
    let fixed = |command: &Command| matches!(command, Command::StartEngine { order, .. } if order.fixed_ports);
    assert!(started.iter().any(fixed), "its connector is told");
    let asked = rig.engine_of(
        REAL,
        Life::Up {
            session: SessionNumber(1),
            since: at,
            proven: true,
        },
    );
    let commands = rig.put(shown(&asked, tunnel(REAL, &[22, 3000])));
    let set = |command: &Command| matches!(command, Command::Tell(_, EngineCommand::SetPorts(_)));
    assert!(!commands.iter().any(set), "port 22 was not typed");
    let ports = &rig.state.inputs.tunnels[0].ports;
    assert_eq!(
        ports.iter().map(|p| p.number).collect::<Vec<_>>(),
        [port(3000)]
    );
}

#[test]
fn a_tunnel_that_is_deleted_while_its_link_is_up_is_looked_for() {
    let mut rig = Rig::with(&[tunnel(REAL, &[3000])]);
    rig.act(Action::Host { tunnel: id(REAL) });
    let hosting = Life::Up {
        session: SessionNumber(1),
        since: rig.at,
        proven: true,
    };
    let asked = rig.engine_of(REAL, hosting);
    let asked = asked.iter().find_map(|command| match command {
        Command::AskTunnel { asked, .. } => Some(*asked),
        _ => None,
    });
    let gone = rig.put(Event::Shown {
        asked: asked.expect("it asks"),
        tunnel: id(REAL),
        result: Err(Reason::TunnelGone),
    });
    assert!(gone.contains(&Command::Tell(id(REAL), EngineCommand::Reconnect)));
}
