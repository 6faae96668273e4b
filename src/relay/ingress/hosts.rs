//! The one request to the ingress that is no visitor's: a host that asks to come in as a WebSocket.
//!
//! Only the relay's own names have it, and any name that is no tunnel's where a trusted proxy asks,
//! since that may have changed it. No page in a browser is a host: whatever names an origin is turned
//! away. What the host says is not read here.

use super::body::RelayBody;
use super::page::Page;
use super::route::{self, Site};
use super::web::{Router, Visit};
use crate::link::websocket;
use crate::relay::HostUpgrades;
use bytes::Bytes;
use http::header::{HeaderValue, ORIGIN};
use http::{Response, request};

/// The answer to a host, and where its connection goes then; `None` for a visitor.
///
/// # Errors
/// The page for a script in a browser.
pub(super) fn answer(
    visit: &Visit,
    asked: Option<&HeaderValue>,
    head: &request::Parts,
) -> Result<Option<(Response<RelayBody>, HostUpgrades)>, Page> {
    let Some((agreed, upgrades)) = agreed(visit, asked, head) else {
        return Ok(None);
    };
    if head.headers.contains_key(ORIGIN) {
        return Err(Page::NotForBrowsers);
    }
    Ok(Some((
        agreed.map(|()| RelayBody::page(Bytes::new())),
        upgrades,
    )))
}

fn agreed(
    visit: &Visit,
    asked: Option<&HeaderValue>,
    head: &request::Parts,
) -> Option<(Response<()>, HostUpgrades)> {
    let Router::ByHost { backend, domain } = &visit.web.router else {
        return None;
    };
    let agreed = websocket::agree(head)?;
    let asked = asked?.to_str().ok()?;
    let changed =
        || visit.forwarding.is_proxys() && route::site(asked, domain) == Ok(Site::Foreign);
    let for_relay = visit.web.names.is_relay(asked) || changed();
    Some((agreed, backend.host_upgrades().filter(|_| for_relay)?))
}
