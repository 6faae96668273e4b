//! Taking over from other programs, from the menu to tunnels that nobody hosts yet.

use super::*;
use crate::model::{FileError, Found, Import, ImportSource, Outcome, Target, Why};

fn found(name: &str, number: u16) -> Found {
    let mut found = Found::new(1, name, ProviderId::RELAY, Target::local(port(number)));
    found.protocol = Protocol::Http;
    found
}

fn source(found: Vec<Found>) -> ImportSource {
    let mut import = Import {
        found,
        ..Import::default()
    };
    import.skip(7, "x", Why::plain(Why::LEFT_OUT));
    ImportSource {
        path: "/a/frpc.toml".into(),
        format: "frpc.toml",
        import,
    }
}

/// The question that was asked last.
fn asked(commands: &[Command]) -> (u64, Option<String>) {
    let read = commands.iter().find_map(|command| match command {
        Command::ReadImports { asked, file } => Some((*asked, file.clone())),
        _ => None,
    });
    read.expect("files are read")
}

fn open(rig: &mut Rig) -> u64 {
    let dialog = DialogKind::Import;
    asked(&rig.act(Action::OpenDialog { dialog })).0
}

fn creates(commands: &[Command]) -> Vec<String> {
    let created = commands.iter().filter_map(|command| match command {
        Command::Change { change, .. } => Some(change.tunnel().to_string()),
        _ => None,
    });
    created.collect()
}

#[test]
fn what_is_picked_is_made_and_nothing_of_it_hosted() {
    let mut rig = Rig::new();
    let number = open(&mut rig);
    let facts = rig.state.inputs.import.clone().expect("it is open");
    assert!(facts.looking && facts.sources.is_empty());
    let all = vec![found("web", 3000), found("api", 3001)];
    let result = Ok(vec![source(all)]);
    assert!(
        rig.put(Event::ImportsRead {
            asked: number,
            result
        })
        .is_empty()
    );
    rig.act(Action::PickImport { at: 0, on: false });
    rig.act(Action::PickImport { at: 1, on: false });
    rig.act(Action::PickImport { at: 1, on: true });
    let commands = rig.act(Action::Import);
    assert_eq!(creates(&commands), ["api"]);
    let all = rig.take_changes(commands);
    assert_eq!(starts(&all), 0, "nobody asked for that");
    assert!(rig.state.ledger.imported.is_empty());
    assert_eq!(rig.state.inputs.toast, Some(Toast::Imported { count: 1 }));
    let tunnel = rig.state.inputs.tunnel(&id("api")).expect("it is made");
    assert_eq!(tunnel.ports[0].protocol, Protocol::Http);
    assert!(rig.state.inputs.dialog.is_none() && rig.state.inputs.import.is_none());
    // One that is made by hand is hosted as ever.
    assert_eq!(starts(&rig.create("web", "3000")), 1);
}

#[test]
fn what_came_to_be_meanwhile_is_not_made_twice() {
    let mut rig = Rig::new();
    let number = open(&mut rig);
    let result = Ok(vec![source(vec![found("web", 3000)])]);
    rig.put(Event::ImportsRead {
        asked: number,
        result,
    });
    let planned = &rig
        .state
        .inputs
        .import
        .as_ref()
        .expect("it is open")
        .planned;
    assert!(matches!(planned[0].outcome, Outcome::New { .. }));
    let import = rig.state.inputs.import.clone();
    rig.create("other", "3000");
    rig.state.inputs.import = import;
    assert!(creates(&rig.act(Action::Import)).is_empty());
}

#[test]
fn an_answer_that_nobody_waits_for_is_forgotten() {
    let mut rig = Rig::new();
    let first = open(&mut rig);
    let commands = rig.act(Action::LookForImports {
        file: " ~/x.toml ".to_owned(),
    });
    let (second, file) = asked(&commands);
    assert_eq!(file.as_deref(), Some("~/x.toml"));
    let one = || Ok(vec![source(vec![found("web", 3000)])]);
    rig.put(Event::ImportsRead {
        asked: first,
        result: one(),
    });
    assert!(
        rig.state
            .inputs
            .import
            .as_ref()
            .is_some_and(|it| it.looking)
    );
    let result = Err(FileError::Late);
    rig.put(Event::ImportsRead {
        asked: second,
        result,
    });
    let error = rig
        .state
        .inputs
        .import
        .as_ref()
        .and_then(|it| it.error.as_ref());
    assert_eq!(error, Some(&FileError::Late));
    rig.act(Action::CloseDialog);
    assert!(rig.state.inputs.import.is_none(), "a secret may be in it");
    let number = open(&mut rig);
    rig.act(Action::CloseDialog);
    rig.put(Event::ImportsRead {
        asked: number,
        result: one(),
    });
    assert!(rig.state.inputs.import.is_none());
}

