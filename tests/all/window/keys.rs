//! Everything by key, and where the focus goes.

use super::bench::Bench;
use super::views::{ENGLISH, key, tunnel};
use slint::ComponentHandle;
use slint::platform::Key;
use underpass::model::{Action, DialogKind, Setting, Theme};
use underpass::shell::ui;
use underpass::view::{Badge, View};

#[test]
fn a_menu_opens_at_its_button_and_works_by_key() {
    let bench = Bench::new(&ENGLISH.busy());
    bench.click("More, frontend");
    assert!(bench.shows("Add a port…"));
    bench.key(Key::DownArrow);
    bench.key(Key::DownArrow);
    bench.key(Key::Return);
    let delete = DialogKind::DeleteTunnel {
        tunnel: tunnel("frontend"),
    };
    assert_eq!(bench.actions(), [Action::OpenDialog { dialog: delete }]);
    assert!(!bench.shows("Add a port…"));
    bench.click("More, frontend 3000");
    bench.key(Key::Escape);
    assert!(!bench.shows("Remove…"));
    assert_eq!(bench.actions(), []);
    bench.click("Menu");
    bench.click("About Underpass…");
    assert_eq!(
        bench.actions(),
        [Action::OpenDialog {
            dialog: DialogKind::About
        }]
    );
}

#[test]
fn behind_a_dialog_nothing_is_in_reach() {
    let bench = Bench::new(&ENGLISH.with_dialog(DialogKind::CreateTunnel));
    for _ in 0..12 {
        bench.key(Key::Tab);
    }
    bench.control("n");
    bench.control("k");
    assert_eq!(bench.actions(), []);
    assert!(!bench.types_into("Filter"));
    bench.click("Host, apis");
    assert_eq!(bench.actions(), [], "the scrim takes the click");
}

#[test]
fn the_focus_returns_to_what_opened_the_dialog() {
    let bench = Bench::new(&ENGLISH.busy());
    bench.key(Key::DownArrow);
    bench.key(Key::DownArrow);
    bench.render(&ENGLISH.with_dialog(DialogKind::CreateTunnel));
    bench.write("x");
    bench.render(&ENGLISH.busy());
    bench.key(Key::Space);
    assert_eq!(
        bench.actions(),
        [Action::Select {
            key: key("frontend", 5173)
        }]
    );
}

#[test]
fn arrows_walk_through_all_rows_and_enter_selects() {
    let bench = Bench::new(&ENGLISH.busy());
    let rows = [
        ("frontend", 3000),
        ("frontend", 5173),
        ("apis", 8049),
        ("database", 5432),
        ("database", 8080),
    ];
    for (id, port) in rows {
        bench.key(Key::DownArrow);
        bench.key(Key::Return);
        assert_eq!(bench.actions(), [Action::Select { key: key(id, port) }]);
    }
    bench.key(Key::DownArrow);
    bench.key(Key::UpArrow);
    bench.key(Key::Space);
    assert_eq!(
        bench.actions(),
        [Action::Select {
            key: key("database", 5432)
        }]
    );
}

/// More tunnels than fit.
fn many() -> View {
    let mut view = ENGLISH.busy();
    let cards = (10..30).map(|n| {
        let id = format!("tunnel-{n}");
        let row = |port| ENGLISH.row(&id, port, Badge::Working, "http", "tunnel.localhost:7480");
        ENGLISH.card(&id, true, vec![row(3000), row(4000)])
    });
    view.window.cards = cards.collect();
    view
}

#[test]
fn a_row_that_has_the_focus_is_seen_with_its_card_s_name() {
    let view = many();
    let bench = Bench::new(&view);
    let top_of = |n: usize| {
        let card = &view.window.cards[n].tunnel;
        bench.get(card.as_str()).absolute_position().y
    };
    let top = top_of(0);
    let rows = 2 * view.window.cards.len();
    for _ in 0..rows {
        bench.key(Key::DownArrow);
    }
    let first = view.window.cards[0].tunnel.as_str();
    assert!(!bench.shows(first), "it scrolls");
    for row in (0..rows - 1).rev() {
        bench.key(Key::UpArrow);
        // The list's own margin is above the first card.
        assert!(top_of(row / 2) > top - 20.0, "{row}");
    }
}

#[test]
fn what_a_filter_finds_first_is_in_sight() {
    let view = many();
    let bench = Bench::new(&view);
    let first = view.window.cards[0].tunnel.as_str();
    let top = |bench: &Bench| bench.get(first).absolute_position().y;
    let before = top(&bench);
    for _ in 0..2 * view.window.cards.len() {
        bench.key(Key::DownArrow);
    }
    assert!(!bench.shows(first), "it scrolls");
    bench.control("k");
    bench.write("tunnel");
    assert!((top(&bench) - before).abs() < 1.0);
}

