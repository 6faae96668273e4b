//! The menu that a plan describes, as the tray's own objects. They stay on the thread that made them.

use super::plan::{Entry, same_shape};
use tray_icon::menu::{IsMenuItem, Menu, MenuId, MenuItem, PredefinedMenuItem, Submenu};

/// A menu and the plan it was made from.
pub(super) struct LiveMenu {
    entries: Vec<Entry>,
    items: Vec<Item>,
}

enum Item {
    Line(MenuItem),
    Submenu(Submenu, Vec<Item>),
    Separator(PredefinedMenuItem),
}

impl LiveMenu {
    /// Makes the objects, and the menu that holds them.
    pub(super) fn build(entries: Vec<Entry>) -> Result<(Self, Menu), tray_icon::menu::Error> {
        let items = entries
            .iter()
            .map(build_item)
            .collect::<Result<Vec<_>, _>>()?;
        let menu = Menu::new();
        for item in &items {
            menu.append(item.as_menu_item())?;
        }
        Ok((Self { entries, items }, menu))
    }

    /// Writes new labels into the menu as it stands; `false` when it must be built anew.
    pub(super) fn relabel(&mut self, entries: &[Entry]) -> bool {
        if !same_shape(&self.entries, entries) {
            return false;
        }
        relabel_items(&self.items, &self.entries, entries);
        self.entries = entries.to_vec();
        true
    }
}

impl Item {
    fn as_menu_item(&self) -> &dyn IsMenuItem {
        match self {
            Self::Line(item) => item,
            Self::Submenu(item, _) => item,
            Self::Separator(item) => item,
        }
    }
}

fn build_item(entry: &Entry) -> Result<Item, tray_icon::menu::Error> {
    Ok(match entry {
        Entry::Line {
            label,
            enabled,
            id: Some(id),
        } => Item::Line(MenuItem::with_id(MenuId::new(id), label, *enabled, None)),
        Entry::Line {
            label,
            enabled,
            id: None,
        } => Item::Line(MenuItem::new(label, *enabled, None)),
        Entry::Submenu { label, entries } => {
            let items = entries
                .iter()
                .map(build_item)
                .collect::<Result<Vec<_>, _>>()?;
            let submenu = Submenu::new(label, true);
            for item in &items {
                submenu.append(item.as_menu_item())?;
            }
            Item::Submenu(submenu, items)
        }
        Entry::Separator => Item::Separator(PredefinedMenuItem::separator()),
    })
}

fn relabel_items(items: &[Item], old: &[Entry], new: &[Entry]) {
    for ((item, old), new) in items.iter().zip(old).zip(new) {
        relabel_item(item, old, new);
    }
}

fn relabel_item(item: &Item, old: &Entry, new: &Entry) {
    match (item, old, new) {
        _ if old == new => {}
        (Item::Line(item), _, Entry::Line { label, enabled, .. }) => {
            item.set_text(label);
            item.set_enabled(*enabled);
        }
        (
            Item::Submenu(item, items),
            Entry::Submenu { entries: old, .. },
            Entry::Submenu {
                label,
                entries: new,
            },
        ) => {
            item.set_text(label);
            relabel_items(items, old, new);
        }
        // Shapes were compared before, so the kinds agree; a separator has nothing to write.
        (Item::Line(_) | Item::Submenu(..) | Item::Separator(_), _, _) => {}
    }
}
