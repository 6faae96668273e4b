//! The counts at the top: of what is rendered below, and of nothing else.

use super::scene::Scene;
use crate::view::{Badge, Header, Msg, messages as m};

/// Counts the rows that are shown.
pub(super) fn fold(scene: &Scene) -> Header {
    let badges = || scene.slots().map(|(_, slot)| slot.status.badge());
    let count = |counts: fn(Badge) -> bool| badges().filter(|badge| counts(*badge)).count();
    let worst = |counts: fn(Badge) -> bool| badges().filter(|badge| counts(*badge)).max();
    let working = count(Badge::works);
    let needs_you = count(Badge::needs_you);

    let mut chips = Vec::new();
    if working > 0 {
        chips.push((Badge::Working, m::header_working(working)));
    }
    if let Some(badge) = worst(Badge::is_busy) {
        chips.push((badge, m::header_busy(count(Badge::is_busy))));
    }
    if let Some(badge) = worst(Badge::needs_you) {
        chips.push((badge, m::header_needs_you(needs_you)));
    }
    if chips.is_empty() {
        chips.push((Badge::Stopped, m::header_idle()));
    }
    Header {
        working,
        needs_you,
        line: line(&chips),
        chips,
    }
}

fn line(chips: &[(Badge, Msg)]) -> Msg {
    match chips {
        [] => m::header_line(m::header_idle()),
        [(_, a)] => m::header_line(a.clone()),
        [(_, a), (_, b)] => m::header_line_two(a.clone(), b.clone()),
        [(_, a), (_, b), (_, c), ..] => m::header_line_three(a.clone(), b.clone(), c.clone()),
    }
}
