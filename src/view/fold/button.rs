//! The buttons that several parts share: label, action and when each can be clicked. An enabled
//! button always refers to something that exists.

use super::scene::{Group, Scene, Slot};
use super::status::Status;
use crate::model::{Access, AccountId, AccountState, Action, DialogKind, Life, SignInWay};
use crate::view::{Button, Msg, messages as m};

pub(super) fn enabled(label: Msg, action: Action) -> Button {
    Button {
        label,
        action,
        enabled: true,
    }
}

/// A button that can be clicked when `is` holds.
pub(super) fn when(is: bool, label: Msg, action: Action) -> Button {
    Button {
        label,
        action,
        enabled: is,
    }
}

pub(super) fn dialog(is: bool, label: Msg, dialog: DialogKind) -> Button {
    when(is, label, Action::OpenDialog { dialog })
}

/// Host, or Stop where hosting is wanted, or taking over what another machine hosts.
pub(super) fn host_or_stop(group: &Group) -> Button {
    let elsewhere = |slot: &Slot| slot.status == Status::Elsewhere;
    if group.wanted() {
        stop(group)
    } else if group.is_remote() && group.slots.iter().any(elsewhere) {
        take_over(group)
    } else {
        begin(group)
    }
}

/// Hosts the tunnel, or watches what somebody else serves.
pub(super) fn begin(group: &Group) -> Button {
    let label = match group.offers.watches {
        Some(_) => m::act_watch(),
        None => m::act_host(),
    };
    host(group, label)
}

/// Hosts the tunnel, under whatever name.
pub(super) fn host(group: &Group, label: Msg) -> Button {
    let tunnel = group.tunnel.id.clone();
    let can = group.changeable() && !group.slots.is_empty();
    when(can, label, Action::Host { tunnel })
}

/// The most servers whose keys were accepted; the oldest gives way.
const MOST_ACCEPTED: usize = 32;

/// Accepts a server's key, and hosts the tunnel there.
pub(super) fn accept(scene: &Scene, group: &Group, key: &str, server: &str) -> Button {
    let options = scene.inputs.settings.options(group.offers.id);
    let before = options.text(key).unwrap_or_default();
    let before = before.split(',').map(str::trim).filter(|it| !it.is_empty());
    let all: Vec<&str> = before.chain([server]).collect();
    let kept = &all[all.len().saturating_sub(MOST_ACCEPTED)..];
    let action = Action::HostWith {
        tunnel: group.tunnel.id.clone(),
        key: key.to_owned(),
        value: kept.join(", "),
    };
    when(group.changeable(), m::act_accept_key(), action)
}

pub(super) fn stop(group: &Group) -> Button {
    let tunnel = group.tunnel.id.clone();
    enabled(m::act_stop(), Action::Stop { tunnel })
}

/// Makes a new connection.
pub(super) fn reconnect(group: &Group) -> Button {
    let can = group.wanted()
        && group.offers.watches.is_none()
        && group.host.is_some_and(|host| {
            let life = &host.life;
            life.session().is_some() || life.retry().is_some() || matches!(life, Life::Quota { .. })
        });
    let tunnel = group.tunnel.id.clone();
    when(can, m::act_reconnect(), Action::Reconnect { tunnel })
}

pub(super) fn take_over(group: &Group) -> Button {
    let tunnel = group.tunnel.id.clone();
    let can = group.changeable() && !group.slots.is_empty();
    when(can, m::act_take_over(), Action::TakeOver { tunnel })
}

/// Probes the port now.
pub(super) fn check(slot: &Slot) -> Button {
    let key = slot.key.clone();
    let label = if slot.checking {
        m::act_checking()
    } else {
        m::act_check()
    };
    let can = slot.status.is_probed() && !slot.checking;
    when(can, label, Action::CheckNow { key })
}

pub(super) fn copy(slot: &Slot) -> Button {
    let key = slot.key.clone();
    let can = slot.url().is_some() && !slot.creating();
    when(can, m::act_copy(), Action::CopyUrl { key })
}

/// Opens the URL in the browser, which knows what to do with http and https alone.
pub(super) fn open(slot: &Slot) -> Button {
    let key = slot.key.clone();
    let is_web = slot
        .url()
        .is_some_and(|url| url.starts_with("http://") || url.starts_with("https://"));
    when(
        is_web && !slot.creating(),
        m::act_open(),
        Action::OpenUrl { key },
    )
}

