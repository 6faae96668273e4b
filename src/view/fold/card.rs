//! A tunnel as a card, its ports as rows.

use super::amount::{left, short_url};
use super::button;
use super::scene::{Group, Scene, Slot};
use super::sentence::word;
use crate::model::{Access, Action, RelayFacts};
use crate::view::{Button, Card, Msg, Row, messages as m};

pub(super) fn fold(scene: &Scene, group: &Group) -> Card {
    let relay = &scene.inputs.relay;
    let tunnel = group.tunnel;
    let (access, public) = super::reach::access(scene, group);
    Card {
        tunnel: tunnel.id.clone(),
        name: super::name::in_window(tunnel),
        provider: provider(group, relay),
        access,
        public,
        expiry: tunnel
            .expires_at
            .map(|at| left(scene.wall(), at).map_or_else(m::expiry_over, m::expiry_left)),
        primary: button::host_or_stop(group),
        menu: menu(group),
        rows: group.slots.iter().map(|slot| row(scene, slot)).collect(),
    }
}

/// Who carries it, by what one says of that: our own relay has a place, others a name.
fn provider(group: &Group, relay: &RelayFacts) -> Msg {
    match &relay.joined {
        _ if !group.offers.joins => m::provider_named(group.provider_name()),
        Some(address) => m::provider_joined(address),
        None => m::provider_relay(),
    }
}

fn menu(group: &Group) -> Vec<Button> {
    let mut menu = vec![button::add_port(group), button::reconnect(group)];
    if group.slots.iter().any(|slot| slot.status.is_taken()) {
        menu.push(button::take_over(group));
    }
    match group.access {
        Some(Access::Private) => menu.push(button::make_public(group)),
        Some(Access::Public) => menu.push(button::make_private(group)),
        None => {}
    }
    if group.offers.renewal {
        menu.push(button::renew(group));
    }
    menu.push(button::delete(group));
    menu
}

fn row(scene: &Scene, slot: &Slot) -> Row {
    let badge = slot.status.badge();
    let key = slot.key.clone();
    Row {
        selected: scene.inputs.selected.as_ref() == Some(&key),
        badge,
        word: word(badge),
        port: slot.port_text(),
        protocol: slot.protocol.to_string(),
        url: slot.url().map(str::to_owned),
        short_url: slot.url().map(short_url).unwrap_or_default(),
        copy: button::copy(slot),
        open: button::open(slot),
        menu: vec![
            button::details(slot),
            button::check(slot),
            button::change_protocol(slot),
            button::qr_code(slot),
            button::remove_port(slot),
        ],
        select: Action::Select { key: key.clone() },
        key,
    }
}
