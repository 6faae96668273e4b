//! `underpass config`: the settings by their keys in settings.json. What holds is shown; one that is
//! changed goes to the desktop program while that runs.

use super::{Speaker, Trouble, settings};
use crate::cli::console::{print, print_json};
use crate::cli::exit::Exit;
use crate::control::Request;
use crate::model::{AlertKind, Language, Setting, Settings, Theme, nearest};
use crate::provider::registry;
use crate::shell::text::printable;
use crate::store::Home;
use crate::view::fold::notice_text;
use crate::view::messages as m;
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  underpass config list
  underpass config get relay.http_port
  underpass config set relay.http_port 8088";

#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,

    /// One JSON object a setting instead of text
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
enum ConfigCommand {
    /// List every setting, with what holds
    List,
    /// Print what holds for one
    Get {
        /// Its key, as `list` has it
        key: String,
    },
    /// Change one
    Set {
        /// Its key, as `list` has it
        key: String,
        /// Its value; `on` and `off` for a switch
        value: String,
    },
    /// Print where the file of the settings is
    Path,
}

/// The key that is absent while the system's language holds.
const LANGUAGE: &str = "language";

/// A setting, for programs.
#[derive(Serialize)]
struct SettingLine<'a> {
    key: &'a str,
    value: &'a Value,
}

pub(crate) fn config(home: &Home, args: &ConfigArgs) -> ExitCode {
    let speaker = Speaker::new(home, args.json);
    let done = match &args.command {
        ConfigCommand::Path => {
            path(home, args.json);
            Ok(())
        }
        ConfigCommand::List => {
            let settings = home.settings().peek().value;
            let wrong = home.check_settings(&registry::catalog());
            for wrong in wrong.iter().filter_map(notice_text) {
                speaker.console.error(&wrong);
            }
            for (key, value) in &entries(&settings) {
                show(key, value, args.json, |text| format!("{key} = {text}"));
            }
            Ok(())
        }
        ConfigCommand::Get { key } => get(home, key, args.json),
        ConfigCommand::Set { key, value } => set(home, key, value, &speaker),
    };
    speaker.end(done)
}

fn path(home: &Home, json: bool) {
    let path = home.settings().path();
    let path = path.to_string_lossy();
    if json {
        print_json(&serde_json::json!({ "path": path }));
    } else {
        print(&path);
    }
}

fn get(home: &Home, key: &str, json: bool) -> Result<(), Trouble> {
    let entries = entries(&home.settings().peek().value);
    let value = entries.get(key).ok_or_else(|| unknown(key, &entries))?;
    show(key, value, json, str::to_owned);
    Ok(())
}

fn show(key: &str, value: &Value, json: bool, line: impl Fn(&str) -> String) {
    if json {
        return print_json(&SettingLine { key, value });
    }
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    print(&printable(&line(&text)));
}

fn set(home: &Home, key: &str, typed: &str, speaker: &Speaker) -> Result<(), Trouble> {
    let saved = home.settings().peek().value;
    // What cannot be taken is told before anybody is asked.
    let changed = changed(&saved, key, typed)?;
    let found = speaker.gather(home)?;
    match (found.desktop(), live(key, &saved, &changed)) {
        (_, Live::Same) => {}
        (Some(desktop), Live::One(setting)) => {
            settings::ask(desktop, &Request::Set { setting })?;
        }
        (Some(_), Live::No) => {
            let msg = m::cli_setting_at_rest(key);
            return Err(Trouble::failed("desktop-runs", msg));
        }
        // The desktop has an entry of its own for it, which the window sees to.
        (None, Live::One(Setting::Autostart(_))) if saved != changed => {
            let msg = m::cli_setting_in_window(key);
            return Err(Trouble::failed("window", msg));
        }
        (None, _) => settings::change(home, |settings| {
            *settings = self::changed(settings, key, typed)?;
            Ok(())
        })?,
    }
    if let Some(value) = entries(&changed).get(key) {
        show(key, value, speaker.json, |text| format!("{key} = {text}"));
    }
    Ok(())
}

