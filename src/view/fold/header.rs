//! The counts at the top: of what is rendered below, and of nothing else.

use super::scene::Scene;
use crate::view::{Badge, Header, Msg, messages as m};

/// Which badges a chip counts.
type Is = fn(Badge) -> bool;
/// What it says of their number.
type Text = fn(usize) -> Msg;

/// Counts the rows that are shown.
pub(super) fn fold(scene: &Scene) -> Header {
    let badges: Vec<Badge> = scene.slots().map(|(_, slot)| slot.status.badge()).collect();
    let kinds: [(Is, Text); 5] = [
        (Badge::works, m::header_working),
        (Badge::is_starting, m::header_starting),
        (Badge::is_held, m::header_held),
        (Badge::is_recovering, m::header_recovering),
        (Badge::needs_you, m::header_needs_you),
    ];
    let mut chips: Vec<(Badge, Msg)> = kinds
        .into_iter()
        .filter_map(|(is, text)| chip(&badges, is, text))
        .collect();
    if chips.is_empty() {
        chips.push((Badge::Stopped, m::header_idle()));
    }
    let texts = chips.iter().map(|(_, text)| text.clone());
    let counts = texts.reduce(m::header_list);
    Header {
        working: badges.iter().filter(|badge| badge.works()).count(),
        needs_you: badges.iter().filter(|badge| badge.needs_you()).count(),
        line: m::header_line(counts.unwrap_or_else(m::header_idle)),
        chips,
    }
}

/// A count with the most urgent badge of what it counts; working is one thing, signed in or not.
fn chip(badges: &[Badge], is: Is, text: Text) -> Option<(Badge, Msg)> {
    let counted = || badges.iter().copied().filter(|badge| is(*badge));
    let worst = counted().max()?;
    let shown = if worst.works() { Badge::Working } else { worst };
    Some((shown, text(counted().count())))
}
