//! The view's parts as the structs that `ui/` draws: texts made, actions as opaque strings.

use crate::model::{Action, DialogKind, Field};
use crate::shell::text::Catalogue;
use crate::shell::ui;
use crate::view::{
    AccountRow, Badge, Banner, Button, Card, DialogView, Msg, OptionRow, Panel, ProviderChoice,
    Row, TimelineEntry,
};
use slint::{ModelRc, SharedString, VecModel};
use std::rc::Rc;

/// Makes texts.
pub(super) struct Text<'a>(pub(super) &'a Catalogue);

impl Text<'_> {
    pub(super) fn of(&self, msg: &Msg) -> SharedString {
        self.0.format(msg).into()
    }

    pub(super) fn opt(&self, msg: Option<&Msg>) -> SharedString {
        msg.map(|msg| self.of(msg)).unwrap_or_default()
    }

    pub(super) fn button(&self, button: &Button) -> ui::Click {
        ui::Click {
            label: self.of(&button.label),
            action: action(&button.action),
            enabled: button.enabled,
            danger: is_danger(&button.action),
            glyph: glyph(&button.action),
        }
    }

    pub(super) fn buttons(&self, buttons: &[Button]) -> Vec<ui::Click> {
        buttons.iter().map(|button| self.button(button)).collect()
    }

    pub(super) fn menu(&self, buttons: &[Button]) -> ModelRc<ui::Click> {
        Rc::new(VecModel::from(self.buttons(buttons))).into()
    }

    pub(super) fn banner(&self, banner: &Banner) -> ui::BannerItem {
        ui::BannerItem {
            state: badge(banner.badge),
            text: self.of(&banner.text),
            has_remedy: banner.remedy.is_some(),
            remedy: self.maybe_button(banner.remedy.as_ref()),
            dismiss: action(&banner.dismiss),
        }
    }

    pub(super) fn card(&self, card: &Card, rows: ModelRc<ui::RowItem>) -> ui::CardItem {
        let haystack: Vec<String> = card.rows.iter().map(|row| haystack(card, row)).collect();
        ui::CardItem {
            name: card.name.as_str().into(),
            provider: self.of(&card.provider),
            access: self.of(&card.access),
            public: card.public,
            expiry: self.opt(card.expiry.as_ref()),
            primary: self.button(&card.primary),
            menu: self.menu(&card.menu),
            rows,
            haystack: format!("{}\n{}", card.name.to_lowercase(), haystack.join("\n")).into(),
        }
    }

    pub(super) fn row(&self, card: &Card, row: &Row, index: usize) -> ui::RowItem {
        ui::RowItem {
            index: i32::try_from(index).unwrap_or(i32::MAX),
            name: format!("{} {}", card.name, row.port).into(),
            state: badge(row.badge),
            word: self.of(&row.word),
            port: row.port.as_str().into(),
            protocol: row.protocol.as_str().into(),
            url: row.url.clone().unwrap_or_default().into(),
            short_url: row.short_url.as_str().into(),
            copy: self.button(&row.copy),
            open: self.button(&row.open),
            menu: self.menu(&row.menu),
            select: action(&row.select),
            selected: row.selected,
            haystack: haystack(card, row).into(),
        }
    }

    pub(super) fn panel(&self, panel: &Panel) -> ui::PanelItem {
        ui::PanelItem {
            title: panel.title.as_str().into(),
            state: badge(panel.badge),
            word: self.of(&panel.word),
            sentence: self.of(&panel.sentence),
            has_remedy: panel.remedy.is_some(),
            remedy: self.maybe_button(panel.remedy.as_ref()),
            url: panel.url.clone().unwrap_or_default().into(),
            lan_url: panel.lan_url.clone().unwrap_or_default().into(),
            latency_max: self.opt(panel.latency_max.as_ref()),
            traffic_max: self.opt(panel.traffic_max.as_ref()),
            uptime: self.opt(panel.uptime.as_ref().map(|(text, _)| text)),
            close: action(&panel.close),
        }
    }

    pub(super) fn moment(&self, entry: &TimelineEntry) -> ui::Moment {
        ui::Moment {
            at: self.of(&entry.at),
            state: badge(entry.badge),
            text: self.of(&entry.text),
        }
    }

    pub(super) fn dialog(&self, dialog: &DialogView) -> ui::DialogItem {
        let error = |field| {
            let mut errors = dialog.errors.iter();
            let found = errors.find(|(of, _)| *of == field);
            self.opt(found.map(|(_, msg)| msg))
        };
        ui::DialogItem {
            shape: shape(&dialog.kind),
            title: self.of(&dialog.title),
            body: self.opt(dialog.body.as_ref()),
            submit: self.opt(dialog.submit.as_ref()),
            confirm: self.maybe_button(dialog.confirm.as_ref()),
            protocol: dialog.protocol.as_str().into(),
            protocols: words(&dialog.protocols),
            providers: {
                let providers = dialog.providers.iter();
                model(providers.map(|provider| self.provider(provider)))
            },
            provider_error: error(Field::Provider),
            code: dialog
                .code
                .as_ref()
                .map(|(code, _)| code.as_str().into())
                .unwrap_or_default(),
            copy: self.maybe_button(dialog.code.as_ref().map(|(_, copy)| copy)),
            steps: self.menu(&dialog.steps),
            name_error: error(Field::Name),
            target_error: error(Field::Target),
            protocol_error: error(Field::Protocol),
            public_port_error: error(Field::PublicPort),
            join_error: error(Field::JoinLink),
            qr: dialog
                .qr
                .as_deref()
                .map(super::qr::image)
                .unwrap_or_default(),
            qr_text: dialog.qr.clone().unwrap_or_default().into(),
        }
    }

    pub(super) fn provider(&self, provider: &ProviderChoice) -> ui::ProviderItem {
        ui::ProviderItem {
            id: provider.id.as_str().into(),
            name: self.of(&provider.name),
            protocols: words(&provider.protocols),
            access: provider.access,
            shut: self.opt(provider.shut.as_ref()),
            set_up: self.maybe_button(provider.set_up.as_ref()),
        }
    }

    pub(super) fn account(&self, account: &AccountRow) -> ui::AccountItem {
        let option = |option: &OptionRow| ui::OptionItem {
            label: self.of(&option.label),
            choices: model(option.choices.iter().map(|(label, _)| self.of(label))),
            actions: model(option.choices.iter().map(|(_, does)| action(does))),
            chosen: option
                .chosen
                .and_then(|chosen| i32::try_from(chosen).ok())
                .unwrap_or(-1),
        };
        ui::AccountItem {
            name: account.name.as_str().into(),
            line: self.of(&account.line),
            manage: self.button(&account.manage),
            options: model(account.options.iter().map(option)),
            unfolded: account.options.iter().any(|option| !option.usual),
        }
    }

    pub(super) fn maybe_button(&self, button: Option<&Button>) -> ui::Click {
        button.map(|button| self.button(button)).unwrap_or_default()
    }
}

