//! The window, worked by label, pointer and key on Slint's testing backend.

mod bench;
mod shots;
mod views;

use bench::Bench;
use slint::ComponentHandle;
use slint::platform::{Key, WindowEvent};
use underpass::model::{Action, DialogKind, Field, Language, Protocol, Theme};
use underpass::shell::ui;
use underpass::view::Badge;
use views::{ENGLISH, PORTUGUESE, key, tunnel};

#[test]
fn the_empty_window_shares_a_port_with_one_key() {
    let bench = Bench::new(&ENGLISH.empty());
    bench.write("3000");
    bench.key(Key::Return);
    let target = "3000".to_owned();
    assert_eq!(bench.actions(), [Action::Share { target }]);
}

#[test]
fn the_empty_window_says_what_is_no_port() {
    let bench = Bench::new(&PORTUGUESE.empty());
    let error = "Digite uma porta de 1 a 65535, ou HOST:PORTA.";
    for wrong in ["0", "70000", "abc", ""] {
        bench.write(wrong);
        bench.click("Compartilhar");
        assert!(bench.shows(error), "{wrong:?}");
        assert_eq!(bench.actions(), []);
        bench.control("a");
        bench.key(Key::Backspace);
    }
    bench.write("nas.lan:80");
    assert!(!bench.shows(error));
}

#[test]
fn cards_rows_and_counts_are_shown_in_both_languages() {
    for (scene, labels) in [
        (
            ENGLISH,
            [
                "2 working",
                "1 needs you",
                "Service down",
                "public",
                "New tunnel",
                "Host, apis",
            ],
        ),
        (
            PORTUGUESE,
            [
                "2 funcionando",
                "1 precisa de você",
                "Serviço parado",
                "público",
                "Novo túnel",
                "Hospedar, apis",
            ],
        ),
    ] {
        let bench = Bench::new(&scene.busy());
        for label in labels.into_iter().chain([
            "frontend",
            "frontend 3000",
            "5173",
            "frontend.localhost:7480",
        ]) {
            assert!(bench.shows(label), "{label}");
        }
    }
}

#[test]
fn each_click_is_its_action() {
    let bench = Bench::new(&ENGLISH.selected());
    let at = || key("frontend", 5173);
    let cases = [
        (
            "Host, apis",
            Action::Host {
                tunnel: tunnel("apis"),
            },
        ),
        (
            "Stop, frontend",
            Action::Stop {
                tunnel: tunnel("frontend"),
            },
        ),
        ("Copy URL, frontend 5173", Action::CopyUrl { key: at() }),
        ("Open, frontend 5173", Action::OpenUrl { key: at() }),
        ("frontend 5173", Action::Select { key: at() }),
        (
            "New tunnel",
            Action::OpenDialog {
                dialog: DialogKind::CreateTunnel,
            },
        ),
        ("Dark theme", Action::SetTheme { theme: Theme::Dark }),
        (
            "Stop, frontend : 3000",
            Action::Stop {
                tunnel: tunnel("frontend"),
            },
        ),
        ("Close details", Action::Deselect),
    ];
    for (label, action) in cases {
        bench.click(label);
        assert_eq!(bench.actions(), [action.clone()], "a click on {label}");
        bench.get(label).invoke_accessible_default_action();
        assert_eq!(bench.actions(), [action], "the default action of {label}");
    }
}

#[test]
fn a_disabled_button_does_nothing() {
    let mut view = ENGLISH.busy();
    view.window.cards[0].primary.enabled = false;
    let bench = Bench::new(&view);
    bench.click("Stop, frontend");
    bench
        .get("Stop, frontend")
        .invoke_accessible_default_action();
    assert_eq!(bench.actions(), []);
}

