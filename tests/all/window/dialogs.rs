//! What is typed into dialogs and what becomes of it.

use super::bench::Bench;
use super::views::{ENGLISH, PORTUGUESE, key, tunnel};
use slint::platform::Key;
use underpass::model::{
    Access, Action, DialogKind, Field, Language, Protocol, ProviderId, Secret, Theme,
};

#[test]
fn a_new_tunnel_is_typed_and_confirmed_by_key() {
    let bench = Bench::new(&ENGLISH.with_dialog(DialogKind::CreateTunnel));
    bench.write("docs");
    bench.key(Key::Tab);
    bench.write("4000");
    bench.key(Key::Return);
    let created = |protocol, public_port: &str| Action::CreateTunnel {
        provider: ProviderId::RELAY,
        access: Access::Private,
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
        assert_eq!(bench.actions(), [Action::CloseDialog], "one key is no yes");
        bench.key(Key::Tab);
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
    let link = Secret::new("underpass://x");
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
