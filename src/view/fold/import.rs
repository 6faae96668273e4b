//! What could be taken over from other programs, as a dialog with a row for each tunnel.

use super::button::when;
use super::scene::Scene;
use crate::model::{
    Action, FileError, Found, ImportFacts, ImportSource, Inputs, Outcome, Planned, Skipped, Why,
};
use crate::view::{Arg, DialogView, Entry, Msg, OptionRow, Section, messages as m};

/// Why something is not taken over, and what can be done; or what is wrong with a file.
pub fn import_reason(why: &Why) -> Msg {
    Msg {
        id: why.code,
        args: vec![("detail", Arg::Text(why.detail.clone()))],
    }
}

/// Why a file was not read, or not written.
pub fn file_error(error: &FileError) -> Msg {
    match error {
        FileError::Unread { file, why } => m::file_unread(import_reason(why), file),
        FileError::OfNoKind { file, kinds } => m::file_of_no_kind(file, kinds),
        FileError::NotWritten { file, why } => m::backup_not_written(import_reason(why), file),
        FileError::There { file } => m::file_there(file),
        FileError::NoHome => m::file_no_home(),
        FileError::Late => m::file_late(),
        FileError::Busy => m::file_busy(),
        FileError::BrokenOff => m::file_broken_off(),
        FileError::NotWhole { file } => m::file_not_whole(file),
    }
}

pub(super) fn fold(scene: &Scene) -> Option<DialogView> {
    let facts = scene.inputs.import.as_ref()?;
    let mut rest = facts.planned.iter().enumerate();
    let mut sections: Vec<Section> = vec![];
    for of in &facts.sources {
        let own = rest.by_ref().take(of.import.found.len());
        sections.push(source(scene.inputs, facts, of, own.collect()));
    }
    sections.push(others(scene.inputs, facts));
    let count = facts.picked().len();
    let tokens = facts.sources.iter().map(|it| it.import.tokens.len());
    let is_any = count + tokens.sum::<usize>() > 0;
    Some(DialogView::Import {
        title: m::import_title(),
        body: match (facts.looking, facts.sources.is_empty()) {
            (true, _) => m::import_looking(),
            (false, true) => m::import_nothing(),
            (false, false) => m::import_body(),
        },
        sections,
        submit: when(is_any, m::import_submit(count), Action::Import),
    })
}

fn source(
    inputs: &Inputs,
    facts: &ImportFacts,
    source: &ImportSource,
    planned: Vec<(usize, &Planned)>,
) -> Section {
    let mut rows: Vec<OptionRow> = vec![];
    for (account, _) in &source.import.tokens {
        let name = inputs.providers.of(account.provider).name;
        rows.push(note(if inputs.tokens.contains(account) {
            m::import_token_there(name)
        } else {
            m::import_token(name)
        }));
    }
    let planned = planned.into_iter();
    rows.extend(planned.map(|(at, planned)| row(inputs, facts, at, planned)));
    rows.extend(source.import.skipped.iter().map(skipped));
    Section {
        head: Some((
            m::import_file(source.path.display().to_string()),
            m::import_format(source.format),
        )),
        rows,
        ..Section::default()
    }
}

/// Among the settings: where all of them can be saved, and the tunnels.
pub(super) fn backup() -> Section {
    /// Where the person's other files are.
    const USUAL: &str = "~/underpass-backup.json";
    let row = OptionRow::Text(Entry {
        label: m::settings_backup_file(),
        hint: None,
        placeholder: USUAL.to_owned(),
        text: USUAL.to_owned(),
        error: None,
        set: Action::SaveBackup {
            file: String::new(),
        },
        button: Some(m::settings_backup_save()),
    });
    Section {
        head: Some((m::settings_backup(), m::settings_backup_line())),
        rows: vec![row],
        ..Section::default()
    }
}

fn row(inputs: &Inputs, facts: &ImportFacts, at: usize, planned: &Planned) -> OptionRow {
    let Found {
        line,
        name,
        provider,
        target,
        ..
    } = &planned.found;
    let offers = inputs.providers.of(*provider);
    let carrier = if offers.joins {
        m::provider_ours()
    } else {
        m::provider_named(offers.name)
    };
    match &planned.outcome {
        Outcome::New { tunnel, .. } => OptionRow::Toggle {
            label: m::import_tunnel(tunnel.name.as_str(), target.to_string()),
            hint: Some(carrier),
            on: !facts.unpicked.contains(&at),
            set: [false, true].map(|on| Action::PickImport { at, on }),
        },
        Outcome::There { name, .. } => note(m::import_there(name.as_str(), target.to_string())),
        Outcome::Refused(why) => skipped(&Skipped {
            line: *line,
            what: name.clone(),
            why: why.clone(),
        }),
    }
}

fn skipped(skipped: &Skipped) -> OptionRow {
    let label = match (skipped.line, skipped.what.as_str()) {
        (0, what) => m::import_skipped(what),
        (line, what) => m::import_skipped_at(line.to_string(), what),
    };
    OptionRow::Note {
        label,
        hint: Some(import_reason(&skipped.why)),
    }
}

const fn note(label: Msg) -> OptionRow {
    OptionRow::Note { label, hint: None }
}

/// Another file, and what needs no import.
fn others(inputs: &Inputs, facts: &ImportFacts) -> Section {
    let mut rows = vec![OptionRow::Text(Entry {
        label: m::import_other(),
        hint: None,
        placeholder: "~/frpc.toml".to_owned(),
        text: String::new(),
        error: facts.error.as_ref().map(file_error),
        set: Action::LookForImports {
            file: String::new(),
        },
        button: Some(m::import_look()),
    })];
    let listed = inputs.providers.remote();
    rows.extend(listed.map(|offers| note(m::import_listed(offers.name))));
    Section {
        rows,
        ..Section::default()
    }
}
