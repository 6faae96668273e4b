//! Each command of the documents is run with the built program, or stands in [`NOT_RUN`] with the reason
//! and is at least understood by the program's grammar.

use super::runner::{FILE_OF_ANOTHER, Place, service, visit};
use super::{assert_none, pages};
use std::collections::BTreeSet;

/// Typed word for word on two machines, where its names and ports are free.
const TASKS: &str = "run by tests/tasks";

/// Run with the name of a server that is here.
const SERVERS: &str = "run by docs::providers";

/// What this test does not run: a part of the command, and why. Each has to be in a document.
const NOT_RUN: &[(&str, &str)] = &[
    ("cargo ", "builds the program: tests/run does"),
    ("tests/", "the tests themselves"),
    ("sudo", TASKS),
    (
        "underpass service",
        "a systemd; tests/all/cli/service.rs has a stand-in",
    ),
    (
        "apt install",
        "the packages of a registry: tests/run installs the same ones",
    ),
    ("host 22 ", TASKS),
    ("ssh -p PORT", TASKS),
    ("relay account add alice", TASKS),
    ("relay account remove alice", TASKS),
    ("docs/examples/", TASKS),
    ("cp target/desktop", "what the desktop test leaves"),
    ("--reach internet", TASKS),
    (
        "--provider devtunnel",
        "an account: tests/all/cli/account.rs and tests/rig run its like at a stand-in",
    ),
    ("--provider ngrok", SERVERS),
    ("account add ngrok", SERVERS),
    ("--provider cloudflared", SERVERS),
    ("--provider tailscale", SERVERS),
    ("--provider bore", SERVERS),
    ("--provider localtunnel", SERVERS),
    ("--set server=ssh://", SERVERS),
    ("--set service=localhost.run", "a live service"),
    ("--provider manual", SERVERS),
    ("--provider NAME", "a provider that is yet to be written"),
    ("providers NAME", "a provider that is yet to be written"),
    ("UNDERPASS_RELAY='underpass://…'", TASKS),
    ("nas.lan", TASKS),
    ("join LINK", TASKS),
    ("relay --advertise", TASKS),
    (
        "source <(underpass completions",
        "a shell's own word; tests/all/cli/completions.rs has bash complete by it",
    ),
    ("coproc ", "a script: run as a whole by a test of its own"),
    ("read -r url", "a part of that script"),
    ("curl \"$url\"", "a part of that script"),
];

/// How blocks begin that hold no commands.
const NO_COMMANDS: &[&str] = &[
    "{",
    "server {",
    "*.tunnels",
    "a click",
    "control stream",
    // Of the file that `host --file` reads: tests/all/cli/host_file.rs has it checked.
    "reach = ",
    "[[tunnel]]",
    "    ",
];

/// A command with the place where it stands.
struct Typed {
    at: String,
    line: String,
}

/// The commands of blocks, and of the first cells of the README's table.
fn commands() -> (Vec<Typed>, Vec<String>) {
    let (mut found, mut unknown) = (vec![], vec![]);
    for page in pages() {
        if page.path.contains("adr/")
            || page.path.starts_with('.')
            || page.path.starts_with("tests")
        {
            continue;
        }
        for block in page.blocks() {
            if NO_COMMANDS
                .iter()
                .any(|start| block.lines[0].starts_with(start))
            {
                continue;
            }
            let prompts = block.lines[0].starts_with("$ ");
            for line in &block.lines {
                let line = match (prompts, line.strip_prefix("$ ")) {
                    (true, Some(typed)) => typed,
                    (true, None) => continue,
                    (false, _) => line,
                };
                let line = line.split("  ").next().unwrap_or_default();
                let typed = Typed {
                    at: block.at(),
                    line: line.trim().to_owned(),
                };
                if words_of_ours(line).is_none() && listed(line).is_none() {
                    unknown.push(format!("{}: {line}", typed.at));
                } else {
                    found.push(typed);
                }
            }
        }
        if page.path == "README.md" {
            let rows = page
                .prose()
                .into_iter()
                .filter(|(_, line)| line.starts_with("| `underpass"));
            for (number, row) in rows {
                let cell = row.split(" | ").next().unwrap_or_default();
                let spans = cell.split('`').skip(1).step_by(2);
                let ours = spans.filter(|span| span.starts_with("underpass "));
                found.extend(ours.map(|span| Typed {
                    at: format!("README.md:{number}"),
                    line: span.to_owned(),
                }));
            }
        }
    }
    (found, unknown)
}

