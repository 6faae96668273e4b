//! What is typed into dialogs and what becomes of it.

use super::bench::Bench;
use super::views::{ENGLISH, PORTUGUESE, key, tunnel};
use slint::platform::Key;
use underpass::model::{
    Access, Action, DialogKind, Field, Language, Protocol, ProviderId, Reach, Secret, Setting,
    Theme,
};
use underpass::view::{DialogView, Entry, OptionRow, Section, View};

#[test]
fn a_new_tunnel_is_typed_and_confirmed_by_key() {
    let bench = Bench::new(&ENGLISH.with_dialog(DialogKind::CreateTunnel));
    bench.write("docs");
    bench.key(Key::Tab);
    bench.write("4000");
    bench.key(Key::Return);
    let created = |protocol, public_port: &str| Action::CreateTunnel {
        provider: ProviderId::RELAY,
        reach: Some(Reach::Here),
        access: Access::Private,
        name: "docs".to_owned(),
        target: "4000".to_owned(),
        protocol,
        public_port: public_port.to_owned(),
        options: [].into(),
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
fn whom_a_new_tunnel_is_for_is_picked_and_goes_with_it() {
    let bench = Bench::new(&ENGLISH.with_dialog(DialogKind::CreateTunnel));
    bench.resize(980, 1200, 1.0);
    bench.write("docs");
    bench.key(Key::Tab);
    bench.write("4000");
    let created = || {
        let actions = bench.actions();
        let [
            Action::CreateTunnel {
                provider,
                reach,
                options,
                ..
            },
        ] = &actions[..]
        else {
            panic!("{actions:?}");
        };
        let options: Vec<String> = options
            .iter()
            .map(|(key, value)| format!("{key}={}", value.expose()))
            .collect();
        (provider.to_string(), *reach, options)
    };
    let made = |provider: &str, reach, options: &[&str]| {
        let options = options.iter().map(|&option| option.to_owned());
        (
            provider.to_owned(),
            Some(reach),
            options.collect::<Vec<_>>(),
        )
    };
    // What is picked of the three has the next Tab's focus; the second is one further.
    bench.key(Key::Tab);
    bench.key(Key::Tab);
    bench.key(Key::Space);
    bench.key(Key::Return);
    assert_eq!(created(), made("relay", Reach::Network, &[]));
    bench.pick("The internet");
    bench.key(Key::Return);
    assert_eq!(created(), made("cloudflared", Reach::Internet, &[]));
    bench.pick("localhost.run");
    bench.key(Key::Return);
    let service = ["service=localhost.run"];
    assert_eq!(created(), made("ssh", Reach::Internet, &service));
    bench.pick("bore");
    let warning = "bore doesn't encrypt: anyone on the way can read and change what goes through the tunnel. Don't use it for anything secret.";
    assert!(bench.shows(warning));
    bench.pick("This computer");
    assert!(!bench.shows(warning) && !bench.shows("localhost.run"));
    bench.click("Create and host");
    assert_eq!(created(), made("relay", Reach::Here, &[]));
}

#[test]
fn what_the_network_opens_is_said_before_it_is_asked_for() {
    let mut view = ENGLISH.with_dialog(DialogKind::CreateTunnel);
    let Some(DialogView::CreateTunnel { reach, .. }) = &mut view.window.dialog else {
        panic!("it is open");
    };
    let said = "Your 2 other tunnels here can then be opened from this network too.";
    reach.choices[1].also = Some(underpass::view::messages::reach_hint_others(2_usize));
    let bench = Bench::new(&view);
    assert!(!bench.shows(said));
    bench.pick("This network");
    assert!(bench.shows(said));
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
        ("Dark", Setting::Theme(Theme::Dark)),
        (
            "Português (Brasil)",
            Setting::Language(Some(Language::PtBr)),
        ),
        ("Start when I sign in", Setting::Autostart(true)),
        ("Reachable from this network", Setting::Lan(true)),
    ];
    for (label, setting) in cases {
        bench.click(label);
        assert_eq!(bench.actions(), [Action::Set { setting }], "{label}");
    }
    bench.click("Relay join link");
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

/// An option of each kind.
fn options() -> Vec<OptionRow> {
    let set = |key: &str, value: &str| Action::SetOption {
        provider: ProviderId::RELAY,
        key: key.to_owned(),
        value: value.to_owned(),
    };
    let entry = |label, key, placeholder: &str, text: &str| Entry {
        label: ENGLISH.say(label, label),
        hint: None,
        placeholder: placeholder.to_owned(),
        text: text.to_owned(),
        error: None,
        set: set(key, ""),
        button: None,
    };
    vec![
        OptionRow::Toggle {
            label: ENGLISH.say("Pooling", "Pooling"),
            hint: None,
            on: false,
            set: [set("pooling", "off"), set("pooling", "on")],
        },
        OptionRow::Choice {
            label: ENGLISH.say("Binding", "Binding"),
            choices: ["public", "internal"]
                .map(|word| (ENGLISH.say(word, word), set("binding", word)))
                .into(),
            chosen: Some(0),
        },
        OptionRow::Choice {
            label: ENGLISH.say("Sign-in", "Sign-in"),
            choices: [
                "nobody", "amazon", "facebook", "github", "gitlab", "google", "twitch",
            ]
            .map(|word| (ENGLISH.say(word, word), set("oauth", word)))
            .into(),
            chosen: Some(0),
        },
        OptionRow::Text(entry("Domain", "domain", "app.example.org", "")),
        OptionRow::Secret(entry("Password", "password", "", "")),
        OptionRow::Number(entry("Probe pause", "pause", "30", "60")),
    ]
}

fn with_options(rows: Vec<OptionRow>) -> View {
    let mut view = ENGLISH.with_dialog(DialogKind::CreateTunnel);
    let Some(DialogView::CreateTunnel { reach, .. }) = &mut view.window.dialog else {
        panic!("it is open");
    };
    let mut ours = reach.choices[0].providers[0].clone();
    ours.usual = usize::MAX;
    reach.usual = 2;
    let internet = &mut reach.choices[2];
    internet.usual = 0;
    internet.providers = vec![ours];
    let providers = &mut internet.providers;
    let other = providers[0].clone();
    providers[0].options = rows;
    providers.push(other);
    providers[1].name = ENGLISH.say("Another", "Outro");
    view
}

/// What a new tunnel is asked for with.
fn asked(bench: &Bench) -> Vec<(String, String)> {
    let actions = bench.actions();
    let [Action::CreateTunnel { options, .. }] = &actions[..] else {
        panic!("{actions:?}");
    };
    let plain = |(key, value): (&String, &Secret)| (key.clone(), value.expose().to_owned());
    options.iter().map(plain).collect()
}

#[test]
fn what_is_chosen_of_a_provider_s_options_goes_with_the_new_tunnel() {
    let bench = Bench::new(&with_options(options()));
    // Room for all of them at once.
    bench.resize(980, 1000, 1.0);
    bench.write("docs");
    bench.click("Pooling");
    bench.pick("internal");
    bench.pick("gitlab");
    for (label, text) in [
        ("Domain", "a.b"),
        ("Password", "hunter22"),
        ("Probe pause", "0"),
    ] {
        bench.click(label);
        bench.write(text);
    }
    assert_eq!(bench.actions(), [], "nothing is sent before all of it is");
    let on = |label| bench.get(label).accessible_checked();
    assert_eq!((on("Pooling"), on("internal")), (Some(true), Some(true)));
    // An error comes back: what was picked and typed stays.
    let mut rows = options();
    let OptionRow::Text(domain) = &mut rows[3] else {
        panic!("it is the fourth");
    };
    domain.error = Some(ENGLISH.say("Not yours.", "Não é seu."));
    bench.render(&with_options(rows));
    assert!(bench.shows("Not yours."));
    let read = bench.get("Password").accessible_value();
    assert_eq!(
        read.as_deref(),
        Some(""),
        "a screen reader is told no secret"
    );
    bench.shoot("options-light");
    assert_eq!((on("Pooling"), on("internal")), (Some(true), Some(true)));
    bench.click("Create and host");
    let text = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(
        asked(&bench),
        [
            text("binding", "internal"),
            text("domain", "a.b"),
            text("oauth", "gitlab"),
            text("password", "hunter22"),
            text("pause", "600"),
            text("pooling", "on"),
        ]
    );
    bench.click("Pooling");
    bench.click("Create and host");
    assert!(asked(&bench).contains(&text("pooling", "off")));
    bench.pick("Another");
    assert!(!bench.shows("Pooling"));
    bench.click("Create and host");
    assert_eq!(asked(&bench), [], "they were another provider's");
    bench.pick("Underpass relay");
    assert_eq!(on("Pooling"), Some(false));
}

#[test]
fn an_option_in_the_settings_is_set_when_its_field_is_left() {
    let mut view = ENGLISH.with_dialog(DialogKind::Settings);
    let section = |rows| Section {
        rows,
        ..Section::default()
    };
    let show = |view: &mut View, rows| {
        let Some(DialogView::Settings { sections, .. }) = &mut view.window.dialog else {
            panic!("it is open");
        };
        *sections = vec![section(rows)];
    };
    show(&mut view, options());
    let bench = Bench::new(&view);
    let set = |key: &str, value: &str| Action::SetOption {
        provider: ProviderId::RELAY,
        key: key.to_owned(),
        value: value.to_owned(),
    };
    bench.click("Domain");
    bench.write("a.b");
    // Something else changes meanwhile: the field and what is in it stay.
    let mut rows = options();
    let OptionRow::Toggle { on, .. } = &mut rows[0] else {
        panic!("it is the first");
    };
    *on = true;
    show(&mut view, rows);
    bench.render(&view);
    bench.write("c");
    assert_eq!(bench.actions(), []);
    bench.key(Key::Tab);
    assert_eq!(bench.actions(), [set("domain", "a.bc")]);
    bench.write("secret12");
    bench.key(Key::Return);
    assert_eq!(bench.actions(), [set("password", "secret12")]);
    bench.click("Pooling");
    assert_eq!(bench.actions(), [set("pooling", "off")]);
    bench.pick("internal");
    assert_eq!(bench.actions(), [set("binding", "internal")]);
    let checked = bench.get("internal").accessible_checked();
    assert_eq!(checked, Some(false), "that is for the view to say");
}

#[test]
fn a_choice_in_the_settings_keeps_the_focus() {
    let mut view = ENGLISH.with_dialog(DialogKind::Settings);
    let bench = Bench::new(&view);
    let light = || Action::Set {
        setting: Setting::Theme(Theme::Light),
    };
    bench.key(Key::Space);
    assert_eq!(bench.actions(), [light()], "what is chosen has it");
    let dark = PORTUGUESE.folded(Some(DialogKind::Settings));
    view.window.dialog = dark.window.dialog;
    bench.render(&view);
    bench.key(Key::Space);
    assert_eq!(bench.actions(), [light()], "it stays where it was");
}
