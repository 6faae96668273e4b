//! What the probes make of a hosted port.

use super::build::{before, failed, held, hosting, id, key, status, web, web_probed};
use super::table::{check, panel};
use crate::model::{
    Action, Diagnosis, Dialog, DialogKind, Field, FieldError, Health, HealthKey, HealthScope,
    Inputs, Life, LocalAnswer, ProbeRate, Protocol, PublicAnswer, Reason, RelayVerdict, Sample,
    ServiceFault, SessionNumber, UrlFault,
};
use crate::view::{Badge, DialogView, OptionRow, messages as m};

const ACCEPTS: LocalAnswer = LocalAnswer::Accepts;
const REFUSED: LocalAnswer = LocalAnswer::Failed(ServiceFault::Refused);
const SILENT: LocalAnswer = LocalAnswer::Failed(ServiceFault::TimedOut);

#[test]
fn probes_of_a_service_that_works() {
    let login = PublicAnswer::Status {
        code: 302,
        latency_us: 900,
        verdict: None,
        login_wall: true,
    };
    let tcp = PublicAnswer::Accepted { latency_us: 220 };
    let ok = Health::Operational;
    for (public, expected) in [
        (
            status(200, None),
            "Working | why-working(ago(span-seconds(4)), latency-ms(18), 200) | act-copy",
        ),
        (
            status(503, None),
            "Working | why-working(ago(span-seconds(4)), latency-ms(18), 503) | act-copy",
        ),
        (
            tcp,
            "Working | why-working-tcp(ago(span-seconds(4)), latency-ms(0.2)) | act-copy",
        ),
        (login, "Private | why-private | act-copy"),
    ] {
        check(&web_probed(ACCEPTS, public, ok, 0), expected);
    }
}

#[test]
fn probes_of_a_local_service_that_fails() {
    let t = "localhost:3000";
    for (local, verdict, why, remedy) in [
        (
            REFUSED,
            Some(RelayVerdict::Service(ServiceFault::Refused)),
            "why-nothing-listens",
            "act-check",
        ),
        (
            ACCEPTS,
            Some(RelayVerdict::Service(ServiceFault::Refused)),
            "why-refused-once",
            "act-check",
        ),
        (
            ACCEPTS,
            Some(RelayVerdict::Service(ServiceFault::NotHttp)),
            "why-not-http",
            "act-change-protocol",
        ),
        (
            ACCEPTS,
            Some(RelayVerdict::Service(ServiceFault::TimedOut)),
            "why-no-answer",
            "act-check",
        ),
        (
            SILENT,
            Some(RelayVerdict::Service(ServiceFault::TimedOut)),
            "why-no-reaction",
            "act-check",
        ),
        (
            ACCEPTS,
            Some(RelayVerdict::Service(ServiceFault::Other)),
            "why-service-down",
            "act-check",
        ),
    ] {
        let inputs = web_probed(local, status(502, verdict), Health::ServiceDown, 0);
        check(&inputs, &format!("ServiceDown | {why}({t}) | {remedy}"));
    }
}

#[test]
fn a_wrong_protocol_is_answered_with_the_likely_one() {
    for (protocol, why) in [
        (Protocol::Http, "why-not-http"),
        (Protocol::Https, "why-not-https"),
        (Protocol::Auto, "why-not-web"),
    ] {
        let public = status(502, Some(RelayVerdict::Service(ServiceFault::NotHttp)));
        let mut inputs = web_probed(ACCEPTS, public, Health::ServiceDown, 0);
        inputs.tunnels[0].ports[0].protocol = protocol;
        check(
            &inputs,
            &format!("ServiceDown | {why}(localhost:3000) | act-change-protocol"),
        );
    }
}

#[test]
fn probes_of_a_tunnel_that_works_and_is_slow_or_full() {
    let late = failed(Reason::TimedOut);
    check(
        &web_probed(ACCEPTS, late, Health::Slow, 0),
        "Slow | why-slow(span-seconds(5)) | act-details",
    );
    let full = status(200, Some(RelayVerdict::Full));
    check(
        &web_probed(ACCEPTS, full, Health::Full, 0),
        "Full | why-full(1024) | act-details",
    );
}

#[test]
fn a_dead_url_of_a_session_that_lives_promises_no_reconnect() {
    let mut inputs = web_probed(ACCEPTS, failed(Reason::LinkLost), Health::Down, 2);
    for facts in inputs.probes.values_mut() {
        facts.last.as_mut().expect("it was probed").diagnosis = Diagnosis::Down {
            cause: UrlFault::Failed(Reason::LinkLost),
            service: None,
            alive: true,
        };
    }
    check(
        &routed_once(inputs),
        "Unreachable | why-url-dead(check-many(2)) | act-reconnect",
    );
}

