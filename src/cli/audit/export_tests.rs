//! Tests of the export: what is written can be read back, and runs nothing.

use super::*;
use proptest::prelude::*;

fn record(seq: u64, error: &str) -> Record {
    Record {
        seq,
        at: "2026-09-21T14:13:20.007Z".to_owned(),
        kind: "tunnel.down".to_owned(),
        tunnel: "web".to_owned(),
        provider: "relay".to_owned(),
        reason: Some("dropped".to_owned()),
        urls: vec!["http://a/".to_owned(), "http://b/".to_owned()],
        error: Some(error.to_owned()),
        run: "5f".to_owned(),
        session: Some(3),
        torn: None,
        removed: None,
        missing: false,
        ends_file: false,
        prev: "00".to_owned(),
        hash: "ab".to_owned(),
    }
}

fn exported(records: Vec<Result<Record, Unreadable>>, format: Format) -> (String, Done) {
    let mut out = Vec::new();
    let done = write(records.into_iter(), format, &mut out).expect("memory takes it");
    (String::from_utf8(out).expect("text"), done)
}

/// The fields of a CSV text, by RFC 4180.
fn parse_csv(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut chars) = (false, text.chars().peekable());
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\r' if !quoted => {
                assert_eq!(chars.next(), Some('\n'), "a line ends with CR and LF");
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            c => field.push(c),
        }
    }
    assert!(!quoted && field.is_empty() && row.is_empty());
    rows
}

#[test]
fn json_is_one_array_of_what_the_log_has() {
    let records = vec![record(1, "x"), record(2, "\"quoted\"\n")];
    let (text, done) = exported(records.iter().cloned().map(Ok).collect(), Format::Json);
    assert_eq!(done.records, 2);
    let read: Vec<Record> = serde_json::from_str(&text).expect("one document");
    assert_eq!(read, records);
    let (empty, _) = exported(Vec::new(), Format::Json);
    let none: Vec<Record> = serde_json::from_str(&empty).expect("one document");
    assert!(none.is_empty());
}

#[test]
fn csv_has_a_row_a_record_and_no_formulas() {
    let cases = [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "' =1"),
        ("  =1", "'  =1"),
        ("a=1", "a=1"),
        ("a,\"b\"\r\nc\u{7}", "a,\"b\"  c "),
    ];
    for (error, shown) in cases {
        let (text, _) = exported(vec![Ok(record(7, error))], Format::Csv);
        let rows = parse_csv(&text);
        assert_eq!(rows[0].join(",") + "\r\n", HEADER);
        let expected = [
            "7",
            "2026-09-21T14:13:20.007Z",
            "tunnel.down",
            "web",
            "relay",
            "dropped",
            "http://a/ http://b/",
            shown,
            "5f",
            "3",
            "00",
            "ab",
        ];
        assert_eq!(rows[1], expected, "{error:?}");
    }
}

#[test]
fn what_is_no_record_is_told_and_the_rest_is_written() {
    let line = Unreadable::Line {
        file: "audit.jsonl".to_owned(),
        line: 2,
    };
    let (text, done) = exported(
        vec![Ok(record(1, "")), Err(line), Ok(record(3, ""))],
        Format::Csv,
    );
    assert_eq!(
        (parse_csv(&text).len(), done.records, done.unreadable.len()),
        (3, 2, 1)
    );
}

proptest! {
    #[test]
    fn any_text_stays_in_its_field(error in any::<String>(), tunnel in any::<String>()) {
        let record = Record { tunnel, ..record(1, &error) };
        let (text, _) = exported(vec![Ok(record)], Format::Csv);
        let rows = parse_csv(&text);
        prop_assert_eq!((rows.len(), rows[1].len()), (2, 12));
        for field in &rows[1] {
            prop_assert!(!field.starts_with(['=', '+', '-', '@', '\t', '\r']), "{field}");
        }
    }
}

#[test]
fn an_export_never_takes_the_place_of_the_log() {
    let dir = tempfile::tempdir().expect("a folder");
    let home = Home::at(dir.path().join("home")).expect("a home");
    let folder = home.audit_log().parent().expect("it is in it").to_owned();
    std::fs::write(home.audit_log(), "x").expect("written");
    for name in ["audit.jsonl", "audit.2.jsonl", "../home/audit.jsonl"] {
        assert!(is_of_log(&home, &folder.join(name)), "{name}");
    }
    let other = dir.path().join("audit.jsonl");
    assert!(!is_of_log(&home, &other) && !is_of_log(&home, &folder.join("audit.csv")));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(home.audit_log(), &other).expect("a link");
        assert!(is_of_log(&home, &other));
    }
}