/// What may be left out, left in; of what may be chosen, the first.
pub(super) fn first_of_each_choice(line: &str) -> String {
    let words = line.split(' ').map(|word| {
        let word = word.trim_start_matches('[').trim_end_matches(']');
        word.split('|').next().unwrap_or(word)
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The commands that have this part.
pub(super) fn typed_with(part: &str) -> Vec<String> {
    let (commands, _) = commands();
    let lines = commands.into_iter().map(|typed| typed.line);
    lines
        .filter(|line| line.contains(part))
        .map(|line| line.split(" #").next().unwrap_or_default().to_owned())
        .collect()
}

fn listed(line: &str) -> Option<&'static str> {
    let entry = NOT_RUN.iter().find(|(part, _)| line.contains(part));
    entry.map(|(part, _)| *part)
}

/// The words behind the program's name, where a line has that as a command.
fn words_of_ours(line: &str) -> Option<String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let names = |word: &&str| word.trim_start_matches("target/debug/") == "underpass";
    // Behind variables, `sudo` with its options and `coproc` only.
    let at = words.iter().position(names)?;
    let before = &words[..at];
    let may_stand =
        |word: &&str| word.contains('=') || ["sudo", "-u", "underpass", "coproc"].contains(word);
    let at = match words.get(at + 1) {
        Some(next) if before.contains(&"-u") && next.contains('=') => at + 2,
        _ => at,
    };
    before
        .iter()
        .all(may_stand)
        .then(|| words[at + 1..].join(" "))
}

/// What documents write for a reader's own words, put in.
fn filled_in(words: &str) -> String {
    let link = format!(
        "underpass://{}@relay.example.org:7443#{}",
        "0".repeat(48),
        "0".repeat(64)
    );
    let fill = |word: &str| match word.trim_start_matches('[').trim_end_matches(']') {
        "LINK" => format!("'{link}'"),
        "FILE" if words.contains("import ") => FILE_OF_ANOTHER.to_owned(),
        "FILE" | "DIR" => "file".to_owned(),
        "NAME" => "relay".to_owned(),
        "N" | "LINES" => "30".to_owned(),
        "KEY=VALUE" => "key=value".to_owned(),
        word => word.split('|').next().unwrap_or(word).to_owned(),
    };
    words.split(' ').map(fill).collect::<Vec<_>>().join(" ")
}

/// With `--help` behind it the grammar reads all that stands before, and nothing is done.
pub(super) fn is_understood(place: &Place, words: &str) -> Result<(), String> {
    let output = place.finish(&format!("underpass {} --help", filled_in(words)));
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    // A sentence may name an option without its value.
    if output.status.success() || why.contains("a value is required for") {
        return Ok(());
    }
    Err(why)
}

#[test]
fn commands_that_cannot_be_run_are_known_and_understood() {
    let place = Place::new();
    let (commands, mut wrong) = commands();
    let mut used = BTreeSet::new();
    for typed in commands {
        used.extend(listed(&typed.line));
        let line = typed.line.split(" #").next().unwrap_or_default();
        if let Some(words) = words_of_ours(line)
            && let Err(why) = is_understood(&place, &words)
        {
            wrong.push(format!("{}: {line}: {why}", typed.at));
        }
    }
    let unused = NOT_RUN.iter().filter(|(part, _)| !used.contains(part));
    wrong.extend(unused.map(|(part, why)| format!("NOT_RUN has {part} ({why}): no document has")));
    assert_none("a command of the documents is one", &wrong);
}

/// What the sentences say of commands is understood too, but for what a span leaves out.
#[test]
fn commands_in_sentences_are_understood() {
    let place = Place::new();
    let (mut wrong, mut seen) = (vec![], 0);
    for page in pages() {
        // Decisions tell how it once was.
        if page.path.contains("adr/") {
            continue;
        }
        for (number, span) in page.spans() {
            let Some(words) = span.strip_prefix("underpass ") else {
                continue;
            };
            if ["…", "COMMAND"]
                .iter()
                .any(|left_out| words.contains(left_out))
            {
                continue;
            }
            seen += 1;
            if let Err(why) = is_understood(&place, words) {
                wrong.push(format!("{}:{number}: {span}: {why}", page.path));
            }
        }
    }
    assert!(seen > 50, "{seen}: the commands are found no more");
    assert_none("a command in a sentence is one", &wrong);
}

/// The ports of the documents, each with a service behind it.
fn with_services(line: &str) -> (String, usize) {
    let mut ports = 0;
    let words = line.split(' ').map(|word| match word {
        "3000" | "9000" | "5432" => {
            ports += 1;
            service().to_string()
        }
        word => word.to_owned(),
    });
    let line = words.collect::<Vec<_>>().join(" ");
    (line, ports)
}

/// Runs it as far as a person does: what hosts until it is visited, a relay until it has a join link,
/// all else to its end.
fn run(place: &Place, line: &str) {
    let words = words_of_ours(line).expect("it is ours");
    if words == "relay" {
        let relay = place.start(&format!("{line} --listen 127.0.0.1:0 --http 127.0.0.1:0"));
        relay.word(&["underpass://"]);
        assert_eq!(relay.stop(), Some(0), "{line}");
    } else if words.starts_with("host ") {
        let (line, ports) = with_services(line);
        assert!(ports > 0, "{line}: hosts nothing that a test has");
        let host = place.start(&line);
        for _ in 0..ports {
            let url = host.word(&["http://", "tcp://"]);
            let page = visit(&url);
            assert!(
                page.starts_with("HTTP/1.1 200") && page.ends_with("hello"),
                "{line}: {page}"
            );
        }
        assert_eq!(host.stop(), Some(0), "{line}");
    } else {
        let output = place.finish(&filled_in(line));
        assert!(output.status.success(), "{line}: {output:?}");
    }
}

#[test]
fn commands_of_the_documents_do_what_they_say() {
    let (commands, _) = commands();
    let (mut at, mut place, mut count) = (String::new(), Place::new(), 0);
    for typed in commands
        .iter()
        .filter(|typed| listed(&typed.line).is_none())
    {
        // The commands of one place follow each other in one home.
        if at != typed.at {
            (at, place) = (typed.at.clone(), Place::new());
        }
        eprintln!("{}: {}", typed.at, typed.line);
        run(&place, typed.line.split(" #").next().unwrap_or_default());
        count += 1;
    }
    assert!(count > 15, "{count}: the commands are found no more");
}

/// A new machine that `tests/run` prepares has the packages that readers are told of, and no other one for
/// a window.
#[test]
fn the_packages_of_the_documents_are_those_that_the_tests_install() {
    let script = std::fs::read_to_string(super::root().join("tests/run")).expect("readable");
    let (_, list) = script.split_once("window_packages=(").expect("a list");
    let (list, _) = list.split_once(')').expect("its end");
    let installed: BTreeSet<&str> = list.split_whitespace().collect();
    let lines = typed_with("apt install ");
    assert!(!lines.is_empty(), "the commands are found no more");
    for line in &lines {
        let (_, words) = line.split_once("apt install ").expect("it has it");
        let told: BTreeSet<&str> = words.split_whitespace().collect();
        assert_eq!(told, installed, "{line}");
    }
}

/// The script of the command line's page, word for word but for the port.
#[test]
fn the_script_that_hosts_and_visits_works() {
    let place = Place::new();
    let pages = pages();
    let mut blocks = pages.iter().flat_map(super::Page::blocks);
    let block = blocks.find(|block| block.lines[0].starts_with("coproc underpass"));
    let script = block.expect("the page has it").lines.join("\n");
    let port = service();
    let script = script.replace("3000", &port.to_string());
    // The place of curl: some machines have none, and some resolvers know no `*.localhost`.
    let script = script.replace(
        "curl \"$url\"",
        "echo \"visit $url\"; kill -INT $COPROC_PID; wait $COPROC_PID",
    );
    let output = place.finish(&script);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("visit http://"), "{output:?}");
    assert!(output.status.success(), "{output:?}");
}
