//! Changes of the inventory, as typed and as taken.

use super::*;
use crate::model::{Diagnosis, HostHeader, RelayVerdict, ServiceFault};

#[test]
fn a_created_tunnel_is_shown_at_once_and_hosted_when_the_inventory_has_it() {
    let mut rig = Rig::new();
    let commands = rig.act(Action::Share {
        target: "3000".to_owned(),
        provider: ProviderId::RELAY,
        reach: None,
    });
    assert!(matches!(rig.state.inputs.pending[..], [Pending::Create(_)]));
    assert_eq!(starts(&commands), 0);
    let commands = rig.take_changes(commands);
    assert_eq!(starts(&commands), 1);
    assert!(rig.state.inputs.pending.is_empty());
    let tunnel = &rig.state.inputs.tunnels[0];
    assert_eq!((tunnel.id.as_str(), tunnel.ports.len()), ("port-3000", 1));
    assert_eq!(tunnel.ports[0].label, tunnel.id);
}

#[test]
fn a_change_that_was_not_taken_is_taken_back_and_said() {
    let mut rig = Rig::with_tunnel();
    let commands = rig.act(Action::RemovePort { key: key() });
    let change = rig.state.inputs.pending[0].clone();
    assert_eq!(change, Pending::RemovePort(key()));
    assert!(matches!(&commands[..], [Command::Change { change: asked, .. }] if *asked == change));
    let detail = "no space left".to_owned();
    let reason = Reason::Other {
        detail: detail.clone(),
    };
    let result = Err(reason.clone());
    rig.put(Event::Changed { change, result });
    assert_eq!(rig.state.inputs.tunnels[0].ports.len(), 1);
    assert!(rig.state.inputs.pending.is_empty());
    let file = "tunnels.json".to_owned();
    let told = NoticeKind::FileNotSaved { file, detail };
    assert_eq!(rig.state.inputs.notices[0].kind, told);

    let mut rig = Rig::hosting();
    let deleted = rig.act(Action::DeleteTunnel { tunnel: id("web") });
    assert!(deleted.contains(&Command::StopEngine(id("web"))));
    let change = Pending::Delete(id("web"));
    let result = Err(reason);
    let back = rig.put(Event::Changed { change, result });
    assert_eq!(starts(&back), 1, "it is there, so it is hosted as before");
}

#[test]
fn what_was_typed_wrong_stays_beside_its_field() {
    let mut rig = Rig::with_tunnel();
    for (name, target, field) in [
        ("", "3000", Field::Name),
        ("…", "3000", Field::Name),
        ("Web", "3000", Field::Name),
        ("x", "", Field::Target),
        ("x", "0", Field::Target),
        ("x", "70000", Field::Target),
        ("x", "abc", Field::Target),
    ] {
        let commands = rig.create(name, target);
        assert_eq!(commands, [], "{name:?} {target:?}");
        let dialog = rig.state.inputs.dialog.clone().expect("the form stays");
        assert_eq!(dialog.kind, DialogKind::CreateTunnel);
        assert_eq!(dialog.errors.len(), 1, "{name:?} {target:?}");
        assert_eq!(dialog.errors[0].0, field, "{name:?} {target:?}");
    }
}

#[test]
fn a_public_port_goes_with_tcp_alone() {
    let mut rig = Rig::new();
    rig.act(Action::CreateTunnel {
        provider: ProviderId::RELAY,
        reach: None,
        access: Access::Private,
        name: "x".to_owned(),
        target: "22".to_owned(),
        protocol: Protocol::Http,
        public_port: "2222".to_owned(),
        options: [].into(),
    });
    let errors = rig.state.inputs.dialog.expect("the form stays").errors;
    assert_eq!(
        errors,
        [(Field::PublicPort, FieldError::PublicPortNeedsTcp)]
    );
}

#[test]
fn deleting_stops_forgets_and_says_so() {
    let mut rig = Rig::hosting();
    rig.act(Action::Select { key: key() });
    let commands = rig.act(Action::DeleteTunnel { tunnel: id("web") });
    assert!(commands.contains(&Command::StopEngine(id("web"))));
    rig.take_changes(commands);
    let inputs = &rig.state.inputs;
    assert!(inputs.tunnels.is_empty() && inputs.hosts.is_empty() && inputs.selected.is_none());
    let name = "web".to_owned();
    assert_eq!(inputs.toast, Some(Toast::Deleted { name }));
}

