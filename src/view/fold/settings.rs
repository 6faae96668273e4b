//! What can be set, as rows: the program's own settings, its relay, and what providers offer. A
//! setting is a line here.

use super::button::{self, enabled};
use super::dialog::error_text;
use super::scene::Scene;
use super::sentence::fault;
use crate::model::{
    AccountId, AccountState, Action, Field, Inputs, Language, OptionKind, OptionSpec, ProviderId,
    Secret, Setting, Theme,
};
use crate::view::{DialogView, Entry, Msg, OptionRow, Section, messages as m};

/// The settings.
pub(super) fn fold(scene: &Scene) -> DialogView {
    let inputs = scene.inputs;
    let mut sections = vec![general(inputs), relay(inputs)];
    sections.extend(inputs.accounts.keys().map(|of| account(inputs, of)));
    DialogView::Settings {
        title: m::dialog_settings_title(),
        sections,
    }
}

fn general(inputs: &Inputs) -> Section {
    let set = &inputs.settings;
    let themes = [
        (m::theme_system(), Theme::System),
        (m::theme_light(), Theme::Light),
        (m::theme_dark(), Theme::Dark),
    ];
    let languages = Language::ALL.map(|one| (m::language_named(one.endonym()), Some(one)));
    let languages = [(m::language_system(), None)].into_iter().chain(languages);
    let lan_hint = Some(m::settings_lan_hint());
    Section {
        rows: vec![
            choice(m::settings_theme(), themes, set.theme, Setting::Theme),
            choice(
                m::settings_language(),
                languages,
                set.language,
                Setting::Language,
            ),
            toggle(
                m::settings_autostart(),
                None,
                set.autostart,
                Setting::Autostart,
            ),
            toggle(m::settings_lan(), lan_hint, set.relay.lan, Setting::Lan),
        ],
        ..Section::default()
    }
}

fn toggle(label: Msg, hint: Option<Msg>, on: bool, set: fn(bool) -> Setting) -> OptionRow {
    OptionRow::Toggle {
        label,
        hint,
        on,
        set: [false, true].map(|on| Action::Set { setting: set(on) }),
    }
}

fn choice<T: Copy + PartialEq>(
    label: Msg,
    values: impl IntoIterator<Item = (Msg, T)>,
    is: T,
    set: fn(T) -> Setting,
) -> OptionRow {
    let values: Vec<(Msg, T)> = values.into_iter().collect();
    OptionRow::Choice {
        label,
        chosen: values.iter().position(|(_, value)| *value == is),
        choices: values
            .into_iter()
            .map(|(label, value)| {
                (
                    label,
                    Action::Set {
                        setting: set(value),
                    },
                )
            })
            .collect(),
    }
}

/// Which relay is in use, and the way to another one.
fn relay(inputs: &Inputs) -> Section {
    let joined = inputs.settings.relay.joined.as_deref();
    let line = match joined {
        Some(address) => m::relay_joined(address),
        None if inputs.settings.relay.lan => m::relay_embedded_lan(),
        None => m::relay_embedded(),
    };
    let mut errors = inputs.dialog.iter().flat_map(|dialog| &dialog.errors);
    let wrong = errors.find(|(field, _)| *field == Field::JoinLink);
    let entry = Entry {
        label: m::field_join_link(),
        hint: None,
        placeholder: "underpass://…".to_owned(),
        text: String::new(),
        error: wrong.map(|(field, error)| error_text(*field, error)),
        set: Action::JoinRelay {
            link: Secret::new(""),
        },
        button: Some(m::join()),
    };
    Section {
        head: Some((m::settings_relay(), line)),
        button: joined.map(|_| enabled(m::act_leave_relay(), Action::LeaveRelay)),
        rows: vec![OptionRow::Text(entry)],
        folded: false,
    }
}

/// An account, with what can be set for its provider.
fn account(inputs: &Inputs, of: &AccountId) -> Section {
    let offers = inputs.providers.of(of.provider);
    let set = |option| inputs.settings.option(of.provider, option);
    let options = offers.options.iter();
    Section {
        head: Some((
            m::provider_named(offers.name),
            account_line(&inputs.account(of).state),
        )),
        button: Some(button::account(of, m::act_manage_account())),
        folded: options.clone().all(|option| set(option) == option.default),
        rows: options
            .map(|option| option_row(of.provider, option, &set(option)))
            .collect(),
    }
}

/// What may be set for a provider, or for a tunnel at it, as it is.
fn option_row(provider: ProviderId, option: &OptionSpec, is: &str) -> OptionRow {
    let set = |value: &str| Action::SetOption {
        provider,
        key: option.key.to_owned(),
        value: value.to_owned(),
    };
    let label = Msg::plain(option.label);
    match option.kind {
        OptionKind::Choice(values) => OptionRow::Choice {
            label,
            chosen: values.iter().position(|(value, _)| *value == is),
            choices: values
                .iter()
                .map(|(value, label)| (Msg::plain(label), set(value)))
                .collect(),
        },
    }
}

/// How far this computer is with an account, in a line.
pub(super) fn account_line(state: &AccountState) -> Msg {
    match state {
        AccountState::Unknown => m::account_unknown(),
        AccountState::NotInstalled => m::account_not_installed(),
        AccountState::SignedOut => m::account_signed_out(),
        AccountState::SigningIn { .. } => m::account_signing_in(),
        AccountState::Ready { user, via } => m::account_ready(user.as_str(), via.as_str()),
        AccountState::Failed { reason, .. } => fault(reason),
    }
}
