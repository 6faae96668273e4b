//! What can be set, as rows: the program's own settings, its relay, and what providers offer. A
//! setting is a line here.

mod health;

pub(super) use self::health::of_port as health;

use super::alert;
use super::button::{self, enabled};
use super::dialog::error_text;
use super::scene::Scene;
use super::sentence::fault;
use crate::model::{
    AccountId, AccountState, Action, Chosen, Field, Inputs, Language, Offers, OptionKind,
    OptionScope, OptionSpec, ProviderId, Secret, Setting, Theme, TokenSpec, probes_a_month,
};
use crate::view::{DialogView, Entry, Msg, OptionRow, Section, messages as m};

pub(super) fn fold(scene: &Scene) -> DialogView {
    let inputs = scene.inputs;
    let mut sections = vec![general(inputs), relay(inputs)];
    sections.extend(inputs.accounts.keys().map(|of| account(inputs, of)));
    let providers = inputs.providers.iter();
    sections.extend(
        providers
            .filter(|offers| offers.token.is_some())
            .map(|offers| with_token(inputs, offers)),
    );
    sections.push(alert::section(inputs));
    sections.push(health::of_all(inputs));
    sections.extend(health::of_others(inputs));
    sections.push(super::import::backup());
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

pub(super) fn toggle(
    label: Msg,
    hint: Option<Msg>,
    on: bool,
    set: fn(bool) -> Setting,
) -> OptionRow {
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
    let chosen = values.iter().position(|(_, value)| *value == is);
    let choice = |(label, value)| {
        let setting = set(value);
        (label, Action::Set { setting })
    };
    OptionRow::Choice {
        label,
        chosen,
        choices: values.into_iter().map(choice).collect(),
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
    let entry = Entry {
        label: m::field_join_link(),
        hint: None,
        placeholder: "underpass://…".to_owned(),
        text: String::new(),
        error: wrong(inputs, Field::JoinLink),
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

fn account(inputs: &Inputs, of: &AccountId) -> Section {
    let line = account_line(&inputs.account(of).state);
    of_provider(inputs, of, line)
}

/// A provider that takes tokens.
fn with_token(inputs: &Inputs, offers: &Offers) -> Section {
    let line = with_probes(inputs, offers);
    of_provider(inputs, &AccountId::only(offers.id), line)
}

/// An account, and what can be set for all tunnels of its provider; folded while all is as usual.
fn of_provider(inputs: &Inputs, of: &AccountId, line: Msg) -> Section {
    let offers = inputs.providers.of(of.provider);
    let options = offers.options_of(OptionScope::Provider);
    let set = |option: &'static OptionSpec| {
        let is = inputs.settings.option(offers.id, option);
        let row = option_row(offers.id, option, &is, None);
        (row, is == option.default)
    };
    let (mut rows, usual): (Vec<OptionRow>, Vec<bool>) = options.map(set).unzip();
    let (health, is_usual) = health::of_provider(inputs, offers);
    rows.extend(health);
    Section {
        head: Some((m::provider_named(offers.name), line)),
        button: Some(button::account(of, m::act_manage_account())),
        folded: is_usual && usual.into_iter().all(|is_usual| is_usual),
        rows,
    }
}

/// What is wrong with what was typed into a field, if something is.
fn wrong(inputs: &Inputs, field: Field) -> Option<Msg> {
    let mut errors = inputs.dialog.iter().flat_map(|dialog| &dialog.errors);
    let (_, error) = errors.find(|(of, _)| *of == field)?;
    Some(error_text(field, error))
}

/// Which tokens are there, and what probing costs of what an account has.
fn with_probes(inputs: &Inputs, offers: &Offers) -> Msg {
    let kept = tokens(inputs, offers);
    let Some(all) = offers.probe.requests_a_month() else {
        return kept;
    };
    let every = inputs.usual_health(Some(offers.id)).interval(offers);
    let (minutes, probes) = (every.as_secs() / 60, probes_a_month(every));
    m::account_with_probes(all, kept, minutes, probes)
}

/// Which tokens are there, in a line.
fn tokens(inputs: &Inputs, offers: &Offers) -> Msg {
    let kept = inputs.tokens.iter().filter(|of| of.provider == offers.id);
    let names: Vec<&str> = kept.map(|of| of.name.as_str()).collect();
    match names[..] {
        [] => m::account_no_token(),
        [""] => m::account_token(),
        _ => m::account_tokens(names.join(", ")),
    }
}

/// The dialog of an account that is a token: a place for it, and a way to have it forgotten.
pub(super) fn token(inputs: &Inputs, account: &AccountId, spec: TokenSpec) -> DialogView {
    let offers = inputs.providers.of(account.provider);
    let entry = Entry {
        label: m::field_token(),
        hint: Some(m::field_token_hint(spec.page)),
        placeholder: String::new(),
        text: String::new(),
        error: wrong(inputs, Field::Token),
        set: Action::KeepToken {
            account: account.clone(),
            token: Secret::new(""),
        },
        button: Some(m::act_keep_token()),
    };
    let forget = Action::ForgetToken {
        account: account.clone(),
    };
    let is_kept = inputs.tokens.contains(account);
    DialogView::Settings {
        title: m::provider_named(offers.name),
        sections: vec![Section {
            head: Some((m::field_account(), tokens(inputs, offers))),
            button: is_kept.then(|| enabled(m::act_forget_token(), forget)),
            folded: false,
            rows: vec![OptionRow::Secret(entry)],
        }],
    }
}

/// What can be chosen for a new tunnel, the account among it where there are several.
pub(super) fn of_new_tunnel(inputs: &Inputs, offers: &Offers) -> Vec<OptionRow> {
    let options = offers.options.iter().enumerate();
    let of_tunnel = options.filter(|(_, option)| option.scope == OptionScope::Tunnel);
    let (rare, usual): (Vec<_>, Vec<_>) = of_tunnel.partition(|(_, option)| option.advanced);
    let rows = usual.into_iter().chain(rare).map(|(at, option)| {
        let wrong = wrong(inputs, Field::Option { at });
        option_row(offers.id, option, "", wrong)
    });
    which_account(inputs, offers)
        .into_iter()
        .chain(rows)
        .collect()
}

/// How many of its rows come before those that few need.
pub(super) fn usual_of_new_tunnel(inputs: &Inputs, offers: &Offers) -> usize {
    let of_tunnel = offers.options_of(OptionScope::Tunnel);
    let usual = of_tunnel.filter(|option| !option.advanced).count();
    usual + usize::from(which_account(inputs, offers).is_some())
}

fn which_account(inputs: &Inputs, offers: &Offers) -> Option<OptionRow> {
    let kept = inputs.tokens.iter().filter(|of| of.provider == offers.id);
    let names: Vec<&str> = kept.map(|of| of.name.as_str()).collect();
    let choice = |name: &&str| {
        let label = if name.is_empty() {
            m::account_unnamed()
        } else {
            m::account_named(*name)
        };
        let set = Action::SetOption {
            provider: offers.id,
            key: Chosen::ACCOUNT.to_owned(),
            value: (*name).to_owned(),
        };
        (label, set)
    };
    (names.len() > 1).then(|| OptionRow::Choice {
        label: m::field_account(),
        choices: names.iter().map(choice).collect(),
        chosen: Some(0),
    })
}

/// What may be set for a provider, or for a tunnel at it, as it is.
fn option_row(
    provider: ProviderId,
    option: &OptionSpec,
    is: &str,
    error: Option<Msg>,
) -> OptionRow {
    let set = |value: &str| Action::SetOption {
        provider,
        key: option.key.to_owned(),
        value: value.to_owned(),
    };
    let label = Msg::plain(option.label);
    let entry = move |hint| Entry {
        label: Msg::plain(option.label),
        hint,
        placeholder: option.values(),
        text: if option.is_secret() {
            String::new()
        } else {
            is.to_owned()
        },
        error,
        set: set(""),
        button: None,
    };
    match option.kind {
        OptionKind::Choice(values) => OptionRow::Choice {
            label,
            chosen: values.iter().position(|(value, _)| *value == is),
            choices: values
                .iter()
                .map(|(value, label)| (Msg::plain(label), set(value)))
                .collect(),
        },
        OptionKind::Switch => OptionRow::Toggle {
            label,
            hint: None,
            on: is == "on",
            set: ["off", "on"].map(set),
        },
        OptionKind::Number { .. } => OptionRow::Number(entry(None)),
        OptionKind::Text(_) => OptionRow::Text(entry(None)),
        OptionKind::Secret(_) => OptionRow::Secret(entry(None)),
        OptionKind::File => OptionRow::Text(entry(Some(m::field_file_hint()))),
    }
}

/// How far this computer is with an account, in a line.
pub(super) fn account_line(state: &AccountState) -> Msg {
    match state {
        AccountState::Unknown => m::account_unknown(),
        AccountState::NotInstalled => m::account_not_installed(),
        AccountState::SignedOut => m::account_signed_out(),
        AccountState::SigningIn { .. } => m::account_signing_in(),
        AccountState::Ready { user, via } => m::account_ready(user, via),
        AccountState::Failed { reason, .. } => fault(reason),
    }
}
