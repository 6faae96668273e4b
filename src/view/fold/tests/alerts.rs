//! Notices on the desktop: what each says, and what can be clicked in it.

use super::build::{NOW, brief, host, hosting, id, key, number, tunnel, web, web_probed};
use crate::model::{
    About, AccountId, Action, Alert, AlertKind, Cause, Dialog, DialogKind, Health, Inputs,
    LocalAnswer, Notice, NoticeKind, ProviderId, PublicAnswer, Reason, ServiceFault, Standing,
};
use crate::view::fold::stances;
use crate::view::{AlertView, DialogView, OptionRow, fold};

fn about(name: &str, why: Option<Cause>) -> About {
    About {
        tunnel: id(name),
        port: Some(number(3000)),
        why,
    }
}

fn alert(kind: AlertKind, about: Vec<About>) -> Alert {
    Alert { id: 1, kind, about }
}

/// Title, body and the buttons' labels of the only notice.
fn shown(inputs: &Inputs) -> (String, String, Vec<&'static str>) {
    let alerts = fold(inputs, NOW).alerts;
    let [alert]: [AlertView; 1] = alerts.try_into().expect("one notice");
    let labels = alert.buttons.iter().map(|button| button.label.id);
    (brief(&alert.title), brief(&alert.body), labels.collect())
}

#[test]
fn each_kind_says_what_is_and_offers_what_helps() {
    let service = Cause::Service {
        fault: ServiceFault::Refused,
        accepts: false,
    };
    let reason = |reason| Some(Cause::Reason(reason));
    let cases = [
        (
            AlertKind::Down,
            Some(service),
            "alert-down(web)",
            "why-nothing-listens(localhost:3000)",
            &[][..],
        ),
        (
            AlertKind::Down,
            Some(Cause::Url),
            "alert-down(web)",
            "alert-url-dead",
            &[],
        ),
        (
            AlertKind::Down,
            Some(Cause::Held),
            "alert-down(web)",
            "fault-link-lost",
            &[],
        ),
        (
            AlertKind::Down,
            Some(Cause::Answer { status: 500 }),
            "alert-down(web)",
            "why-unexpected(any, 500, localhost:3000)",
            &[],
        ),
        (
            AlertKind::Down,
            reason(Reason::HostedHere {
                process: None,
                by: None,
            }),
            "alert-down(web)",
            "fault-hosted-here-too",
            &["act-take-over"],
        ),
        (
            AlertKind::SignIn,
            reason(Reason::TokenRefused),
            "alert-sign-in(web)",
            "fault-token-refused",
            &["act-paste-link"],
        ),
        (
            AlertKind::TakenOver,
            reason(Reason::TakenOver),
            "alert-taken-over(web)",
            "fault-taken-over",
            &["act-take-over"],
        ),
        (
            AlertKind::Quota,
            reason(Reason::QuotaUsedUp { until: None }),
            "alert-quota(web)",
            "fault-quota",
            &[],
        ),
        (
            AlertKind::Back,
            None,
            "alert-back(web)",
            "alert-url(http://web-3000.localhost:7480/)",
            &["act-open"],
        ),
        (
            AlertKind::UrlChanged,
            None,
            "alert-url-changed(web)",
            "alert-url(http://web-3000.localhost:7480/)",
            &["act-copy", "act-open"],
        ),
    ];
    for (kind, why, title, body, buttons) in cases {
        let mut inputs = web(hosting(60));
        inputs.alerts = vec![alert(kind, vec![about("web", why)])];
        let expected = (title.to_owned(), body.to_owned(), buttons.to_vec());
        assert_eq!(shown(&inputs), expected, "{kind:?}");
    }
}

/// As the panel has it: what nobody has seen routing may be out of reach from here alone, and a service
/// that is down too is this side's.
#[test]
fn a_dead_url_is_told_as_what_it_is() {
    let failed = PublicAnswer::Failed {
        reason: Reason::TimedOut,
    };
    let cases = [
        (LocalAnswer::Accepts, true, Some(Cause::Url)),
        (LocalAnswer::Accepts, false, None),
        (
            LocalAnswer::Failed(ServiceFault::Refused),
            true,
            Some(Cause::Service {
                fault: ServiceFault::Refused,
                accepts: false,
            }),
        ),
    ];
    for (local, routed, why) in cases {
        let mut inputs = web_probed(local, failed.clone(), Health::Down, 3);
        let probe = inputs.probes.get_mut(&key("web", 3000));
        probe.expect("it was probed").routed = routed;
        let stance = stances(&inputs, NOW).swap_remove(0);
        let found = match stance.standing {
            Standing::Bad(trouble) => Some(trouble.why),
            standing => {
                assert_eq!(standing, Standing::Unsure);
                None
            }
        };
        assert_eq!(found, why, "{local:?} {routed}");
    }
}

