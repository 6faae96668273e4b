//! The one request to the ingress that is no visitor's: a host that asks to come in as a WebSocket.
//!
//! Only the relay's own site has it, and any name that is no tunnel's, since a proxy before the relay
//! may have changed it. What the host says is not read here.

use super::body::RelayBody;
use super::route::{self, Site};
use super::web::Router;
use crate::link::websocket;
use crate::relay::HostDoor;
use bytes::Bytes;
use http::header::HeaderValue;
use http::{Response, request};

/// The answer to a host, and where its connection goes then; `None` for a visitor.
pub(super) fn answer(
    router: &Router,
    asked: Option<&HeaderValue>,
    head: &request::Parts,
) -> Option<(Response<RelayBody>, HostDoor)> {
    let Router::ByHost { backend, domain } = router else {
        return None;
    };
    let agreed = websocket::agree(head)?;
    let asked = asked?.to_str().ok()?;
    match route::site(asked, domain).ok()? {
        Site::Relay | Site::Foreign => {}
        Site::Tunnel(_) => return None,
    }
    let door = backend.host_door()?;
    let answer = agreed.map(|()| RelayBody::page(Bytes::new()));
    Some((answer, door))
}
