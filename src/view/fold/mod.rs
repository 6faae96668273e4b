//! The fold: from the facts to everything that is shown, as one pure function.
//!
//! It reads no clock (the time comes in), remembers nothing and knows no widget: the same inputs at
//! the same time give the same view. Window and tray are made of the same filtered tunnels.

mod alert;
mod amount;
mod banner;
mod button;
mod card;
mod chart;
mod dialog;
mod header;
mod import;
mod name;
mod panel;
mod past;
mod progress;
mod reach;
mod reach_choice;
mod remedy;
mod report;
mod scene;
mod sentence;
mod settings;
mod standing;
mod status;
mod timeline;
mod tray;

#[cfg(test)]
mod tests;

pub use dialog::error_text;
pub use import::{file_error, import_reason};
pub use progress::Progress;
pub use reach::reach_sentence;
pub use reach_choice::{encryption, lasting};
pub use report::{PortHealth, PortReport, TunnelReport, report};
pub use sentence::{fault, hold, service_down, unprobed};
pub use standing::stances;

use super::{Msg, View, WindowView};
use crate::model::{Inputs, Life, NoticeKind, UnixMillis};
use scene::Scene;
use status::Status;
use std::time::Duration;

/// While seconds are on screen.
const TICK_SECONDS: Duration = Duration::from_secs(1);
/// While the finest thing on screen is what is left of a tunnel's life.
const TICK_MINUTES: Duration = Duration::from_mins(1);

/// Makes the view of the facts as they stand at `now`.
pub fn fold(inputs: &Inputs, now: UnixMillis) -> View {
    let scene = Scene::new(inputs, now);
    let header = header::fold(&scene);
    let tray = tray::fold(&scene, &header);
    View {
        language: inputs.language(),
        theme: inputs.settings.theme,
        clock_shift: inputs.appearance.clock_shift,
        tick: tick(&scene),
        window: WindowView {
            header,
            cards: scene
                .groups
                .iter()
                .map(|group| card::fold(&scene, group))
                .collect(),
            panel: panel::fold(&scene),
            dialog: dialog::fold(&scene),
            first_run: reach_choice::of_first_run(&scene),
            banners: banner::fold(&scene),
            toast: inputs.toast.as_ref().map(banner::toast),
            menu: header::menu(inputs),
            quitting: inputs.quitting.map(header::quitting),
        },
        alerts: alert::fold(&scene),
        tray,
    }
}

/// What a notice says; `None` for one about a tunnel, whose state says it.
pub fn notice_text(kind: &NoticeKind) -> Option<Msg> {
    banner::plain(kind).map(|(_, text)| text)
}

/// `None` while nothing that is relative to now is on screen. A hidden window needs no tick; what the
/// tray shows changes by events.
fn tick(scene: &Scene<'_>) -> Option<Duration> {
    if scene.inputs.toast.is_some() || scene.inputs.appearance.traffic_shown {
        return Some(TICK_SECONDS);
    }
    if !scene.inputs.appearance.window_shown {
        return None;
    }
    let waits_for_url = scene
        .slots()
        .any(|(_, slot)| matches!(slot.status, Status::Life(Life::Up { proven: true, .. })));
    let panel_ticks = scene
        .selected()
        .is_some_and(|(_, slot)| slot.status.is_relative());
    let newest = newest_line(scene);
    let is_fresh = newest.is_some_and(|at| scene.now.since(at) < TICK_MINUTES);
    let expires = || scene.groups.iter().any(|g| g.tunnel.expires_at.is_some());
    if waits_for_url || panel_ticks || is_fresh {
        Some(TICK_SECONDS)
    } else {
        (newest.is_some() || expires()).then_some(TICK_MINUTES)
    }
}

/// When what the panel tells last happened, or a little later: each line has its age beside it.
fn newest_line(scene: &Scene<'_>) -> Option<UnixMillis> {
    let (group, _) = scene.selected()?;
    let history = group.host.and_then(|host| host.history.back());
    let past = scene.inputs.past.as_ref();
    let past = past.filter(|past| past.tunnel == group.tunnel.id);
    let past = past.and_then(|past| past.events.iter().map(|event| event.at).max());
    history.map(|last| last.at).max(past)
}
