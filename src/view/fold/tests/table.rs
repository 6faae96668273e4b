//! Every state and every reason: badge, sentence, remedy.

use super::build::{
    NOW, after, before, brief, every_reason, failed, hosting, id, key, number, reconnecting,
    status, web, web_probed,
};
use crate::model::{
    Health, HostState, Inputs, LocalAnswer, Pending, Phase, Protocol, PublicAnswer, Reason,
    RelayVerdict, Sample, SessionNumber, UnixMillis,
};
use crate::view::{Badge, Panel, fold};
use std::collections::HashSet;

fn panel(inputs: &Inputs) -> Panel {
    fold(inputs, NOW).window.panel.expect("a port is selected")
}

/// Badge, sentence and remedy (its label, in brackets when it is disabled) in one line.
fn shown(inputs: &Inputs) -> String {
    let panel = panel(inputs);
    let remedy = match panel.remedy {
        None => "–".to_owned(),
        Some(button) if button.enabled => brief(&button.label),
        Some(button) => format!("[{}]", brief(&button.label)),
    };
    format!("{:?} | {} | {remedy}", panel.badge, brief(&panel.sentence))
}

fn check(inputs: &Inputs, expected: &str) {
    assert_eq!(shown(inputs), expected);
}

const ACCEPTS: LocalAnswer = LocalAnswer::Accepts;

#[test]
fn states_of_the_engine() {
    let connecting = |phase| web(HostState::Connecting { phase });
    let mut unwanted = web(hosting(60));
    unwanted
        .hosts
        .get_mut(&id("web"))
        .expect("it is there")
        .wanted = false;
    let mut never_hosted = web(HostState::Stopped);
    never_hosted.hosts.clear();
    for (inputs, expected) in [
        (never_hosted, "Stopped | why-stopped | act-host"),
        (unwanted, "Stopped | why-stopped | act-host"),
        (
            web(HostState::Stopped),
            "Connecting | why-starting | act-stop",
        ),
        (
            connecting(Phase::Authorising),
            "Connecting | why-authorising | act-stop",
        ),
        (
            connecting(Phase::ConnectingRelay),
            "Connecting | why-connecting | act-stop",
        ),
        (
            connecting(Phase::ForwardingPorts),
            "Connecting | why-forwarding(1) | act-stop",
        ),
        (
            web(hosting(3)),
            "Checking | why-unrouted(span-seconds(3)) | –",
        ),
        (
            web(HostState::Hosting {
                session: SessionNumber(3),
                since: before(2),
                established: false,
            }),
            "Checking | why-unproven(span-seconds(2)) | –",
        ),
        (
            web(reconnecting(Reason::LinkSilent)),
            "Reconnecting | why-reconnecting(lost-silent(ago(span-seconds(12))), next-in(attempt(3), span-seconds(4))) | act-reconnect",
        ),
        (
            web(HostState::Reconnecting {
                attempt: 1,
                next_at: None,
                since: before(0),
                reason: Reason::Zombie,
            }),
            "Reconnecting | why-reconnecting(lost-zombie(ago-now), next-now(attempt(1))) | act-reconnect",
        ),
        (
            web(reconnecting(Reason::Offline)),
            "NoNetwork | fault-offline | –",
        ),
        (
            web(HostState::SignIn {
                since: before(180),
                reason: Reason::TokenRefused,
            }),
            "SignIn | why-sign-in(ago(span-minutes(3))) | act-paste-link",
        ),
        (
            web(HostState::Displaced {
                since: UnixMillis(7),
                reason: Reason::TakenOver,
            }),
            "TakenOver | why-taken-over(7) | act-take-over",
        ),
        (
            web(HostState::Displaced {
                since: before(1),
                reason: Reason::HostedElsewhere,
            }),
            "Elsewhere | why-elsewhere | act-take-over",
        ),
        (
            web(HostState::Quota {
                since: before(1),
                next_at: after(7_200),
                reason: Reason::QuotaUsedUp { until: None },
            }),
            "OverQuota | why-quota-next(fault-quota, span-hours(2)) | –",
        ),
        (
            web(HostState::Quota {
                since: before(9),
                next_at: before(1),
                reason: Reason::QuotaUsedUp {
                    until: Some(UnixMillis(8)),
                },
            }),
            "OverQuota | why-quota-now(fault-quota-until(8)) | –",
        ),
        (
            web(HostState::Failed {
                since: before(1),
                reason: Reason::NameTaken {
                    name: "web".to_owned(),
                },
            }),
            "Failed | fault-name-taken(web) | act-new-tunnel",
        ),
    ] {
        check(&inputs, expected);
    }
}

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
            LocalAnswer::Refused,
            Some(RelayVerdict::ServiceDown),
            "why-nothing-listens",
            "act-check",
        ),
        (
            ACCEPTS,
            Some(RelayVerdict::ServiceDown),
            "why-refused-once",
            "act-check",
        ),
        (
            ACCEPTS,
            Some(RelayVerdict::NotHttp),
            "why-not-http",
            "act-change-protocol",
        ),
        (
            ACCEPTS,
            Some(RelayVerdict::ServiceSilent),
            "why-no-answer",
            "act-check",
        ),
        (
            LocalAnswer::Silent,
            Some(RelayVerdict::ServiceSilent),
            "why-no-reaction",
            "act-check",
        ),
        (ACCEPTS, None, "why-service-down", "act-check"),
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
        let public = status(502, Some(RelayVerdict::NotHttp));
        let mut inputs = web_probed(ACCEPTS, public, Health::ServiceDown, 0);
        inputs.tunnels[0].ports[0].protocol = protocol;
        check(
            &inputs,
            &format!("ServiceDown | {why}(localhost:3000) | act-change-protocol"),
        );
    }
}

