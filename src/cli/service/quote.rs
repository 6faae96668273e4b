//! Words as a systemd unit has them: quoted, and with nothing in them that systemd would expand
//! (systemd.service(5), "Command lines"; systemd.unit(5), "Specifiers").

use std::fmt::Write as _;

/// A command line for `ExecStart=`: the program by its absolute path, and its arguments.
pub(super) fn command_line<'w>(program: &str, words: impl IntoIterator<Item = &'w str>) -> String {
    // No variable is expanded in the path of the program.
    let mut line = quote(program);
    for word in words {
        line.push(' ');
        line.push_str(&quote(&word.replace('$', "$$")));
    }
    line
}

/// A variable for `Environment=`, which expands none.
pub(super) fn assignment(name: &str, value: &str) -> String {
    quote(&format!("{name}={value}"))
}

/// A word, in quotes where it needs any.
fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-=:,+@$".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    let mut quoted = String::from('"');
    for c in word.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '%' => quoted.push_str("%%"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_ascii_control() => {
                // A String takes all that is written.
                let _ = write!(quoted, "\\x{:02x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What systemd makes of the words of a line: `extract_first_word` with quotes and C escapes, then
    /// specifiers. What would be expanded to something else is an error.
    fn words(line: &str) -> Result<Vec<String>, String> {
        assert!(!line.contains('\n'), "it is one line");
        let (mut all, mut word, mut quote) = (vec![], None::<String>, None);
        let mut chars = line.chars();
        while let Some(c) = chars.next() {
            match (c, quote) {
                (c, Some(open)) if c == open => quote = None,
                ('"' | '\'', None) => {
                    quote = Some(c);
                    word.get_or_insert_default();
                }
                ('\\', _) => {
                    let escaped = match chars.next() {
                        Some('n') => '\n',
                        Some('t') => '\t',
                        Some('x') => {
                            let hex: String = chars.by_ref().take(2).collect();
                            let code = u8::from_str_radix(&hex, 16);
                            char::from(code.map_err(|_| format!("\\x{hex}"))?)
                        }
                        Some(c @ ('"' | '\\')) => c,
                        other => return Err(format!("no escape: {other:?}")),
                    };
                    word.get_or_insert_default().push(escaped);
                }
                (' ' | '\t', None) => all.extend(word.take()),
                (c, _) => word.get_or_insert_default().push(c),
            }
        }
        if quote.is_some() {
            return Err("an open quote".to_owned());
        }
        all.extend(word);
        all.into_iter().map(|word| halved(&word, '%')).collect()
    }

    /// The word with one sign for each two; a lone one would begin an expansion.
    fn halved(word: &str, sign: char) -> Result<String, String> {
        let parts: Vec<&str> = word.split(&format!("{sign}{sign}")).collect();
        match parts.iter().find(|part| part.contains(sign)) {
            Some(part) => Err(format!("{part} is expanded")),
            None => Ok(parts.join(&sign.to_string())),
        }
    }

    /// What the program gets.
    fn run(line: &str) -> Result<Vec<String>, String> {
        let mut words = words(line)?.into_iter();
        let program = words.next().into_iter().map(Ok);
        let arguments = words.map(|word| halved(&word, '$'));
        program.chain(arguments).collect()
    }

    #[test]
    fn plain_words_stay_as_they_are() {
        let line = command_line("/usr/bin/underpass", ["host", "shop", "--json"]);
        assert_eq!(line, "/usr/bin/underpass host shop --json");
        let line = command_line(
            "/opt/My App/underpass",
            ["50%", "$HOME", ";", "", "a\"b\\c"],
        );
        assert_eq!(
            line,
            r#""/opt/My App/underpass" "50%%" $$HOME ";" "" "a\"b\\c""#
        );
        let home = assignment("UNDERPASS_HOME", "/a $b");
        assert_eq!(home, r#""UNDERPASS_HOME=/a $b""#);
    }

    proptest! {
        #[test]
        fn systemd_reads_the_words_that_were_meant(
            program in "/[ -~\u{1}-\u{1f}é字]{0,20}",
            arguments in prop::collection::vec("[ -~\u{1}-\u{1f}é字]{0,12}|[$%\"'\\\\; ]{0,5}", 0..5),
        ) {
            let line = command_line(&program, arguments.iter().map(String::as_str));
            let mut meant = vec![program];
            meant.extend(arguments);
            prop_assert_eq!(run(&line), Ok(meant), "{}", line);
        }

        #[test]
        fn a_variable_has_the_value_that_was_meant(value in "[ -~\u{1}-\u{1f}é字]{0,20}") {
            let line = assignment("HOME", &value);
            prop_assert_eq!(words(&line), Ok(vec![format!("HOME={value}")]), "{}", line);
        }
    }
}
