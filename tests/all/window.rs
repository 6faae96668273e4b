//! The window, worked by label, pointer and key on Slint's testing backend.

mod account;
mod bench;
mod dialogs;
mod forms;
mod held;
mod import;
mod keys;
mod past;
mod shots;
mod views;

use bench::Bench;
use slint::ComponentHandle;
use slint::platform::{Key, WindowEvent};
use underpass::model::{Action, DialogKind, Reach, Setting, Theme, UnixMillis};
use underpass::shell::ui;
use underpass::view::fold;
use views::{ENGLISH, PORTUGUESE, key, tunnel};

fn shared(provider: &str, reach: Reach) -> Action {
    Action::Share {
        target: "3000".to_owned(),
        provider: provider.parse().expect("an id"),
        reach: Some(reach),
    }
}

#[test]
fn the_empty_window_shares_a_port_with_one_key() {
    let bench = Bench::new(&ENGLISH.empty());
    bench.write("3000");
    bench.key(Key::Return);
    assert_eq!(bench.actions(), [shared("relay", Reach::Here)]);
}

#[test]
fn the_empty_window_asks_whom_it_is_for_by_click_and_by_key() {
    let bench = Bench::new(&ENGLISH.empty());
    assert!(bench.shows("Only programs on this computer, such as your browser."));
    bench.write("3000");
    bench.pick("This network");
    assert!(!bench.shows("Only programs on this computer, such as your browser."));
    assert!(!bench.shows("Provider"), "nobody has to choose one");
    bench.click("Share");
    assert_eq!(bench.actions(), [shared("relay", Reach::Network)]);
    bench.pick("The internet");
    let note = "Cloudflare quick tunnel, without an account: encrypted up to there, the URL is different at each start.";
    assert!(bench.shows(note), "it says what a person gets");
    // Enter shares from wherever the focus is.
    bench.key(Key::Return);
    assert_eq!(bench.actions(), [shared("cloudflared", Reach::Internet)]);
    // From the choice of reach over that of provider: the second of them, by key.
    for _ in 0..2 {
        bench.key(Key::Tab);
    }
    bench.key(Key::Space);
    bench.key(Key::Return);
    assert_eq!(bench.actions(), [shared("ssh", Reach::Internet)]);
    let checked = |label| bench.get(label).accessible_checked();
    assert_eq!(checked("localhost.run"), Some(true));
    // What may be picked is not what is: another view leaves it alone.
    let mut view = ENGLISH.empty();
    view.window.first_run.as_mut().expect("it asks").usual = 1;
    bench.render(&view);
    assert_eq!(checked("localhost.run"), Some(true));
}

#[test]
fn what_cannot_be_picked_in_the_empty_window_says_why() {
    let mut inputs = underpass::model::Inputs {
        providers: underpass::provider::registry::catalog(),
        ..Default::default()
    };
    inputs.settings.relay.lan = true;
    inputs.relay.lan = true;
    let bench = Bench::new(&fold(&inputs, UnixMillis(1)));
    let why = "Not available for this computer only: “Reachable from this network” is turned on in Settings.";
    assert!(bench.shows(why));
    bench.write("3000");
    bench.pick("This computer");
    bench.click("Share");
    assert_eq!(bench.actions(), [shared("relay", Reach::Network)]);
    // It is available again once the settings allow it; and nobody has picked the network, which is to
    // stay closed.
    inputs.settings.relay.lan = false;
    inputs.relay.lan = false;
    bench.render(&fold(&inputs, UnixMillis(1)));
    assert!(!bench.shows(why));
    bench.click("Share");
    assert_eq!(bench.actions(), [shared("relay", Reach::Here)]);
    // What somebody picked stays as long as it can be.
    bench.pick("This network");
    inputs.relay.lan = true;
    bench.render(&fold(&inputs, UnixMillis(1)));
    inputs.relay.lan = false;
    bench.render(&fold(&inputs, UnixMillis(1)));
    bench.click("Share");
    assert_eq!(bench.actions(), [shared("relay", Reach::Network)]);
}

#[test]
fn whoever_leaves_a_relay_shares_with_no_stranger_instead() {
    let mut inputs = underpass::model::Inputs {
        providers: underpass::provider::registry::catalog(),
        ..Default::default()
    };
    inputs.relay.joined = Some("relay.example.org:7443".to_owned());
    let bench = Bench::new(&fold(&inputs, UnixMillis(1)));
    bench.write("3000");
    for picks in [false, true] {
        if picks {
            inputs.relay.joined = Some("relay.example.org:7443".to_owned());
            bench.render(&fold(&inputs, UnixMillis(1)));
            bench.pick("The internet");
        }
        bench.click("Share");
        assert_eq!(bench.actions(), [shared("relay", Reach::Internet)]);
        inputs.relay.joined = None;
        bench.render(&fold(&inputs, UnixMillis(1)));
        bench.click("Share");
        assert_eq!(bench.actions(), [shared("relay", Reach::Here)], "{picks}");
    }
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
                "1 needs attention",
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
                "1 exige atenção",
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
        (
            "Dark theme",
            Action::Set {
                setting: Setting::Theme(Theme::Dark),
            },
        ),
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
        assert_eq!(
            bench.actions(),
            std::slice::from_ref(&action),
            "a click on {label}"
        );
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
    bench.resize(1000, 900, 1.0);
    assert!(!bench.shows("frontend : 5173"));
    bench.render(&ENGLISH.troubled());
    for label in [
        "Your side: nothing listens on localhost:5173. The tunnel is fine.",
        "Check again",
        "Reconnected after 3 s (network)",
        "localhost:3000 answers",
        "99.2 % of 24 h",
        "This desktop has no system tray. Closing the window minimizes it.",
    ] {
        assert!(bench.shows(label), "{label}");
    }
    let url = bench.get("URL");
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
    assert!(bench.shows("Only on this computer.") && bench.shows("this computer"));
    bench.click("Open to this network");
    let setting = Setting::Lan(true);
    assert_eq!(bench.actions(), [Action::Set { setting }]);
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
