//! The counts at the top: of what is rendered below, and of nothing else.

use super::button::{account, dialog, enabled};
use super::scene::Scene;
use crate::model::{Action, DialogKind, Inputs};
use crate::view::{Badge, Button, Header, Msg, messages as m};

/// What is counted together.
struct Kind {
    is: fn(Badge) -> bool,
    /// What a chip says of their number.
    chip: fn(usize) -> Msg,
    /// What the line says of it: the tray has no badge beside it.
    line: fn(usize) -> Msg,
}

impl Kind {
    fn new(is: fn(Badge) -> bool, text: fn(usize) -> Msg) -> Self {
        Self {
            is,
            chip: text,
            line: text,
        }
    }
}

pub(super) fn fold(scene: &Scene) -> Header {
    let badges: Vec<Badge> = scene.slots().map(|(_, slot)| slot.status.badge()).collect();
    let (mut chips, mut texts) = (Vec::new(), Vec::new());
    for kind in kinds() {
        if let Some((badge, count)) = count(&badges, kind.is) {
            chips.push((badge, (kind.chip)(count)));
            texts.push((kind.line)(count));
        }
    }
    if chips.is_empty() {
        chips.push((Badge::Stopped, m::header_idle()));
    }
    let counts = texts.into_iter().reduce(m::header_list);
    Header {
        working: badges.iter().filter(|badge| badge.works()).count(),
        needs_you: badges.iter().filter(|badge| badge.needs_you()).count(),
        line: match scene.inputs.quitting {
            Some(left) => quitting(left),
            None => m::header_line(counts.unwrap_or_else(m::header_idle)),
        },
        chips,
    }
}

/// What the end of the program waits for.
pub(super) fn quitting(left: usize) -> Msg {
    m::header_quitting(left)
}

/// The window's own menu.
pub(super) fn menu(inputs: &Inputs) -> Vec<Button> {
    let accounts = inputs.accounts.keys().map(|of| {
        let name = inputs.providers.of(of.provider).name;
        account(of, m::menu_account(name))
    });
    let mut menu = vec![dialog(true, m::menu_settings(), DialogKind::Settings)];
    menu.push(dialog(true, m::menu_import(), DialogKind::Import));
    menu.extend(accounts);
    if !inputs.accounts.is_empty() {
        menu.push(enabled(m::menu_refresh(), Action::Refresh));
    }
    menu.push(dialog(true, m::menu_about(), DialogKind::About));
    menu.push(enabled(m::act_quit(), Action::Quit));
    menu
}

fn kinds() -> [Kind; 6] {
    [
        Kind::new(Badge::works, m::header_working),
        Kind::new(Badge::is_unchecked, m::header_unchecked),
        Kind::new(Badge::is_starting, m::header_starting),
        Kind {
            line: m::header_held_full,
            ..Kind::new(Badge::is_held, m::header_held)
        },
        Kind::new(Badge::is_recovering, m::header_recovering),
        Kind::new(Badge::needs_you, m::header_needs_you),
    ]
}

/// How many there are, with the most urgent badge of them; working is one thing, signed in or not.
fn count(badges: &[Badge], is: fn(Badge) -> bool) -> Option<(Badge, usize)> {
    let counted = || badges.iter().copied().filter(|badge| is(*badge));
    let worst = counted().max()?;
    let shown = if worst.works() { Badge::Working } else { worst };
    Some((shown, counted().count()))
}
