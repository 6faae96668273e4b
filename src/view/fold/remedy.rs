//! The one thing that mends what is wrong.

use super::button;
use super::scene::{Group, Scene, Slot};
use super::status::{Status, is_offline};
use crate::model::{Access, AccountId, Action, Class, Diagnosis, Lack, Life, Reason, ServiceFault};
use crate::view::{Button, messages as m};

/// What the panel offers beside the sentence; nothing where waiting is all there is to do.
pub(super) fn of(scene: &Scene, group: &Group, slot: &Slot) -> Option<Button> {
    match slot.status {
        Status::Creating | Status::PortAwaited => None,
        Status::Stopped | Status::Elsewhere if group.lack.is_some() => Some(for_lack(scene, group)),
        Status::Stopped => Some(button::begin(group)),
        Status::Elsewhere => Some(button::take_over(group)),
        Status::PortLacking(reason) => for_lacking(scene, group, slot, reason),
        Status::Life(life) => for_life(scene, group, life),
        Status::Unprobed(_) => Some(button::copy(slot)),
        Status::Probed(probed) => for_diagnosis(group, slot, &probed.report.diagnosis),
    }
}

fn for_life(scene: &Scene, group: &Group, life: &Life) -> Option<Button> {
    Some(match life {
        Life::Up { .. } | Life::Quota { .. } => return None,
        Life::Stopped | Life::Connecting { outage: None, .. } => button::stop(group),
        Life::Connecting { .. } | Life::Waiting { .. } if is_offline(life) => return None,
        Life::Parked { .. } | Life::Connecting { .. } | Life::Waiting { .. } => {
            button::reconnect(group)
        }
        // Nobody signs in where there is no account: another key is set, and hosted with.
        Life::SignIn(outage) if matches!(outage.reason, Reason::KeysRefused { .. }) => {
            try_again(group)
        }
        Life::SignIn(_) => sign_in(scene, group),
        Life::Displaced(_) => button::take_over(group),
        Life::Failed(outage) => for_reason(scene, group, &outage.reason),
    })
}

/// The other ports are served, and another session would be refused with all of them.
fn for_lacking(scene: &Scene, group: &Group, slot: &Slot, reason: &Reason) -> Option<Button> {
    match reason.class() {
        // It is asked for again.
        Class::Transient | Class::Quota => None,
        Class::SignIn => Some(sign_in(scene, group)),
        Class::Fatal | Class::Displaced => Some(button::remove_port(slot)),
    }
}

fn for_diagnosis(group: &Group, slot: &Slot, diagnosis: &Diagnosis) -> Option<Button> {
    Some(match diagnosis {
        Diagnosis::Private if group.access == Some(Access::Private) => button::make_public(group),
        Diagnosis::Works
        | Diagnosis::Private
        | Diagnosis::UnknownName { .. }
        | Diagnosis::NotAsked => button::copy(slot),
        Diagnosis::Slow | Diagnosis::Full => button::details(slot),
        Diagnosis::ServiceDown {
            fault: ServiceFault::NotHttp | ServiceFault::NotTls,
            ..
        } => button::change_protocol(slot),
        Diagnosis::Busy | Diagnosis::ServiceDown { .. } | Diagnosis::Unexpected { .. } => {
            button::check(slot)
        }
        Diagnosis::Down { .. } if diagnosis.is_offline() => return None,
        Diagnosis::Down { .. } if group.offers.watches.is_some() => button::check(slot),
        Diagnosis::Down { .. } => button::reconnect(group),
    })
}

fn for_lack(scene: &Scene, group: &Group) -> Button {
    match group.lack {
        Some(Lack::Program) => install_help(group),
        Some(Lack::SignIn | Lack::Patience) => sign_in(scene, group),
        Some(Lack::Token) => {
            let account = AccountId::only(group.offers.id);
            button::account(&account, m::set_up(group.offers.name))
        }
        None => button::begin(group),
    }
}

/// What helps against one reason: a change where a change is needed, else another attempt.
pub(super) fn for_reason(scene: &Scene, group: &Group, reason: &Reason) -> Button {
    match reason {
        reason if reason.is_about_the_account() => sign_in(scene, group),
        Reason::NotInstalled { .. } => install_help(group),
        Reason::HostKeyUnknown {
            address,
            fingerprint,
        } => match group.offers.accepts {
            Some(key) => button::accept(scene, group, key, &format!("{address} {fingerprint}")),
            None => try_again(group),
        },
        Reason::TunnelGone => button::forget(group),
        Reason::NotARelay { .. } | Reason::CertificateMismatch { .. } | Reason::TokenRefused => {
            button::paste_link()
        }
        Reason::NameTaken { .. } | Reason::NameReserved { .. } => button::new_tunnel(),
        Reason::HostedElsewhere | Reason::HostedHere { .. } | Reason::TakenOver => {
            button::take_over(group)
        }
        Reason::PublicPortTaken { port } | Reason::PublicPortOutside { port, .. } => {
            let asked = |slot: &&Slot| slot.port.public_port == Some(*port);
            match group.slots.iter().find(asked) {
                Some(slot) => button::remove_port(slot),
                None => try_again(group),
            }
        }
        // It passes by itself: trying now would be refused again.
        Reason::TooManySessions | Reason::QuotaUsedUp { .. } => match group.slots.first() {
            Some(slot) => button::details(slot),
            None => try_again(group),
        },
        _ => try_again(group),
    }
}

/// Where there is no account, a join link is what one signs in with.
fn sign_in(scene: &Scene, group: &Group) -> Button {
    let account = group.account();
    account.map_or_else(button::paste_link, |account| {
        button::sign_in(scene, &account)
    })
}

fn install_help(group: &Group) -> Button {
    let help = |account| button::account(&account, m::act_install_help());
    let page = || match group.offers.program {
        Some(_) => {
            let provider = group.offers.id;
            button::enabled(
                m::act_open_install_page(),
                Action::OpenInstallPage { provider },
            )
        }
        None => try_again(group),
    };
    group.account().map_or_else(page, help)
}

fn try_again(group: &Group) -> Button {
    button::host(group, m::act_try_again())
}