/// An action as the string that a click hands back.
pub(super) fn action(action: &Action) -> SharedString {
    // Plain data with string keys: it always becomes JSON.
    serde_json::to_string(action).unwrap_or_default().into()
}

/// What the filter looks in.
fn haystack(card: &Card, row: &Row) -> String {
    let url = row.url.as_deref().unwrap_or(&row.short_url);
    format!("{}\n{}\n{url}", card.name, row.port).to_lowercase()
}

/// Whether what is filtered for, word by word, is in `haystack`.
pub(super) fn matches(haystack: &str, filter: &str) -> bool {
    let filter = filter.to_lowercase();
    filter
        .split_whitespace()
        .all(|word| haystack.contains(word))
}

fn is_danger(action: &Action) -> bool {
    use DialogKind::{DeleteTunnel, RemovePort};
    matches!(
        action,
        Action::DeleteTunnel { .. }
            | Action::RemovePort { .. }
            | Action::OpenDialog {
                dialog: DeleteTunnel { .. } | RemovePort { .. }
            }
    )
}

fn glyph(action: &Action) -> ui::Glyph {
    match action {
        Action::CopyUrl { .. } => ui::Glyph::Copy,
        Action::OpenUrl { .. } => ui::Glyph::Open,
        Action::OpenDialog {
            dialog: DialogKind::QrCode { .. },
        } => ui::Glyph::Qr,
        _ => ui::Glyph::None,
    }
}

/// The rows of something that is made anew each time.
pub(super) fn model<T: Clone + 'static>(rows: impl IntoIterator<Item = T>) -> ModelRc<T> {
    Rc::new(VecModel::from_iter(rows)).into()
}

fn words(words: &[String]) -> ModelRc<SharedString> {
    model(words.iter().map(|word| word.as_str().into()))
}

fn shape(kind: &DialogKind) -> ui::DialogShape {
    match kind {
        DialogKind::CreateTunnel => ui::DialogShape::CreateTunnel,
        DialogKind::AddPort { .. } => ui::DialogShape::AddPort,
        DialogKind::DeleteTunnel { .. }
        | DialogKind::RemovePort { .. }
        | DialogKind::MakePublic { .. }
        | DialogKind::SignOut { .. } => ui::DialogShape::Confirm,
        DialogKind::Account { .. } => ui::DialogShape::Account,
        DialogKind::ChangeProtocol { .. } => ui::DialogShape::ChangeProtocol,
        DialogKind::QrCode { .. } => ui::DialogShape::Qr,
        DialogKind::Settings => ui::DialogShape::Settings,
        DialogKind::About => ui::DialogShape::About,
    }
}

pub(super) fn badge(badge: Badge) -> ui::BadgeState {
    match badge {
        Badge::Stopped => ui::BadgeState::Stopped,
        Badge::Creating => ui::BadgeState::Creating,
        Badge::Elsewhere => ui::BadgeState::Elsewhere,
        Badge::Private => ui::BadgeState::Private,
        Badge::Working => ui::BadgeState::Working,
        Badge::Slow => ui::BadgeState::Slow,
        Badge::Full => ui::BadgeState::Full,
        Badge::Unchecked | Badge::Checking => ui::BadgeState::Checking,
        Badge::Connecting => ui::BadgeState::Connecting,
        Badge::NoNetwork => ui::BadgeState::NoNetwork,
        Badge::Held | Badge::Reconnecting => ui::BadgeState::Reconnecting,
        Badge::ServiceDown => ui::BadgeState::ServiceDown,
        Badge::Busy | Badge::OverQuota => ui::BadgeState::OverQuota,
        Badge::Unreachable => ui::BadgeState::Unreachable,
        Badge::TakenOver => ui::BadgeState::TakenOver,
        Badge::SignIn => ui::BadgeState::SignIn,
        Badge::Failed => ui::BadgeState::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn every_word_of_the_filter_must_be_there() {
        let haystack = "frontend\n3000\nhttp://web.localhost:7480/";
        for filter in ["", "  ", "Front", "300", "web front", "WEB.LOCAL"] {
            assert!(matches(haystack, filter), "{filter:?}");
        }
        for filter in ["docs", "front 8080"] {
            assert!(!matches(haystack, filter), "{filter:?}");
        }
    }
}