/// Every setting by its key: the names in the file with dots between them.
fn entries(settings: &Settings) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    if let Ok(whole) = serde_json::to_value(settings) {
        flatten("", whole, &mut found);
    }
    let system = || Value::from("system");
    found.entry(LANGUAGE.to_owned()).or_insert_with(system);
    found
}

fn flatten(prefix: &str, value: Value, found: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let key = if prefix.is_empty() {
                    name
                } else {
                    format!("{prefix}.{name}")
                };
                flatten(&key, value, found);
            }
        }
        value => {
            found.insert(prefix.to_owned(), value);
        }
    }
}

fn unknown(key: &str, entries: &BTreeMap<String, Value>) -> Trouble {
    let msg = match nearest(key, entries.keys().map(String::as_str)) {
        Some(meant) => m::cli_no_such_setting_meant(key, meant),
        None => m::cli_no_such_setting(key),
    };
    Trouble {
        exit: Exit::NotFound,
        word: "unknown-key",
        msg,
    }
}

/// The settings with another value for a key.
fn changed(settings: &Settings, key: &str, typed: &str) -> Result<Settings, Trouble> {
    let entries = entries(settings);
    let now = entries.get(key).ok_or_else(|| unknown(key, &entries))?;
    if let Some(command) = elsewhere(key) {
        let msg = m::cli_setting_elsewhere(command, key);
        return Err(Trouble {
            exit: Exit::Usage,
            word: "usage",
            msg,
        });
    }
    let wrong = |detail: String| Trouble {
        exit: Exit::Usage,
        word: "usage",
        msg: m::cli_failed(detail, m::cli_setting_wrong(key, typed)),
    };
    let mut whole = serde_json::to_value(settings).map_err(|error| wrong(error.to_string()))?;
    put(&mut whole, key, read(now, key, typed));
    let changed: Settings =
        serde_json::from_value(whole).map_err(|error| wrong(error.to_string()))?;
    let timing = changed.timing.resolve();
    timing.map_err(|error| wrong(error.to_string()))?;
    Ok(changed)
}

/// Which command a key belongs to that more than the file hangs on.
fn elsewhere(key: &str) -> Option<&'static str> {
    match key.split('.').next() {
        Some("health") => Some("underpass health"),
        Some("relay") if key == "relay.joined" => Some("underpass join"),
        _ => None,
    }
}

/// A value of the kind that is there.
fn read(now: &Value, key: &str, typed: &str) -> Option<Value> {
    match (now, typed) {
        (_, "system") if key == LANGUAGE => None,
        (Value::Bool(_), "on") => Some(true.into()),
        (Value::Bool(_), "off") => Some(false.into()),
        (Value::String(_), text) => Some(text.into()),
        // What is no JSON is no number either, which is said when the whole is read.
        (_, text) => Some(serde_json::from_str(text).unwrap_or_else(|_| text.into())),
    }
}

/// Puts a value at a key; none takes it away.
fn put(whole: &mut Value, key: &str, value: Option<Value>) {
    let (parents, name) = key.rsplit_once('.').unwrap_or(("", key));
    let mut at = whole;
    for parent in parents.split('.').filter(|parent| !parent.is_empty()) {
        let Some(next) = at.get_mut(parent) else {
            return;
        };
        at = next;
    }
    if let Value::Object(fields) = at {
        match value {
            Some(value) => fields.insert(name.to_owned(), value),
            None => fields.remove(name),
        };
    }
}

/// What a program that runs can be told of a change.
#[derive(Debug, PartialEq, Eq)]
enum Live {
    /// Nothing changes.
    Same,
    One(Setting),
    /// It reads that at its start alone.
    No,
}