#[test]
fn shortcuts_open_the_dialog_the_filter_and_close_the_panel() {
    let bench = Bench::new(&ENGLISH.selected());
    bench.control("n");
    assert_eq!(
        bench.actions(),
        [Action::OpenDialog {
            dialog: DialogKind::CreateTunnel
        }]
    );
    bench.control("k");
    bench.write("apis");
    assert!(bench.shows("apis 8049") && !bench.shows("frontend 3000") && !bench.shows("database"));
    bench.key(Key::Return);
    let opened = || Action::Select {
        key: key("apis", 8049),
    };
    assert_eq!(bench.actions(), [opened()]);
    bench.control("k");
    bench.key(Key::DownArrow);
    assert!(!bench.types_into("Filter"), "down leads to what was found");
    bench.key(Key::Return);
    assert_eq!(bench.actions(), [opened()]);
    bench.control("k");
    bench.write("nothing like it");
    assert!(bench.shows("Nothing matches the filter."));
    bench.key(Key::Escape);
    assert!(bench.shows("frontend 3000"));
    bench.click("Menu");
    bench.key(Key::Escape);
    assert!(!bench.types_into("Filter"), "Esc had left the filter");
    bench.key(Key::Escape);
    assert_eq!(bench.actions(), [Action::Deselect]);
}

#[test]
fn the_usual_keys_do_the_usual() {
    let bench = Bench::new(&ENGLISH.busy());
    let open = |dialog| Action::OpenDialog { dialog };
    bench.control("q");
    assert_eq!(bench.actions(), [Action::Quit]);
    bench.control("w");
    assert_eq!(bench.actions(), [Action::CloseWindow]);
    bench.control(",");
    assert_eq!(bench.actions(), [open(DialogKind::Settings)]);
    bench.key(Key::F1);
    assert_eq!(bench.actions(), [open(DialogKind::About)]);
    bench.key(Key::F5);
    assert_eq!(bench.actions(), [Action::Refresh]);
}

#[test]
fn a_tick_keeps_focus_and_selection() {
    let bench = Bench::new(&ENGLISH.selected());
    bench.key(Key::DownArrow);
    bench.key(Key::DownArrow);
    let mut view = ENGLISH.selected();
    view.window.cards[0].rows[1].badge = Badge::Working;
    view.window.cards[0].rows[1].word = ENGLISH.word(Badge::Working);
    view.window.cards.remove(1);
    bench.render(&view);
    assert!(!bench.shows("Service down") && !bench.shows("apis"));
    bench.key(Key::Return);
    assert_eq!(
        bench.actions(),
        [Action::Select {
            key: key("frontend", 5173)
        }]
    );
    bench.key(Key::DownArrow);
    bench.key(Key::Return);
    assert_eq!(
        bench.actions(),
        [Action::Select {
            key: key("database", 5432)
        }]
    );
}

#[test]
fn the_keyboard_lives_on_when_what_had_the_focus_is_gone() {
    let bench = Bench::new(&ENGLISH.busy());
    for _ in 0..3 {
        bench.key(Key::DownArrow);
    }
    let mut view = ENGLISH.busy();
    view.window.cards.remove(1);
    bench.render(&view);
    bench.control("n");
    let dialog = DialogKind::CreateTunnel;
    assert_eq!(bench.actions(), [Action::OpenDialog { dialog }]);
    bench.render(&ENGLISH.selected());
    bench.click("Close details");
    bench.render(&ENGLISH.busy());
    bench.control("k");
    assert!(bench.types_into("Filter"));
}

#[test]
fn everything_in_the_window_is_reached_by_tab() {
    let bench = Bench::new(&ENGLISH.busy());
    let mut seen = vec![];
    for _ in 0..40 {
        bench.key(Key::Tab);
        bench.key(Key::Space);
        for action in bench.actions() {
            if !seen.contains(&action) {
                seen.push(action);
            }
        }
        if bench.window.ui().global::<ui::Layers>().get_menu() {
            bench.key(Key::Escape);
        }
    }
    for wanted in [
        Action::OpenDialog {
            dialog: DialogKind::CreateTunnel,
        },
        Action::Set {
            setting: Setting::Theme(Theme::Dark),
        },
        Action::Stop {
            tunnel: tunnel("frontend"),
        },
        Action::Host {
            tunnel: tunnel("apis"),
        },
        Action::Select {
            key: key("database", 8080),
        },
        Action::OpenUrl {
            key: key("database", 8080),
        },
    ] {
        assert!(
            seen.contains(&wanted),
            "{wanted:?} is out of reach of the keyboard"
        );
    }
}
