//! Every state and every reason: badge, sentence, remedy.

use super::build::{
    NOW, after, before, brief, every_reason, held, hosting, id, number, reconnecting, web,
};
use crate::model::{
    Action, Catalog, Inputs, Life, Offers, Outage, Phase, ProviderId, Reason, SessionNumber,
    UnixMillis,
};
use crate::view::{Badge, Panel, fold};
use std::collections::HashSet;
use std::time::Duration;

/// The panel of the selected port.
pub(super) fn panel(inputs: &Inputs) -> Panel {
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

/// Compares badge, sentence and remedy.
pub(super) fn check(inputs: &Inputs, expected: &str) {
    assert_eq!(shown(inputs), expected);
}

#[test]
fn states_of_the_engine() {
    let connecting = |phase| web(Life::starting(phase));
    let mut unwanted = web(hosting(60));
    unwanted
        .hosts
        .get_mut(&id("web"))
        .expect("it is there")
        .wanted = false;
    let mut never_hosted = web(Life::Stopped);
    never_hosted.hosts.clear();
    for (inputs, expected) in [
        (never_hosted, "Stopped | why-stopped | act-host"),
        (unwanted, "Stopped | why-stopped | act-host"),
        (web(Life::Stopped), "Connecting | why-starting | act-stop"),
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
            web(Life::Up {
                session: SessionNumber(3),
                since: before(2),
                proven: false,
            }),
            "Checking | why-unproven(span-seconds(2)) | –",
        ),
    ] {
        check(&inputs, expected);
    }
}

#[test]
fn a_held_session_says_what_is_held_and_for_how_long() {
    let sentence = |held: &str| {
        format!("Held | why-held({held}, lost-link(ago(span-seconds(12)))) | act-reconnect")
    };
    for (open, until, expected) in [
        (2, after(572), "held-for(2, span-minutes-seconds(9, 32))"),
        (0, after(31), "held-for(0, span-seconds(31))"),
        (1, after(3_600), "held-for(1, span-hours(1))"),
        (1, NOW, "held-over"),
        (1, before(5), "held-over"),
    ] {
        let state = Life::Parked {
            session: SessionNumber(3),
            since: before(12),
            until,
            open,
        };
        check(&web(state), &sentence(expected));
    }
    let view = fold(&web(held(1)), NOW);
    assert_eq!(brief(&view.window.cards[0].rows[0].word), "badge-held");
    let panel = view.window.panel.expect("a port is selected");
    assert_eq!(brief(&panel.word), "badge-held-full");
}

#[test]
fn states_of_the_engine_without_a_session() {
    for (inputs, expected) in [
        (
            web(reconnecting(Reason::LinkSilent)),
            "Reconnecting | why-reconnecting(lost-silent(ago(span-seconds(12))), next-in(attempt(3), span-seconds(4))) | act-reconnect",
        ),
        (
            web(Life::Connecting {
                phase: Phase::ConnectingRelay,
                attempt: 1,
                outage: Some(Outage {
                    since: before(0),
                    reason: Reason::Zombie,
                }),
            }),
            "Reconnecting | why-reconnecting(lost-zombie(ago-now), next-now(attempt(1))) | act-reconnect",
        ),
        (
            web(reconnecting(Reason::Offline)),
            "NoNetwork | fault-offline | –",
        ),
        (
            web(Life::SignIn(Outage {
                since: before(180),
                reason: Reason::TokenRefused,
            })),
            "SignIn | why-sign-in(ago(span-minutes(3))) | act-paste-link",
        ),
        (
            web(Life::Displaced(Outage {
                since: UnixMillis(7),
                reason: Reason::TakenOver,
            })),
            "TakenOver | why-taken-over(7) | act-take-over",
        ),
        (
            web(Life::Displaced(Outage {
                since: before(1),
                reason: Reason::HostedElsewhere,
            })),
            "Elsewhere | why-elsewhere | act-take-over",
        ),
        (
            web(Life::Quota {
                next_at: after(7_200),
                outage: Outage {
                    since: before(1),
                    reason: Reason::QuotaUsedUp { until: None },
                },
            }),
            "OverQuota | why-quota-next(fault-quota, span-hours(2)) | –",
        ),
        (
            web(Life::Quota {
                next_at: before(1),
                outage: Outage {
                    since: before(9),
                    reason: Reason::QuotaUsedUp {
                        until: Some(UnixMillis(8)),
                    },
                },
            }),
            "OverQuota | why-quota-now(fault-quota-until(8)) | –",
        ),
        (
            web(Life::Failed(Outage {
                since: before(1),
                reason: Reason::NameTaken {
                    name: "web".to_owned(),
                },
            })),
            "Failed | fault-name-taken(web) | act-new-tunnel",
        ),
    ] {
        check(&inputs, expected);
    }
}

#[test]
fn what_ended_hosting_outlives_the_wish() {
    let mut inputs = web(Life::Failed(Outage {
        since: before(1),
        reason: Reason::NoPublicPorts,
    }));
    inputs
        .hosts
        .get_mut(&id("web"))
        .expect("it is there")
        .wanted = false;
    check(&inputs, "Failed | fault-no-public-ports | act-try-again");
    assert_eq!(fold(&inputs, NOW).tray.worst, None, "nothing is wanted");
}

type State = fn(Reason) -> Life;

