//! Examples of the help on a terminal that is too narrow for two columns: what a line does stands below it.

use clap::Command;

/// With fewer columns the second of the examples' two is a word wide.
const TWO_COLUMNS: usize = 80;

/// Where what an example does stands, then.
const INDENT: &str = "      ";

/// The columns that help is written for, if that is known: the terminal's, else as the environment says.
pub(super) fn columns() -> Option<usize> {
    let terminal = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    terminal.or_else(|| std::env::var("COLUMNS").ok()?.parse().ok())
}

/// The command with its examples, and those of all below it, for so many columns.
pub(super) fn fit(command: Command, columns: Option<usize>) -> Command {
    if columns.is_none_or(|columns| columns >= TWO_COLUMNS) {
        return command;
    }
    below_each_other(command)
}

fn below_each_other(command: Command) -> Command {
    let after = command
        .get_after_help()
        .map(|after| in_one(&after.to_string()));
    let command = match after {
        Some(after) => command.after_help(after),
        None => command,
    };
    command.mut_subcommands(below_each_other)
}

/// Two columns as one.
fn in_one(text: &str) -> String {
    let mut lines: Vec<String> = vec![];
    for line in text.lines() {
        let bare = line.trim_start();
        let indent = line.len() - bare.len();
        match bare.split_once("  ").filter(|_| indent > 0) {
            Some((command, does)) => {
                lines.push(format!("{}{command}", &line[..indent]));
                lines.push(format!("{INDENT}{}", does.trim_start()));
            }
            // It goes on, or is what the line before it does.
            None if indent > INDENT.len() => match lines.last_mut() {
                Some(last) if last.starts_with(INDENT) => {
                    last.push(' ');
                    last.push_str(bare);
                }
                _ => lines.push(format!("{INDENT}{bare}")),
            },
            None => lines.push(line.to_owned()),
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::CommandLine;
    use clap::CommandFactory as _;

    #[test]
    fn what_an_example_does_stands_below_it() {
        let wide = "\
Examples:
  x host 1     for one
  x host 2 --with much
               for two,
               or three
  x host 4

It runs.";
        let narrow = "\
Examples:
  x host 1
      for one
  x host 2 --with much
      for two, or three
  x host 4

It runs.";
        assert_eq!(in_one(wide), narrow);
    }

    #[test]
    fn no_example_of_any_command_needs_more_columns_than_it_has_words() {
        fn check(command: &mut Command) {
            let help = command.render_long_help().to_string();
            // The usage is one line, whatever its length.
            let is_long = |line: &&str| line.chars().count() > 40 && !line.starts_with("Usage: ");
            for line in help.lines().filter(is_long) {
                let words = line.split_whitespace().count();
                assert!(words <= 3, "{}: {line}", command.get_name());
            }
            command.get_subcommands_mut().for_each(check);
        }
        let mut all = fit(CommandLine::command(), Some(40)).term_width(40);
        all.build();
        check(&mut all);
    }
}