#[test]
fn the_panel_says_how_it_is_and_why() {
    let bench = Bench::new(&ENGLISH.busy());
    assert!(!bench.shows("frontend : 5173"));
    bench.render(&ENGLISH.troubled());
    for label in [
        "Your side: nothing listens on localhost:5173. The tunnel is fine.",
        "Check again",
        "Reconnected after 3 s (network)",
        "localhost:3000 answers",
        "99.2 % of 24 h",
        "This desktop shows no tray icons: closing the window minimises it.",
    ] {
        assert!(bench.shows(label), "{label}");
    }
    let url = bench.get("Public URL");
    assert_eq!(
        url.accessible_value().as_deref(),
        Some("http://frontend.localhost:7480/")
    );
    assert_eq!(url.accessible_read_only(), Some(true));
    bench.click("Check again");
    assert_eq!(
        bench.actions(),
        [Action::CheckNow {
            key: key("frontend", 5173)
        }]
    );
    bench.click("Copied http://frontend.localhost:7480/");
    assert_eq!(bench.actions(), [Action::DismissToast]);
}

#[test]
fn a_narrow_window_shows_the_panel_instead_of_the_list() {
    let bench = Bench::new(&ENGLISH.selected());
    assert!(bench.shows("apis") && bench.shows("Close details"));
    bench.resize(640, 480, 1.0);
    assert!(!bench.shows("apis") && bench.shows("frontend : 3000"));
    bench.click("Back");
    assert_eq!(bench.actions(), [Action::Deselect]);
}

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
fn a_new_tunnel_is_typed_and_confirmed_by_key() {
    let bench = Bench::new(&ENGLISH.with_dialog(DialogKind::CreateTunnel));
    bench.write("docs");
    bench.key(Key::Tab);
    bench.write("4000");
    bench.key(Key::Return);
    let created = |protocol, public_port: &str| Action::CreateTunnel {
        name: "docs".to_owned(),
        target: "4000".to_owned(),
        protocol,
        public_port: public_port.to_owned(),
    };
    assert_eq!(bench.actions(), [created(Protocol::Auto, "")]);
    assert!(
        !bench.shows("Advanced"),
        "a public port goes with tcp alone"
    );
    bench.pick("tcp");
    bench.key(Key::Tab);
    bench.key(Key::Return);
    bench.write("7501");
    bench.click("Create and host");
    assert_eq!(bench.actions(), [created(Protocol::Tcp, "7501")]);
    bench.pick("http");
    bench.click("Create and host");
    assert_eq!(bench.actions(), [created(Protocol::Http, "")]);
    bench.key(Key::Escape);
    assert_eq!(bench.actions(), [Action::CloseDialog]);
}

#[test]
fn errors_stand_beside_their_fields_and_keep_what_was_typed() {
    let mut view = ENGLISH.with_dialog(DialogKind::CreateTunnel);
    let bench = Bench::new(&view);
    bench.write("docs");
    let wrong = ENGLISH.say("“70000” is no port.", "“70000” não é uma porta.");
    view.window.dialog =
        Some(ENGLISH.dialog(DialogKind::CreateTunnel, vec![(Field::Target, wrong)]));
    bench.render(&view);
    assert!(bench.shows("“70000” is no port."));
    let field = bench.get("Local port");
    assert_eq!(
        field.accessible_description().as_deref(),
        Some("“70000” is no port.")
    );
    assert_eq!(
        bench.get("Name").accessible_value().as_deref(),
        Some("docs")
    );
    // What was typed is gone with the dialog.
    bench.render(&ENGLISH.busy());
    bench.render(&ENGLISH.with_dialog(DialogKind::CreateTunnel));
    assert_eq!(bench.get("Name").accessible_value().as_deref(), Some(""));
}

#[test]
fn a_port_is_added_and_a_protocol_changed() {
    let add = DialogKind::AddPort {
        tunnel: tunnel("frontend"),
    };
    let bench = Bench::new(&ENGLISH.with_dialog(add));
    bench.write("8080");
    bench.pick("https");
    bench.key(Key::Return);
    assert_eq!(
        bench.actions(),
        [Action::AddPort {
            tunnel: tunnel("frontend"),
            target: "8080".to_owned(),
            protocol: Protocol::Https,
            public_port: String::new(),
        }]
    );
    let change = DialogKind::ChangeProtocol {
        key: key("frontend", 3000),
    };
    bench.render(&ENGLISH.with_dialog(change));
    bench.pick("tcp");
    bench.click("Change");
    let protocol = Protocol::Tcp;
    assert_eq!(
        bench.actions(),
        [Action::ChangeProtocol {
            key: key("frontend", 3000),
            protocol
        }]
    );
}