#[test]
fn probes_of_a_public_url_that_is_dead() {
    let no_name = Reason::UnknownHost {
        host: "web.example".to_owned(),
    };
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
            ACCEPTS,
            failed(no_name),
            format!("Unreachable | why-url-no-name({checks}, web.example) | act-reconnect"),
        ),
        (
            LocalAnswer::Refused,
            failed(Reason::TimedOut),
            "Unreachable | why-both-refused(localhost:3000) | act-reconnect".to_owned(),
        ),
        (
            LocalAnswer::Silent,
            failed(Reason::TimedOut),
            "Unreachable | why-both-silent(localhost:3000) | act-reconnect".to_owned(),
        ),
        (
            ACCEPTS,
            failed(Reason::Offline),
            "NoNetwork | fault-offline | –".to_owned(),
        ),
    ] {
        check(&web_probed(local, public, Health::Down, 2), &expected);
    }
    let long_dead = web_probed(ACCEPTS, failed(Reason::TimedOut), Health::Down, 9);
    check(
        &long_dead,
        "Unreachable | why-url-dead(check-many(9)) | act-reconnect",
    );
}

#[test]
fn a_url_that_never_routed_is_checked_before_it_counts_as_dead() {
    let mut inputs = web_probed(ACCEPTS, failed(Reason::TimedOut), Health::Down, 2);
    inputs.hosts.get_mut(&id("web")).expect("it is there").state = hosting(14);
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
fn a_report_of_an_earlier_session_says_nothing() {
    let mut inputs = web_probed(ACCEPTS, status(200, None), Health::Operational, 0);
    inputs.hosts.get_mut(&id("web")).expect("it is there").state = HostState::Hosting {
        session: SessionNumber(4),
        since: before(1),
        established: true,
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
fn what_ended_hosting_outlives_the_wish() {
    let mut inputs = web(HostState::Failed {
        since: before(1),
        reason: Reason::NoPublicPorts,
    });
    inputs
        .hosts
        .get_mut(&id("web"))
        .expect("it is there")
        .wanted = false;
    check(&inputs, "Failed | fault-no-public-ports | act-try-again");
    assert_eq!(fold(&inputs, NOW).tray.worst, None, "nothing is wanted");
}

#[test]
fn every_reason_has_its_own_sentence_in_every_state() {
    let states: [(&str, fn(Reason) -> HostState); 5] = [
        ("reconnecting", reconnecting),
        ("sign-in", |reason| HostState::SignIn {
            since: before(1),
            reason,
        }),
        ("displaced", |reason| HostState::Displaced {
            since: before(1),
            reason,
        }),
        ("quota", |reason| HostState::Quota {
            since: before(1),
            next_at: after(9),
            reason,
        }),
        ("failed", |reason| HostState::Failed {
            since: before(1),
            reason,
        }),
    ];
    for (name, state) in states {
        let mut sentences = HashSet::new();
        for reason in every_reason() {
            let panel = panel(&web(state(reason.clone())));
            sentences.insert(brief(&panel.sentence));
            assert!(
                !matches!(
                    panel.badge,
                    Badge::Working | Badge::Private | Badge::Stopped
                ),
                "{name} {reason:?}"
            );
        }
        let distinct = if name == "displaced" { 2 } else { 23 };
        assert_eq!(sentences.len(), distinct, "{name}: {sentences:#?}");
    }
}

#[test]
fn every_fatal_reason_has_the_remedy_that_can_help() {
    let remedy = |reason: Reason| {
        let mut inputs = web(HostState::Failed {
            since: before(1),
            reason,
        });
        inputs.tunnels[0].ports[0].public_port = Some(number(7500));
        brief(&panel(&inputs).remedy.expect("a failure has a remedy").label)
    };
    for reason in every_reason() {
        let expected = match reason {
            Reason::NotARelay { .. }
            | Reason::CertificateMismatch { .. }
            | Reason::TokenRefused => "act-paste-link",
            Reason::NameTaken { .. } => "act-new-tunnel",
            Reason::HostedElsewhere | Reason::TakenOver => "act-take-over",
            Reason::PublicPortTaken { .. } => "act-remove-port",
            Reason::QuotaUsedUp { .. } => "act-details",
            _ => "act-try-again",
        };
        assert_eq!(remedy(reason.clone()), expected, "{reason:?}");
    }
}

#[test]
fn pending_changes_are_shown_as_if_done() {
    let mut inputs = web(hosting(60));
    inputs.tunnels.push(super::build::tunnel("docs", &[1, 2]));
    inputs.pending = vec![
        Pending::RemovePort(key("web", 3000)),
        Pending::ChangeProtocol(key("docs", 2), Protocol::Tcp),
        Pending::AddPort(id("docs"), super::build::port("docs", 3, Protocol::Auto)),
        Pending::AddPort(id("gone"), super::build::port("gone", 3, Protocol::Auto)),
        Pending::Create(super::build::tunnel("new", &[9])),
        Pending::Create(super::build::tunnel("docs", &[7])),
    ];
    let view = fold(&inputs, NOW);
    let rows = |view: &crate::view::View| -> Vec<String> {
        let card = |card: &crate::view::Card| {
            let row = |r: &crate::view::Row| format!("{}/{}/{:?}", r.port, r.protocol, r.badge);
            format!(
                "{}: {}",
                card.name,
                card.rows.iter().map(row).collect::<Vec<_>>().join(" ")
            )
        };
        view.window.cards.iter().map(card).collect()
    };
    assert_eq!(
        rows(&view),
        [
            "web: ",
            "docs: 1/http/Stopped 2/tcp/Stopped 3/auto/Creating",
            "new: 9/http/Creating"
        ]
    );
    assert_eq!(view.window.panel, None, "its port is gone");
    inputs.pending = vec![Pending::Delete(id("docs"))];
    assert_eq!(rows(&fold(&inputs, NOW)), ["web: 3000/http/Checking"]);
}

#[test]
fn the_selection_is_by_key_and_survives_reordering() {
    let mut inputs = web(hosting(60));
    inputs
        .tunnels
        .insert(0, super::build::tunnel("first", &[3000, 1]));
    assert_eq!(panel(&inputs).title, "web : 3000");
    inputs.tunnels.reverse();
    let view = fold(&inputs, NOW);
    assert_eq!(
        view.window.panel.expect("it is still there").key,
        key("web", 3000)
    );
    assert!(view.window.cards[0].rows[0].selected);
    assert!(!view.window.cards[1].rows[0].selected);
}

#[test]
fn every_badge_is_listed_once_in_order_of_urgency() {
    assert!(Badge::ALL.is_sorted());
    assert_eq!(
        Badge::ALL.iter().collect::<HashSet<_>>().len(),
        Badge::ALL.len()
    );
    for badge in Badge::ALL {
        let groups = [
            badge.works(),
            badge.is_starting(),
            badge.is_recovering(),
            badge.needs_you(),
        ];
        let idle = matches!(badge, Badge::Stopped | Badge::Elsewhere);
        let expected = usize::from(!idle);
        assert_eq!(
            groups.into_iter().filter(|is| *is).count(),
            expected,
            "{badge:?}"
        );
    }
}
