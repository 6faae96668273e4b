//! When the desktop tells what: at most one notice a tunnel a minute, several tunnels in one, nothing that
//! is over. Pure: the time comes in, and what is to be on the desktop is what comes out.

mod track;

#[cfg(test)]
mod tests;

use crate::model::{About, Alert, AlertKind, AlertSettings, Stance, TunnelId, UnixMillis};
use std::collections::BTreeMap;
use std::time::Duration;
use track::{Track, Wish};

/// Between two notices about one tunnel.
const EACH: Duration = Duration::from_mins(1);

/// How long one waits for others of its kind: what has one cause is seldom found out at one moment.
const GATHER: Duration = Duration::from_secs(3);

/// Between two notices of one kind, whichever tunnels they are about: what falls in the meantime is told
/// in one.
const APART: Duration = Duration::from_secs(20);

/// How long a computer that woke up, or is in another network, has to find its way back.
const WAKING: Duration = Duration::from_secs(15);

/// So late is no timer of a computer that was awake.
const LATE: Duration = Duration::from_secs(5);

/// What is remembered of the tunnels that there are.
#[derive(Clone, Debug, Default)]
pub(super) struct Alerts {
    tracks: BTreeMap<TunnelId, Track>,
    /// When a notice of each kind was told last.
    told: BTreeMap<AlertKind, UnixMillis>,
    woke: Option<UnixMillis>,
    last_id: u64,
    /// When there may be something to tell.
    next: Option<UnixMillis>,
    /// When that was found out.
    at: UnixMillis,
}

impl Alerts {
    /// How long after the last step there may be something to tell; `None` where only an event brings
    /// that.
    pub(super) fn wait(&self) -> Option<Duration> {
        Some(self.next?.since(self.at))
    }

    /// The computer woke up, or its network is another one.
    pub(super) fn woke(&mut self, at: UnixMillis) {
        self.woke = Some(at);
    }

    /// Takes how the tunnels are now, and changes what is on the desktop accordingly.
    pub(super) fn follow(
        &mut self,
        at: UnixMillis,
        stances: Vec<Stance>,
        wanted: AlertSettings,
        shown: &mut Vec<Alert>,
    ) {
        if self.next.is_some_and(|next| at > next.after(LATE)) {
            // It slept: what was due then may be over in a moment.
            self.woke = Some(at);
        }
        let mut before = std::mem::take(&mut self.tracks);
        for Stance {
            tunnel,
            standing,
            urls,
        } in stances
        {
            let mut track = before.remove(&tunnel).unwrap_or_default();
            track.take(at, standing, urls);
            self.tracks.insert(tunnel, track);
        }
        self.withdraw(wanted, shown);
        self.at = at;
        self.next = None;
        let mut wishes: BTreeMap<AlertKind, Vec<(UnixMillis, TunnelId)>> = BTreeMap::new();
        for (tunnel, track) in &mut self.tracks {
            if let Some(Wish { kind, ready }) = track.wish(wanted, self.woke) {
                wishes
                    .entry(kind)
                    .or_default()
                    .push((ready, tunnel.clone()));
            }
        }
        for (kind, wishes) in wishes {
            self.tell(kind, wishes, shown);
        }
    }

    /// Takes away what is over, and what is not wanted any more.
    fn withdraw(&self, wanted: AlertSettings, shown: &mut Vec<Alert>) {
        for alert in &mut *shown {
            let holds = |about: &About| {
                let track = self.tracks.get(&about.tunnel);
                track.is_some_and(|track| track.holds(alert.kind))
            };
            alert.about.retain(holds);
        }
        shown.retain(|alert| !alert.about.is_empty() && wanted.wants(alert.kind));
    }

    /// Tells what is ready of one kind in one notice, or notes when that is to be done.
    fn tell(
        &mut self,
        kind: AlertKind,
        wishes: Vec<(UnixMillis, TunnelId)>,
        shown: &mut Vec<Alert>,
    ) {
        let Some(first) = wishes.iter().map(|(ready, _)| *ready).min() else {
            return;
        };
        let apart = self.told.get(&kind).map(|told| told.after(APART));
        let due = first.after(GATHER).max(apart.unwrap_or_default());
        let (ready, later): (Vec<_>, Vec<_>) =
            wishes.into_iter().partition(|(ready, _)| *ready <= self.at);
        if self.at < due {
            return self.look_again(due);
        }
        self.told.insert(kind, self.at);
        self.last_id += 1;
        let tunnels = ready.into_iter().map(|(_, tunnel)| tunnel);
        let about: Vec<About> = tunnels
            .filter_map(|tunnel| self.told_of(kind, tunnel))
            .collect();
        for alert in &mut *shown {
            // Another one of the same tunnel takes its place.
            alert
                .about
                .retain(|old| about.iter().all(|new| new.tunnel != old.tunnel));
        }
        shown.retain(|alert| !alert.about.is_empty());
        shown.push(Alert {
            id: self.last_id,
            kind,
            about,
        });
        if let Some(next) = later.into_iter().map(|(ready, _)| ready).min() {
            self.look_again(next.after(GATHER).max(self.at.after(APART)));
        }
    }

    fn told_of(&mut self, kind: AlertKind, tunnel: TunnelId) -> Option<About> {
        let (port, why) = self.tracks.get_mut(&tunnel)?.told(self.at, kind);
        Some(About { tunnel, port, why })
    }

    fn look_again(&mut self, at: UnixMillis) {
        self.next = Some(self.next.map_or(at, |next| next.min(at)));
    }
}
