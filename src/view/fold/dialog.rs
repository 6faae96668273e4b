//! The dialog in front. A dialog whose subject is gone closes by itself.

use super::amount::short_url;
use super::button::{self, enabled, when};
use super::reach_choice;
use super::scene::{Group, Scene, Slot};
use super::settings::{self, account_line};
use crate::model::{
    Access, AccountId, AccountState, Action, Dialog, DialogKind, Field, FieldError,
    InvalidJoinLink, Offers, Protocol,
};
use crate::view::{Button, DialogView, Errors, Msg, messages as m};

pub(super) fn fold(scene: &Scene) -> Option<DialogView> {
    let dialog = scene.inputs.dialog.as_ref()?;
    let errors = || errors(dialog);
    Some(match &dialog.kind {
        DialogKind::CreateTunnel => DialogView::CreateTunnel {
            title: m::dialog_create_title(),
            reach: reach_choice::of_dialog(scene),
            errors: errors(),
        },
        DialogKind::AddPort { tunnel } => {
            let group = scene.group(tunnel)?;
            DialogView::AddPort {
                tunnel: tunnel.clone(),
                title: m::dialog_add_title(group.tunnel.name.as_str()),
                protocols: words(group.offers.protocols),
                errors: errors(),
                submit: m::dialog_add_submit(),
            }
        }
        DialogKind::ChangeProtocol { key } => {
            let (group, slot) = scene.slot(key)?;
            change_protocol(group, slot, errors())
        }
        DialogKind::DeleteTunnel { tunnel } => delete_tunnel(scene.group(tunnel)?),
        DialogKind::RemovePort { key } => {
            let (group, slot) = scene.slot(key)?;
            remove_port(group, slot)
        }
        DialogKind::MakePublic { tunnel } => make_public(scene.group(tunnel)?),
        DialogKind::Account { account: of } => match scene.inputs.providers.of(of.provider).token {
            Some(spec) => settings::token(scene.inputs, of, spec),
            None => account(scene, of),
        },
        DialogKind::SignOut { account } => sign_out(scene, account.clone()),
        DialogKind::QrCode { key } => {
            let (group, slot) = scene.slot(key)?;
            qr_code(group, slot)
        }
        DialogKind::Health { key } => {
            let (group, slot) = scene.slot(key)?;
            settings::health(scene.inputs, group, slot)
        }
        DialogKind::Import => super::import::fold(scene)?,
        DialogKind::Settings => settings::fold(scene),
        DialogKind::About => DialogView::About {
            title: m::dialog_about_title(),
        },
    })
}

fn delete_tunnel(group: &Group) -> DialogView {
    let name = group.tunnel.name.as_str();
    let tunnel = group.tunnel.id.clone();
    DialogView::Confirm {
        title: m::dialog_delete_title(name),
        body: m::dialog_delete_body(group.slots.len()),
        confirm: enabled(
            m::dialog_delete_confirm(name),
            Action::DeleteTunnel { tunnel },
        ),
    }
}

fn remove_port(group: &Group, slot: &Slot) -> DialogView {
    let name = group.tunnel.name.as_str();
    let key = slot.key.clone();
    DialogView::Confirm {
        title: m::dialog_remove_title(name, slot.port_text()),
        body: m::dialog_remove_body(),
        confirm: enabled(
            m::dialog_remove_confirm(slot.port_text()),
            Action::RemovePort { key },
        ),
    }
}

fn change_protocol(group: &Group, slot: &Slot, errors: Errors) -> DialogView {
    let target = slot.port.target.to_string();
    DialogView::ChangeProtocol {
        key: slot.key.clone(),
        title: m::dialog_protocol_title(slot.port_text()),
        body: if group.offers.protocol_is_fixed {
            m::dialog_protocol_body_anew(group.offers.name, target)
        } else {
            m::dialog_protocol_body(target)
        },
        protocols: words(group.offers.protocols),
        protocol: slot.protocol.to_string(),
        errors,
        submit: m::dialog_protocol_submit(),
    }
}

fn make_public(group: &Group) -> DialogView {
    let action = Action::SetAccess {
        tunnel: group.tunnel.id.clone(),
        access: Access::Public,
    };
    DialogView::Confirm {
        title: m::dialog_public_title(group.tunnel.name.as_str()),
        body: m::dialog_public_body(),
        confirm: enabled(m::dialog_public_confirm(), action),
    }
}

fn sign_out(scene: &Scene, account: AccountId) -> DialogView {
    let name = scene.inputs.providers.of(account.provider).name;
    DialogView::Confirm {
        title: m::dialog_sign_out_title(name),
        body: m::dialog_sign_out_body(),
        confirm: enabled(m::act_sign_out(), Action::SignOut { account }),
    }
}

/// The protocols that it carries, in their own words.
pub(super) fn words(protocols: &[Protocol]) -> Vec<String> {
    protocols.iter().map(Protocol::to_string).collect()
}

pub(super) fn program(offers: &Offers) -> &'static str {
    offers.program.map_or("", |program| program.name)
}

