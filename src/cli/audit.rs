//! `underpass audit`: shows the log, or checks its chain.

use super::console::{Console, Failure, print, print_error, print_json};
use crate::audit::{self, Record, Summary, Unreadable};
use crate::shell::text::printable;
use crate::store::Home;
use crate::view::messages as m;
use clap::Args;
use serde::Serialize;
use std::collections::VecDeque;
use std::process::ExitCode;

#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(crate) struct AuditArgs {
    /// Check that the log is as it was written; exit code 1 when it is not
    #[arg(long)]
    verify: bool,

    /// One JSON object a line
    #[arg(long)]
    json: bool,

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
}

pub(crate) fn run(home: &Home, args: &AuditArgs) -> ExitCode {
    let console = Console::of(home);
    console.end(if args.verify {
        verify(home, args.json, &console)
    } else {
        show(home, args, &console)
    })
}

fn verify(home: &Home, json: bool, console: &Console) -> Result<(), Failure> {
    match audit::verify(&home.audit_log()) {
        Ok(summary) if json => print_json(&Verdict {
            ok: true,
            summary: Some(summary),
            error: None,
        }),
        Ok(summary) => say_summary(&summary, console),
        Err(error) if json => {
            print_json(&Verdict {
                error: Some(error.to_string()),
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
    if summary.healed > 0 {
        console.say(&m::cli_audit_healed(summary.healed));
    }
    if summary.torn_end {
        console.say(&m::cli_audit_torn());
    }
}

fn show(home: &Home, args: &AuditArgs, console: &Console) -> Result<(), Failure> {
    let mut none = true;
    let mut last = VecDeque::new();
    for record in audit::read(&home.audit_log())? {
        none = false;
        match args.tail {
            None => show_one(&record, args.json, console),
            Some(count) => {
                last.push_back(record);
                if last.len() > count {
                    last.pop_front();
                }
            }
        }
    }
    for record in &last {
        show_one(record, args.json, console);
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
        Err(Unreadable::Line { line }) => console.error(&m::cli_audit_line_unreadable(*line)),
        Err(Unreadable::Io(error)) => print_error(&error.to_string()),
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