#[test]
fn ports_change_live_and_the_last_one_gone_ends_hosting() {
    let mut rig = Rig::hosting();
    let ports = rig.add_port("5173");
    let labels: Vec<_> = ports.iter().map(|port| port.label.as_str()).collect();
    assert_eq!(labels, ["web", "web-5173"]);
    for number in [3000, 5173] {
        let key = PortKey::new(&id("web"), port(number));
        let commands = rig.act(Action::RemovePort { key });
        rig.take_changes(commands);
    }
    assert_eq!(*rig.life(), Life::Stopped);
    assert_eq!(rig.state.inputs.tunnels[0].ports, []);
}

#[test]
fn a_port_s_label_gives_way_to_a_tunnel_of_that_name() {
    let mut rig = Rig::with_tunnel();
    rig.create("web-5173", "80");
    let commands = rig.act(Action::AddPort {
        tunnel: id("web"),
        target: "5173".to_owned(),
        protocol: Protocol::Http,
        public_port: String::new(),
    });
    rig.take_changes(commands);
    let labels = |at: usize| {
        let ports = rig.state.inputs.tunnels[at].ports.iter();
        ports.map(|port| port.label.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(labels(0), ["web", "web-5173-2"]);
    assert_eq!(labels(1), ["web-5173"]);
}

#[test]
fn a_service_that_refuses_the_visitors_name_is_asked_by_its_own_where_nobody_chose() {
    let refused = |rig: &mut Rig, session| {
        let at = rig.at;
        rig.put(Event::Probed(ProbeReport {
            key: key(),
            session: SessionNumber(session),
            at,
            local: LocalAnswer::Accepts,
            public: PublicAnswer::Status {
                code: 403,
                latency_us: 900,
                verdict: Some(RelayVerdict::Service(ServiceFault::NameRefused)),
                login_wall: false,
            },
            diagnosis: Diagnosis::ServiceDown {
                fault: ServiceFault::NameRefused,
                accepts: true,
            },
        }))
    };
    let is_change = |command: &Command| matches!(command, Command::Change { .. });
    let mut rig = Rig::hosting();
    let commands = refused(&mut rig, 1);
    assert!(commands.iter().any(is_change));
    assert!(
        !refused(&mut rig, 1).iter().any(is_change),
        "it is on its way"
    );
    rig.take_changes(commands);
    let chosen = |rig: &Rig| {
        rig.state.inputs.tunnels[0].ports[0]
            .options
            .host_header
            .clone()
    };
    assert_eq!(chosen(&rig), HostHeader::Rewrite);
    assert!(
        !refused(&mut rig, 1).iter().any(is_change),
        "it was of no use"
    );

    let mut rig = Rig::hosting();
    rig.state.inputs.tunnels[0].ports[0].options.host_header = HostHeader::Keep;
    assert!(
        !refused(&mut rig, 1).iter().any(is_change),
        "the person's word counts"
    );
}

#[test]
fn what_is_changed_from_elsewhere_closes_no_form_that_is_being_filled_in() {
    let mut rig = Rig::with_tunnel();
    let dialog = DialogKind::CreateTunnel;
    rig.act(Action::OpenDialog {
        dialog: dialog.clone(),
    });
    let key = PortKey::new(&id("web"), port(3000));
    for action in [
        Action::Rename {
            tunnel: id("web"),
            name: "The shop".to_owned(),
        },
        Action::ChangeProtocol {
            key: key.clone(),
            protocol: Protocol::Tcp,
        },
        Action::ChangeTarget {
            key,
            target: Target::local(port(4000)),
        },
    ] {
        let asked = rig.act(action);
        assert_eq!(asked.len(), 1, "{asked:?}");
        let open = rig.state.inputs.dialog.as_ref().map(|dialog| &dialog.kind);
        assert_eq!(open, Some(&dialog), "{asked:?}");
    }
}