/// The account: one step forward from wherever it is.
fn account(scene: &Scene, of: &AccountId) -> DialogView {
    let facts = scene.inputs.account(of);
    let offers = scene.inputs.providers.of(of.provider);
    let provider = of.provider;
    let account = || of.clone();
    let ask = |idle| {
        let busy = facts.refreshing;
        let label = if busy { m::act_checking() } else { idle };
        when(!busy, label, Action::Refresh)
    };
    let cancel = || {
        let cancel = Action::CancelSignIn { account: account() };
        enabled(m::act_cancel_sign_in(), cancel)
    };
    let (body, code, steps) = match &facts.state {
        AccountState::NotInstalled => (
            m::account_install_body(program(offers), offers.name),
            offers.program.map(|program| {
                let copy = Action::CopyInstallCommand { provider };
                let command = program.install_command.to_owned();
                (command, enabled(m::act_copy_command(), copy))
            }),
            vec![
                ask(m::act_check()),
                enabled(
                    m::act_open_install_page(),
                    Action::OpenInstallPage { provider },
                ),
            ],
        ),
        AccountState::SignedOut => (
            m::account_sign_in_body(offers.name),
            None,
            ways_in(offers, of),
        ),
        AccountState::SigningIn { device: None } => {
            (m::account_browser_body(), None, vec![cancel()])
        }
        AccountState::SigningIn {
            device: Some(device),
        } => {
            let copy = Action::CopyDeviceCode { account: account() };
            let open = Action::OpenDevicePage { account: account() };
            (
                m::account_code_body(device.url.as_str()),
                Some((device.code.clone(), enabled(m::act_copy_code(), copy))),
                vec![enabled(m::act_open_code_page(), open), cancel()],
            )
        }
        state @ AccountState::Ready { .. } => {
            let sign_out = DialogKind::SignOut { account: account() };
            (
                account_line(state),
                None,
                vec![
                    ask(m::act_refresh()),
                    button::dialog(true, m::act_sign_out_ask(), sign_out),
                ],
            )
        }
        state @ (AccountState::Unknown | AccountState::Failed { .. }) => {
            (account_line(state), None, vec![ask(m::act_check())])
        }
    };
    DialogView::Account {
        title: m::provider_named(offers.name),
        body,
        code,
        steps,
    }
}

/// In this computer's browser, then with a code.
fn ways_in(offers: &Offers, account: &AccountId) -> Vec<Button> {
    let by = |label: fn(&'static str) -> Msg, device| {
        let ways = offers.sign_in.iter();
        ways.map(move |way| button::sign_in_by(account, label(way.name), way, device))
    };
    let here = by(m::act_sign_in_by, false);
    here.chain(by(m::act_sign_in_code, true)).collect()
}

/// A phone cannot reach this computer's loopback: the URL for the network goes first.
fn qr_code(group: &Group, slot: &Slot) -> DialogView {
    let lan_url = slot.live.and_then(|live| live.lan_url.as_deref());
    let url = lan_url.or(slot.url());
    DialogView::QrCode {
        title: m::dialog_qr_title(group.tunnel.name.as_str(), slot.port_text()),
        body: url.map_or_else(m::dialog_qr_none, |url| m::dialog_qr_body(short_url(url))),
        url: url.map(str::to_owned),
    }
}

fn errors(dialog: &Dialog) -> Errors {
    let text = |(field, error): &(Field, FieldError)| (*field, error_text(*field, error));
    dialog.errors.iter().map(text).collect()
}

/// Why what was typed into a field cannot be taken.
pub fn error_text(field: Field, error: &FieldError) -> Msg {
    match error {
        FieldError::Empty => match field {
            Field::Name => m::error_empty_name(),
            Field::Target => m::error_empty_target(),
            Field::JoinLink => m::error_empty_link(),
            Field::Reach
            | Field::Provider
            | Field::Protocol
            | Field::PublicPort
            | Field::Token
            | Field::Health { .. }
            | Field::Option { .. } => m::error_empty(),
        },
        FieldError::NotTaken { takes } if field == Field::Token => m::error_not_a_token(takes),
        FieldError::NotTaken { takes } => m::error_not_taken(takes),
        FieldError::InitialAboveCap { initial, cap } => m::error_initial_above_cap(cap, initial),
        FieldError::NotAPort { typed } => m::error_not_a_port(typed),
        FieldError::NotATarget { typed } => m::error_not_a_target(typed),
        FieldError::TwoPorts { typed } => m::error_two_ports(typed),
        FieldError::TargetHasPath { typed } => m::error_target_has_path(typed),
        FieldError::TargetHasUser => m::error_target_has_user(),
        FieldError::OwnListener { typed } => m::error_own_listener(typed),
        FieldError::UnusableName { typed } => m::error_unusable_name(typed),
        FieldError::NameExists { id } => m::error_name_exists(id.as_str()),
        FieldError::PortExists { port } => m::error_port_exists(port.to_string()),
        FieldError::NotAJoinLink { fault } => match fault {
            InvalidJoinLink::Scheme => m::error_link_scheme(),
            InvalidJoinLink::Token => m::error_link_token(),
            InvalidJoinLink::Address => m::error_link_address(),
            InvalidJoinLink::Fingerprint => m::error_link_fingerprint(),
        },
        FieldError::NotCarried { provider, carries } => {
            let words: Vec<&str> = carries.iter().map(|protocol| protocol.as_str()).collect();
            m::error_not_carried(words.join(", "), provider)
        }
        FieldError::NotReady => m::error_not_ready(),
        FieldError::OpenToNetwork => m::reach_bar_lan(),
        FieldError::RelayJoined { address } => m::reach_bar_joined(address),
        FieldError::NotForThose { provider } => m::error_not_for_those(provider),
        FieldError::NoWay => m::error_no_way(),
        FieldError::PublicPortNeedsTcp => m::error_public_port_needs_tcp(),
    }
}
