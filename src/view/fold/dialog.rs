//! The dialog in front, and what the settings show. A dialog whose subject is gone closes by itself.

use super::amount::short_url;
use super::button::{self, enabled, when};
use super::scene::{Group, Scene, Slot};
use super::sentence::fault;
use crate::model::{
    Access, AccountId, AccountState, Action, Dialog, DialogKind, Field, FieldError, Inputs,
    InvalidJoinLink, Lack, Offers, OptionKind, OptionSpec, Protocol,
};
use crate::view::{
    AccountRow, Button, DialogView, Msg, OptionRow, ProviderChoice, SettingsView, messages as m,
};

/// The dialog in front.
pub(super) fn fold(scene: &Scene) -> Option<DialogView> {
    let dialog = scene.inputs.dialog.as_ref()?;
    let view = match &dialog.kind {
        DialogKind::CreateTunnel => DialogView {
            providers: scene
                .inputs
                .providers
                .iter()
                .map(|offers| provider(scene, offers))
                .collect(),
            ..form(m::dialog_create_title(), m::dialog_create_submit())
        },
        DialogKind::AddPort { tunnel } => {
            let group = scene.group(tunnel)?;
            let name = group.tunnel.name.as_str();
            DialogView {
                protocols: words(group.offers),
                ..form(m::dialog_add_title(name), m::dialog_add_submit())
            }
        }
        DialogKind::DeleteTunnel { tunnel } => delete_tunnel(scene.group(tunnel)?),
        DialogKind::RemovePort { key } => {
            let (group, slot) = scene.slot(key)?;
            remove_port(group, slot)
        }
        DialogKind::ChangeProtocol { key } => {
            let (group, slot) = scene.slot(key)?;
            change_protocol(group, slot)
        }
        DialogKind::MakePublic { tunnel } => make_public(scene.group(tunnel)?),
        DialogKind::Account { account: of } => account(scene, of),
        DialogKind::SignOut { account } => {
            let name = scene.inputs.providers.of(account.provider).name;
            let account = account.clone();
            DialogView {
                body: Some(m::dialog_sign_out_body()),
                confirm: Some(enabled(m::act_sign_out(), Action::SignOut { account })),
                ..titled(m::dialog_sign_out_title(name))
            }
        }
        DialogKind::QrCode { key } => {
            let (group, slot) = scene.slot(key)?;
            qr_code(group, slot)
        }
        DialogKind::Settings => form(m::dialog_settings_title(), m::dialog_settings_submit()),
        DialogKind::About => DialogView {
            body: Some(m::dialog_about_body(env!("CARGO_PKG_VERSION"))),
            ..titled(m::dialog_about_title())
        },
    };
    Some(DialogView {
        kind: dialog.kind.clone(),
        errors: errors(dialog),
        ..view
    })
}

/// What the settings dialog shows.
pub(super) fn settings(inputs: &Inputs) -> SettingsView {
    let lan = inputs.settings.relay.lan;
    let joined = inputs.relay.joined.as_deref();
    SettingsView {
        language: inputs.settings.language,
        autostart: inputs.settings.autostart,
        lan,
        relay: match joined {
            Some(address) => m::relay_joined(address),
            None if lan => m::relay_embedded_lan(),
            None => m::relay_embedded(),
        },
        leave: joined.map(|_| enabled(m::act_leave_relay(), Action::LeaveRelay)),
        accounts: inputs
            .accounts
            .keys()
            .map(|account| account_row(inputs, account))
            .collect(),
    }
}

/// A dialog with a title and nothing else yet; [`fold`] sets its kind.
fn titled(title: Msg) -> DialogView {
    DialogView {
        kind: DialogKind::About,
        title,
        body: None,
        errors: Vec::new(),
        confirm: None,
        submit: None,
        qr: None,
        protocol: Protocol::default().to_string(),
        protocols: Vec::new(),
        providers: Vec::new(),
        code: None,
        steps: Vec::new(),
    }
}

fn form(title: Msg, submit: Msg) -> DialogView {
    DialogView {
        submit: Some(submit),
        ..titled(title)
    }
}

fn delete_tunnel(group: &Group) -> DialogView {
    let name = group.tunnel.name.as_str();
    let tunnel = group.tunnel.id.clone();
    DialogView {
        body: Some(m::dialog_delete_body(group.slots.len())),
        confirm: Some(enabled(
            m::dialog_delete_confirm(name),
            Action::DeleteTunnel { tunnel },
        )),
        ..titled(m::dialog_delete_title(name))
    }
}