pub(super) fn qr_code(slot: &Slot) -> Button {
    let key = slot.key.clone();
    let can = slot.url().is_some() && !slot.creating();
    dialog(can, m::act_qr(), DialogKind::QrCode { key })
}

/// Shows the port in the panel, and the window with it.
pub(super) fn details(slot: &Slot) -> Button {
    let key = slot.key.clone();
    enabled(m::act_details(), Action::Details { key })
}

pub(super) fn change_protocol(slot: &Slot) -> Button {
    let key = slot.key.clone();
    let kind = DialogKind::ChangeProtocol { key };
    dialog(
        !slot.creating() && slot.changeable,
        m::act_change_protocol(),
        kind,
    )
}

/// How the port is looked after.
pub(super) fn health(slot: &Slot) -> Button {
    let key = slot.key.clone();
    dialog(
        !slot.creating(),
        m::act_health(),
        DialogKind::Health { key },
    )
}

pub(super) fn remove_port(slot: &Slot) -> Button {
    let key = slot.key.clone();
    let kind = DialogKind::RemovePort { key };
    dialog(
        !slot.creating() && slot.changeable,
        m::act_remove_port(),
        kind,
    )
}

pub(super) fn add_port(group: &Group) -> Button {
    let tunnel = group.tunnel.id.clone();
    let kind = DialogKind::AddPort { tunnel };
    dialog(group.changeable(), m::act_add_port(), kind)
}

pub(super) fn delete(group: &Group) -> Button {
    let tunnel = group.tunnel.id.clone();
    let kind = DialogKind::DeleteTunnel { tunnel };
    dialog(group.changeable(), m::act_delete(), kind)
}

pub(super) fn new_tunnel() -> Button {
    dialog(true, m::act_new_tunnel(), DialogKind::CreateTunnel)
}

/// Opens the settings, where a join link is pasted.
pub(super) fn paste_link() -> Button {
    dialog(true, m::act_paste_link(), DialogKind::Settings)
}

pub(super) fn account(of: &AccountId, label: Msg) -> Button {
    let account = of.clone();
    dialog(true, label, DialogKind::Account { account })
}

/// Signs in the way it was done the last time; nothing to click while that is under way.
pub(super) fn sign_in(scene: &Scene, of: &AccountId) -> Button {
    let offers = scene.inputs.providers.of(of.provider);
    let options = scene.inputs.settings.options(of.provider);
    match (&scene.inputs.account(of).state, offers.last_way(&options)) {
        (AccountState::NotInstalled, _) => account(of, m::act_install_help()),
        (AccountState::SigningIn { .. }, _) => account(of, m::act_signing_in()),
        (_, None) => account(of, m::act_sign_in()),
        (
            AccountState::Unknown
            | AccountState::SignedOut
            | AccountState::Ready { .. }
            | AccountState::Failed { .. },
            Some(way),
        ) => sign_in_by(of, m::act_sign_in(), way, false),
    }
}

/// Signs in this way.
pub(super) fn sign_in_by(of: &AccountId, label: Msg, way: &SignInWay, device: bool) -> Button {
    let action = Action::SignIn {
        account: of.clone(),
        way: way.key.to_owned(),
        device,
    };
    enabled(label, action)
}

pub(super) fn make_public(group: &Group) -> Button {
    let tunnel = group.tunnel.id.clone();
    let kind = DialogKind::MakePublic { tunnel };
    dialog(group.changeable(), m::act_make_public(), kind)
}

pub(super) fn make_private(group: &Group) -> Button {
    let action = Action::SetAccess {
        tunnel: group.tunnel.id.clone(),
        access: Access::Private,
    };
    when(group.changeable(), m::act_make_private(), action)
}

/// Prolongs its life.
pub(super) fn renew(group: &Group) -> Button {
    let tunnel = group.tunnel.id.clone();
    when(group.changeable(), m::act_renew(), Action::Renew { tunnel })
}

pub(super) fn forget(group: &Group) -> Button {
    let tunnel = group.tunnel.id.clone();
    enabled(m::act_forget(), Action::Forget { tunnel })
}