/// By its key and not by what is saved: the file may be older than what the program has.
fn live(key: &str, before: &Settings, after: &Settings) -> Live {
    let theme = match after.theme {
        Theme::Dark => Theme::Light,
        Theme::Light | Theme::System => Theme::Dark,
    };
    let language = match after.language {
        Some(_) => None,
        None => Some(Language::EnUs),
    };
    // Each as it is to be, and as another value would make it.
    let settings = [
        (
            Setting::Autostart(after.autostart),
            Setting::Autostart(!after.autostart),
        ),
        (Setting::Theme(after.theme), Setting::Theme(theme)),
        (
            Setting::Language(after.language),
            Setting::Language(language),
        ),
        (
            Setting::Lan(after.relay.lan),
            Setting::Lan(!after.relay.lan),
        ),
    ];
    let notices = AlertKind::ALL.map(|kind| {
        let wants = after.notices.wants(kind);
        (Setting::Notice(kind, wants), Setting::Notice(kind, !wants))
    });
    let holds = entries(after).remove(key);
    let is_of_key = |(_, other): &(Setting, Setting)| {
        let mut set = after.clone();
        set.set(*other);
        entries(&set).remove(key) != holds
    };
    let found = settings.into_iter().chain(notices).find(is_of_key);
    match found {
        Some((setting, _)) => Live::One(setting),
        None if before == after => Live::Same,
        None => Live::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(key: &str, typed: &str) -> (Exit, &'static str) {
        let trouble = changed(&Settings::default(), key, typed).expect_err("it is refused");
        (trouble.exit, trouble.word)
    }

    #[test]
    fn every_setting_has_a_key_and_what_holds() {
        let entries = entries(&Settings::default());
        for (key, value) in [
            ("theme", Value::from("system")),
            ("language", Value::from("system")),
            ("relay.http_port", Value::from(7480)),
            ("relay.tcp_ports", serde_json::json!([7500, 7599])),
            ("notices.sign_in", Value::from(true)),
        ] {
            assert_eq!(entries.get(key), Some(&value), "{key}");
        }
    }

    #[test]
    fn a_value_is_taken_by_its_kind_or_refused() {
        let set = |key, typed| changed(&Settings::default(), key, typed).expect("it is taken");
        assert_eq!(set("relay.http_port", "8088").relay.http_port, 8088);
        assert_eq!(
            set("relay.tcp_ports", "[7000,7009]").relay.tcp_ports,
            (7000, 7009)
        );
        assert!(!set("notices.down", "off").notices.down);
        assert_eq!(set("language", "pt-BR").language, Some(Language::PtBr));
        let spoken = set("language", "pt-BR");
        let system = changed(&spoken, "language", "system").expect("it is taken");
        assert_eq!(system.language, None);
        for (key, typed) in [
            ("theme", "pink"),
            ("relay.http_port", "many"),
            ("relay.http_port", "70000"),
            ("notices.down", "maybe"),
            ("timing.jitter_percent", "99"),
        ] {
            assert_eq!(refused(key, typed), (Exit::Usage, "usage"), "{key}");
        }
        assert_eq!(refused("relay.htp_port", "1").1, "unknown-key");
        assert_eq!(refused("relay", "1").1, "unknown-key");
    }

    #[test]
    fn a_running_program_is_told_what_it_can_change_by_itself() {
        let before = Settings::default();
        let told = |key, typed| live(key, &before, &changed(&before, key, typed).expect("taken"));
        let dark = Setting::Theme(Theme::Dark);
        assert_eq!(told("theme", "dark"), Live::One(dark));
        let quiet = Setting::Notice(AlertKind::Back, false);
        assert_eq!(told("notices.back", "off"), Live::One(quiet));
        assert_eq!(told("relay.lan", "on"), Live::One(Setting::Lan(true)));
        assert_eq!(told("relay.http_port", "1"), Live::No);
        // The file may be older than what the program has.
        assert_eq!(
            told("theme", "system"),
            Live::One(Setting::Theme(Theme::System))
        );
        assert_eq!(
            told("notices.back", "on"),
            Live::One(Setting::Notice(AlertKind::Back, true))
        );
        assert_eq!(told("relay.http_port", "7480"), Live::Same);
    }
}
