//! A tunnel's name as it is shown: anything a person typed, made to fit where it stands.

use crate::model::Tunnel;

/// The longest name in the tray's menu, in letters; a menu is as wide as its longest line.
const MENU_LETTERS: usize = 32;

/// First-strong isolate and its end: what is between them does not turn what is beside it.
const ISOLATE: (char, char) = ('\u{2068}', '\u{2069}');

/// A letter without a shape that is written from left to right. GTK looks into an isolate too for the
/// first letter of a line, by which it lays out all of it.
const LEFT_TO_RIGHT: char = '\u{200E}';

/// The name in the window. Emoji have no shapes there (the fonts that have them are in colour), so the
/// id stands beside.
pub(super) fn in_window(tunnel: &Tunnel) -> String {
    if tunnel.name.chars().any(is_emoji) {
        format!("{} ({})", tunnel.name, tunnel.id)
    } else {
        tunnel.name.clone()
    }
}

/// The name in the tray's menu: cut, and isolated where it is written from right to left.
pub(super) fn in_menu(name: &str) -> String {
    let mut cut: String = name.chars().take(MENU_LETTERS).collect();
    if cut.len() < name.len() {
        cut.pop();
        // A joiner or a mark alone would hang on the dots.
        let end = cut.trim_end_matches(|c: char| c == '\u{200D}' || c.is_whitespace());
        cut = format!("{end}…");
    }
    if cut.chars().any(is_right_to_left) {
        let (start, end) = ISOLATE;
        format!("{LEFT_TO_RIGHT}{start}{cut}{end}")
    } else {
        cut
    }
}

/// What is drawn as a picture: the planes and blocks of them, the signs below those that are pictures
/// by themselves (UTS 51, `Emoji_Presentation`), and what makes a picture of the sign before it. Other
/// signs (☎, ☀) are in every font.
const fn is_emoji(c: char) -> bool {
    matches!(
        c,
        '\u{1F000}'..='\u{1FAFF}'
            | '\u{E0020}'..='\u{E007F}'
            | '\u{FE0F}'
            | '\u{231A}'..='\u{231B}'
            | '\u{23E9}'..='\u{23EC}'
            | '\u{23F0}'
            | '\u{23F3}'
            | '\u{25FD}'..='\u{25FE}'
            | '\u{2614}'..='\u{2615}'
            | '\u{2648}'..='\u{2653}'
            | '\u{267F}'
            | '\u{2693}'
            | '\u{26A1}'
            | '\u{26AA}'..='\u{26AB}'
            | '\u{26BD}'..='\u{26BE}'
            | '\u{26C4}'..='\u{26C5}'
            | '\u{26CE}'
            | '\u{26D4}'
            | '\u{26EA}'
            | '\u{26F2}'..='\u{26F3}'
            | '\u{26F5}'
            | '\u{26FA}'
            | '\u{26FD}'
            | '\u{2705}'
            | '\u{270A}'..='\u{270B}'
            | '\u{2728}'
            | '\u{274C}'
            | '\u{274E}'
            | '\u{2753}'..='\u{2755}'
            | '\u{2757}'
            | '\u{2795}'..='\u{2797}'
            | '\u{27B0}'
            | '\u{27BF}'
            | '\u{2B1B}'..='\u{2B1C}'
            | '\u{2B50}'
            | '\u{2B55}'
    )
}

/// Letters of the scripts that are written from right to left, and the marks that turn a text.
const fn is_right_to_left(c: char) -> bool {
    matches!(
        c,
        '\u{0590}'..='\u{08FF}'
            | '\u{200F}'
            | '\u{202B}'
            | '\u{202E}'
            | '\u{2067}'
            | '\u{FB1D}'..='\u{FDFF}'
            | '\u{FE70}'..='\u{FEFF}'
            | '\u{10800}'..='\u{10FFF}'
            | '\u{1E800}'..='\u{1EFFF}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_long_name_is_cut_and_one_from_right_to_left_is_isolated() {
        assert_eq!(in_menu("frontend"), "frontend");
        assert_eq!(in_menu(&"x".repeat(32)), "x".repeat(32));
        assert_eq!(in_menu(&"x".repeat(33)), format!("{}…", "x".repeat(31)));
        assert_eq!(in_menu("موقع"), "\u{200E}\u{2068}موقع\u{2069}");
    }

    #[test]
    fn what_is_drawn_as_a_picture_is_told_from_a_sign() {
        for picture in "🚀🇧✅⭐❌⚡☕⏰✨❗⛔❤\u{fe0f}"
            .chars()
            .filter(|c| *c != '❤')
        {
            assert!(is_emoji(picture), "{picture}");
        }
        for sign in "☎☀❤→…é漢ش©™✓★".chars() {
            assert!(!is_emoji(sign), "{sign}");
        }
    }

    proptest! {
        #[test]
        fn any_name_fits(name in ".*") {
            prop_assert!(in_menu(&name).chars().count() <= MENU_LETTERS + 3);
        }
    }
}
