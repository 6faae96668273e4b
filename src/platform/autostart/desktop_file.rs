//! The entry as a file of the XDG Autostart specification: a `.desktop` file in the person's own folder.

use super::DesktopError;
use crate::base::files::replace;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const FILE: &str = "underpass.desktop";

/// The largest file that is looked at; what we write has a few hundred bytes.
const MAX_SIZE: u64 = 64 * 1024;

/// An entry of this program in the list.
#[derive(Debug)]
pub(super) struct Entry {
    path: PathBuf,
    /// The program, as text: a `.desktop` file holds nothing else.
    program: String,
    argument: &'static str,
}

impl Entry {
    pub(super) fn new(
        dir: &Path,
        program: &Path,
        argument: &'static str,
    ) -> Result<Self, DesktopError> {
        let program = program.to_str();
        let program = program.ok_or_else(|| DesktopError::new("the program's path is no text"))?;
        Ok(Self {
            path: dir.join(FILE),
            program: program.to_owned(),
            argument,
        })
    }

    pub(super) fn is_on(&self) -> Result<bool, DesktopError> {
        let text = self.read().map_err(DesktopError::new)?;
        Ok(text.is_some_and(|text| is_on(&text)))
    }

    pub(super) fn set(&self, on: bool) -> Result<(), DesktopError> {
        let done = if on { self.write() } else { self.remove() };
        done.map_err(DesktopError::new)
    }

    /// An entry that leads nowhere is led here; one that leads to another copy stays as it is.
    pub(super) fn refresh(&self) -> Result<(), DesktopError> {
        let Some(text) = self.read().map_err(DesktopError::new)? else {
            return Ok(());
        };
        let leads_to = program_of(&text);
        let is_gone = |program: &str| !Path::new(program).exists();
        if is_on(&text)
            && text != self.text()
            && leads_to.is_none_or(|to| to == self.program || is_gone(&to))
        {
            self.write().map_err(DesktopError::new)?;
        }
        Ok(())
    }

    fn read(&self) -> io::Result<Option<String>> {
        use io::Read;
        let file = match fs::File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let mut bytes = Vec::new();
        file.take(MAX_SIZE).read_to_end(&mut bytes)?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn remove(&self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }

    /// In one step: a session that starts meanwhile finds the old entry or the new.
    fn write(&self) -> io::Result<()> {
        let dir = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(dir)?;
        replace(&self.path, self.text().as_bytes())
    }

    fn text(&self) -> String {
        let exec = format!("{} {}", as_argument(&self.program), self.argument);
        format!(
            "[Desktop Entry]\n\
             Type=Application\n\
             Name=Underpass\n\
             Comment=Tunnels to services on this computer\n\
             Comment[pt_BR]=Túneis para serviços neste computador\n\
             Icon=underpass\n\
             TryExec={}\n\
             Exec={exec}\n\
             Terminal=false\n\
             X-GNOME-Autostart-enabled=true\n",
            as_value(&self.program)
        )
    }
}

/// The value of a key in the `[Desktop Entry]` group, as it is written.
fn value<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let mut lines = text.lines().map(str::trim);
    lines.find(|line| *line == "[Desktop Entry]")?;
    lines
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once('='))
        .find(|(name, _)| name.trim_end() == key)
        .map(|(_, value)| value.trim_start())
}

/// A session starts what is neither hidden nor switched off by the desktop's own settings.
fn is_on(text: &str) -> bool {
    let says = |key, word| value(text, key).is_some_and(|is| is.eq_ignore_ascii_case(word));
    value(text, "Exec").is_some()
        && !says("Hidden", "true")
        && !says("X-GNOME-Autostart-enabled", "false")
        && !says("X-MATE-Autostart-enabled", "false")
}

/// The program that an entry starts: the first argument of its command.
fn program_of(text: &str) -> Option<String> {
    let command = unescape(value(text, "Exec")?, |c| match c {
        's' => Some(' '),
        'n' => Some('\n'),
        't' => Some('\t'),
        'r' => Some('\r'),
        '\\' => Some('\\'),
        _ => None,
    });
    let Some(quoted) = command.strip_prefix('"') else {
        return command.split_whitespace().next().map(str::to_owned);
    };
    let mut program = String::new();
    let mut chars = quoted.chars();
    loop {
        match chars.next()? {
            '"' => break,
            '\\' => program.push(chars.next()?),
            c => program.push(c),
        }
    }
    Some(program.replace("%%", "%"))
}

