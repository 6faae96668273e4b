//! The dialog that takes over from other programs: a row for each thing, and what is not taken with why.

use super::build::NOW;
use crate::model::{
    AccountId, Action, Dialog, DialogKind, FileError, Found, Import, ImportFacts, ImportSource,
    Inputs, Outcome, Planned, PortNumber, ProviderId, Secret, Target, TunnelId, Why,
};
use crate::view::{DialogView, OptionRow, fold};

fn planned(name: &str, outcome: Outcome) -> Planned {
    let port = PortNumber::new(80).expect("not 0");
    let found = Found::new(3, name, ProviderId::RELAY, Target::local(port));
    Planned { found, outcome }
}

fn new(name: &str) -> Outcome {
    let id = TunnelId::new(name).expect("an id");
    let mut tunnel = super::build::tunnel(name, &[80]);
    tunnel.id = id;
    Outcome::New {
        tunnel: Box::new(tunnel),
        secrets: vec![("option/a/auth".to_owned(), Secret::new("hunter22"))],
    }
}

fn inputs() -> Inputs {
    let there = Outcome::There {
        id: TunnelId::new("old").expect("an id"),
        name: "Old".to_owned(),
    };
    let refused = Outcome::Refused(Why::plain(Why::NO_PROVIDER));
    let planned = vec![
        planned("a", new("a")),
        planned("b", new("b")),
        planned("c", there),
        planned("d", refused),
    ];
    let mut import = Import {
        found: planned.iter().map(|it| it.found.clone()).collect(),
        ..Import::default()
    };
    import.skip(0, "x", Why::with(Why::NOT_CARRIED, "udp"));
    let token = (AccountId::only(ProviderId::RELAY), Secret::new("hunter22"));
    import.tokens.push(token);
    Inputs {
        dialog: Some(Dialog {
            kind: DialogKind::Import,
            errors: vec![],
        }),
        import: Some(ImportFacts {
            sources: vec![ImportSource {
                path: "/a/frpc.toml".into(),
                format: "frpc.toml",
                import,
            }],
            planned,
            unpicked: [1].into(),
            ..ImportFacts::default()
        }),
        ..Inputs::default()
    }
}

#[test]
fn each_thing_has_its_row() {
    let view = fold(&inputs(), NOW);
    let Some(DialogView::Import {
        sections, submit, ..
    }) = &view.window.dialog
    else {
        panic!("{:?}", view.window.dialog);
    };
    let shown = |row: &OptionRow| match row {
        OptionRow::Toggle { on, .. } => format!("toggle {on}"),
        OptionRow::Note { label, hint } => {
            let hint = hint.as_ref().map_or("", |hint| hint.id);
            format!("{} {hint}", label.id)
        }
        OptionRow::Text(_) => "text".to_owned(),
        other => panic!("{other:?}"),
    };
    let rows: Vec<String> = sections.iter().flat_map(|it| &it.rows).map(shown).collect();
    assert_eq!(
        rows,
        [
            "import-token ",
            "toggle true",
            "toggle false",
            "import-there ",
            "import-skipped-at import-no-provider",
            "import-skipped import-not-carried",
            "text",
        ]
    );
    assert_eq!((&submit.action, submit.enabled), (&Action::Import, true));
    let told = serde_json::to_string(&view).expect("JSON");
    assert!(!told.contains("hunter22"));
}

#[test]
fn where_nothing_is_there_is_nothing_to_do() {
    let mut inputs = inputs();
    inputs.import = Some(ImportFacts::default());
    let view = fold(&inputs, NOW);
    let Some(DialogView::Import { body, submit, .. }) = view.window.dialog else {
        panic!("it is open");
    };
    assert_eq!((body.id, submit.enabled), ("import-nothing", false));
    inputs.import = None;
    assert!(fold(&inputs, NOW).window.dialog.is_none());
}

#[test]
fn why_a_file_was_not_read_is_a_message_of_ours() {
    let (file, kinds) = ("/a/x".to_owned(), "ngrok.yml".to_owned());
    let why = Why::plain("file-absent");
    for (error, id) in [
        (
            FileError::Unread {
                file: file.clone(),
                why,
            },
            "file-unread",
        ),
        (FileError::OfNoKind { file, kinds }, "file-of-no-kind"),
        (FileError::NoHome, "file-no-home"),
        (FileError::Late, "file-late"),
        (FileError::Busy, "file-busy"),
        (FileError::BrokenOff, "file-broken-off"),
    ] {
        let mut inputs = inputs();
        inputs.import = Some(ImportFacts {
            error: Some(error),
            ..ImportFacts::default()
        });
        let view = fold(&inputs, NOW);
        let Some(DialogView::Import { sections, .. }) = view.window.dialog else {
            panic!("it is open");
        };
        let Some(OptionRow::Text(entry)) = sections[0].rows.first() else {
            panic!("{sections:?}");
        };
        assert_eq!(entry.error.as_ref().map(|it| it.id), Some(id));
    }
}