#[test]
fn every_reason_has_its_own_sentence_in_every_state() {
    let states: [(&str, State); 5] = [
        ("reconnecting", reconnecting),
        ("sign-in", |reason| {
            Life::SignIn(Outage {
                since: before(1),
                reason,
            })
        }),
        ("displaced", |reason| {
            Life::Displaced(Outage {
                since: before(1),
                reason,
            })
        }),
        ("quota", |reason| Life::Quota {
            next_at: after(9),
            outage: Outage {
                since: before(1),
                reason,
            },
        }),
        ("failed", |reason| {
            Life::Failed(Outage {
                since: before(1),
                reason,
            })
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
        let all = every_reason().len();
        // By another machine, by this one's own other process, or by whoever took it over.
        let distinct = if name == "displaced" { 3 } else { all };
        assert_eq!(sentences.len(), distinct, "{name}: {sentences:#?}");
    }
}

#[test]
fn a_server_s_key_is_accepted_with_one_click_beside_those_of_before() {
    static KEYS: Offers = Offers {
        id: ProviderId::literal("keys"),
        accepts: Some("accepted"),
        ..Offers::RELAY
    };
    let mut inputs = web(Life::Failed(Outage {
        since: before(1),
        reason: Reason::HostKeyUnknown {
            address: "a.example:22".to_owned(),
            fingerprint: "SHA256:a".to_owned(),
        },
    }));
    inputs.providers = Catalog::new([&KEYS]);
    inputs.tunnels[0].provider = KEYS.id;
    for (before, value) in [
        ("", "a.example:22 SHA256:a"),
        (
            "b.example:22 SHA256:b",
            "b.example:22 SHA256:b, a.example:22 SHA256:a",
        ),
    ] {
        inputs.settings.set_option(KEYS.id, "accepted", before);
        let remedy = panel(&inputs).remedy.expect("a failure has a remedy");
        assert_eq!(brief(&remedy.label), "act-accept-key");
        let accept = Action::HostWith {
            tunnel: id("web"),
            key: "accepted".to_owned(),
            value: value.to_owned(),
        };
        assert_eq!(remedy.action, accept);
    }
}

#[test]
fn every_fatal_reason_has_the_remedy_that_can_help() {
    let remedy = |reason: Reason| {
        // Only where there are accounts does one lack a sign-in, or the program for it.
        let remote = reason.is_about_the_account() || matches!(reason, Reason::NotInstalled { .. });
        let mut inputs = web(Life::Failed(Outage {
            since: before(1),
            reason,
        }));
        inputs.tunnels[0].ports[0].public_port = Some(number(7500));
        if remote {
            inputs.providers = Catalog::sample();
            inputs.tunnels[0].provider = ProviderId::SAMPLE;
        }
        brief(&panel(&inputs).remedy.expect("a failure has a remedy").label)
    };
    for reason in every_reason() {
        let expected = match reason {
            Reason::NotARelay { .. }
            | Reason::CertificateMismatch { .. }
            | Reason::TokenRefused => "act-paste-link",
            Reason::NameTaken { .. } | Reason::NameReserved { .. } => "act-new-tunnel",
            Reason::HostedElsewhere | Reason::HostedHere { .. } | Reason::TakenOver => {
                "act-take-over"
            }
            Reason::PublicPortTaken { .. } => "act-remove-port",
            Reason::TooManySessions | Reason::QuotaUsedUp { .. } => "act-details",
            Reason::SignedOut | Reason::TokenMissing { .. } | Reason::TokenInvalid { .. } => {
                "act-sign-in"
            }
            Reason::NotInstalled { .. } => "act-install-help",
            Reason::TunnelGone => "act-forget",
            _ => "act-try-again",
        };
        assert_eq!(remedy(reason.clone()), expected, "{reason:?}");
    }
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
            badge.is_unchecked(),
            badge.is_starting(),
            badge.is_held(),
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

#[test]
fn it_ticks_only_while_something_relative_is_on_screen() {
    const SECOND: Option<Duration> = Some(Duration::from_secs(1));
    let tick = |change: fn(&mut Inputs), state: Life| {
        let mut inputs = web(state);
        change(&mut inputs);
        fold(&inputs, NOW).tick
    };
    let deselect = |inputs: &mut Inputs| inputs.selected = None;
    assert_eq!(tick(|_| {}, hosting(3)), SECOND);
    assert_eq!(
        tick(deselect, hosting(3)),
        SECOND,
        "the badge is about to turn"
    );
    assert_eq!(tick(deselect, reconnecting(Reason::LinkLost)), None);
    assert_eq!(tick(|_| {}, reconnecting(Reason::LinkLost)), SECOND);
    assert_eq!(tick(|_| {}, held(1)), SECOND);
    assert_eq!(tick(deselect, held(1)), None);
    assert_eq!(tick(|inputs| inputs.hosts.clear(), hosting(3)), None);
    assert_eq!(
        tick(|inputs| inputs.appearance.window_shown = false, hosting(3)),
        None
    );
    let expiry = |inputs: &mut Inputs| {
        inputs.selected = None;
        inputs.hosts.clear();
        inputs.tunnels[0].expires_at = Some(after(9_000));
    };
    assert_eq!(tick(expiry, hosting(3)), Some(Duration::from_mins(1)));
}
