//! What a click at the tray's icon does to the window.

use crate::shell::window::Visibility;
use std::time::{Duration, Instant};

/// Two clicks within this time are one double click, which the tray reports as two: the second one
/// would undo what the first has done.
const DOUBLE_CLICK: Duration = Duration::from_millis(400);

/// What happens to the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// It comes to the front of the current workspace.
    Show,
    /// It goes off the screen.
    Hide,
}

/// Remembers the last click that counted.
#[derive(Debug, Default)]
pub(super) struct Clicks {
    last: Option<Instant>,
}

impl Clicks {
    /// The answer to a click at `now`; `None` for the second half of a double click.
    pub(super) fn click(&mut self, now: Instant, visibility: Visibility) -> Option<Move> {
        let again = |last| now.saturating_duration_since(last) < DOUBLE_CLICK;
        if self.last.is_some_and(again) {
            return None;
        }
        self.last = Some(now);
        Some(match visibility {
            Visibility::Hidden | Visibility::Behind => Move::Show,
            Visibility::InFront => Move::Hide,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_shows_raises_or_hides() {
        let now = Instant::now();
        let click = |visibility| Clicks::default().click(now, visibility);
        assert_eq!(click(Visibility::Hidden), Some(Move::Show));
        assert_eq!(click(Visibility::Behind), Some(Move::Show));
        assert_eq!(click(Visibility::InFront), Some(Move::Hide));
    }

    #[test]
    fn the_second_half_of_a_double_click_is_nothing() {
        let start = Instant::now();
        let mut clicks = Clicks::default();
        let mut click =
            |after, visibility| clicks.click(start + Duration::from_millis(after), visibility);
        assert_eq!(click(0, Visibility::Hidden), Some(Move::Show));
        assert_eq!(click(150, Visibility::InFront), None);
        assert_eq!(click(399, Visibility::InFront), None);
        assert_eq!(click(400, Visibility::InFront), Some(Move::Hide));
        assert_eq!(click(500, Visibility::Hidden), None);
        assert_eq!(click(900, Visibility::Hidden), Some(Move::Show));
    }
}