#[test]
fn probes_of_a_public_url_that_is_dead() {
    let checks = "check-of(2, 3)";
    for (local, public, expected) in [
        (
            ACCEPTS,
            failed(Reason::TimedOut),
            format!("Unreachable | why-url-dead({checks}) | act-reconnect"),
        ),
        (
            ACCEPTS,
            status(503, Some(RelayVerdict::NoHost)),
            format!("Unreachable | why-url-no-host({checks}) | act-reconnect"),
        ),
        (
            ACCEPTS,
            status(404, Some(RelayVerdict::UnknownTunnel)),
            format!("Unreachable | why-url-unknown({checks}) | act-reconnect"),
        ),
        (
            REFUSED,
            failed(Reason::TimedOut),
            "Unreachable | why-both-refused(localhost:3000) | act-reconnect".to_owned(),
        ),
        (
            SILENT,
            failed(Reason::LinkLost),
            "Unreachable | why-both-silent(localhost:3000) | act-reconnect".to_owned(),
        ),
        (
            ACCEPTS,
            failed(Reason::Offline),
            "NoNetwork | fault-offline | –".to_owned(),
        ),
    ] {
        check(
            &routed_once(web_probed(local, public, Health::Down, 2)),
            &expected,
        );
    }
    let long_dead = web_probed(ACCEPTS, failed(Reason::TimedOut), Health::Down, 9);
    check(&long_dead, "Unreachable | why-url-never | act-reconnect");
    let long_dead = routed_once(long_dead);
    check(
        &long_dead,
        "Unreachable | why-url-dead(check-many(9)) | act-reconnect",
    );
}

/// The URL has routed in this session.
fn routed_once(mut inputs: Inputs) -> Inputs {
    let probe = inputs.probes.get_mut(&key("web", 3000));
    let samples = &mut probe.expect("it is there").samples;
    samples.push_front(Sample {
        at: before(30),
        latency_us: Some(1),
        health: Health::Operational,
    });
    inputs
}

#[test]
fn a_url_that_never_routed_is_checked_before_it_counts_as_dead() {
    let mut inputs = web_probed(ACCEPTS, failed(Reason::TimedOut), Health::Down, 2);
    inputs.hosts.get_mut(&id("web")).expect("it is there").life = hosting(14);
    check(&inputs, "Checking | why-unrouted(span-seconds(14)) | –");
    let probe = inputs
        .probes
        .get_mut(&key("web", 3000))
        .expect("it is there");
    probe.samples.push_front(Sample {
        at: before(10),
        latency_us: Some(1),
        health: Health::ServiceDown,
    });
    assert_eq!(panel(&inputs).badge, Badge::Unreachable, "it had routed");
}

#[test]
fn what_cannot_be_checked_from_here_says_so_and_why() {
    let no_name = failed(Reason::UnknownHost {
        host: "web.example".to_owned(),
    });
    let unchecked = web_probed(ACCEPTS, no_name, Health::Unchecked, 0);
    let name = "Unchecked | why-unchecked-name(web.example) | act-copy";
    check(&unchecked, name);
    let mut off = web(hosting(60));
    let port = &mut off.tunnels[0].ports[0];
    ProbeRate::Off.apply(&mut port.options.health);
    check(&off, "Unchecked | why-unchecked-off | act-copy");
    let mut theirs = web(hosting(60));
    let host = theirs.hosts.get_mut(&id("web")).expect("it is there");
    host.live[0].relays_own = true;
    check(&theirs, "Unchecked | why-unchecked-relays-own | act-copy");
}

#[test]
fn without_checks_a_service_that_is_gone_is_told_and_nothing_else() {
    for (local, health, expected) in [
        (
            ACCEPTS,
            Health::Unchecked,
            "Unchecked | why-unchecked-off | act-copy",
        ),
        (
            REFUSED,
            Health::ServiceDown,
            "ServiceDown | why-nothing-listens(localhost:3000) | act-check",
        ),
    ] {
        let mut inputs = web_probed(local, PublicAnswer::NotAsked, health, 0);
        let port = &mut inputs.tunnels[0].ports[0];
        ProbeRate::Off.apply(&mut port.options.health);
        check(&inputs, expected);
    }
    // A report of before they were switched off says nothing of now.
    let mut inputs = web_probed(ACCEPTS, status(200, None), Health::Operational, 0);
    ProbeRate::Off.apply(&mut inputs.tunnels[0].ports[0].options.health);
    check(&inputs, "Unchecked | why-unchecked-off | act-copy");
    assert_eq!(panel(&inputs).uptime, None);
}

#[test]
fn an_answer_that_is_not_expected_is_the_service_s() {
    let mut inputs = web_probed(ACCEPTS, status(500, None), Health::Operational, 0);
    let port = &mut inputs.tunnels[0].ports[0];
    let expected = Some("200-299".to_owned());
    port.options.health.put(HealthKey::Expect, expected);
    let facts = inputs
        .probes
        .get_mut(&key("web", 3000))
        .expect("it is there");
    facts.last.as_mut().expect("it was probed").diagnosis = Diagnosis::Unexpected { status: 500 };
    check(
        &inputs,
        "ServiceDown | why-unexpected(200-299, 500, localhost:3000) | act-check",
    );
}

