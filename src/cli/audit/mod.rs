//! `underpass audit`: shows the log, exports it, or checks its chain.

mod export;
mod select;

use self::export::Format;
use super::console::{Console, Failure, print, print_error, print_json};
use crate::audit::{self, Broken, Record, Summary, Unreadable, VerifyError};
use crate::model::UnixMillis;
use crate::shell::text::printable;
use crate::store::Home;
use crate::view::messages as m;
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(crate) struct AuditArgs {
    /// Check that the log is intact; exit code 1 if it isn't
    #[arg(long)]
    verify: bool,

    /// Print one JSON object per line
    #[arg(long)]
    json: bool,

    /// Print one document: a JSON array, or CSV for a spreadsheet
    #[arg(long, value_name = "FORMAT", conflicts_with_all = ["verify", "json"])]
    export: Option<Format>,

    /// Write to this file, which only you can read, instead of standard output
    #[arg(long, value_name = "FILE", requires = "export")]
    output: Option<PathBuf>,

    /// Only the records of this tunnel
    #[arg(long, value_name = "ID", conflicts_with = "verify")]
    tunnel: Option<String>,

    /// Only the records since then: 2026-09-21, 2026-09-21T14:00:00Z, or 30m, 24h, 7d ago
    #[arg(long, value_name = "WHEN", conflicts_with = "verify", value_parser = select::parse_since)]
    since: Option<UnixMillis>,

    /// Only the last N records
    #[arg(long, value_name = "N", conflicts_with = "verify")]
    tail: Option<usize>,
}

#[derive(Default, Serialize)]
struct Verdict {
    ok: bool,
    #[serde(flatten)]
    summary: Option<Summary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// The place, where one file's one line is it.
    #[serde(flatten)]
    broken: Option<Broken>,
}

pub(crate) fn run(home: &Home, args: &AuditArgs) -> ExitCode {
    let console = Console::of(home).for_programs(args.json);
    console.end(match args.export {
        Some(format) => export::run(home, args, format, &console),
        None if args.verify => verify(home, args.json, &console),
        None => show(home, args, &console),
    })
}

fn verify(home: &Home, json: bool, console: &Console) -> Result<(), Failure> {
    match audit::verify(&home.audit_log()) {
        Ok(summary) if json => print_json(&Verdict {
            ok: true,
            summary: Some(summary),
            ..Verdict::default()
        }),
        Ok(summary) => say_summary(&summary, console),
        Err(error) if json => {
            print_json(&Verdict {
                error: Some(error.to_string()),
                broken: match error {
                    VerifyError::Broken(broken) => Some(broken),
                    VerifyError::Missing(_) | VerifyError::Io(_) => None,
                },
                ..Verdict::default()
            });
            return Err(Failure::Said);
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

fn say_summary(summary: &Summary, console: &Console) {
    console.say(&m::cli_audit_holds(summary.records));
    if summary.removed > 0 {
        console.say(&m::cli_audit_removed(summary.removed));
    }
    if let Some(last) = &summary.last {
        console.say(&m::cli_audit_last(last.clone()));
    }
    if summary.healed > 0 {
        console.say(&m::cli_audit_healed(summary.healed));
    }
    if summary.torn_end {
        console.say(&m::cli_audit_torn());
    }
}

fn show(home: &Home, args: &AuditArgs, console: &Console) -> Result<(), Failure> {
    let mut none = true;
    for record in select::records(home, args)? {
        none = false;
        show_one(&record, args.json, console);
    }
    if none && !args.json {
        console.say(&m::cli_audit_none());
    }
    Ok(())
}

fn show_one(record: &Result<Record, Unreadable>, json: bool, console: &Console) {
    match record {
        Ok(record) if json => print_json(record),
        // Whoever may write the file may have put in anything.
        Ok(record) => print(&printable(&line(record))),
        Err(unreadable) => say_unreadable(unreadable, console),
    }
}

fn say_unreadable(unreadable: &Unreadable, console: &Console) {
    match unreadable {
        Unreadable::Line { file, line } => {
            console.error(&m::cli_audit_line_unreadable(file.clone(), *line));
        }
        Unreadable::Io(error) => print_error(&error.to_string()),
    }
}

/// The words of the log itself: they are no prose in any language.
fn line(record: &Record) -> String {
    let Record {
        at, kind, tunnel, ..
    } = record;
    let mut line = format!("{at}  {kind:<24}  {tunnel}");
    let more = record.reason.iter().chain(&record.error);
    for text in more.chain(&record.urls) {
        line.extend(["  ", text]);
    }
    line
}