fn remove_port(group: &Group, slot: &Slot) -> DialogView {
    let name = group.tunnel.name.as_str();
    let key = slot.key.clone();
    DialogView {
        body: Some(m::dialog_remove_body()),
        confirm: Some(enabled(
            m::dialog_remove_confirm(slot.port_text()),
            Action::RemovePort { key },
        )),
        ..titled(m::dialog_remove_title(name, slot.port_text()))
    }
}

fn change_protocol(group: &Group, slot: &Slot) -> DialogView {
    let target = slot.port.target.to_string();
    let body = if group.offers.protocol_is_fixed {
        m::dialog_protocol_body_anew(group.offers.name, target)
    } else {
        m::dialog_protocol_body(target)
    };
    DialogView {
        body: Some(body),
        protocols: words(group.offers),
        protocol: slot.protocol.to_string(),
        ..form(
            m::dialog_protocol_title(slot.port_text()),
            m::dialog_protocol_submit(),
        )
    }
}

fn make_public(group: &Group) -> DialogView {
    let name = group.tunnel.name.as_str();
    let action = Action::SetAccess {
        tunnel: group.tunnel.id.clone(),
        access: Access::Public,
    };
    DialogView {
        body: Some(m::dialog_public_body()),
        confirm: Some(enabled(m::dialog_public_confirm(), action)),
        ..titled(m::dialog_public_title(name))
    }
}

/// Somebody who may carry a new tunnel.
fn provider(scene: &Scene, offers: &Offers) -> ProviderChoice {
    let lack = scene.inputs.lacks(offers.id);
    let account = AccountId::only(offers.id);
    ProviderChoice {
        id: offers.id,
        name: if offers.joins {
            m::provider_ours()
        } else {
            m::provider_named(offers.name)
        },
        protocols: words(offers),
        access: offers.access,
        shut: lack.map(|lack| shut(offers, lack)),
        set_up: lack.map(|_| button::account(&account, m::set_up(offers.name))),
    }
}

/// The protocols that it carries, in their own words.
fn words(offers: &Offers) -> Vec<String> {
    offers.protocols.iter().map(Protocol::to_string).collect()
}

/// Why a provider cannot carry a new tunnel.
fn shut(offers: &Offers, lack: Lack) -> Msg {
    match lack {
        Lack::Program => m::shut_program(program(offers), offers.name),
        Lack::Token => m::shut_token(offers.name),
        Lack::SignIn => m::shut_sign_in(offers.name),
        Lack::Patience => m::shut_patience(offers.name),
    }
}

fn program(offers: &Offers) -> &'static str {
    offers.program.map_or("", |program| program.name)
}

/// An account in the settings, with what can be set for its provider.
fn account_row(inputs: &Inputs, account: &AccountId) -> AccountRow {
    let offers = inputs.providers.of(account.provider);
    let row = |option: &OptionSpec| {
        let set = inputs.settings.option(account.provider, option);
        let values: &[_] = match option.kind {
            OptionKind::Choice(values) => values,
            _ => &[],
        };
        let choice = |(value, label): &(&str, &'static str)| {
            let action = Action::SetOption {
                provider: account.provider,
                key: option.key.to_owned(),
                value: (*value).to_owned(),
            };
            (Msg::plain(label), action)
        };
        OptionRow {
            label: Msg::plain(option.label),
            choices: values.iter().map(choice).collect(),
            chosen: values.iter().position(|(value, _)| *value == set),
            usual: set == option.default,
        }
    };
    AccountRow {
        name: offers.name.to_owned(),
        line: account_line(&inputs.account(account).state),
        manage: button::account(account, m::act_manage_account()),
        options: offers.options.iter().map(row).collect(),
    }
}

/// How far this computer is with the account, in a line.
fn account_line(state: &AccountState) -> Msg {
    match state {
        AccountState::Unknown => m::account_unknown(),
        AccountState::NotInstalled => m::account_not_installed(),
        AccountState::SignedOut => m::account_signed_out(),
        AccountState::SigningIn { .. } => m::account_signing_in(),
        AccountState::Ready { user, via } => m::account_ready(user.as_str(), via.as_str()),
        AccountState::Failed { reason, .. } => fault(reason),
    }
}

