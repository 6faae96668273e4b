//! The dialog in front as Slint draws it, and what is picked and typed in a form until it is confirmed.

use super::map::Text;
use super::reach::Picker;
use super::sync;
use crate::model::{Access, Action, Protocol, Secret};
use crate::shell::ui;
use crate::view::{DialogView, ReachChoices, Section};
use slint::{ComponentHandle, Model, ModelRc, SharedString, VecModel};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::mem::discriminant;
use std::rc::Rc;

type Rows = Rc<VecModel<ui::OptionItem>>;

/// What is in front. Rows stay the same models while their dialog is open: what did not change in
/// them keeps its focus and what was typed.
#[derive(Default)]
pub(super) struct Dialog {
    shown: RefCell<Option<DialogView>>,
    sections: Rc<VecModel<ui::SectionItem>>,
    section_rows: RefCell<Vec<Rows>>,
    /// Of the provider that is picked for a new tunnel.
    options: Rows,
    picker: Picker,
    /// Of each provider there, by reach.
    offered: RefCell<Vec<Vec<Vec<ui::OptionItem>>>>,
    /// What was picked and typed of the options, by key.
    entered: RefCell<BTreeMap<String, Secret>>,
}

impl Dialog {
    pub(super) fn attach(&self, dialogs: &ui::Dialogs<'_>) {
        dialogs.set_sections(Rc::clone(&self.sections).into());
        dialogs.set_options(Rc::clone(&self.options).into());
    }

    pub(super) fn render(&self, ui: &ui::MainWindow, dialog: Option<&DialogView>, text: &Text<'_>) {
        let last = self.shown.replace(dialog.cloned());
        let opens = last.as_ref().map(discriminant) != dialog.map(discriminant);
        let layers = ui.global::<ui::Layers>();
        layers.set_menu(false);
        layers.set_dialog(dialog.is_some());
        let (reach, sections) = match dialog {
            Some(DialogView::CreateTunnel { reach, .. }) => (Some(reach), &[][..]),
            Some(DialogView::Settings { sections, .. } | DialogView::Import { sections, .. }) => {
                (None, &sections[..])
            }
            _ => (None, &[][..]),
        };
        let dialogs = ui.global::<ui::Dialogs>();
        self.render_reach(&dialogs, reach, opens, text);
        self.render_sections(sections, text);
        let item = dialog.map(|dialog| text.dialog(dialog));
        dialogs.set_item(item.unwrap_or_default());
    }

    fn render_reach(
        &self,
        dialogs: &ui::Dialogs<'_>,
        reach: Option<&ReachChoices>,
        opens: bool,
        text: &Text<'_>,
    ) {
        let is_another = self.picker.offer(reach, opens, text);
        let choices = reach.iter().flat_map(|reach| &reach.choices);
        let offered = choices.map(|choice| {
            let providers = choice.providers.iter();
            providers.map(|it| text.options(&it.options)).collect()
        });
        self.offered.replace(offered.collect());
        if is_another {
            self.forget_entered();
        } else {
            sync_rows(&self.options, self.offered_now(), VecModel::set_row_data);
        }
        dialogs.set_reach(self.picker.item());
    }

    fn offered_now(&self) -> Vec<ui::OptionItem> {
        let (reach, provider) = self.picker.place();
        let offered = self.offered.borrow();
        let rows = offered.get(reach).and_then(|choice| choice.get(provider));
        rows.cloned().unwrap_or_default()
    }

    pub(super) fn pick_reach(&self, dialogs: &ui::Dialogs<'_>, index: usize) {
        self.picker.pick_reach(index);
        self.forget_entered();
        dialogs.set_reach(self.picker.item());
    }

    pub(super) fn pick_provider(&self, dialogs: &ui::Dialogs<'_>, index: usize) {
        self.picker.pick_provider(index);
        self.forget_entered();
        dialogs.set_reach(self.picker.item());
    }

    /// What was chosen for another provider means nothing to this one.
    fn forget_entered(&self) {
        self.entered.borrow_mut().clear();
        self.options.set_vec(self.offered_now());
    }

    /// Keeps what was picked or typed until the form is confirmed.
    pub(super) fn enter(&self, action: Action) {
        if let Action::SetOption { key, value, .. } = action {
            self.entered.borrow_mut().insert(key, Secret::new(&value));
        }
    }

    /// What confirming it asks for; nothing, where nothing can be typed.
    pub(super) fn submitted(&self, typed: ui::TypedForm) -> Option<Action> {
        // What is picked is never wrong.
        let protocol: Protocol = typed.protocol.parse().unwrap_or_default();
        // A public port that was typed before the protocol changed its mind is not meant any more.
        let public_port = if protocol.is_web() {
            String::new()
        } else {
            typed.public_port.into()
        };
        match self.shown.borrow().as_ref()? {
            DialogView::CreateTunnel { .. } => self.picker.with_picked(|choice, carrier| {
                let mut options = self.entered.borrow().clone();
                let set = carrier.set.iter();
                options.extend(set.map(|(key, value)| (key.clone(), Secret::new(value))));
                Action::CreateTunnel {
                    name: typed.name.into(),
                    provider: carrier.id,
                    reach: Some(choice.reach),
                    access: if typed.public {
                        Access::Public
                    } else {
                        Access::Private
                    },
                    target: typed.target.into(),
                    protocol,
                    public_port,
                    options,
                }
            }),
            DialogView::AddPort { tunnel, .. } => Some(Action::AddPort {
                tunnel: tunnel.clone(),
                target: typed.target.into(),
                protocol,
                public_port,
            }),
            DialogView::ChangeProtocol { key, .. } => Some(Action::ChangeProtocol {
                key: key.clone(),
                protocol,
            }),
            DialogView::Confirm { .. }
            | DialogView::Account { .. }
            | DialogView::Import { .. }
            | DialogView::QrCode { .. }
            | DialogView::Settings { .. }
            | DialogView::About { .. } => None,
        }
    }

    fn render_sections(&self, sections: &[Section], text: &Text<'_>) {
        let mut rows = self.section_rows.borrow_mut();
        rows.resize_with(sections.len(), Rc::default);
        let items = sections.iter().zip(rows.iter()).map(|(section, rows)| {
            sync_rows(rows, text.options(&section.rows), sync::set_nested);
            text.section(section, Rc::clone(rows).into())
        });
        sync::values(&self.sections, items.collect());
    }
}

/// Rows in place. The words of a choice stay the same model where they are the same: with another one
/// each would be drawn anew, and the focus be gone.
fn sync_rows(
    rows: &VecModel<ui::OptionItem>,
    mut new: Vec<ui::OptionItem>,
    set: fn(&VecModel<ui::OptionItem>, usize, ui::OptionItem),
) {
    let keep = |new: &mut ModelRc<SharedString>, old: ModelRc<SharedString>| {
        if new.iter().eq(old.iter()) {
            *new = old;
        }
    };
    for (new, old) in new.iter_mut().zip(rows.iter()) {
        keep(&mut new.choices, old.choices);
        keep(&mut new.actions, old.actions);
    }
    sync::values_by(rows, new, set);
}
