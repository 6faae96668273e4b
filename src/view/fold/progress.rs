//! How all that is hosted stands, in a line for a terminal: the word of its badge, since when, what went
//! through it and who can open it.

use super::amount::{size, span};
use crate::model::{Inputs, Reach, TunnelId, UnixMillis};
use crate::view::{Badge, Card, Msg, View, messages as m};
use std::collections::BTreeMap;

/// Remembers since when it stands so.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    since: Option<(BTreeMap<TunnelId, Badge>, UnixMillis)>,
}

impl Progress {
    /// The badge that needs somebody most, and what is said, most important first; `None` where nothing
    /// is hosted any more.
    pub fn parts(
        &mut self,
        at: UnixMillis,
        inputs: &Inputs,
        view: &View,
    ) -> Option<(Badge, Vec<Msg>)> {
        let is_wanted = |card: &&Card| inputs.hosts.get(&card.tunnel).is_some_and(|h| h.wanted);
        let cards: Vec<&Card> = view.window.cards.iter().filter(is_wanted).collect();
        let badges: BTreeMap<TunnelId, Badge> = cards
            .iter()
            .filter_map(|card| Some((card.tunnel.clone(), badge(card)?)))
            .collect();
        let worst = badges.values().max().copied();
        if worst.is_none() || inputs.quitting.is_some() {
            self.since = None;
            return None;
        }
        let worst = worst?;
        let since = match &self.since {
            Some((same, since)) if *same == badges => *since,
            _ => at,
        };
        let state = if let [card] = cards[..] {
            let row = card.rows.iter().find(|row| row.badge == worst)?;
            m::progress_since(span(at.since(since)), row.word.clone())
        } else {
            let works = badges.values().filter(|badge| badge.works()).count();
            m::progress_several(badges.len(), works)
        };
        self.since = Some((badges, since));
        let (connections, rate) = traffic(inputs);
        let connections = (connections > 0).then(|| m::progress_connections(connections));
        let rate = (rate > 0).then(|| m::size_rate(size(rate)));
        let parts = [Some(state), connections, rate, reach(inputs, &cards)];
        let parts = parts.into_iter().flatten();
        Some((worst, parts.chain([m::progress_stop()]).collect()))
    }
}

/// Of several ports the one that needs somebody most.
fn badge(card: &Card) -> Option<Badge> {
    card.rows.iter().map(|row| row.badge).max()
}

/// Connections so far, and bytes a second in both directions.
fn traffic(inputs: &Inputs) -> (u64, u64) {
    let ports = inputs.hosts.values().flat_map(|host| host.traffic.values());
    ports.fold((0, 0), |(connections, rate), samples| {
        let mut newest = samples.iter().rev();
        let Some(now) = newest.next() else {
            return (connections, rate);
        };
        let bytes = |of: &crate::model::Traffic| of.bytes_in.saturating_add(of.bytes_out);
        let before = newest.next().map_or(bytes(now), bytes);
        (
            connections + now.total,
            rate + bytes(now).saturating_sub(before),
        )
    })
}

/// Who can open the URLs, where that is the same for all of them.
fn reach(inputs: &Inputs, cards: &[&Card]) -> Option<Msg> {
    let rows = cards.iter().flat_map(|card| &card.rows);
    let mut known = rows.filter_map(|row| {
        let reach = inputs.reach(&row.key)?;
        Some((reach, inputs.is_private(&row.key)))
    });
    let first = known.next()?;
    if known.any(|other| other != first) {
        return None;
    }
    Some(match first {
        (Reach::Here, _) => m::progress_here(),
        (Reach::Network, _) => m::progress_network(),
        (Reach::Internet, true) => m::progress_signed_in(),
        (Reach::Internet, false) => m::progress_internet(),
    })
}
