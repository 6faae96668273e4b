//! What the tray shall show, in words and before any menu exists: a value to compare and to test.
//!
//! An entry's id is its action in JSON, so a click says by itself what it asks for, however the menu
//! has changed since it was drawn.

use super::icon::Look;
use crate::model::Action;
use crate::view::{Button, Msg, TrayItem, TrayView};

/// Everything the tray shows, in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) look: Look,
    pub(super) tooltip: String,
    pub(super) menu: Vec<Entry>,
}

/// One entry of the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// A line; one without an id says something and cannot be clicked.
    Line {
        label: String,
        enabled: bool,
        id: Option<String>,
    },
    /// A line that opens a menu.
    Submenu { label: String, entries: Vec<Entry> },
    /// A line between groups.
    Separator,
}

impl Plan {
    pub(super) fn new(view: &TrayView, text: &dyn Fn(&Msg) -> String) -> Self {
        Self {
            look: Look::of(view.worst),
            tooltip: text(&view.tooltip),
            menu: plan_entries(&view.menu, text),
        }
    }
}

fn plan_entries(items: &[TrayItem], text: &dyn Fn(&Msg) -> String) -> Vec<Entry> {
    items.iter().map(|item| plan_entry(item, text)).collect()
}

fn plan_entry(item: &TrayItem, text: &dyn Fn(&Msg) -> String) -> Entry {
    match item {
        TrayItem::Label(msg) => Entry::Line {
            label: escape(&text(msg)),
            enabled: false,
            id: None,
        },
        TrayItem::Button(Button {
            label,
            action,
            enabled,
        }) => Entry::Line {
            label: escape(&text(label)),
            enabled: *enabled,
            id: id_of(action),
        },
        TrayItem::Submenu {
            label,
            badge: _,
            items,
        } => Entry::Submenu {
            label: escape(&text(label)),
            entries: plan_entries(items, text),
        },
        TrayItem::Separator => Entry::Separator,
    }
}

/// In a menu `&` marks the key that picks the entry; two of them are the character.
fn escape(label: &str) -> String {
    label.replace('&', "&&")
}

fn id_of(action: &Action) -> Option<String> {
    serde_json::to_string(action).ok()
}

/// What a click on the entry with this id asks for.
pub(super) fn action_of(id: &str) -> Option<Action> {
    serde_json::from_str(id).ok()
}

/// Whether one menu becomes the other by new labels alone: then an open menu stays open.
pub(super) fn same_shape(old: &[Entry], new: &[Entry]) -> bool {
    old.len() == new.len() && old.iter().zip(new).all(|(old, new)| same_kind(old, new))
}

fn same_kind(old: &Entry, new: &Entry) -> bool {
    match (old, new) {
        (Entry::Line { id: old, .. }, Entry::Line { id: new, .. }) => old == new,
        (Entry::Submenu { entries: old, .. }, Entry::Submenu { entries: new, .. }) => {
            same_shape(old, new)
        }
        (Entry::Separator, Entry::Separator) => true,
        (Entry::Line { .. } | Entry::Submenu { .. } | Entry::Separator, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{PortKey, PortNumber, ProviderId, TunnelId};
    use crate::view::{Arg, Badge};
    use proptest::prelude::*;

    fn msg(text: &str) -> Msg {
        Msg {
            id: "test",
            args: vec![("text", Arg::Text(text.to_owned()))],
        }
    }

    fn in_words(msg: &Msg) -> String {
        match &msg.args[0].1 {
            Arg::Text(text) => text.clone(),
            other => panic!("{other:?}"),
        }
    }

    fn button(label: &str, action: Action) -> TrayItem {
        TrayItem::Button(Button {
            label: msg(label),
            action,
            enabled: true,
        })
    }

    fn tunnel(label: &str, first: Action) -> TrayItem {
        TrayItem::Submenu {
            label: msg(label),
            badge: Badge::Working,
            items: vec![button("first", first)],
        }
    }

    fn host(id: &str) -> Action {
        Action::Host {
            tunnel: TunnelId::new(id).expect("a label"),
        }
    }

    fn stop(id: &str) -> Action {
        Action::Stop {
            tunnel: TunnelId::new(id).expect("a label"),
        }
    }

    fn plan(menu: Vec<TrayItem>) -> Plan {
        Plan::new(
            &TrayView {
                worst: None,
                tooltip: msg("tip"),
                menu,
            },
            &in_words,
        )
    }

    #[test]
    fn a_menu_is_planned_as_the_view_says() {
        let planned = plan(vec![
            TrayItem::Label(msg("R&D: 1 working")),
            TrayItem::Separator,
            tunnel("● web", stop("web")),
            TrayItem::Button(Button {
                label: msg("Stop all"),
                action: Action::StopAll,
                enabled: false,
            }),
        ]);
        let line = |label: &str, enabled, id: Option<&str>| Entry::Line {
            label: label.to_owned(),
            enabled,
            id: id.map(str::to_owned),
        };
        assert_eq!(
            planned.menu,
            [
                line("R&&D: 1 working", false, None),
                Entry::Separator,
                Entry::Submenu {
                    label: "● web".to_owned(),
                    entries: vec![line("first", true, Some(r#"{"do":"stop","tunnel":"web"}"#))],
                },
                line("Stop all", false, Some(r#"{"do":"stop-all"}"#)),
            ]
        );
        assert_eq!(planned.tooltip, "tip");
    }

    #[test]
    fn new_labels_keep_the_menu_and_new_actions_do_not() {
        let old = plan(vec![tunnel("● web", stop("web"))]).menu;
        for (new, same) in [
            (vec![tunnel("▲ web", stop("web"))], true),
            (vec![tunnel("● web", host("web"))], false),
            (vec![tunnel("● web", stop("api"))], false),
            (
                vec![tunnel("● web", stop("web")), TrayItem::Separator],
                false,
            ),
            (vec![button("● web", stop("web"))], false),
            (vec![], false),
        ] {
            assert_eq!(same_shape(&old, &plan(new.clone()).menu), same, "{new:?}");
        }
    }

    #[test]
    fn an_id_that_is_no_action_asks_for_nothing() {
        assert_eq!(action_of(""), None);
        assert_eq!(action_of("1001"), None);
        assert_eq!(action_of(r#"{"do":"format-disk"}"#), None);
    }

    proptest! {
        #[test]
        fn every_action_comes_back_from_its_id(name in "[a-z][a-z0-9]{0,20}", port in 1..=u16::MAX, text in ".*") {
            let tunnel = TunnelId::new(name).expect("a label");
            let number = PortNumber::new(port).expect("not 0");
            let key = PortKey { tunnel: tunnel.clone(), port: number };
            for action in [
                Action::Host { tunnel },
                Action::CopyUrl { key },
                Action::Share {
                    target: text.clone(),
                    provider: ProviderId::RELAY,
                    reach: None,
                },
                Action::Quit,
            ] {
                let id = id_of(&action).expect("an action is JSON");
                prop_assert_eq!(action_of(&id), Some(action));
            }
        }

        #[test]
        fn no_click_can_crash_it(id in ".*") {
            let _ = action_of(&id);
        }
    }
}
