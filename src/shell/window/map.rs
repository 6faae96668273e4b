//! The view's parts as the structs that `ui/` draws: texts made, actions as opaque strings.

use crate::model::{Action, DialogKind, Field};
use crate::shell::text::Catalogue;
use crate::shell::ui;
use crate::view::{
    Badge, Banner, Button, Card, DialogView, Entry, Errors, Msg, OptionRow, Panel, ProviderChoice,
    Row, Section, TimelineEntry,
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
            access: self.opt(card.access.as_ref()),
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
            reach: self.opt(panel.reach.as_ref()),
            has_widen: panel.widen.is_some(),
            widen: self.maybe_button(panel.widen.as_ref()),
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
            ago: self.of(&entry.ago),
            state: badge(entry.badge),
            text: self.of(&entry.text),
        }
    }

    /// Each dialog with what it shows; the rest stays empty.
    pub(super) fn dialog(&self, dialog: &DialogView) -> ui::DialogItem {
        use ui::DialogShape as Shape;
        let item = |shape, title, body| ui::DialogItem {
            shape,
            title: self.of(title),
            body: self.opt(body),
            ..ui::DialogItem::default()
        };
        match dialog {
            DialogView::CreateTunnel { title, errors, .. } => {
                self.form(item(Shape::CreateTunnel, title, None), errors, None)
            }
            DialogView::AddPort {
                title,
                protocols,
                errors,
                submit,
                ..
            } => ui::DialogItem {
                protocols: words(protocols),
                ..self.form(item(Shape::AddPort, title, None), errors, Some(submit))
            },
            DialogView::ChangeProtocol {
                title,
                body,
                protocols,
                protocol,
                errors,
                submit,
                ..
            } => ui::DialogItem {
                protocols: words(protocols),
                protocol: protocol.as_str().into(),
                ..self.form(
                    item(Shape::ChangeProtocol, title, Some(body)),
                    errors,
                    Some(submit),
                )
            },
            DialogView::Confirm {
                title,
                body,
                confirm,
            } => ui::DialogItem {
                confirm: self.button(confirm),
                ..item(Shape::Confirm, title, Some(body))
            },
            DialogView::Account {
                title,
                body,
                code,
                steps,
            } => ui::DialogItem {
                code: plain(code.as_ref().map(|(code, _)| code.as_str())),
                copy: self.maybe_button(code.as_ref().map(|(_, copy)| copy)),
                steps: self.menu(steps),
                ..item(Shape::Account, title, Some(body))
            },
            DialogView::QrCode { title, body, url } => ui::DialogItem {
                qr: url.as_deref().map(super::qr::image).unwrap_or_default(),
                qr_text: plain(url.as_deref()),
                ..item(Shape::Qr, title, Some(body))
            },
            DialogView::Import {
                title,
                body,
                submit,
                ..
            } => ui::DialogItem {
                confirm: self.button(submit),
                ..item(Shape::Import, title, Some(body))
            },
            DialogView::Settings { title, .. } => item(Shape::Settings, title, None),
            DialogView::About { title } => item(Shape::About, title, None),
        }
    }

    fn form(&self, item: ui::DialogItem, errors: &Errors, submit: Option<&Msg>) -> ui::DialogItem {
        let error = |field| {
            let found = errors.iter().find(|(of, _)| *of == field);
            self.opt(found.map(|(_, msg)| msg))
        };
        ui::DialogItem {
            submit: self.opt(submit),
            reach_error: error(Field::Reach),
            provider_error: error(Field::Provider),
            name_error: error(Field::Name),
            target_error: error(Field::Target),
            protocol_error: error(Field::Protocol),
            public_port_error: error(Field::PublicPort),
            ..item
        }
    }

    pub(super) fn section(
        &self,
        section: &Section,
        rows: ModelRc<ui::OptionItem>,
    ) -> ui::SectionItem {
        let head = section.head.as_ref();
        ui::SectionItem {
            name: self.opt(head.map(|(name, _)| name)),
            line: self.opt(head.map(|(_, line)| line)),
            has_button: section.button.is_some(),
            button: self.maybe_button(section.button.as_ref()),
            rows,
            folded: section.folded,
        }
    }

    pub(super) fn options(&self, rows: &[OptionRow]) -> Vec<ui::OptionItem> {
        rows.iter().map(|row| self.option(row)).collect()
    }

    fn option(&self, row: &OptionRow) -> ui::OptionItem {
        match row {
            OptionRow::Toggle {
                label,
                hint,
                on,
                set,
            } => ui::OptionItem {
                kind: ui::OptionKind::Toggle,
                label: self.of(label),
                hint: self.opt(hint.as_ref()),
                chosen: i32::from(*on),
                actions: model(set.iter().map(action)),
                ..ui::OptionItem::default()
            },
            OptionRow::Choice {
                label,
                choices,
                chosen,
            } => ui::OptionItem {
                kind: ui::OptionKind::Choice,
                label: self.of(label),
                choices: model(choices.iter().map(|(label, _)| self.of(label))),
                chosen: chosen.map_or(-1, |chosen| i32::try_from(chosen).unwrap_or(-1)),
                actions: model(choices.iter().map(|(_, does)| action(does))),
                ..ui::OptionItem::default()
            },
            OptionRow::Note { label, hint } => ui::OptionItem {
                kind: ui::OptionKind::Note,
                label: self.of(label),
                hint: self.opt(hint.as_ref()),
                ..ui::OptionItem::default()
            },
            OptionRow::Text(entry) => self.entry(ui::OptionKind::Text, entry),
            OptionRow::Secret(entry) => self.entry(ui::OptionKind::Secret, entry),
            OptionRow::Number(entry) => self.entry(ui::OptionKind::Number, entry),
        }
    }

    fn entry(&self, kind: ui::OptionKind, entry: &Entry) -> ui::OptionItem {
        ui::OptionItem {
            kind,
            label: self.of(&entry.label),
            hint: self.opt(entry.hint.as_ref()),
            text: entry.text.as_str().into(),
            placeholder: entry.placeholder.as_str().into(),
            error: self.opt(entry.error.as_ref()),
            button: self.opt(entry.button.as_ref()),
            actions: model([action(&entry.set)]),
            ..ui::OptionItem::default()
        }
    }

    pub(super) fn provider(&self, provider: &ProviderChoice) -> ui::ProviderItem {
        ui::ProviderItem {
            id: provider.id.as_str().into(),
            name: self.of(&provider.name),
            protocols: words(&provider.protocols),
            access: provider.access,
            submit: self.of(&provider.submit),
            usual: i32::try_from(provider.usual).unwrap_or(i32::MAX),
            note: self.opt(provider.note.as_ref()),
            warning: self.opt(provider.warning.as_ref()),
            shut: self.opt(provider.shut.as_ref()),
            set_up: self.maybe_button(provider.set_up.as_ref()),
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

fn plain(text: Option<&str>) -> SharedString {
    text.unwrap_or_default().into()
}

fn words(words: &[String]) -> ModelRc<SharedString> {
    model(words.iter().map(|word| word.as_str().into()))
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