#[test]
fn deletion_is_confirmed_first() {
    let kind = || DialogKind::DeleteTunnel {
        tunnel: tunnel("frontend"),
    };
    for (scene, question) in [
        (ENGLISH, "Its URL stops working for everyone."),
        (PORTUGUESE, "Sua URL para de funcionar para todos."),
    ] {
        let bench = Bench::new(&scene.with_dialog(kind()));
        assert!(bench.shows(question));
        bench.key(Key::Return);
        assert_eq!(
            bench.actions(),
            [Action::DeleteTunnel {
                tunnel: tunnel("frontend")
            }]
        );
        bench.key(Key::Escape);
        assert_eq!(bench.actions(), [Action::CloseDialog]);
    }
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
    bench.key(Key::Return);
    assert_eq!(
        bench.actions(),
        [Action::Select {
            key: key("apis", 8049)
        }]
    );
    bench.control("k");
    bench.write("nothing like it");
    assert!(bench.shows("Nothing here matches the filter."));
    bench.key(Key::Escape);
    assert!(bench.shows("frontend 3000"));
    bench.key(Key::Escape);
    assert_eq!(bench.actions(), [Action::Deselect]);
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
fn language_and_theme_change_while_it_runs() {
    let bench = Bench::new(&ENGLISH.busy());
    let dark = || bench.window.ui().global::<ui::Theme>().get_dark();
    assert!(!dark() && bench.shows("New tunnel"));
    bench.render(&PORTUGUESE.busy());
    assert!(dark() && bench.shows("Novo túnel") && bench.shows("Hospedar, apis"));
    assert!(!bench.shows("New tunnel") && !bench.shows("Host, apis"));
    let mut view = PORTUGUESE.busy();
    view.theme = Theme::System;
    bench.render(&view);
    assert!(!dark(), "the test's system has no dark scheme");
}

#[test]
fn settings_are_actions() {
    let bench = Bench::new(&ENGLISH.with_dialog(DialogKind::Settings));
    let cases = [
        ("Dark", Action::SetTheme { theme: Theme::Dark }),
        (
            "Português (Brasil)",
            Action::SetLanguage {
                language: Some(Language::PtBr),
            },
        ),
        ("Start when I sign in", Action::SetAutostart { on: true }),
        ("Reachable from this network", Action::SetLan { on: true }),
    ];
    for (label, action) in cases {
        bench.click(label);
        assert_eq!(bench.actions(), [action], "{label}");
    }
    bench.click("Join link of a relay");
    bench.write("underpass://x");
    bench.key(Key::Return);
    let link = "underpass://x".to_owned();
    assert_eq!(bench.actions(), [Action::JoinRelay { link }]);
    let mut view = ENGLISH.with_dialog(DialogKind::About);
    bench.render(&view);
    assert!(bench.shows("#MadeWithSlint"));
    bench.click("Close");
    assert_eq!(bench.actions(), [Action::CloseDialog]);
    view.window.dialog = None;
    bench.render(&view);
    assert!(!bench.shows("#MadeWithSlint"));
}

#[test]
fn the_close_button_only_asks() {
    let bench = Bench::new(&ENGLISH.busy());
    bench
        .window
        .ui()
        .window()
        .dispatch_event(WindowEvent::CloseRequested);
    assert_eq!(bench.actions(), [Action::CloseWindow]);
    assert!(bench.window.is_visible());
    bench.window.hide().expect("it hides");
    assert!(!bench.window.is_visible());
    bench.window.show().expect("it shows");
    assert!(bench.window.is_visible());
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
        Action::SetTheme { theme: Theme::Dark },
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