#[test]
fn many_are_one_and_the_rest_a_number() {
    let mut inputs = web(hosting(60));
    let names = ["a", "b", "c", "d", "e"];
    for name in names {
        let mut tunnel = tunnel(name, &[3000]);
        if name == "b" {
            tunnel.name = "موقع".to_owned();
        }
        inputs.tunnels.push(tunnel);
        inputs
            .hosts
            .insert(id(name), host(name, &[3000], hosting(60)));
    }
    let of = |count: usize| {
        names[..count]
            .iter()
            .map(|name| about(name, Some(Cause::Held)))
    };
    inputs.alerts = vec![alert(AlertKind::Down, of(5).collect())];
    let (title, body, buttons) = shown(&inputs);
    assert_eq!(title, "alert-down-many(5)");
    let isolated = "\u{200E}\u{2068}موقع\u{2069}";
    assert_eq!(body, format!("alert-names-more(2, a, {isolated}, c)"));
    assert_eq!(buttons, [""; 0]);
    inputs.alerts = vec![alert(AlertKind::Down, of(3).collect())];
    assert_eq!(shown(&inputs).1, format!("alert-names(a, {isolated}, c)"));
    // What is not on the screen any more is in no notice.
    inputs.tunnels.retain(|tunnel| tunnel.name == "a");
    assert_eq!(shown(&inputs).0, "alert-down(a)");
    inputs.tunnels.clear();
    assert_eq!(fold(&inputs, NOW).alerts, []);
}

#[test]
fn what_an_account_refused_is_told_too_but_what_only_a_tunnel_says_is_not() {
    let mut inputs = web(hosting(60));
    let notice = |kind| Notice {
        id: 9,
        at: NOW,
        kind,
    };
    let account = AccountId::only(ProviderId::SAMPLE);
    let reason = Reason::SignedOut;
    inputs.notices = vec![
        notice(NoticeKind::NeedsYou {
            tunnel: id("web"),
            reason: reason.clone(),
        }),
        notice(NoticeKind::AccountTrouble { account, reason }),
    ];
    assert_eq!(shown(&inputs).0, "alert-refused");
    inputs.settings.notices.sign_in = false;
    assert_eq!(fold(&inputs, NOW).alerts, []);
    inputs.settings.notices.sign_in = true;
    inputs.quitting = Some(1);
    assert_eq!(fold(&inputs, NOW).alerts, []);
}

#[test]
fn each_kind_is_a_row_of_the_settings_which_turns_it_and_no_other_off() {
    let mut inputs = web(hosting(60));
    inputs.dialog = Some(Dialog {
        kind: DialogKind::Settings,
        errors: vec![],
    });
    let rows = |inputs: &Inputs| {
        let Some(DialogView::Settings { sections, .. }) = fold(inputs, NOW).window.dialog else {
            panic!("it is open");
        };
        let ours = |head: &(crate::view::Msg, _)| head.0.id == "settings-notices";
        let mut sections = sections.into_iter();
        let section = sections.find(|section| section.head.as_ref().is_some_and(ours));
        section.expect("it is there").rows
    };
    for (at, kind) in AlertKind::ALL.into_iter().enumerate() {
        let OptionRow::Toggle { on: true, set, .. } = rows(&inputs).swap_remove(at) else {
            panic!("all are on by default");
        };
        let [Action::Set { setting }, _] = set else {
            panic!("it is a setting");
        };
        let mut changed = inputs.clone();
        changed.settings.set(setting);
        for other in AlertKind::ALL {
            assert_eq!(changed.settings.notices.wants(other), other != kind);
        }
        let OptionRow::Toggle { on, .. } = rows(&changed).swap_remove(at) else {
            panic!("it is still there");
        };
        assert!(!on);
    }
}
