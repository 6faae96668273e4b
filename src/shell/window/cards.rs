//! The cards and their rows: keyed, so that a tick changes a row and never replaces it.

use super::map::{self, Text};
use super::sync;
use crate::model::{PortKey, TunnelId};
use crate::shell::ui;
use crate::view::{Card, Row};
use slint::{Model, ModelRc, SharedString, VecModel};
use std::cell::RefCell;
use std::rc::Rc;

/// What is on screen of the cards.
#[derive(Default)]
pub(super) struct Cards {
    model: Rc<VecModel<ui::CardItem>>,
    shown: RefCell<Vec<ShownCard>>,
}

struct ShownCard {
    tunnel: TunnelId,
    /// As it was drawn last; `None` before the first time.
    drawn: Option<Card>,
    model: Rc<VecModel<ui::RowItem>>,
    rows: Vec<ShownRow>,
}

struct ShownRow {
    key: PortKey,
    /// As it was drawn last, and at which place.
    drawn: Option<(Row, usize)>,
}

impl Cards {
    pub(super) fn model(&self) -> ModelRc<ui::CardItem> {
        Rc::clone(&self.model).into()
    }

    /// Draws what changed; everything, when `afresh`. Says whether a row is gone: it may have had
    /// the focus.
    pub(super) fn render(&self, cards: &[Card], text: &Text<'_>, afresh: bool) -> bool {
        let before = self.rows().count();
        let shown = &mut *self.shown.borrow_mut();
        let keys: Vec<TunnelId> = cards.iter().map(|card| card.tunnel.clone()).collect();
        sync::align(
            shown,
            &self.model,
            &keys,
            |card| &card.tunnel,
            |index| (ShownCard::new(&keys[index]), ui::CardItem::default()),
        );
        let mut place = 0;
        for (index, (card, shown)) in cards.iter().zip(shown).enumerate() {
            shown.render_rows(card, text, place, afresh);
            place += card.rows.len();
            if afresh || shown.drawn.as_ref() != Some(card) {
                let item = text.card(card, Rc::clone(&shown.model).into());
                self.model.set_row_data(index, item);
                shown.drawn = Some(card.clone());
            }
        }
        place < before
    }

    fn rows(&self) -> impl Iterator<Item = ui::RowItem> + '_ {
        let cards = self.model.iter();
        cards.flat_map(|card| card.rows.iter().collect::<Vec<_>>())
    }

    /// What opens the row at `place`; nothing for one that is open, or is not there.
    pub(super) fn opens(&self, place: i32) -> SharedString {
        let at = usize::try_from(place).ok();
        let row = at.and_then(|at| self.rows().nth(at));
        let closed = row.filter(|row| !row.selected);
        closed.map(|row| row.select).unwrap_or_default()
    }

    /// The place of the next row from `place` on that the filter lets through; -1 for none.
    pub(super) fn neighbour(&self, place: i32, step: i32, filter: &str) -> i32 {
        let rows: Vec<ui::RowItem> = self.rows().collect();
        let step = if step < 0 { -1 } else { 1 };
        let mut at = place + step;
        while let Some(row) = usize::try_from(at).ok().and_then(|at| rows.get(at)) {
            if map::matches(&row.haystack, filter) {
                return at;
            }
            at += step;
        }
        -1
    }
}

impl ShownCard {
    fn new(tunnel: &TunnelId) -> Self {
        Self {
            tunnel: tunnel.clone(),
            drawn: None,
            model: Rc::default(),
            rows: vec![],
        }
    }

    fn render_rows(&mut self, card: &Card, text: &Text<'_>, first: usize, afresh: bool) {
        let keys: Vec<PortKey> = card.rows.iter().map(|row| row.key.clone()).collect();
        sync::align(
            &mut self.rows,
            &self.model,
            &keys,
            |row| &row.key,
            |index| {
                let row = ShownRow {
                    key: keys[index].clone(),
                    drawn: None,
                };
                (row, ui::RowItem::default())
            },
        );
        let renamed = self.drawn.as_ref().is_some_and(|old| old.name != card.name);
        for (index, (row, shown)) in card.rows.iter().zip(&mut self.rows).enumerate() {
            let place = first + index;
            let same = matches!(&shown.drawn, Some((old, at)) if old == row && *at == place);
            if afresh || renamed || !same {
                sync::set_nested(&self.model, index, text.row(card, row, place));
                shown.drawn = Some((row.clone(), place));
            }
        }
    }
}
