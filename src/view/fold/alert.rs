//! Notices on the desktop: what is told of tunnels, and what was refused while nobody looked.

use super::name::in_menu;
use super::scene::{Group, Scene, Slot};
use super::sentence::{fault, service_down};
use super::settings::toggle;
use super::{banner, button, remedy};
use crate::model::{
    About, Action, Alert, AlertId, AlertKind, AlertSettings, Cause, Class, Inputs, NoticeKind,
    Reason, Setting,
};
use crate::view::{AlertView, Button, Msg, OptionRow, Section, messages as m};

/// So many tunnels are named in one notice.
const NAMED: usize = 3;

pub(super) fn fold(scene: &Scene) -> Vec<AlertView> {
    if scene.inputs.quitting.is_some() {
        return Vec::new();
    }
    let alerts = scene.inputs.alerts.iter();
    let told = alerts.filter_map(|alert| of_tunnels(scene, alert));
    told.chain(refusals(scene)).collect()
}

fn of_tunnels(scene: &Scene, alert: &Alert) -> Option<AlertView> {
    let about = alert.about.iter();
    let about = about.filter_map(|about| Some((about, scene.group(&about.tunnel)?)));
    let about: Vec<(&About, &Group)> = about.collect();
    let id = AlertId::Told(alert.id);
    Some(match about[..] {
        [] => return None,
        [(about, group)] => of_one(scene, id, alert.kind, about, group),
        _ => AlertView {
            id,
            title: title_of_many(alert.kind, about.len()),
            body: names(&about),
            buttons: Vec::new(),
            open: show(Action::OpenWindow),
        },
    })
}

fn of_one(scene: &Scene, id: AlertId, kind: AlertKind, about: &About, group: &Group) -> AlertView {
    let is_it = |slot: &&Slot| about.port.is_none_or(|port| slot.key.port == port);
    let slot = group.slots.iter().find(is_it).or(group.slots.first());
    let open = slot.map_or(Action::OpenWindow, |slot| Action::Details {
        key: slot.key.clone(),
    });
    let title = title(kind, in_menu(&group.tunnel.name));
    let mut buttons: Vec<Button> = Vec::new();
    match (kind, slot) {
        (AlertKind::SignIn, _) => {
            buttons.extend(reason(about).map(|reason| remedy::for_reason(scene, group, reason)));
        }
        (AlertKind::Down, _) => buttons.extend(
            reason(about)
                .filter(|reason| matches!(reason.class(), Class::Fatal | Class::Displaced))
                .map(|reason| remedy::for_reason(scene, group, reason)),
        ),
        (AlertKind::TakenOver, _) => buttons.push(button::take_over(group)),
        (AlertKind::Back, Some(slot)) => buttons.push(button::open(slot)),
        (AlertKind::UrlChanged, Some(slot)) => {
            buttons.extend([button::copy(slot), button::open(slot)]);
        }
        (AlertKind::Quota, _) | (_, None) => {}
    }
    buttons.retain(|button| button.enabled);
    AlertView {
        id,
        title,
        body: body(scene, group, about, slot),
        buttons,
        open: show(open),
    }
}

/// Leads to what it is about.
fn show(action: Action) -> Button {
    button::enabled(m::alert_show(), action)
}

const fn reason(about: &About) -> Option<&Reason> {
    match &about.why {
        Some(Cause::Reason(reason)) => Some(reason),
        _ => None,
    }
}

fn title(kind: AlertKind, name: String) -> Msg {
    match kind {
        AlertKind::SignIn => m::alert_sign_in(name),
        AlertKind::Down => m::alert_down(name),
        AlertKind::Back => m::alert_back(name),
        AlertKind::TakenOver => m::alert_taken_over(name),
        AlertKind::Quota => m::alert_quota(name),
        AlertKind::UrlChanged => m::alert_url_changed(name),
    }
}

