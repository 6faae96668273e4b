//! Whatever is clicked, in whatever order.

use super::*;
use crate::model::Reach;
use proptest::prelude::*;

fn any_action() -> impl Strategy<Value = Action> {
    let tunnel = prop_oneof![Just(id("web")), Just(id("other")), Just(id("gone"))];
    let key = (tunnel.clone(), prop_oneof![Just(3000u16), Just(5173u16)])
        .prop_map(|(tunnel, number)| PortKey::new(&tunnel, port(number)));
    let text = prop_oneof![Just("3000".to_owned()), Just("web".to_owned()), ".{0,6}"];
    let protocol = prop::sample::select(Protocol::ALL.to_vec());
    let reach = prop::option::of(prop::sample::select(Reach::ALL.to_vec()));
    prop_oneof![
        tunnel.clone().prop_map(|tunnel| Action::Host { tunnel }),
        tunnel.clone().prop_map(|tunnel| Action::Stop { tunnel }),
        tunnel
            .clone()
            .prop_map(|tunnel| Action::Reconnect { tunnel }),
        tunnel
            .clone()
            .prop_map(|tunnel| Action::TakeOver { tunnel }),
        tunnel
            .clone()
            .prop_map(|tunnel| Action::DeleteTunnel { tunnel }),
        key.clone().prop_map(|key| Action::RemovePort { key }),
        key.clone().prop_map(|key| Action::Select { key }),
        key.clone().prop_map(|key| Action::CheckNow { key }),
        (key.clone(), protocol.clone())
            .prop_map(|(key, protocol)| Action::ChangeProtocol { key, protocol }),
        (key, (1..9000_u16).prop_map(port)).prop_map(|(key, port)| Action::ChangeTarget {
            key,
            target: Target::local(port),
        }),
        (text.clone(), reach.clone()).prop_map(|(target, reach)| Action::Share {
            target,
            provider: ProviderId::RELAY,
            reach,
        }),
        (
            text.clone(),
            text.clone(),
            protocol.clone(),
            text.clone(),
            reach
        )
            .prop_map(|(name, target, protocol, public_port, reach)| {
                Action::CreateTunnel {
                    name,
                    provider: ProviderId::RELAY,
                    reach,
                    access: Access::Private,
                    target,
                    protocol,
                    public_port,
                    options: [].into(),
                }
            }),
        (tunnel, text.clone(), protocol, text).prop_map(
            |(tunnel, target, protocol, public_port)| Action::AddPort {
                tunnel,
                target,
                protocol,
                public_port
            }
        ),
        Just(Action::StopAll),
        any::<bool>().prop_map(|on| Action::Set {
            setting: Setting::Lan(on)
        }),
    ]
}

proptest! {
    /// Whatever is clicked in whatever order: engines run exactly for what is wanted and has ports,
    /// ids and labels are unique, and nothing pending is left once the inventory answered.
    #[test]
    fn clicks_in_any_order_leave_the_facts_sound(
        actions in prop::collection::vec((any_action(), any::<bool>()), 1..40),
    ) {
        let mut rig = Rig::new();
        rig.create("web", "3000");
        rig.create("other", "5173");
        for (action, taken) in actions {
            for command in rig.act(action) {
                let Command::Change { change, known, .. } = command else { continue };
                let refused = Err(Reason::TimedOut);
                rig.put(if taken {
                    super::taken(&change, &known)
                } else {
                    Event::Changed { change, result: refused }
                });
            }
            let inputs = &rig.state.inputs;
            prop_assert!(inputs.pending.is_empty());
            let mut labels: Vec<_> = inputs.tunnels.iter().flat_map(|t| &t.ports).map(|p| &p.label).collect();
            let ports = labels.len();
            labels.sort();
            labels.dedup();
            prop_assert_eq!(labels.len(), ports, "labels are unique");
            let running: Vec<_> = rig.state.engines.keys().cloned().collect();
            let wanted: Vec<_> = rig.state.wanted().into_iter().collect();
            prop_assert_eq!(&running, &wanted);
            for tunnel in &wanted {
                prop_assert!(inputs.tunnel(tunnel).is_some_and(|t| !t.ports.is_empty()));
            }
        }
    }
}