#[test]
fn tokens_and_secrets_go_to_the_keychain_and_a_kept_token_stays() {
    use crate::model::{AccountId, Catalog, Offers, OptionKind, OptionSpec, TextSpec};
    static ACME: Offers = Offers {
        id: ProviderId::literal("acme"),
        options: &[OptionSpec::new(
            "auth",
            "",
            OptionKind::Secret(TextSpec {
                example: "x",
                takes: |_| true,
            }),
        )
        .of_tunnel()],
        ..Offers::RELAY
    };
    let take = |kept: bool| {
        let mut rig = Rig::new();
        rig.state.inputs.providers = Catalog::new([&ACME]);
        let account = AccountId::only(ACME.id);
        if kept {
            rig.state.inputs.tokens.insert(account.clone());
        }
        let number = open(&mut rig);
        let mut with = found("web", 3000);
        with.provider = ACME.id;
        with.secrets
            .insert("auth".to_owned(), Secret::new("s3cret"));
        let mut source = source(vec![with]);
        source.import.tokens.push((account, Secret::new("t0ken")));
        let result = Ok(vec![source]);
        rig.put(Event::ImportsRead {
            asked: number,
            result,
        });
        let commands = rig.act(Action::Import);
        let secret = Command::KeepSecret("option/web/auth".to_owned(), Secret::new("s3cret"));
        assert!(commands.contains(&secret), "{commands:?}");
        assert!(!format!("{commands:?}").contains("s3cret"));
        commands
            .iter()
            .any(|it| matches!(it, Command::KeepToken(..)))
    };
    assert!(take(false) && !take(true));
}

#[test]
fn a_backup_has_what_there_is_now() {
    let mut rig = Rig::with_tunnel();
    let file = " ~/b.json ".to_owned();
    let commands = rig.act(Action::SaveBackup { file });
    let [Command::SaveBackup { file, backup }] = &commands[..] else {
        panic!("{commands:?}");
    };
    assert_eq!((file.as_str(), backup.tunnels.len()), ("~/b.json", 1));
    let file = String::new();
    assert!(rig.act(Action::SaveBackup { file }).is_empty());
    let result = Err(FileError::NoHome);
    rig.put(Event::BackupSaved(result.clone()));
    assert_eq!(rig.state.inputs.toast, Some(Toast::Backup { result }));
}

#[test]
fn what_could_not_be_read_whole_is_no_backup() {
    let file = || "settings.json".to_owned();
    let kept_as = || "kept".to_owned();
    for (kind, blocks) in [
        (NoticeKind::FileTooNew { file: file() }, true),
        (NoticeKind::FileUnreadable { file: file() }, true),
        (
            NoticeKind::FileCorrupt {
                file: file(),
                kept_as: kept_as(),
            },
            true,
        ),
        (
            NoticeKind::EntriesDropped {
                file: "tunnels.json".to_owned(),
                count: 1,
                kept_as: kept_as(),
            },
            true,
        ),
        (
            NoticeKind::FileCorrupt {
                file: "rows.json".to_owned(),
                kept_as: kept_as(),
            },
            false,
        ),
        (NoticeKind::NoKeychain, false),
    ] {
        let mut rig = Rig::with_tunnel();
        rig.put(Event::Noticed(kind.clone()));
        let save = || Action::SaveBackup {
            file: "~/b.json".to_owned(),
        };
        let saves = |commands: &[Command]| {
            let mut commands = commands.iter();
            commands.any(|it| matches!(it, Command::SaveBackup { .. }))
        };
        assert_eq!(saves(&rig.act(save())), !blocks, "{kind:?}");
        let is_told = matches!(
            rig.state.inputs.toast,
            Some(Toast::Backup {
                result: Err(FileError::NotWhole { .. })
            })
        );
        assert_eq!(is_told, blocks, "{kind:?}");
        let id = rig.state.inputs.notices[0].id;
        rig.act(Action::DismissNotice { id });
        assert!(saves(&rig.act(save())), "the person knows of it");
    }
}