/// A character behind a backslash becomes what `plain` says; others stay as they are.
fn unescape(text: &str, plain: impl Fn(char) -> Option<char>) -> String {
    let mut whole = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            whole.push(c);
            continue;
        }
        match chars.next() {
            None => whole.push('\\'),
            Some(next) => match plain(next) {
                Some(c) => whole.push(c),
                None => whole.extend(['\\', next]),
            },
        }
    }
    whole
}

/// The text as a value of a key.
fn as_value(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n")
}

/// The path as an argument in the `Exec` key, where some characters mean something: quoted once for the
/// argument and once for the value it is in.
fn as_argument(path: &str) -> String {
    let mut argument = String::from("\"");
    for c in path.chars() {
        match c {
            '"' | '`' | '$' | '\\' => argument.extend(['\\', c]),
            '%' => argument.push_str("%%"),
            c => argument.push(c),
        }
    }
    argument.push('"');
    as_value(&argument)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(dir: &Path, program: &str) -> Entry {
        Entry::new(dir, Path::new(program), "--minimised").expect("a text")
    }

    fn rewrite(entry: &Entry, change: impl FnOnce(String) -> String) {
        let text = fs::read_to_string(&entry.path).expect("there");
        fs::write(&entry.path, change(text)).expect("written");
    }

    #[test]
    fn a_path_is_quoted_as_a_desktop_file_wants_it() {
        assert_eq!(as_argument("/opt/up pass"), r#""/opt/up pass""#);
        assert_eq!(as_argument(r#"/a"b$c\d%e"#), r#""/a\\"b\\$c\\\\d%%e""#);
    }

    #[test]
    fn what_the_desktops_own_settings_switched_off_is_off() {
        let dir = tempfile::tempdir().expect("a folder");
        let entry = entry(dir.path(), "/opt/underpass");
        assert!(!entry.is_on().expect("readable"));
        entry.set(true).expect("on");
        assert!(entry.is_on().expect("readable"));
        for off in [
            "Hidden=true\n",
            "Hidden = TRUE\n",
            "X-MATE-Autostart-enabled=false\n",
        ] {
            entry.set(true).expect("on");
            rewrite(&entry, |text| text + off);
            assert!(!entry.is_on().expect("readable"), "{off}");
            entry.refresh().expect("nothing to do");
            assert!(
                !entry.is_on().expect("readable"),
                "{off} is the person's wish"
            );
        }
        entry.set(true).expect("on");
        rewrite(&entry, |text| text.replace("enabled=true", "enabled=false"));
        assert!(!entry.is_on().expect("readable"));
        entry.set(true).expect("on again");
        rewrite(&entry, |text| text + "\n[Desktop Action x]\nHidden=true\n");
        assert!(entry.is_on().expect("readable"), "another group");
    }

    #[test]
    fn an_entry_of_a_program_that_has_moved_is_led_to_where_it_is() {
        let dir = tempfile::tempdir().expect("a folder");
        let here = std::env::current_exe().expect("known");
        let here = here.to_str().expect("a text");
        let (gone, now) = (
            entry(dir.path(), "/gone/underpass"),
            entry(dir.path(), here),
        );
        let leads_to = |entry: &Entry| program_of(&fs::read_to_string(&entry.path).expect("there"));
        now.refresh().expect("there is none");
        assert!(!now.path.exists());
        gone.set(true).expect("on");
        now.refresh().expect("led on");
        assert_eq!(leads_to(&now).as_deref(), Some(here));
        // Another copy that is there stays what is started.
        gone.refresh().expect("nothing to do");
        assert_eq!(leads_to(&now).as_deref(), Some(here));
    }

    proptest! {
        #[test]
        fn any_path_comes_back_from_the_entry(path in "/[^\0\r\n]{1,40}") {
            let dir = Path::new("/nowhere");
            prop_assert_eq!(program_of(&entry(dir, &path).text()), Some(path));
        }

        #[test]
        fn any_file_is_borne(text in ".*") {
            let text = format!("[Desktop Entry]\n{text}");
            let _ = (is_on(&text), program_of(&text));
        }
    }
}
