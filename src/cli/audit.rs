//! `underpass audit`: shows the log, or checks its chain.

use super::speech::{Speech, complain, print, print_json};
use crate::audit::{self, Record, Summary, Unreadable};
use crate::cli::AuditArgs;
use crate::store::Home;
use crate::view::messages as m;
use serde::Serialize;
use std::collections::VecDeque;
use std::process::ExitCode;

#[derive(Serialize)]
struct Verdict<'a> {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    records: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    healed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    torn_end: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

pub(crate) fn run(home: &Home, args: AuditArgs) -> ExitCode {
    let speech = Speech::of(home);
    if args.verify {
        verify(home, args.json, &speech)
    } else {
        show(home, args, &speech)
    }
}

fn verify(home: &Home, json: bool, speech: &Speech) -> ExitCode {
    match audit::verify(&home.audit_log()) {
        Ok(summary) if json => {
            print_json(&Verdict {
                ok: true,
                records: Some(summary.records),
                last: summary.last.as_deref(),
                healed: Some(summary.healed),
                torn_end: Some(summary.torn_end),
                error: None,
            });
            ExitCode::SUCCESS
        }
        Ok(summary) => {
            say_summary(&summary, speech);
            ExitCode::SUCCESS
        }
        Err(error) => {
            if json {
                print_json(&Verdict {
                    ok: false,
                    records: None,
                    last: None,
                    healed: None,
                    torn_end: None,
                    error: Some(error.to_string()),
                });
            } else {
                complain(&error.to_string());
            }
            ExitCode::FAILURE
        }
    }
}

fn say_summary(summary: &Summary, speech: &Speech) {
    speech.say(&m::cli_audit_holds(summary.records));
    if summary.healed > 0 {
        speech.say(&m::cli_audit_healed(summary.healed));
    }
    if summary.torn_end {
        speech.say(&m::cli_audit_torn());
    }
}

fn show(home: &Home, args: AuditArgs, speech: &Speech) -> ExitCode {
    let records = match audit::read(&home.audit_log()) {
        Ok(records) => records,
        Err(error) => {
            complain(&error.to_string());
            return ExitCode::FAILURE;
        }
    };
    let mut none = true;
    let mut last = VecDeque::new();
    for record in records {
        none = false;
        match args.tail {
            None => show_one(&record, args.json, speech),
            Some(count) => {
                last.push_back(record);
                if last.len() > count {
                    last.pop_front();
                }
            }
        }
    }
    for record in &last {
        show_one(record, args.json, speech);
    }
    if none && !args.json {
        speech.say(&m::cli_audit_none());
    }
    ExitCode::SUCCESS
}

fn show_one(record: &Result<Record, Unreadable>, json: bool, speech: &Speech) {
    match record {
        Ok(record) if json => print_json(record),
        Ok(record) => print(&line(record)),
        Err(Unreadable::Line { line }) => speech.complain(&m::cli_audit_line_unreadable(*line)),
        Err(Unreadable::Io(error)) => complain(&error.to_string()),
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
