//! Whom a new tunnel is for, as it is picked in a form: kept here until the form is confirmed.

use super::map::{Text, model};
use crate::model::{ProviderId, Reach};
use crate::shell::ui;
use crate::view::{ProviderChoice, ReachChoice, ReachChoices};
use slint::{Model, ModelRc};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// What is picked, of what there is.
#[derive(Default)]
pub(super) struct Picker {
    choices: RefCell<Vec<ReachChoice>>,
    /// Each as it is drawn while it is picked.
    drawn: RefCell<Vec<Drawn>>,
    item: RefCell<ui::ReachItem>,
    reach: Cell<usize>,
    provider: Cell<usize>,
    /// Somebody picked it: what nobody did follows the settings.
    is_chosen: Cell<bool>,
}

/// Whom it is for and who carries it by which options, wherever that stands among the others.
#[derive(Clone, PartialEq)]
struct Picked {
    reach: Reach,
    provider: ProviderId,
    set: BTreeMap<String, String>,
}

impl Picked {
    fn is(&self, provider: &ProviderChoice) -> bool {
        provider.id == self.provider && provider.set == self.set
    }

    /// Where it can be picked; nowhere where it cannot any more.
    fn place(&self, choices: &[ReachChoice]) -> Option<(usize, usize)> {
        let is_it = |choice: &ReachChoice| choice.open && choice.reach == self.reach;
        let reach = choices.iter().position(is_it)?;
        let mut providers = choices[reach].providers.iter();
        let provider = providers.position(|it| it.shut.is_none() && self.is(it))?;
        Some((reach, provider))
    }
}

/// One reach as it is drawn, but for which of its providers is picked.
struct Drawn {
    item: ui::ReachItem,
    carriers: Vec<ui::ProviderItem>,
}

impl Picker {
    /// What there is now: whether another thing is picked than before. What somebody picked stays while
    /// the form is open and it can be; else it is what is usual now.
    pub(super) fn offer(
        &self,
        choices: Option<&ReachChoices>,
        opens: bool,
        text: &Text<'_>,
    ) -> bool {
        let before = self.picked();
        let list = choices.map_or(&[][..], |choices| &choices.choices);
        let shut = choices.map_or(&[][..], |choices| &choices.shut);
        let names = model(list.iter().map(|choice| text.of(&choice.name)));
        let open = model(list.iter().map(|choice| choice.open));
        let shut = model(shut.iter().map(|why| text.of(why)));
        let whole = ui::ReachItem {
            names,
            open,
            shut,
            ..ui::ReachItem::default()
        };
        let drawn = list.iter().map(|choice| draw(choice, &whole, text));
        self.drawn.replace(drawn.collect());
        self.choices.replace(list.to_vec());
        let usual = choices.map_or(0, |choices| choices.usual);
        let chosen = before.as_ref().filter(|_| self.is_chosen.get() && !opens);
        if let Some((reach, provider)) = chosen.and_then(|picked| picked.place(list)) {
            self.reach.set(reach);
            self.provider.set(provider);
        } else {
            self.pick_reach(usual);
            self.is_chosen.set(false);
        }
        opens || self.picked() != before
    }

    fn picked(&self) -> Option<Picked> {
        self.with_picked(|choice, provider| Picked {
            reach: choice.reach,
            provider: provider.id,
            set: provider.set.clone(),
        })
    }

    pub(super) fn pick_reach(&self, index: usize) {
        self.is_chosen.set(true);
        self.reach.set(index);
        let choices = self.choices.borrow();
        let usual = choices.get(index).map_or(0, |choice| choice.usual);
        self.provider.set(usual);
    }

    pub(super) fn pick_provider(&self, index: usize) {
        self.is_chosen.set(true);
        self.provider.set(index);
    }

    /// As it is drawn. Names that are the same stay the same model: with another one each would be drawn
    /// anew, and the focus be gone.
    pub(super) fn item(&self) -> ui::ReachItem {
        let mut item = self.draw_picked();
        let mut last = self.item.borrow_mut();
        keep(&mut item.names, &last.names);
        keep(&mut item.open, &last.open);
        keep(&mut item.shut, &last.shut);
        keep(&mut item.provider_names, &last.provider_names);
        keep(&mut item.provider_open, &last.provider_open);
        keep(&mut item.provider_shut, &last.provider_shut);
        *last = item.clone();
        item
    }

    fn draw_picked(&self) -> ui::ReachItem {
        let drawn = self.drawn.borrow();
        let Some(picked) = drawn.get(self.reach.get()) else {
            return ui::ReachItem::default();
        };
        let carrier = picked.carriers.get(self.provider.get());
        ui::ReachItem {
            picked: index(self.reach.get()),
            provider: index(self.provider.get()),
            carrier: carrier.cloned().unwrap_or_default(),
            ..picked.item.clone()
        }
    }

    /// Where what is picked stands among all that can be.
    pub(super) fn place(&self) -> (usize, usize) {
        (self.reach.get(), self.provider.get())
    }

    /// What is picked.
    pub(super) fn with_picked<T>(
        &self,
        read: impl FnOnce(&ReachChoice, &ProviderChoice) -> T,
    ) -> Option<T> {
        let choices = self.choices.borrow();
        let choice = choices.get(self.reach.get())?;
        let provider = choice.providers.get(self.provider.get())?;
        Some(read(choice, provider))
    }
}

fn draw(choice: &ReachChoice, whole: &ui::ReachItem, text: &Text<'_>) -> Drawn {
    let providers = &choice.providers;
    let shut = providers.iter().filter(|provider| provider.shut.is_some());
    let item = ui::ReachItem {
        hint: text.of(&choice.hint),
        also: text.opt(choice.also.as_ref()),
        provider_names: model(providers.iter().map(|provider| text.of(&provider.name))),
        provider_open: model(providers.iter().map(|provider| provider.shut.is_none())),
        provider_shut: model(shut.map(|provider| text.provider(provider))),
        ..whole.clone()
    };
    let carriers = providers.iter().map(|provider| text.provider(provider));
    Drawn {
        item,
        carriers: carriers.collect(),
    }
}

fn index(at: usize) -> i32 {
    i32::try_from(at).unwrap_or_default()
}

fn keep<T: PartialEq + Clone + 'static>(new: &mut ModelRc<T>, old: &ModelRc<T>) {
    if new.iter().eq(old.iter()) {
        *new = old.clone();
    }
}
