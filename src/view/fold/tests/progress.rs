//! The line at the end of a terminal.

use super::build::{NOW, after, brief, host, hosting, id, key, number, report, tunnel, web};
use crate::model::{
    Health, Inputs, Life, LocalAnswer, Phase, ProbeFacts, PublicAnswer, Traffic, UnixMillis,
};
use crate::view::Badge;
use crate::view::fold::{Progress, fold};

fn said(progress: &mut Progress, inputs: &Inputs, at: UnixMillis) -> (Badge, String) {
    let parts = progress.parts(at, inputs, &fold(inputs, at));
    let (badge, parts) = parts.expect("it hosts");
    let parts: Vec<String> = parts.iter().map(brief).collect();
    (badge, parts.join(" · "))
}

fn works(inputs: &mut Inputs, name: &str) {
    let key = key(name, 3000);
    let answer = PublicAnswer::Status {
        code: 200,
        latency_us: 900,
        verdict: None,
        login_wall: false,
    };
    let facts = ProbeFacts {
        last: Some(report(
            &key,
            LocalAnswer::Accepts,
            answer,
            Health::Operational,
        )),
        ..ProbeFacts::default()
    };
    inputs.probes.insert(key, facts);
}

#[test]
fn one_tunnel_has_its_state_and_since_when_it_is_in_that() {
    let (mut progress, mut inputs) = (
        Progress::default(),
        web(Life::starting(Phase::ConnectingRelay)),
    );
    let line = said(&mut progress, &inputs, NOW);
    assert_eq!(line.0, Badge::Connecting);
    assert!(
        line.1.starts_with("progress-since(span-seconds(0), "),
        "{line:?}"
    );
    let line = said(&mut progress, &inputs, after(4));
    assert!(
        line.1.starts_with("progress-since(span-seconds(4), "),
        "{line:?}"
    );
    assert!(line.1.ends_with(" · progress-stop"), "{line:?}");

    inputs
        .hosts
        .insert(id("web"), host("web", &[3000], hosting(60)));
    works(&mut inputs, "web");
    let line = said(&mut progress, &inputs, after(5));
    assert_eq!(line.0, Badge::Working);
    assert!(
        line.1.starts_with("progress-since(span-seconds(0), "),
        "anew: {line:?}"
    );
    let line = said(&mut progress, &inputs, after(125));
    assert!(
        line.1.starts_with("progress-since(span-minutes(2), "),
        "{line:?}"
    );
    inputs.quitting = Some(1);
    let view = fold(&inputs, NOW);
    assert_eq!(progress.parts(NOW, &inputs, &view), None);
}

#[test]
fn several_tunnels_are_counted_with_all_that_goes_through_them() {
    let mut inputs = web(hosting(60));
    inputs.tunnels.push(tunnel("api", &[3000]));
    inputs.tunnels.push(tunnel("other", &[3000]));
    let starting = Life::starting(Phase::ConnectingRelay);
    inputs
        .hosts
        .insert(id("api"), host("api", &[3000], starting));
    works(&mut inputs, "web");
    for (name, totals) in [("web", [3, 7]), ("api", [1, 5])] {
        let samples = totals.map(|total| Traffic {
            total,
            bytes_in: total * 1_000,
            bytes_out: total * 24,
            ..Traffic::default()
        });
        let host = inputs.hosts.get_mut(&id(name)).expect("there");
        host.traffic.insert(number(3000), samples.into());
    }
    let (badge, line) = said(&mut Progress::default(), &inputs, NOW);
    assert_eq!(badge, Badge::Connecting, "what is worst");
    let expected =
        "progress-several(2, 1) · progress-connections(12) · size-rate(size-kib(8.0)) · ";
    assert!(line.starts_with(expected), "{line}");
}