/// The account: one step forward from wherever it is.
fn account(scene: &Scene, of: &AccountId) -> DialogView {
    let facts = scene.inputs.account(of);
    let offers = scene.inputs.providers.of(of.provider);
    let provider = of.provider;
    let account = || of.clone();
    let check = || {
        let label = if facts.refreshing {
            m::act_checking()
        } else {
            m::act_check()
        };
        when(!facts.refreshing, label, Action::Refresh)
    };
    let cancel = || {
        let cancel = Action::CancelSignIn { account: account() };
        enabled(m::act_cancel_sign_in(), cancel)
    };
    let title = titled(m::provider_named(offers.name));
    match &facts.state {
        AccountState::NotInstalled => DialogView {
            body: Some(m::account_install_body(program(offers), offers.name)),
            code: offers.program.map(|program| {
                let copy = Action::CopyInstallCommand { provider };
                let command = program.install_command.to_owned();
                (command, enabled(m::act_copy_command(), copy))
            }),
            steps: vec![
                check(),
                enabled(
                    m::act_open_install_page(),
                    Action::OpenInstallPage { provider },
                ),
            ],
            ..title
        },
        AccountState::SignedOut => DialogView {
            body: Some(m::account_sign_in_body(offers.name)),
            steps: ways_in(offers, of),
            ..title
        },
        AccountState::SigningIn { device: None } => DialogView {
            body: Some(m::account_browser_body()),
            steps: vec![cancel()],
            ..title
        },
        AccountState::SigningIn {
            device: Some(device),
        } => DialogView {
            body: Some(m::account_code_body(device.url.as_str())),
            code: Some((
                device.code.clone(),
                enabled(
                    m::act_copy_code(),
                    Action::CopyDeviceCode { account: account() },
                ),
            )),
            steps: vec![
                enabled(
                    m::act_open_code_page(),
                    Action::OpenDevicePage { account: account() },
                ),
                cancel(),
            ],
            ..title
        },
        AccountState::Ready { .. } => DialogView {
            body: Some(account_line(&facts.state)),
            steps: vec![
                refresh(facts.refreshing),
                button::dialog(
                    true,
                    m::act_sign_out_ask(),
                    DialogKind::SignOut { account: account() },
                ),
            ],
            ..title
        },
        AccountState::Unknown | AccountState::Failed { .. } => DialogView {
            body: Some(account_line(&facts.state)),
            steps: vec![check()],
            ..title
        },
    }
}

fn refresh(refreshing: bool) -> Button {
    let label = if refreshing {
        m::act_checking()
    } else {
        m::act_refresh()
    };
    when(!refreshing, label, Action::Refresh)
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
    DialogView {
        body: Some(url.map_or_else(m::dialog_qr_none, |url| m::dialog_qr_body(short_url(url)))),
        qr: url.map(str::to_owned),
        ..titled(m::dialog_qr_title(
            group.tunnel.name.as_str(),
            slot.port_text(),
        ))
    }
}

fn errors(dialog: &Dialog) -> Vec<(Field, Msg)> {
    let text = |(field, error): &(Field, FieldError)| (*field, error_text(*field, error));
    dialog.errors.iter().map(text).collect()
}

/// Why what was typed into a field cannot be taken.
#[must_use]
pub fn error_text(field: Field, error: &FieldError) -> Msg {
    match error {
        FieldError::Empty => match field {
            Field::Name => m::error_empty_name(),
            Field::Target => m::error_empty_target(),
            Field::JoinLink => m::error_empty_link(),
            Field::Provider | Field::Protocol | Field::PublicPort => m::error_empty(),
        },
        FieldError::NotAPort { typed } => m::error_not_a_port(typed.as_str()),
        FieldError::NotATarget { typed } => m::error_not_a_target(typed.as_str()),
        FieldError::TwoPorts { typed } => m::error_two_ports(typed.as_str()),
        FieldError::TargetHasPath { typed } => m::error_target_has_path(typed.as_str()),
        FieldError::TargetHasUser => m::error_target_has_user(),
        FieldError::OwnListener { typed } => m::error_own_listener(typed.as_str()),
        FieldError::UnusableName { typed } => m::error_unusable_name(typed.as_str()),
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
            m::error_not_carried(words.join(", "), provider.as_str())
        }
        FieldError::NotReady => m::error_not_ready(),
        FieldError::PublicPortNeedsTcp => m::error_public_port_needs_tcp(),
    }
}