#[test]
fn the_dialog_of_a_port_has_what_can_be_set_of_it_and_what_a_check_costs() {
    let mut inputs = web(hosting(60));
    let port = key("web", 3000);
    let rows_of = |inputs: &Inputs| {
        let view = crate::view::fold(inputs, super::build::NOW);
        let Some(DialogView::Settings { sections, .. }) = view.window.dialog else {
            panic!("it is open");
        };
        sections
            .into_iter()
            .map(|section| section.rows)
            .collect::<Vec<_>>()
    };
    inputs.dialog = Some(Dialog {
        kind: DialogKind::Health { key: port.clone() },
        errors: vec![(
            Field::Health {
                key: HealthKey::Interval,
                provider: None,
            },
            FieldError::NotTaken {
                takes: "1ms-24h".to_owned(),
            },
        )],
    });
    inputs
        .settings
        .health
        .all
        .put(HealthKey::Interval, Some("2m".to_owned()));
    let rows = rows_of(&inputs);
    assert_eq!([rows[0].len(), rows[1].len()], [7, 2]);
    let OptionRow::Text(interval) = &rows[0][1] else {
        panic!("{rows:?}");
    };
    assert_eq!((&*interval.placeholder, &*interval.text), ("2m", ""));
    assert_eq!(interval.hint, Some(m::health_cost(21_600_u64)));
    assert_eq!(interval.error, Some(m::error_not_taken("1ms-24h")));
    let Action::SetHealth { scope, set } = interval.set.clone().with_text("5s") else {
        panic!("{interval:?}");
    };
    assert_eq!(scope, HealthScope::Port(port));
    assert_eq!(set[&HealthKey::Interval], "5s");
    inputs.tunnels[0].ports[0].protocol = Protocol::Tcp;
    assert_eq!(rows_of(&inputs)[0].len(), 4, "nothing of the web");
}

#[test]
fn the_window_counts_up_to_what_was_set() {
    let mut inputs = web_probed(
        ACCEPTS,
        status(503, Some(RelayVerdict::NoHost)),
        Health::Down,
        2,
    );
    let watchdog = Some("7".to_owned());
    inputs
        .settings
        .health
        .all
        .put(HealthKey::Watchdog, watchdog);
    check(
        &inputs,
        "Unreachable | why-url-no-host(check-of(2, 7)) | act-reconnect",
    );
}

#[test]
fn a_service_that_is_at_another_request_is_busy_and_not_down() {
    let busy = LocalAnswer::Failed(ServiceFault::Busy);
    let inputs = web_probed(busy, failed(Reason::TimedOut), Health::Busy, 0);
    check(&inputs, "Busy | why-busy(localhost:3000) | act-check");
}

#[test]
fn a_report_of_an_earlier_session_says_nothing() {
    let mut inputs = web_probed(ACCEPTS, status(200, None), Health::Operational, 0);
    inputs.hosts.get_mut(&id("web")).expect("it is there").life = Life::Up {
        session: SessionNumber(4),
        since: before(1),
        proven: true,
    };
    check(&inputs, "Checking | why-unrouted(span-seconds(1)) | –");
    let labels = panel(&inputs).facts;
    assert!(
        labels
            .iter()
            .all(|(label, _)| label.id != "fact-last-check")
    );
}

#[test]
fn a_probe_says_nothing_while_the_link_is_down() {
    let no_host = status(503, Some(RelayVerdict::NoHost));
    let service_down = status(502, Some(RelayVerdict::Service(ServiceFault::Refused)));
    for (public, health) in [
        (no_host, Health::Down),
        (service_down, Health::ServiceDown),
        (failed(Reason::TimedOut), Health::Down),
        (status(200, None), Health::Operational),
    ] {
        let mut inputs = web_probed(ACCEPTS, public, health, 3);
        inputs.hosts.get_mut(&id("web")).expect("it is there").life = held(1);
        let panel = panel(&inputs);
        assert_eq!(panel.badge, Badge::Held);
        let labels: Vec<_> = panel.facts.iter().map(|(label, _)| label.id).collect();
        assert_eq!(labels, ["fact-held-for"]);
    }
}

#[test]
fn a_port_that_the_session_does_not_serve_yet_is_awaited() {
    let mut inputs = web_probed(ACCEPTS, status(200, None), Health::Operational, 0);
    inputs
        .hosts
        .get_mut(&id("web"))
        .expect("it is there")
        .live
        .clear();
    check(&inputs, "Checking | why-port-awaited | –");
}

#[test]
fn a_port_that_the_session_cannot_serve_says_why_and_what_helps() {
    let mut inputs = web_probed(ACCEPTS, status(200, None), Health::Operational, 0);
    let lacking = |inputs: &mut Inputs, reason| {
        let host = inputs.hosts.get_mut(&id("web")).expect("it is there");
        host.live.clear();
        host.lacking = [(key("web", 3000).port, reason)].into();
    };
    let place = "a.example:9000".to_owned();
    lacking(&mut inputs, Reason::StillHeld { place });
    check(
        &inputs,
        "Reconnecting | fault-still-held(a.example:9000) | –",
    );
    lacking(&mut inputs, Reason::QuotaUsedUp { until: None });
    check(&inputs, "OverQuota | fault-quota | –");
    let detail = "no".to_owned();
    lacking(&mut inputs, Reason::Refused { detail });
    check(&inputs, "Failed | fault-refused(no) | act-remove-port");
}
