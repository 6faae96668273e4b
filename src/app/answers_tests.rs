//! What is told of tunnels, and what is waited for.

use super::*;
use crate::app::state::Begin;
use crate::app::{Event, update};
use crate::engine::EngineEvent;
use crate::model::{
    Chosen, LivePort, Outage, Port, PortNumber, Protocol, ProviderId, SessionNumber, Target, Tunnel,
};
use serde_json::{Value, json};

const AT: UnixMillis = UnixMillis(1_790_000_000_007);

fn id() -> TunnelId {
    TunnelId::new("shop").expect("an id")
}

fn number() -> PortNumber {
    PortNumber::new(3000).expect("a port")
}

fn state() -> State {
    let tunnel = Tunnel {
        id: id(),
        name: "My shop".to_owned(),
        provider: ProviderId::RELAY,
        chosen: Chosen::default(),
        ports: vec![Port::new(Target::local(number()), Protocol::Http, id())],
        created_at: AT,
        expires_at: None,
        remote: None,
    };
    let begin = Begin {
        tunnels: vec![tunnel],
        ..Begin::default()
    };
    State::new(begin, AT)
}

fn act(state: &mut State, action: Action) {
    update(state, AT, Event::Act(action));
}

fn engine(state: &mut State, event: EngineEvent) {
    let event = Event::Engine {
        tunnel: id(),
        engine: state.last_engine,
        event,
    };
    update(state, AT, event);
}

fn up() -> Life {
    Life::Up {
        session: SessionNumber(1),
        since: AT,
        proven: true,
    }
}

fn serve(state: &mut State) {
    act(state, Action::Host { tunnel: id() });
    let live = LivePort {
        number: number(),
        url: "http://shop.localhost:7480/".to_owned(),
        lan_url: None,
        relays_own: false,
    };
    engine(state, EngineEvent::Ports(vec![live]));
    engine(state, EngineEvent::Life(up()));
}

fn told(state: &State) -> Value {
    let tunnels = all(&state.inputs, AT);
    serde_json::to_value(&tunnels[0]).expect("JSON")
}

#[test]
fn a_tunnel_has_its_url_while_it_is_served_and_no_longer() {
    let mut state = state();
    let stopped = json!({
        "tunnel": "shop", "name": "My shop", "provider": "relay", "state": "stopped",
        "ports": [{"port": 3000, "target": "localhost:3000", "protocol": "http"}],
    });
    assert_eq!(told(&state), stopped);
    serve(&mut state);
    let served = told(&state);
    assert_eq!(served["state"], json!("hosting"));
    assert_eq!(served["since"], json!("2026-09-21T14:13:20.007Z"));
    assert_eq!(
        served["ports"][0]["url"],
        json!("http://shop.localhost:7480/")
    );
    act(&mut state, Action::Stop { tunnel: id() });
    assert_eq!(told(&state), stopped);
}

#[test]
fn it_is_gone_when_its_goodbye_is_said() {
    let mut state = state();
    assert!(state.is_gone(&id()), "it was never there");
    serve(&mut state);
    assert!(!state.is_gone(&id()));
    act(&mut state, Action::Stop { tunnel: id() });
    assert!(!state.is_gone(&id()), "its engine says goodbye");
    engine(&mut state, EngineEvent::Finished);
    assert!(state.is_gone(&id()));
}

#[test]
fn a_start_is_answered_by_a_url_or_by_what_needs_a_person() {
    let mut state = state();
    act(&mut state, Action::Host { tunnel: id() });
    assert!(!is_settled(&state, &id()));
    let failed = Life::Failed(Outage {
        since: AT,
        reason: Reason::TokenRefused,
    });
    engine(&mut state, EngineEvent::Life(failed));
    assert!(is_settled(&state, &id()));
    assert_eq!(told(&state)["reason"], json!("token-refused"));
    let waits = Life::Waiting {
        attempt: 1,
        next_at: AT,
        outage: Outage {
            since: AT,
            reason: Reason::Offline,
        },
    };
    engine(&mut state, EngineEvent::Life(waits));
    assert!(!is_settled(&state, &id()), "it tries again by itself");
    serve(&mut state);
    assert!(is_settled(&state, &id()) && is_up(&state, &id()));
}

#[test]
fn what_ended_with_its_program_is_stopped() {
    let mut state = state();
    let before = one(&state.inputs, &id(), AT).expect("it is there");
    serve(&mut state);
    let served = one(&state.inputs, &id(), AT).expect("it is there");
    assert_eq!(served.stopped(), before);
}
