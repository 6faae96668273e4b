//! One tunnel: what is wrong with it, since when, and what the person was told of that.

use super::{EACH, WAKING};
use crate::model::{
    AlertKind, AlertSettings, Cause, PortNumber, Protocol, ServedUrl, Standing, Trouble, UnixMillis,
};
use std::collections::BTreeMap;
use std::time::Duration;

/// What lasts shorter is no news.
const DOWN_FOR: Duration = Duration::from_mins(1);

#[derive(Clone, Debug, Default)]
pub(super) struct Track {
    outage: Option<Outage>,
    /// It is not known now whether the outage is over.
    unsure: bool,
    /// When a long outage was over, while nobody has been told.
    back: Option<UnixMillis>,
    /// The good news that the desktop shows.
    good: Option<AlertKind>,
    /// Each port's URL as the person knows it.
    known: BTreeMap<PortNumber, (Protocol, String)>,
    /// The first port whose URL is another one, and since when.
    changed: Option<(PortNumber, UnixMillis)>,
    urls: Vec<ServedUrl>,
    /// When there was a notice about it last.
    last: Option<UnixMillis>,
}

/// A stretch in which visitors do not get through.
#[derive(Clone, Debug)]
struct Outage {
    since: UnixMillis,
    trouble: Trouble,
    /// Since when it is of this kind.
    kind_since: UnixMillis,
    /// What the person was told of it, and is still so.
    told: Option<AlertKind>,
    /// The person was told of it, or waits for the end of the one before.
    was_told: bool,
    /// Only the person could end it, who then knows.
    by_person: bool,
}

/// What is to be told, and from when on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) kind: AlertKind,
    pub(super) ready: UnixMillis,
}

impl Track {
    pub(super) fn take(&mut self, at: UnixMillis, standing: Standing, urls: Vec<ServedUrl>) {
        self.unsure = false;
        match standing {
            Standing::Idle | Standing::Starting => {
                *self = Self {
                    last: self.last,
                    ..Self::default()
                };
                return;
            }
            Standing::Unsure => self.doubt(),
            Standing::Well => self.end_outage(at),
            Standing::Unasked => self.stop_asking(at),
            Standing::Bad(trouble) => self.follow_outage(at, trouble),
        }
        self.take_urls(at, urls);
    }

    /// It may go on. What asked for the person is over with the first sign of that.
    fn doubt(&mut self) {
        self.unsure = true;
        if let Some(outage) = &mut self.outage
            && outage.trouble.kind != AlertKind::Down
        {
            outage.told = None;
        }
    }

    fn end_outage(&mut self, at: UnixMillis) {
        let Some(outage) = self.outage.take() else {
            return;
        };
        let long = at.since(outage.since) > DOWN_FOR;
        if (long || outage.was_told) && !outage.by_person {
            self.back = Some(at);
        }
    }

    /// Whether what the checks found is over is not known any more: that they are off is not its end.
    fn stop_asking(&mut self, at: UnixMillis) {
        let was_found =
            |outage: &Outage| matches!(outage.trouble.why, Cause::Url | Cause::Answer { .. });
        if self.outage.as_ref().is_some_and(was_found) {
            self.outage = None;
        } else {
            self.end_outage(at);
        }
    }

    fn follow_outage(&mut self, at: UnixMillis, trouble: Trouble) {
        // Whoever was told of the outage before this one waits for its end still.
        let owed = self.back.take().is_some();
        if self.good == Some(AlertKind::Back) {
            self.good = None;
        }
        let outage = self.outage.get_or_insert_with(|| Outage {
            since: at,
            trouble: trouble.clone(),
            kind_since: at,
            told: None,
            was_told: owed,
            by_person: false,
        });
        let (was, is) = (&outage.trouble, &trouble);
        if (was.kind, was.stays) != (is.kind, is.stays) {
            outage.kind_since = at;
            if was.kind != is.kind {
                outage.told = None;
            }
        }
        outage.by_person |= trouble.stays && trouble.kind != AlertKind::Quota;
        outage.trouble = trouble;
    }

    /// Nothing is served while there is no session, and a port may lack in the next one; what was known of
    /// its URL stays so.
    fn take_urls(&mut self, at: UnixMillis, urls: Vec<ServedUrl>) {
        if urls.is_empty() {
            return;
        }
        let mut changed = None;
        for ServedUrl {
            port,
            protocol,
            url,
        } in &urls
        {
            match self.known.get(port) {
                Some((as_protocol, known)) if as_protocol == protocol => {
                    if known != url {
                        changed = changed.or(Some(*port));
                    }
                }
                _ => {
                    self.known.insert(*port, (*protocol, url.clone()));
                }
            }
        }
        self.changed = changed.map(|port| {
            let before = self.changed.filter(|(before, _)| *before == port);
            before.unwrap_or((port, at))
        });
        self.urls = urls;
    }

    /// What is to be told of it next.
    pub(super) fn wish(&mut self, wanted: AlertSettings, woke: Option<UnixMillis>) -> Option<Wish> {
        // Of what nobody wants to hear there is no belated notice either.
        if !wanted.wants(AlertKind::UrlChanged) {
            self.know_urls();
        }
        if !wanted.wants(AlertKind::Back) {
            self.back = None;
        }
        let (kind, ready) = match &self.outage {
            Some(outage) if self.unsure || outage.told == Some(outage.trouble.kind) => return None,
            Some(outage) => (outage.trouble.kind, outage.ready(woke)),
            None => {
                let changed = self.changed.map(|(_, at)| (AlertKind::UrlChanged, at));
                changed.or(self.back.map(|at| (AlertKind::Back, at)))?
            }
        };
        let allowed = self.last.map(|last| last.after(EACH));
        wanted.wants(kind).then(|| Wish {
            kind,
            ready: ready.max(allowed.unwrap_or_default()),
        })
    }

    /// Notes that it is told, and says of what.
    pub(super) fn told(
        &mut self,
        at: UnixMillis,
        kind: AlertKind,
    ) -> (Option<PortNumber>, Option<Cause>) {
        self.last = Some(at);
        // A URL that changed is told of a tunnel that works.
        self.back = None;
        if let Some(outage) = &mut self.outage {
            self.good = None;
            outage.told = Some(kind);
            outage.was_told = true;
            // Whoever was told of this waits for its end, whatever came before.
            outage.by_person &= kind != AlertKind::Down || outage.trouble.stays;
            return (outage.trouble.port, Some(outage.trouble.why.clone()));
        }
        self.good = Some(kind);
        let changed = self.changed.map(|(port, _)| port);
        self.know_urls();
        (changed.filter(|_| kind == AlertKind::UrlChanged), None)
    }

    fn know_urls(&mut self) {
        self.changed = None;
        let urls = self.urls.iter();
        self.known = urls
            .map(|it| (it.port, (it.protocol, it.url.clone())))
            .collect();
    }

    /// Whether a notice of this kind says what is.
    pub(super) fn holds(&self, kind: AlertKind) -> bool {
        match kind {
            AlertKind::Back | AlertKind::UrlChanged => self.good == Some(kind),
            kind => {
                let outage = self.outage.as_ref();
                outage.is_some_and(|outage| outage.told == Some(kind))
            }
        }
    }
}

impl Outage {
    /// From when on it is news.
    fn ready(&self, woke: Option<UnixMillis>) -> UnixMillis {
        if self.trouble.stays {
            return self.kind_since;
        }
        let waking = woke.map(|woke| woke.after(WAKING));
        let lasts = self.kind_since.after(DOWN_FOR);
        lasts.max(waking.unwrap_or_default())
    }
}
