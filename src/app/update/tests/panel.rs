//! An account's tunnels while somebody looks at them, or hosts them: what is asked, what may be changed.

use super::account::{REAL, change, shows, signed_out, tunnel};
use super::*;
use crate::app::event::Poll;
use crate::app::update::next_poll;
use crate::model::Metrics;
use crate::provider::Row;

#[test]
fn counts_are_asked_for_while_the_panel_shows_them_and_only_then() {
    let mut rig = Rig::with(&[tunnel(REAL, &[3000])]);
    assert_eq!(next_poll(&rig.state, Poll::Panel), None);
    rig.put(Event::WindowShown(true));
    assert!(next_poll(&rig.state, Poll::List).is_some());
    let key = PortKey::new(&id(REAL), port(3000));
    let select = || Action::Select { key: key.clone() };
    assert_eq!(shows(&rig.act(select())), [REAL], "at once");
    assert!(next_poll(&rig.state, Poll::Panel).is_some());
    let none: [&str; 0] = [];
    let due = rig.put(Event::Due(Poll::Panel));
    assert_eq!(shows(&due), none, "one question at a time");
    let metrics = Metrics {
        upload_rate: Some(7),
        ..Metrics::default()
    };
    let reported = Row {
        metrics: [(port(3000), metrics)].into(),
        ..Row::new(tunnel(REAL, &[3000]))
    };
    rig.put(Event::Shown {
        asked: 99,
        tunnel: id(REAL),
        result: Ok(Box::new(reported)),
    });
    assert_eq!(rig.facts().metrics[&key], [metrics]);
    assert_eq!(shows(&rig.put(Event::Due(Poll::Panel))), [REAL]);
    rig.act(select());
    assert!(rig.facts().metrics.is_empty());
    assert_eq!(next_poll(&rig.state, Poll::Panel), None);
    rig.put(Event::WindowShown(false));
    assert_eq!(next_poll(&rig.state, Poll::List), None);
}

#[test]
fn a_program_without_a_window_asks_nothing_by_itself() {
    let mut rig = Rig::new();
    assert_eq!(rig.put(Event::Started), []);
    rig.put(Event::WindowShown(true));
    assert_eq!(next_poll(&rig.state, Poll::List), None);
}

#[test]
fn what_a_provider_has_not_is_said_beside_its_field() {
    let mut rig = Rig::account();
    let create = |protocol| Action::CreateTunnel {
        name: "web".to_owned(),
        provider: ProviderId::SAMPLE,
        reach: None,
        access: Access::Public,
        target: "22".to_owned(),
        protocol,
        public_port: String::new(),
        options: [].into(),
    };
    let errors = |rig: &mut Rig, protocol| {
        rig.act(create(protocol));
        rig.state.inputs.dialog.take().expect("it stays").errors
    };
    let tcp = errors(&mut rig, Protocol::Tcp);
    assert!(matches!(
        tcp[..],
        [(Field::Protocol, FieldError::NotCarried { .. })]
    ));
    rig.put(signed_out());
    let shut = errors(&mut rig, Protocol::Http);
    assert_eq!(shut, [(Field::Provider, FieldError::NotReady)]);
}

#[test]
fn access_and_life_are_changed_at_the_provider() {
    let mut rig = Rig::with(&[tunnel(REAL, &[3000])]);
    let tunnel = || id(REAL);
    let access = Access::Public;
    let open = |rig: &mut Rig| {
        rig.act(Action::SetAccess {
            tunnel: tunnel(),
            access,
        })
    };
    let asked = open(&mut rig);
    assert_eq!(change(&asked), Some(Pending::SetAccess(tunnel(), access)));
    rig.took(&asked, None);
    let remote = rig.state.inputs.tunnels[0].remote.clone();
    assert_eq!(remote.map(|remote| remote.access), Some(access));
    assert_eq!(change(&open(&mut rig)), None, "it is public");
    let asked = rig.act(Action::Renew { tunnel: tunnel() });
    assert_eq!(change(&asked), Some(Pending::Renew(tunnel())));
    rig.took(&asked, None);
    let name = "web-7f3k".to_owned();
    assert_eq!(rig.state.inputs.toast, Some(Toast::Renewed { name }));
}

#[test]
fn ports_that_are_changed_elsewhere_are_served_here() {
    let mut rig = Rig::with(&[tunnel(REAL, &[3000]), tunnel("b.usw2", &[80])]);
    assert_eq!(next_poll(&rig.state, Poll::Hosted), None);
    rig.act(Action::Host { tunnel: id(REAL) });
    let since = rig.at;
    let asked = rig.engine_of(
        REAL,
        Life::Up {
            session: SessionNumber(1),
            since,
            proven: true,
        },
    );
    let answer = |asked: &[Command]| {
        let asked = asked.iter().find_map(|command| match command {
            Command::AskTunnel { asked, .. } => Some(*asked),
            _ => None,
        });
        Event::Shown {
            asked: asked.expect("it asks"),
            tunnel: id(REAL),
            result: Ok(Box::new(Row::new(tunnel(REAL, &[3000, 4000])))),
        }
    };
    let set = |commands: &[Command]| {
        commands.iter().find_map(|command| match command {
            Command::Tell(_, EngineCommand::SetPorts(ports)) => Some(ports.len()),
            _ => None,
        })
    };
    assert_eq!(set(&rig.put(answer(&asked))), Some(2));
    assert!(next_poll(&rig.state, Poll::Hosted).is_some());
    let due = rig.put(Event::Due(Poll::Hosted));
    assert_eq!(shows(&due), [REAL], "and nothing else");
    assert_eq!(set(&rig.put(answer(&due))), None, "they are served already");
    rig.put(Event::WindowShown(true));
    assert_eq!(next_poll(&rig.state, Poll::Hosted), None, "the list tells");
}