fn title_of_many(kind: AlertKind, count: usize) -> Msg {
    match kind {
        AlertKind::SignIn => m::alert_sign_in_many(count),
        AlertKind::Down => m::alert_down_many(count),
        AlertKind::Back => m::alert_back_many(count),
        AlertKind::TakenOver => m::alert_taken_over_many(count),
        AlertKind::Quota => m::alert_quota_many(count),
        AlertKind::UrlChanged => m::alert_url_changed_many(count),
    }
}

/// No time that passes is in it: a notice is read once.
fn body(scene: &Scene, group: &Group, about: &About, slot: Option<&Slot>) -> Msg {
    match &about.why {
        Some(Cause::Reason(reason)) => fault(reason),
        Some(Cause::Held) => m::fault_link_lost(),
        Some(Cause::Service { fault, accepts }) => match slot {
            Some(slot) => {
                let target = slot.port.target.to_string();
                service_down(*fault, *accepts, &target, slot.port.protocol)
            }
            None => m::alert_url_dead(),
        },
        Some(Cause::Answer { status }) => match slot {
            Some(slot) => {
                let policy = scene.inputs.health(group.tunnel, Some(slot.port)).policy;
                let expected = policy.request.expected.to_string();
                m::why_unexpected(expected, status.to_string(), slot.port.target.to_string())
            }
            None => m::alert_url_dead(),
        },
        Some(Cause::Url) => m::alert_url_dead(),
        None => m::alert_url(slot.and_then(Slot::url).unwrap_or_default()),
    }
}

fn names(about: &[(&About, &Group)]) -> Msg {
    let all = about.iter().map(|(_, group)| in_menu(&group.tunnel.name));
    let first: Vec<String> = all.take(NAMED).collect();
    let first = first.join(", ");
    match about.len().saturating_sub(NAMED) {
        0 => m::alert_names(first),
        more => m::alert_names_more(more, first),
    }
}

/// What an account or its provider would not do: the person asked for it, or must know of it, and may
/// have closed the window since.
fn refusals<'s>(scene: &'s Scene<'_>) -> impl Iterator<Item = AlertView> + 's {
    let wanted = scene.inputs.settings.notices;
    let is_wanted = move |kind: &NoticeKind| match kind {
        NoticeKind::ChangeRefused { reason, .. } | NoticeKind::AccountTrouble { reason, .. } => {
            wanted.sign_in || !reason.is_about_the_account()
        }
        _ => false,
    };
    let notices = scene.inputs.notices.iter();
    let notices = notices.filter(move |notice| is_wanted(&notice.kind));
    notices.filter_map(|notice| {
        let banner = banner::banner(scene, notice)?;
        let remedy = banner.remedy.filter(|button| button.enabled);
        Some(AlertView {
            id: AlertId::Refused(notice.id),
            title: m::alert_refused(),
            body: banner.text,
            buttons: remedy.into_iter().collect(),
            open: show(Action::OpenWindow),
        })
    })
}

/// Which notices there are, as rows of the settings.
pub(super) fn section(inputs: &Inputs) -> Section {
    let set = inputs.settings.notices;
    let row = |kind: AlertKind| {
        let (label, setting): (Msg, fn(bool) -> Setting) = match kind {
            AlertKind::SignIn => (m::notice_sign_in(), |on| {
                Setting::Notice(AlertKind::SignIn, on)
            }),
            AlertKind::Down => (m::notice_down(), |on| Setting::Notice(AlertKind::Down, on)),
            AlertKind::Back => (m::notice_back(), |on| Setting::Notice(AlertKind::Back, on)),
            AlertKind::TakenOver => (m::notice_taken_over(), |on| {
                Setting::Notice(AlertKind::TakenOver, on)
            }),
            AlertKind::Quota => (m::notice_quota(), |on| {
                Setting::Notice(AlertKind::Quota, on)
            }),
            AlertKind::UrlChanged => (m::notice_url_changed(), |on| {
                Setting::Notice(AlertKind::UrlChanged, on)
            }),
        };
        toggle(label, None, set.wants(kind), setting)
    };
    let rows: Vec<OptionRow> = AlertKind::ALL.map(row).into();
    Section {
        head: Some((m::settings_notices(), m::settings_notices_line())),
        button: None,
        rows,
        folded: set == AlertSettings::default(),
    }
}
