//! The log as one document: JSON for programs, CSV for spreadsheets.

use super::{AuditArgs, say_unreadable, select};
use crate::audit::{Record, Unreadable};
use crate::base::files::replace_with;
use crate::cli::console::{Console, Failure};
use crate::store::Home;
use crate::view::messages as m;
use std::io::{self, BufWriter, Write};
use std::path::Path;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    Json,
    Csv,
}

/// What an export came to.
#[derive(Default)]
struct Done {
    records: u64,
    unreadable: Vec<Unreadable>,
}

/// Writes what is readable; whatever is not is said, and makes it a failure.
pub(super) fn run(
    home: &Home,
    args: &AuditArgs,
    format: Format,
    console: &Console,
) -> Result<(), Failure> {
    let records = select::records(home, args)?;
    let done = if let Some(path) = &args.output {
        if is_of_log(home, path) {
            let message = format!("{} is the audit log itself", path.display());
            return Err(io::Error::other(message).into());
        }
        to_file(path, |out| write(records, format, out))?
    } else {
        // A reader that goes away has not got all of it.
        let mut out = BufWriter::new(io::stdout().lock());
        let done = write(records, format, &mut out)?;
        out.flush()?;
        done
    };
    for unreadable in &done.unreadable {
        say_unreadable(unreadable, console);
    }
    if let Some(path) = &args.output {
        let name = path.to_string_lossy().into_owned();
        console.say(&m::cli_audit_exported(done.records, name));
    }
    if done.unreadable.is_empty() {
        Ok(())
    } else {
        Err(Failure::Said)
    }
}

/// Whether this is a file of the log, or would be taken for one: an export must not stand in its place.
fn is_of_log(home: &Home, path: &Path) -> bool {
    let log = home.audit_log();
    let folder = |path: &Path| {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        folder.unwrap_or(Path::new(".")).canonicalize().ok()
    };
    let is_named_so = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("audit.") && name.ends_with(".jsonl")
    };
    // By whatever link it is reached.
    let real = path.canonicalize();
    let path = real.as_deref().unwrap_or(path);
    is_named_so(path) && folder(path).is_some() && folder(path) == folder(&log)
}

fn to_file(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<Done>,
) -> io::Result<Done> {
    // A device or a pipe is not to be replaced by a file.
    if std::fs::metadata(path).is_ok_and(|data| !data.is_file()) {
        let message = format!("{} already exists and isn't a file", path.display());
        return Err(io::Error::other(message));
    }
    replace_with(path, |file| {
        let mut out = BufWriter::new(file);
        let done = write(&mut out)?;
        out.flush()?;
        Ok(done)
    })
    .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

fn write(
    records: impl Iterator<Item = Result<Record, Unreadable>>,
    format: Format,
    out: &mut dyn Write,
) -> io::Result<Done> {
    let mut done = Done::default();
    out.write_all(match format {
        Format::Json => b"[",
        Format::Csv => HEADER.as_bytes(),
    })?;
    for record in records {
        let record = match record {
            Ok(record) => record,
            Err(unreadable) => {
                done.unreadable.push(unreadable);
                continue;
            }
        };
        match format {
            Format::Json => {
                let text = serde_json::to_string(&record)?;
                let before = if done.records == 0 { "\n" } else { ",\n" };
                write!(out, "{before}{text}")?;
            }
            Format::Csv => out.write_all(row(&record).as_bytes())?,
        }
        done.records += 1;
    }
    if format == Format::Json {
        out.write_all(b"\n]\n")?;
    }
    Ok(done)
}

/// The names of the columns.
const HEADER: &str = "seq,at,kind,tunnel,provider,reason,urls,error,run,session,prev,hash\r\n";

/// A record as a row of RFC 4180.
fn row(record: &Record) -> String {
    let number = record.session.map(|number| number.to_string());
    let fields = [
        &record.seq.to_string(),
        &record.at,
        &record.kind,
        &record.tunnel,
        &record.provider,
        record.reason.as_deref().unwrap_or_default(),
        &record.urls.join(" "),
        record.error.as_deref().unwrap_or_default(),
        &record.run,
        number.as_deref().unwrap_or_default(),
        &record.prev,
        &record.hash,
    ];
    let mut row = fields.map(field).join(",");
    row.push_str("\r\n");
    row
}

/// A field that a spreadsheet shows and does not calculate: whoever names a tunnel, or answers as a
/// server, may not run formulas where the log is looked at.
fn field(text: &str) -> String {
    let shown: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let formula = shown
        .trim_start()
        .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    let guard = if formula { "'" } else { "" };
    if formula || shown.contains([',', '"', ' ', ';']) {
        format!("\"{guard}{}\"", shown.replace('"', "\"\""))
    } else {
        shown
    }
}

#[cfg(test)]
#[path = "export_tests.rs"]
mod tests;
