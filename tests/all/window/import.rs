//! The dialog that takes over from other programs.

use super::bench::Bench;
use super::views::ENGLISH;
use underpass::model::{
    Action, Dialog, DialogKind, Found, Import, ImportFacts, ImportSource, Inputs, Outcome, Planned,
    Port, PortNumber, Protocol, ProviderId, Target, Tunnel, TunnelId, UnixMillis, Why,
};
use underpass::view::{View, fold};

fn planned(name: &str, port: u16) -> Planned {
    let target = Target::local(PortNumber::new(port).expect("not 0"));
    let id = TunnelId::new(name).expect("an id");
    let tunnel = Tunnel {
        name: name.to_owned(),
        ports: vec![Port::new(target.clone(), Protocol::Http, id.clone())],
        id,
        provider: ProviderId::RELAY,
        chosen: underpass::model::Chosen::default(),
        created_at: UnixMillis(1),
        expires_at: None,
        remote: None,
    };
    Planned {
        found: Found::new(1, name, ProviderId::RELAY, target),
        outcome: Outcome::New {
            tunnel: Box::new(tunnel),
            secrets: vec![],
        },
    }
}

fn view() -> View {
    let planned = vec![planned("shop", 3000), planned("blog", 4000)];
    let mut import = Import {
        found: planned.iter().map(|it| it.found.clone()).collect(),
        ..Import::default()
    };
    import.skip(9, "dns", Why::with(Why::NOT_CARRIED, "udp"));
    let inputs = Inputs {
        dialog: Some(Dialog {
            kind: DialogKind::Import,
            errors: vec![],
        }),
        import: Some(ImportFacts {
            sources: vec![ImportSource {
                path: "/home/anna/frpc.toml".into(),
                format: "frpc.toml",
                import,
            }],
            planned,
            ..ImportFacts::default()
        }),
        ..Inputs::default()
    };
    let mut view = ENGLISH.busy();
    view.window.dialog = fold(&inputs, UnixMillis(1)).window.dialog;
    view
}

#[test]
fn what_is_found_is_picked_and_what_is_not_taken_says_why() {
    let bench = Bench::new(&view());
    for text in [
        "Import from other programs",
        "/home/anna/frpc.toml",
        "Not imported, line 9: dns",
        "No provider here supports “udp”.",
    ] {
        assert!(bench.shows(text), "{text}");
    }
    bench.click("blog → localhost:4000");
    assert_eq!(bench.actions(), [Action::PickImport { at: 1, on: false }]);
    bench.click("Import 2 tunnels");
    assert_eq!(bench.actions(), [Action::Import]);
    bench.click("Cancel");
    assert_eq!(bench.actions(), [Action::CloseDialog]);
}
