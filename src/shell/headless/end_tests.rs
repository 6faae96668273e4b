//! When hosting has come to an end, and why.

use super::{Told, end};
use crate::model::{Holder, Inputs, Life, Outage, Reason, SessionNumber, TunnelId, UnixMillis};

const AT: UnixMillis = UnixMillis(1_790_000_000_007);

fn set(inputs: &mut Inputs, id: &str, life: Life) {
    let id = TunnelId::new(id).expect("an id");
    let host = inputs.hosts.entry(id).or_default();
    host.wanted = true;
    host.life = life;
}

fn outage(reason: Reason) -> Outage {
    Outage { since: AT, reason }
}

#[test]
fn what_others_host_here_ends_it_unless_something_of_it_is_hosted() {
    const HELD: Reason = Reason::HostedHere {
        process: Some(4711),
        by: Some(Holder::Host),
    };
    let held = Life::Displaced(outage(HELD));
    let mut inputs = Inputs::default();
    set(&mut inputs, "web", held);
    assert_eq!(end(&inputs, true), Some(Told::Over(HELD)));
    set(
        &mut inputs,
        "other",
        Life::Failed(outage(Reason::TokenRefused)),
    );
    // Why the first of them did.
    assert_eq!(end(&inputs, true), Some(Told::Over(Reason::TokenRefused)));
    let up = Life::Up {
        session: SessionNumber(1),
        since: AT,
        proven: true,
    };
    set(&mut inputs, "web", up);
    assert_eq!(end(&inputs, true), None);
}

#[test]
fn what_was_stopped_ends_it_and_what_was_never_wanted_does_not() {
    let mut inputs = Inputs::default();
    assert_eq!(end(&inputs, false), None);
    set(&mut inputs, "web", Life::Stopped);
    assert_eq!(end(&inputs, true), None, "its engine has not spoken yet");
    for host in inputs.hosts.values_mut() {
        host.wanted = false;
    }
    assert_eq!(end(&inputs, true), Some(Told::Stopped));
    assert_eq!(end(&inputs, false), None);
}
